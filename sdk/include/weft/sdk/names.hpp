// From a parameter's path to the tensors that hold it in a checkpoint: a table of names, and of what is done to values
// that are stored in another form.
#pragma once

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weft/sdk/converter.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::sdk {

/// A stored tensor on its way to a parameter.
struct Stored {
  Expression value;
  std::vector<int64_t> dims;
  std::string name;
};
using Transform = std::function<Stored(Stored)>;
/// Gives the weight of this name where it is more than a tensor of this name; returns false where it is not.
using FindWeight = std::function<bool(const std::string& name, Stored& out)>;

/// A rule: `from`, a part of a parameter's path between dots, is stored as `to`. Without `how` the rule applies
/// whenever the part is there, and the next rule continues with the result. With `how` the rule gives the value if its
/// tensor exists; the first such rule wins. A '*' in `to` stands for 0, 1, ... up to the parameter's first dim: each of
/// these tensors passes through `how`, and all are stacked.
struct Rename {
  std::string_view from, to;
  Transform how = nullptr;
};

/// An integer of a config that names depend on; `fallback` where it is absent or none, which Config refuses.
inline int64_t integer_in(const Json& config, std::string_view key, int64_t fallback) {
  const Json said = config[key];
  return said.is_integer() ? said.integer() : fallback;
}

struct Names {
  std::vector<Rename> rules;
  /// Other beginnings of the names that the rules give: {from, to}, tried in order before the name as it is.
  std::vector<std::pair<std::string_view, std::string_view>> roots = {};
  /// What names begin with, unless the model was saved without its head; then they are tried without it.
  std::string_view base = "model.";
  /// Beginnings or endings of names that no parameter needs, and the reasons.
  std::vector<std::pair<std::string_view, std::string_view>> ignored = {};
  /// Names that begin with `root` are ignored too, in checkpoints that have a tensor root + mark.
  struct Part {
    std::string root;
    std::string_view mark, why;
  };
  std::vector<Part> ignored_where = {};
  /// {parameter, other}: where the checkpoint has no tensor for the parameter, it is tied to the other.
  std::vector<std::pair<std::string_view, std::string_view>> ties = {};

  Names&& with(const std::vector<Rename>& more) && {
    rules.insert(rules.end(), more.begin(), more.end());
    return std::move(*this);
  }
};

// --- transforms ---------------------------------------------------------------------------------
inline Stored as_stored(Stored s) { return s; }

/// Rows [start, start + count) of axis 0: one of several projections that are stored as one tensor.
WEFT_SDK_INLINE Transform rows(int64_t start, int64_t count) {
  return [=](Stored s) {
    if (s.dims.empty() || count <= 0 || start < 0 || start > s.dims[0] || count > s.dims[0] - start) {
      refuse("tensor " + s.name + " has " + std::to_string(s.dims.empty() ? 0 : s.dims[0]) +
             " rows, expected at least " + std::to_string(count) + " from " + std::to_string(start));
    }
    s.value = s.value.slice(0, start, count), s.dims[0] = count;
    return s;
  };
}

/// [in, out], as Conv1D stores it, to [out, in]; a vector stays as it is.
WEFT_SDK_INLINE Stored transposed(Stored s) {
  if (s.dims.size() < 2) return s;
  std::vector<int64_t> axes(s.dims.size());
  for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<int64_t>(i);
  std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
  std::swap(s.dims[axes.size() - 1], s.dims[axes.size() - 2]);
  s.value = s.value.permute(axes);
  return s;
}

/// Flattens all axes into one.
WEFT_SDK_INLINE Stored flattened(Stored s) {
  int64_t n = 1;
  for (int64_t d : s.dims) n *= d;
  s.dims = {n};
  s.value = s.value.reshape(s.dims);
  return s;
}

/// One half of axis 1: for each expert the first or the second of two projections.
WEFT_SDK_INLINE Transform half_of_experts(bool second) {
  return [=](Stored s) {
    if (s.dims.size() < 2 || s.dims[1] % 2 != 0)
      refuse("tensor " + s.name + " does not divide into gates and up projections");
    s.dims[1] /= 2;
    s.value = s.value.slice(1, second ? s.dims[1] : 0, s.dims[1]);
    return s;
  };
}

/// For axis 1: [a, 1, b] to [a, b].
WEFT_SDK_INLINE Transform without_axis(std::size_t axis) {
  return [=](Stored s) {
    if (axis >= s.dims.size() || s.dims[axis] != 1)
      refuse("tensor " + s.name + " has no axis " + std::to_string(axis) + " of size 1");
    s.dims.erase(s.dims.begin() + static_cast<std::ptrdiff_t>(axis));
    s.value = s.value.reshape(s.dims);
    return s;
  };
}

WEFT_SDK_INLINE Transform offset(double by) {
  return [=](Stored s) {
    s.value = s.value.offset(by);
    return s;
  };
}

WEFT_SDK_INLINE Transform then(Transform first, Transform second) {
  return [=](Stored s) { return second(first(std::move(s))); };
}

/// The rows are `groups` groups of `per` heads: heads [start, start + count) of every group.
WEFT_SDK_INLINE Transform heads_of_groups(int64_t groups, int64_t per, int64_t start, int64_t count) {
  return [=](Stored s) {
    if (groups <= 0 || per <= 0 || s.dims.empty() || s.dims[0] % (groups * per) != 0) {
      refuse("tensor " + s.name + " does not divide into " + std::to_string(groups * per) + " heads");
    }
    const int64_t dim = s.dims[0] / (groups * per);
    std::vector<int64_t> split = {groups, per, dim};
    split.insert(split.end(), s.dims.begin() + 1, s.dims.end());
    s.dims[0] = groups * count * dim;
    s.value = s.value.reshape(split).slice(1, start, count).reshape(s.dims);
    return s;
  };
}

/// Brings rows of q or k that llama.cpp stores for interleaved rope back into halves: [h, d/2, 2] to [h, 2, d/2].
WEFT_SDK_INLINE Transform halves(int64_t heads) {
  return [=](Stored s) {
    if (heads <= 0 || s.dims.empty() || s.dims[0] % (2 * heads) != 0)
      refuse("tensor " + s.name + " does not divide into " + std::to_string(heads) + " heads");
    std::vector<int64_t> split = {heads, s.dims[0] / heads / 2, 2}, axes = {0, 2, 1};
    for (std::size_t i = 1; i < s.dims.size(); ++i)
      split.push_back(s.dims[i]), axes.push_back(static_cast<int64_t>(i) + 2);
    s.value = s.value.reshape(split).permute(axes).reshape(s.dims);
    return s;
  };
}

// --- rules that families share --------------------------------------------------------------------
/// q, k and v one after the other in one tensor: `q` rows, then `kv` rows each for k and v.
WEFT_SDK_INLINE std::vector<Rename> fused_qkv(
    std::string_view stored, int64_t q, int64_t kv, const Transform& first = as_stored) {
  return {{"self_attn.q_proj", stored, then(first, rows(0, q))},
      {"self_attn.k_proj", stored, then(first, rows(q, kv))},
      {"self_attn.v_proj", stored, then(first, rows(q + kv, kv))}};
}

/// q, k and v in one tensor of groups: each has `queries` heads of q, one head of k and one head of v.
WEFT_SDK_INLINE std::vector<Rename> grouped_qkv(std::string_view stored, int64_t groups, int64_t queries) {
  return {{"self_attn.q_proj", stored, heads_of_groups(groups, queries + 2, 0, queries)},
      {"self_attn.k_proj", stored, heads_of_groups(groups, queries + 2, queries, 1)},
      {"self_attn.v_proj", stored, heads_of_groups(groups, queries + 2, queries + 1, 1)}};
}

/// fused_qkv with the sizes that a config with Hugging Face's keys gives.
WEFT_SDK_INLINE std::vector<Rename> fused_qkv_of(std::string_view stored, const Json& config) {
  const int64_t heads = config["num_attention_heads"].integer(), hidden = config["hidden_size"].integer();
  const int64_t kv = config["num_key_value_heads"].integer() > 0 ? config["num_key_value_heads"].integer() : heads;
  const int64_t dim = config["head_dim"].integer() > 0 ? config["head_dim"].integer() : heads > 0 ? hidden / heads : 0;
  return fused_qkv(stored, heads * dim, kv * dim);
}

/// Gate and up projection one after the other in one tensor.
WEFT_SDK_INLINE std::vector<Rename> fused_gate_up(std::string_view stored, int64_t inner) {
  return {{"mlp.gate_proj", stored, rows(0, inner)}, {"mlp.up_proj", stored, rows(inner, inner)}};
}

/// One tensor for each expert, as most mixtures are published.
WEFT_SDK_INLINE std::vector<Rename> expert_names() {
  return {{"mlp.experts.gate_proj", "mlp.experts.*.gate_proj", as_stored},
      {"mlp.experts.up_proj", "mlp.experts.*.up_proj", as_stored},
      {"mlp.experts.down_proj", "mlp.experts.*.down_proj", as_stored}};
}

/// q and k whose rows llama.cpp stores for interleaved rope, separate or fused.
WEFT_SDK_INLINE std::vector<Rename> gguf_paired_qk(const Json& config) {
  const Transform q = halves(config["num_attention_heads"].integer()),
                  k = halves(config["num_key_value_heads"].integer());
  std::vector<Rename> fused = fused_qkv_of("attn_qkv", config);
  return {{"self_attn.q_proj", "attn_q", q}, {"self_attn.k_proj", "attn_k", k},
      {"self_attn.q_proj", "attn_qkv", then(fused[0].how, q)}, {"self_attn.k_proj", "attn_qkv", then(fused[1].how, k)}};
}

// --- the plan -----------------------------------------------------------------------------------
namespace names_detail {

/// Where `part` stands in `name` as a whole part between dots; npos: nowhere.
WEFT_SDK_INLINE std::size_t find_part(std::string_view name, std::string_view part) {
  for (std::size_t at = name.find(part); at != std::string_view::npos; at = name.find(part, at + 1)) {
    const std::size_t end = at + part.size();
    if ((at == 0 || name[at - 1] == '.') && (end == name.size() || name[end] == '.')) return at;
  }
  return std::string_view::npos;
}

WEFT_SDK_INLINE bool matches(std::string_view name, std::string_view pattern) {
  return name.size() >= pattern.size() &&
         (name.substr(0, pattern.size()) == pattern || name.substr(name.size() - pattern.size()) == pattern);
}

class Finder {
 public:
  Finder(const Checkpoint& c, const Names& n, const FindWeight& weight) : c_(c), n_(n), weight_(weight) {}

  /// Gives the value under this name, tried with each root, as it is, and without the base; false: there is none.
  bool find(const std::string& name, Stored& out) const {
    for (const auto& [from, to] : n_.roots) {
      if (name.compare(0, from.size(), from) == 0 && exactly(std::string(to) + name.substr(from.size()), out))
        return true;
    }
    if (exactly(name, out)) return true;
    return name.compare(0, n_.base.size(), n_.base) == 0 && exactly(name.substr(n_.base.size()), out);
  }

  bool apply(const Rename& rule, const std::string& name, const Param& p, Stored& out) const {
    const std::size_t star = name.find('*');
    if (star == std::string::npos) {
      if (!find(name, out)) return false;
      if (rule.how) out = rule.how(std::move(out));
      return true;
    }
    std::vector<Expression> parts;
    for (int64_t e = 0; e < (p.dims.empty() ? 0 : p.dims[0]); ++e) {
      std::string one = name;
      one.replace(star, 1, std::to_string(e));
      Stored s;
      if (!find(one, s)) {
        if (e == 0) return false;
        refuse("the checkpoint has no tensor " + one + ", expected " + std::to_string(p.dims[0]) + " like it");
      }
      parts.push_back(rule.how ? rule.how(std::move(s)).value : s.value);
    }
    if (parts.empty()) return false;
    out.value = Expression::stack(parts, 0);
    return true;
  }

 private:
  bool exactly(const std::string& name, Stored& out) const {
    if (weight_ && weight_(name, out)) return true;
    const uint32_t i = c_.find(name);
    if (i == WEFT_NONE) return false;
    const TensorInfo t = c_.tensor(i);
    out = {Expression::tensor(i), t.dims, std::string(t.name)};
    return true;
  }

  const Checkpoint& c_;
  const Names& n_;
  const FindWeight& weight_;
};

/// Why a tensor that no parameter takes changes nothing, whatever the family; empty: it may be a part of the model that
/// the blueprint lacks. What the weights of a trainer or of guessing ahead leave is `left`, which is worth a warning.
WEFT_SDK_INLINE std::string_view why_unused(const Checkpoint& c, uint32_t i, bool& left) {
  const TensorInfo t = c.tensor(i);
  const auto ends = [&](std::string_view end) {
    return t.name.size() >= end.size() && t.name.substr(t.name.size() - end.size()) == end;
  };
  left = t.name.rfind("v_head.", 0) == 0 || t.name.rfind("medusa_head", 0) == 0;
  if (left && t.name[0] == 'v') return "a value head, left by training with rewards";
  if (left) return "a head that guesses further tokens";
  for (const std::string_view end : {".k_scale", ".v_scale", ".kv_scale"}) {
    if (ends(end)) return "the cache is not rounded to FP8";
  }
  if (std::find(t.dims.begin(), t.dims.end(), 0) != t.dims.end()) return "it is empty";
  if (ends(".bias") && c.all_zero(i)) return "a bias of zeros";
  return {};
}

/// Ignores the tensors that no parameter takes and that the table, or no family, needs.
WEFT_SDK_INLINE void ignore_unused(const Checkpoint& c, const Names& names, const std::set<uint32_t>& used,
    bool head, uint32_t embedding, const Plan& plan) {
  std::string left;
  for (uint32_t i = 0; i < c.size(); ++i) {
    if (used.count(i)) continue;
    const std::string_view name = c.tensor(i).name;
    std::string_view why;
    for (const auto& [pattern, reason] : names.ignored) {
      if (why.empty() && matches(name, pattern)) why = reason;
    }
    for (const Names::Part& part : names.ignored_where) {
      const bool inside = name.compare(0, part.root.size(), part.root) == 0;
      if (inside && c.has(part.root + std::string(part.mark))) why = part.why;
    }
    if (why.empty() && !head && matches(name, "lm_head.weight")) {
      if (embedding == WEFT_NONE || c.same_bytes(i, embedding)) why = "tied to the embedding by the config";
    }
    bool reported = false;
    if (why.empty()) why = why_unused(c, i, reported);
    if (reported) left += (left.empty() ? "" : ", ") + std::string(name) + " (" + std::string(why) + ")";
    if (!why.empty()) plan.ignore(i, why);
  }
  if (!left.empty()) log(WEFT_LOG_WARN, "weights", "not used: " + left.substr(0, 1000));
}

}  // namespace names_detail

/// Whether the checkpoint holds the value of this parameter, and what it is.
WEFT_SDK_INLINE bool find_by_names(const Checkpoint& c, const Names& names, const Param& p, const FindWeight& weight,
    Stored& out) {
  using namespace names_detail;
  const Finder finder(c, names, weight);
  std::string name = p.name;
  for (const Rename& r : names.rules) {
    const std::size_t at = find_part(name, r.from);
    if (at == std::string::npos) continue;
    std::string next = name;
    next.replace(at, r.from.size(), r.to);
    if (r.how == nullptr && r.to.find('*') == std::string_view::npos) name = next;
    else if (finder.apply(r, next, p, out)) return true;
  }
  return finder.apply({}, name, p, out);
}

/// Maps every parameter that the checkpoint has and ignores the tensors that the table names; the core lists the rest.
/// Returns the tensors that are used.
WEFT_SDK_INLINE std::set<uint32_t> plan_by_names(const Checkpoint& c, const Names& names,
    const std::vector<Param>& params, const Plan& plan, const FindWeight& weight = nullptr) {
  using namespace names_detail;
  std::set<uint32_t> used;
  bool head = false;
  uint32_t embedding = WEFT_NONE;
  for (const Param& p : params) {
    head = head || p.name == "lm_head.weight";
    Stored out;
    const bool done = find_by_names(c, names, p, weight, out);
    if (!done) {
      for (const auto& [param, other] : names.ties) {
        if (param == p.name) plan.tie(param, other);
      }
      continue;
    }
    plan.map(p.name, out.value);
    if (p.name == "model.embed_tokens.weight" && out.value.program().size() == 1)
      embedding = out.value.program()[0].stored;
    for (const weft_xnode& x : out.value.program()) {
      if (x.op == WEFT_X_STORED) used.insert(x.stored);
    }
  }
  ignore_unused(c, names, used, head, embedding, plan);
  return used;
}

}  // namespace weft::sdk
