#include "core/graph/infer.hpp"

#include <algorithm>
#include <map>

#include "core/graph/infer_context.hpp"
#include "core/graph/view.hpp"
#include "weft/sdk/op_check.hpp"
#include "weft/sdk/primitives.hpp"

namespace weft {
namespace {

struct Primitive {
  const sdk::Op* op;
  InferRule rule;
};

const std::map<std::string_view, Primitive>& registry() {
  static const auto* table = [] {
    auto* t = new std::map<std::string_view, Primitive>;  // never destroyed
    for (const auto* rules : {&elementwise_rules(), &layout_rules(), &indexing_rules(), &contraction_rules()}) {
      for (const auto& [name, rule] : *rules)
        t->emplace(name, Primitive{sdk::find_op(sdk::kPrimitives, name, 1), rule});
    }
    return t;
  }();
  return *table;
}

sdk::GivenAttribute given(const Attr& a) {
  const weft_attr view = view_of(a);
  return {a.key, view.type, view.count, view.data};
}

Status refused(const sdk::Op& op, const std::string& reason) {
  if (reason.empty()) return {};
  return invalid("{}: {}", op.name, reason);
}

}  // namespace

Status check_attrs(const sdk::Op& op, std::span<const Attr> attrs) {
  return refused(op, sdk::attributes_unfit(op, attrs.size(), [&](std::size_t i) { return given(attrs[i]); }));
}

bool is_primitive(std::string_view op) { return registry().contains(op); }

Result<Types> infer(std::string_view op, std::uint32_t version, std::span<const Type* const> in,
                    std::span<const Attr> attrs, SymbolTable& symbols) {
  auto it = registry().find(op);
  if (it == registry().end()) {
    return invalid("{} is not a primitive; a composite needs a body", op);
  }
  const auto& [row, rule] = it->second;
  if (version != row->version) {
    return error(Code::kUnimplemented, "{}: version {}, expected {}", op, version, row->version);
  }
  const InferContext context{*row, in, attrs, symbols};
  const auto input = [&](std::size_t i) {
    if (in[i] == nullptr) return sdk::GivenInput{};
    return sdk::GivenInput{true, in[i]->dtype, static_cast<std::uint32_t>(in[i]->dims.size())};
  };
  WEFT_CHECK_OK(refused(
      *row, sdk::inputs_unfit(*row, in.size(), input, [&](std::size_t i) { return context.text(context.arg(i)); })));
  WEFT_CHECK_OK(check_attrs(*row, attrs));
  WEFT_TRY(Types types, rule(context));
  for (const Type& t : types) {
    if (t.dims.size() > WEFT_MAX_RANK) {
      return invalid("{}: result has rank {}, expected at most {}", op, t.dims.size(),
                     WEFT_MAX_RANK);
    }
  }
  return types;
}

std::string_view dtype_text(std::uint32_t dtype) {
  const std::string_view name = sdk::value_dtype(dtype).name;
  return name.empty() ? "an unknown dtype" : name;
}

std::string InferContext::text(const Type& t) const {
  return std::string(dtype_text(t.dtype)) + symbols.text(t.dims);
}

Status InferContext::same_dtype(std::size_t i, std::size_t j) const {
  if (arg(i).dtype == arg(j).dtype) return {};
  return fail("inputs {} and {} are {} and {}, expected one dtype", i, j, text(arg(i)),
              text(arg(j)));
}

const Dims* InferContext::find(std::string_view key) const {
  for (const Attr& a : attrs) {
    if (a.key == key) return std::get_if<Dims>(&a.value);
  }
  return nullptr;
}
Dims InferContext::list(std::string_view key, std::size_t n) const {
  if (const Dims* given = find(key)) return *given;
  return Dims(n, static_cast<std::int64_t>(op.attribute(key)->otherwise));
}
std::int64_t InferContext::i64(std::string_view key) const { return list(key, 1)[0]; }
Result<std::size_t> InferContext::axis(std::size_t rank) const {
  const std::int64_t a = i64("axis");
  if (a < 0 || a >= static_cast<std::int64_t>(rank)) {
    return fail("axis is {}, expected 0 to {} (rank {})", a, static_cast<std::int64_t>(rank) - 1,
                rank);
  }
  return static_cast<std::size_t>(a);
}
Result<Dims> InferContext::dims(std::string_view key) const {
  Dims d = list(key);
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
