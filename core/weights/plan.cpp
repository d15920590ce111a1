#include "core/weights/plan.hpp"

#include <algorithm>
#include <set>

#include "core/base/checked.hpp"
#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "weft/sdk/strided.hpp"

namespace weft {
namespace {

using Term = std::shared_ptr<const Expression>;

std::string shape(const std::vector<int64_t>& dims) { return fmt::format("[{}]", fmt::join(dims, ",")); }

// The most operations on the longest way to a stored tensor, and the most nodes of a program. Plans are walked by
// recursion: a larger depth overflows a small stack.
constexpr uint32_t kMaxDepth = 64, kMaxSteps = 4096;

/// Sets the dims of the result, or says why there is none.
Status infer(Expression& e) {
  auto need = [&](bool ok, std::string_view what) -> Status {
    std::string in;
    for (const Term& n : e.in) in += " " + shape(n->dims);
    return ok ? Status() : invalid("plan: {} of{}", what, in);
  };
  const std::vector<int64_t> first = e.in.empty() ? std::vector<int64_t>() : e.in[0]->dims;
  const std::size_t axis = e.axis;
  switch (e.op) {
    case WEFT_X_SLICE:
      WEFT_CHECK_OK(need(axis < first.size() && e.arg.size() >= 2 && e.arg[0] >= 0 && e.arg[1] >= 0 &&
                             e.arg[0] <= first[axis] && e.arg[1] <= first[axis] - e.arg[0], "slice outside"));
      e.dims = first;
      e.dims[axis] = e.arg[1];
      return {};
    case WEFT_X_CONCAT:
      WEFT_CHECK_OK(need(axis < first.size(), "concat axis outside"));
      e.dims = first;
      for (std::size_t i = 1; i < e.in.size(); ++i) {
        std::vector<int64_t> other = e.in[i]->dims;
        WEFT_CHECK_OK(need(other.size() == first.size(), "concat of unequal ranks"));
        WEFT_CHECK_OK(need(!__builtin_add_overflow(e.dims[axis], other[axis], &e.dims[axis]), "concat overflows"));
        other[axis] = first[axis];
        WEFT_CHECK_OK(need(other == first, "concat of unequal shapes"));
      }
      return {};
    case WEFT_X_STACK:
      WEFT_CHECK_OK(need(axis <= first.size() && first.size() < 8, "stack axis outside"));
      for (const Term& n : e.in) WEFT_CHECK_OK(need(n->dims == first, "stack of unequal shapes"));
      e.dims = first;
      e.dims.insert(e.dims.begin() + static_cast<std::ptrdiff_t>(axis), static_cast<int64_t>(e.in.size()));
      return {};
    case WEFT_X_RESHAPE: {
      const auto a = checked_elements(first), b = checked_elements(e.arg);
      WEFT_CHECK_OK(need(a && b && *a == *b, "reshape to " + shape(e.arg)));
      e.dims = e.arg;
      return {};
    }
    case WEFT_X_PERMUTE: {
      std::vector<int64_t> sorted = e.arg;
      std::sort(sorted.begin(), sorted.end());
      bool ok = sorted.size() == first.size();
      for (std::size_t i = 0; ok && i < sorted.size(); ++i) ok = sorted[i] == static_cast<int64_t>(i);
      WEFT_CHECK_OK(need(ok, "permute by " + shape(e.arg)));
      for (int64_t a : e.arg) e.dims.push_back(first[static_cast<std::size_t>(a)]);
      return {};
    }
    case WEFT_X_ADD:
    case WEFT_X_MUL:
      WEFT_CHECK_OK(need(e.in[1]->dims == first, "add or mul of unequal shapes"));
      e.dims = first;
      return {};
    case WEFT_X_SCALE:
    case WEFT_X_OFFSET:
    case WEFT_X_CAST:
      e.dims = first;
      return {};
    default:
      return error(Code::kUnimplemented, "plan: unknown operation {}", e.op);
  }
}

std::size_t operands(const weft_xnode& x) {
  switch (x.op) {
    case WEFT_X_STORED: return 0;
    case WEFT_X_CONCAT:
    case WEFT_X_STACK:
    case WEFT_X_DEQUANT: return x.n_in;
    case WEFT_X_ADD:
    case WEFT_X_MUL: return 2;
    default: return 1;
  }
}

}  // namespace

struct PlanSink {
  const Checkpoint& checkpoint;
  std::vector<ParamDecl> params;
  std::size_t wanted;  // how many of them, the first ones
  std::map<std::string, uint32_t, std::less<>> index;
  std::vector<Term> mapped;
  std::map<uint32_t, std::string> ties;  // by parameter: the name of the other one
  std::vector<bool> used, used_elsewhere;  // by tensor: by a wanted parameter, by another one
  Plan plan;

