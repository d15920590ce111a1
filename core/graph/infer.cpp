#include "core/graph/infer.hpp"

#include <algorithm>
#include <map>

#include "core/graph/infer_context.hpp"

namespace weft {
namespace {

const std::map<std::string_view, const Primitive*>& registry() {
  static const auto* table = [] {
    auto* t = new std::map<std::string_view, const Primitive*>;  // never destroyed
    for (const auto* list : {&elementwise_primitives(), &layout_primitives(),
                             &indexing_primitives(), &contraction_primitives()}) {
      for (const Primitive& p : *list) t->emplace(p.op, &p);
    }
    return t;
  }();
  return *table;
}

Status check_attr_names(const Primitive& p, std::span<const Attr> attrs) {
  for (std::size_t i = 0; i < attrs.size(); ++i) {
    const std::string& key = attrs[i].key;
    if (std::find(p.attrs.begin(), p.attrs.end(), key) == p.attrs.end()) {
      return invalid("{}: unknown attribute {}, expected one of [{}]", p.op, key,
                     fmt::join(p.attrs, ", "));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (attrs[j].key == key) return invalid("{}: attribute {} is given twice", p.op, key);
    }
  }
  return {};
}

}  // namespace

bool is_primitive(std::string_view op) { return registry().contains(op); }

Result<Types> infer(std::string_view op, std::uint32_t version, std::span<const Type* const> in,
                    std::span<const Attr> attrs, SymbolTable& symbols) {
  auto it = registry().find(op);
  if (it == registry().end()) {
    return invalid("{} is not a primitive; a composite needs a body", op);
  }
  const Primitive& p = *it->second;
  if (version != 1) return error(Code::kUnimplemented, "{}: version {}, expected 1", op, version);
  if (in.size() < p.min_in || in.size() > p.max_in) {
    return invalid("{}: got {} inputs, expected {}", op, in.size(), p.min_in);
  }
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == nullptr) return invalid("{}: input {} is absent", op, i);
  }
  WEFT_CHECK_OK(check_attr_names(p, attrs));
  WEFT_TRY(Types types, p.rule(InferContext{op, in, attrs, symbols}));
  for (const Type& t : types) {
    if (t.dims.size() > WEFT_MAX_RANK) {
      return invalid("{}: result has rank {}, expected at most {}", op, t.dims.size(),
                     WEFT_MAX_RANK);
    }
  }
  return types;
}

std::string_view dtype_text(std::uint32_t dtype) {
  switch (dtype) {
    case WEFT_F32:
      return "f32";
    case WEFT_I32:
      return "i32";
    case WEFT_U8:
      return "u8";
    default:
      return "an unknown dtype";
  }
}

std::string InferContext::text(const Type& t) const {
  return std::string(dtype_text(t.dtype)) + symbols.text(t.dims);
}

Status InferContext::dtype(std::size_t i, std::initializer_list<std::uint32_t> allowed) const {
  if (std::find(allowed.begin(), allowed.end(), arg(i).dtype) != allowed.end()) return {};
  std::string names;
  for (std::uint32_t d : allowed)
    names += (names.empty() ? "" : " or ") + std::string(dtype_text(d));
  return fail("input {} is {}, expected {}", i, text(arg(i)), names);
}
Status InferContext::same_dtype(std::size_t i, std::size_t j) const {
  if (arg(i).dtype == arg(j).dtype) return {};
  return fail("inputs {} and {} are {} and {}, expected one dtype", i, j, text(arg(i)),
              text(arg(j)));
}

const Attr* InferContext::find(std::string_view key) const {
  for (const Attr& a : attrs) {
    if (a.key == key) return &a;
  }
  return nullptr;
}
Result<std::vector<std::int64_t>> InferContext::list(std::string_view key) const {
  const Attr* a = find(key);
  if (!a) return fail("attribute {} is missing", key);
  const auto* v = std::get_if<std::vector<std::int64_t>>(&a->value);
  if (!v) return fail("attribute {} is not of integers", key);
  return *v;
}
Result<std::vector<std::int64_t>> InferContext::list(std::string_view key, Dims fallback) const {
  if (!find(key)) return fallback;
  return list(key);
}
Result<std::int64_t> InferContext::i64(std::string_view key) const {
  WEFT_TRY(auto v, list(key));
  if (v.size() != 1) return fail("attribute {} has {} entries, expected 1", key, v.size());
  return v[0];
}
Result<std::int64_t> InferContext::i64(std::string_view key, std::int64_t fallback) const {
  if (!find(key)) return fallback;
  return i64(key);
}
Result<double> InferContext::f64(std::string_view key, double fallback) const {
  const Attr* a = find(key);
  if (!a) return fallback;
  const auto* v = std::get_if<std::vector<double>>(&a->value);
  if (!v || v->size() != 1) return fail("attribute {} is not one f64", key);
  return v->front();
}
Result<bool> InferContext::flag(std::string_view key) const {
  WEFT_TRY(std::int64_t v, i64(key, 0));
  if (v != 0 && v != 1) return fail("attribute {} is {}, expected 0 or 1", key, v);
  return v == 1;
}
Result<std::size_t> InferContext::axis(std::size_t rank) const {
  WEFT_TRY(std::int64_t a, i64("axis"));
  if (a < 0 || a >= static_cast<std::int64_t>(rank)) {
    return fail("axis is {}, expected 0 to {} (rank {})", a, static_cast<std::int64_t>(rank) - 1,
                rank);
  }
  return static_cast<std::size_t>(a);
}
Result<Dims> InferContext::dims(std::string_view key) const {
  WEFT_TRY(Dims d, list(key));
  if (d.size() > WEFT_MAX_RANK) return fail("{} has rank {}, expected at most 8", key, d.size());
  for (std::int64_t x : d) {
    if (!symbols.valid(x)) return fail("{} has the unknown symbol {}", key, ~x);
  }
  return d;
}

Result<Dims> InferContext::broadcast(const Dims& a, const Dims& b) const {
  if (a.size() != b.size()) {
    return fail("inputs have shapes {} and {}, expected equal rank", symbols.text(a),
                symbols.text(b));
  }
  Dims d = a;
  for (std::size_t i = 0; i < d.size(); ++i) {
    if (a[i] == 1) d[i] = b[i];
    if (b[i] != 1 && b[i] != d[i]) {
      return fail("inputs have shapes {} and {}, axis {} is neither equal nor 1", symbols.text(a),
                  symbols.text(b), i);
    }
  }
  return d;
}

}  // namespace weft