  Result<uint32_t> param(std::string_view name) const {
    auto it = index.find(name);
    if (it == index.end()) return error(Code::kNotFound, "plan: the blueprint has no parameter {}", name);
    return it->second;
  }

  Status dequant(Expression& e, const weft_xnode& x) const {
    std::vector<uint32_t> tensors;
    for (const Term& operand : e.in) {
      if (operand->op != WEFT_X_STORED) return invalid("plan: what is computed cannot be a part of a quantised weight");
      tensors.push_back(operand->stored);
    }
    WEFT_TRY(e.quantised, QuantisedTensor::make(checkpoint, x, tensors));
    e.dims = {x.arg[1], x.arg[2]};
    return {};
  }

  Status map_param(std::string_view name, const weft_xnode* postfix, uint32_t n, uint32_t stride) {
    WEFT_TRY(const uint32_t p, param(name));
    if (mapped[p] || ties.count(p)) return invalid("plan: parameter {} is mapped twice", name);
    if (n > kMaxSteps) return invalid("plan: parameter {} has a program of {} steps, at most {}", name, n, kMaxSteps);
    if (n > 0 && (postfix == nullptr || stride < WEFT_END(weft_xnode, scalar) || stride % alignof(weft_xnode) != 0)) {
      return invalid("plan: parameter {}: no program, or steps of {} bytes", name, stride);
    }
    std::vector<Term> stack;
    for (uint32_t i = 0; i < n; ++i) {
      const weft_xnode& x = sdk::strided(postfix, stride, i);
      auto e = std::make_shared<Expression>();
      e->op = x.op, e->axis = x.axis, e->scalar = x.scalar;
      if (x.n_arg > 8) return invalid("plan: parameter {}: {} arguments", name, x.n_arg);
      e->arg.assign(x.arg, x.arg + x.n_arg);
      if (x.op == WEFT_X_STORED) {
        if (x.stored >= checkpoint.tensors().size())
          return invalid("plan: parameter {}: no stored tensor {}", name, x.stored);
        e->stored = x.stored;
        e->dims = checkpoint.tensors()[x.stored].dims;
        (p < wanted ? used : used_elsewhere)[x.stored] = true;
      } else {
        const std::size_t k = operands(x);
        if (k == 0 || k > stack.size()) return invalid("plan: parameter {}: operands missing", name);
        e->in.assign(stack.end() - static_cast<std::ptrdiff_t>(k), stack.end());
        stack.resize(stack.size() - k);
        for (const Term& operand : e->in) e->depth = std::max(e->depth, operand->depth + 1);
        if (e->depth > kMaxDepth)
          return invalid("plan: parameter {}: more than {} operations in a row", name, kMaxDepth);
        if (x.op == WEFT_X_CAST && checkpoint.dtypes().find(x.dtype) == nullptr)
          return invalid("plan: parameter {}: cast to the unknown dtype {}", name, x.dtype);
        if (Status s = x.op == WEFT_X_DEQUANT ? dequant(*e, x) : infer(*e); !s.ok())
          return s.with_context("parameter " + std::string(name));
        if (!checked_elements(e->dims)) return invalid("plan: parameter {}: {} overflows", name, shape(e->dims));
      }
      stack.push_back(std::move(e));
    }
    if (stack.size() != 1) return invalid("plan: parameter {}: the program leaves {} values", name, stack.size());
    mapped[p] = stack[0];
    return {};
  }
};

namespace {

Status check_shapes(const PlanSink& sink) {
  for (std::size_t p = 0; p < sink.wanted; ++p) {
    const Term& e = sink.mapped[p];
    if (!e || e->dims == sink.params[p].dims) continue;
    std::string from;
    const Term* leaf = &e;
    while (!(*leaf)->in.empty()) leaf = &(*leaf)->in[0];
    const StoredTensor& t = sink.checkpoint.tensors()[(*leaf)->stored];
    const std::string file = t.planes.empty() ? "" : sink.checkpoint.files().mapped()[t.planes[0].file]->path();
    return invalid("{}: tensor {} is {}, parameter {} expects {}", file, t.name, shape(t.dims), sink.params[p].name,
                   shape(sink.params[p].dims));
  }
  return {};
}

/// `only_unused`: set where the one thing wrong is that tensors have no use.
Status check_coverage(PlanSink& sink, bool allow_unused, bool& only_unused) {
  std::vector<std::string> missing, unused;
  for (std::size_t p = 0; p < sink.wanted; ++p) {
    if (!sink.mapped[p] && !sink.ties.count(static_cast<uint32_t>(p))) missing.push_back(sink.params[p].name);
  }
  for (std::size_t s = 0; s < sink.used.size(); ++s) {
    if (sink.used[s] || sink.plan.ignored.count(static_cast<uint32_t>(s))) continue;
    if (sink.used_elsewhere[s]) sink.plan.ignored[static_cast<uint32_t>(s)] = Plan::kElsewhere;
    else if (allow_unused) sink.plan.ignored[static_cast<uint32_t>(s)] = Plan::kAllowed;
    else unused.push_back(sink.checkpoint.tensors()[s].name);
  }
  only_unused = missing.empty() && !unused.empty();
  if (missing.empty() && unused.empty()) return {};
  auto some = [](const std::vector<std::string>& names) {
    if (names.empty()) return std::string("none");
    std::vector<std::string> first(
        names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(names.size(), 10)));
    return fmt::format("{}{}", fmt::join(first, ", "),
                       names.size() > 10 ? fmt::format(" and {} more", names.size() - 10) : "");
  };
  return invalid("{}: checkpoint and blueprint disagree; parameters without a tensor: {}; tensors without a use: {}{}",
                 sink.checkpoint.path(), some(missing), some(unused),
                 missing.empty() ? "; allow_unused runs it without them, if they change nothing" : "");
}

/// The mapped parameter that p is tied to, perhaps through others.
Result<uint32_t> owner_of(const PlanSink& sink, uint32_t p) {
  uint32_t at = p;
  for (std::size_t steps = 0; steps <= sink.ties.size(); ++steps) {
    auto tie = sink.ties.find(at);
    if (tie == sink.ties.end()) return at;  // it is mapped: coverage was checked before
    WEFT_TRY(at, sink.param(tie->second));
  }
  return invalid("plan: the ties of parameter {} go in a circle", sink.params[p].name);
}

Result<Plan> plan_once(const Checkpoint& checkpoint, const Interface& converter, const weft_json& config,
                       const std::vector<ParamDecl>& wanted, bool allow_unused, const std::vector<ParamDecl>& further,
                       bool& only_unused) {
  std::vector<ParamDecl> params = wanted;
  params.insert(params.end(), further.begin(), further.end());
  const std::vector<bool> none(checkpoint.tensors().size());
  PlanSink sink{checkpoint, params, wanted.size(), {}, std::vector<Term>(params.size()), {}, none, none, {}};
  std::vector<weft_param_info> infos;
  for (std::size_t p = 0; p < params.size(); ++p) {
    sink.index[params[p].name] = static_cast<uint32_t>(p);
    infos.push_back({{WEFT_END(weft_param_info, dims), 0},
                     to_str(params[p].name),
                     static_cast<uint32_t>(params[p].dims.size()),
                     0,
                     params[p].dims.data()});
  }
  const weft_plan table{
      {WEFT_END(weft_plan, ignore), 0}, &sink,
      [](void* ctx, weft_str name, const weft_xnode* postfix, uint32_t n, uint32_t stride) noexcept {
        return guard_abi([&] { return static_cast<PlanSink*>(ctx)->map_param(to_view(name), postfix, n, stride); });
      },
      [](void* ctx, weft_str name, weft_str other) noexcept {
        return guard_abi([&]() -> Status {
          auto& s = *static_cast<PlanSink*>(ctx);
          WEFT_TRY(const uint32_t p, s.param(to_view(name)));
          if (s.mapped[p] || !s.ties.emplace(p, to_view(other)).second)
            return invalid("plan: parameter {} is mapped or tied already", to_view(name));
          return {};
        });
      },
      [](void* ctx, uint32_t stored, weft_str why) noexcept {
        return guard_abi([&]() -> Status {
          auto& s = *static_cast<PlanSink*>(ctx);
          if (stored >= s.used.size()) return invalid("plan: no stored tensor {} to ignore", stored);
          s.plan.ignored[stored] = to_view(why);
          return {};
        });
      }};
  const auto& api = *static_cast<const weft_converter*>(converter.table);
  try {
    WEFT_CHECK_OK(from_abi(api.plan(converter.self, checkpoint.abi(), &config, infos.data(),
                                    static_cast<uint32_t>(infos.size()), sizeof(weft_param_info), &table)));
  } catch (...) {
    return error(Code::kInternal, "{}: plan threw an exception across the ABI", converter.plugin_id);
  }
  WEFT_CHECK_OK(check_shapes(sink));
  WEFT_CHECK_OK(check_coverage(sink, allow_unused, only_unused));
  Plan plan = std::move(sink.plan);
  plan.values = std::move(sink.mapped);
  plan.values.resize(wanted.size()), plan.tied_to.resize(wanted.size());
  for (std::size_t p = 0; p < wanted.size(); ++p) plan.tied_to[p] = static_cast<uint32_t>(p);
  for (const auto& [p, other] : sink.ties) {
    if (p >= wanted.size()) continue;
    WEFT_TRY(const uint32_t owner, owner_of(sink, p));
    if (owner >= wanted.size())
      return invalid("plan: parameter {} is tied to {}, which no wanted graph has", params[p].name, params[owner].name);
    if (params[owner].dims != params[p].dims) {
      return invalid("plan: parameter {} {} is tied to {} {}", params[p].name, shape(params[p].dims),
                     params[owner].name, shape(params[owner].dims));
    }
    plan.tied_to[p] = owner;
    plan.values[p] = plan.values[owner];
  }
  return plan;
}

}  // namespace

Result<Plan> make_plan(const Checkpoint& checkpoint, const Interface& converter, const weft_json& config,
                       const std::vector<ParamDecl>& params, bool allow_unused,
                       const std::function<Result<std::vector<ParamDecl>>()>& further) {
  bool only_unused = false;
  const bool last = further == nullptr;
  auto plan = plan_once(checkpoint, converter, config, params, last && allow_unused, {}, only_unused);
  if (plan.ok() || last || !only_unused) return plan;
  WEFT_TRY(const std::vector<ParamDecl> others, further());
  return plan_once(checkpoint, converter, config, params, allow_unused, others, only_unused);
}

}  // namespace weft
