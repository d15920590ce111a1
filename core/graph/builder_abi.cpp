// The C vtable: reads structs by their sizes, catches all exceptions, and names the graph and the body in errors.
#include <algorithm>
#include <cstring>

#include "core/base/out_struct.hpp"
#include "core/base/status_abi.hpp"
#include "core/graph/builder_impl.hpp"
#include "weft/sdk/strided.hpp"

namespace weft {
namespace {

Result<Dims> read_dims(std::uint32_t rank, const std::int64_t* dims) {
  if (rank > WEFT_MAX_RANK) return invalid("rank is {}, expected at most {}", rank, WEFT_MAX_RANK);
  if (rank > 0 && dims == nullptr) return invalid("rank is {} and dims are NULL", rank);
  return rank == 0 ? Dims{} : Dims(dims, dims + rank);
}

Result<Attr> read_attr(const weft_attr& a) {
  if (a.hdr.struct_size < WEFT_END(weft_attr, data))
    return invalid("an attribute struct is too short");
  Attr attr{std::string(to_view(a.key)), {}};
  if (attr.key.empty()) return invalid("an attribute has no key");
  if (a.count > 0 && a.data == nullptr) return invalid("attribute {} has no data", attr.key);
  switch (a.type) {
    case WEFT_ATTR_I64: {
      const auto* p = static_cast<const std::int64_t*>(a.data);
      attr.value = std::vector<std::int64_t>(p, p + a.count);
      return attr;
    }
    case WEFT_ATTR_F64: {
      const auto* p = static_cast<const double*>(a.data);
      attr.value = std::vector<double>(p, p + a.count);
      return attr;
    }
    case WEFT_ATTR_STR:
      attr.value = std::string(a.count ? static_cast<const char*>(a.data) : "", a.count);
      return attr;
    default:
      return invalid("attribute {} has type {}, expected 1 to 3", attr.key, a.type);
  }
}

Result<std::vector<Attr>> read_attrs(const weft_attr* attr, std::uint32_t n, std::uint32_t stride) {
  std::vector<Attr> attrs;
  if (n > 0 && (attr == nullptr || stride < WEFT_END(weft_attr, data))) {
    return invalid("{} attributes at stride {}", n, stride);
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    WEFT_TRY(Attr a, read_attr(sdk::strided(attr, stride, i)));
    for (const Attr& known : attrs) {
      if (known.key == a.key) return invalid("attribute {} is given twice", a.key);
    }
    attrs.push_back(std::move(a));
  }
  return attrs;
}

// Runs `body(impl)` and adds the place in the graph to its error.
template <class F>
weft_status* call(void* ctx, F&& body) noexcept {
  return guard_abi([&]() -> Status {
    auto& impl = *static_cast<GraphBuilder::Impl*>(ctx);
    if (impl.finished) return error(Code::kFailedPrecondition, "the builder has finished");
    const std::string where = impl.where();
    return body(impl).with_context(where);
  });
}

template <class T>
Status give(Result<T> result, T* out) {
  if (!result.ok()) return result.status();
  if (out == nullptr) return invalid("the result pointer is NULL");
  *out = std::move(result).value();
  return {};
}

Status give_all(Result<std::vector<std::uint32_t>> result, std::uint32_t* out) {
  if (!result.ok()) return result.status();
  if (!result->empty() && out == nullptr) return invalid("the result pointer is NULL");
  std::copy(result->begin(), result->end(), out);
  return {};
}

}  // namespace

GraphBuilder::Impl::Impl(BuilderOptions o) : options(std::move(o)), symbols(options.symbol_max) {
  scopes.emplace_back();
  scopes[0].graph.name = options.name;
  vtable.hdr = {sizeof vtable, 0};
  vtable.ctx = this;
  vtable.symbol = [](void* c, const weft_symbol* d, std::uint32_t* out) noexcept {
    return call(c, [&](Impl& b) -> Status {
      if (d == nullptr || !WEFT_HAS(d, weft_symbol, k))
        return invalid("a symbol struct is too short");
      return give(b.symbol(*d), out);
    });
  };
  vtable.input = [](void* c, weft_str name, std::uint32_t dtype, std::uint32_t rank,
                    const std::int64_t* dims, std::uint32_t* out) noexcept {
    return call(c, [&](Impl& b) -> Status {
      WEFT_TRY(Dims d, read_dims(rank, dims));
      return give(b.input(to_view(name), dtype, d), out);
    });
  };
  vtable.param = [](void* c, weft_str name, std::uint32_t rank, const std::int64_t* dims,
                    std::uint32_t* out) noexcept {
    return call(c, [&](Impl& b) -> Status {
      WEFT_TRY(Dims d, read_dims(rank, dims));
      return give(b.param(to_view(name), d), out);
    });
  };
  vtable.group = [](void* c, weft_str name, std::uint32_t kind, std::int64_t window,
                    std::uint32_t* out_id, weft_group* out) noexcept {
    return call(c, [&](Impl& b) -> Status {
      WEFT_CHECK_OK(give(b.group(to_view(name), kind, window), out_id));
      return out == nullptr ? Status() : write_out(out, b.groups[*out_id]);
    });
  };
  vtable.state = [](void* c, weft_str name, std::uint32_t group, std::uint32_t rank,
                    const std::int64_t* dims, double fill, std::uint32_t keep_f32,
                    std::uint32_t* out) noexcept {
    return call(c, [&](Impl& b) -> Status {
      WEFT_TRY(Dims d, read_dims(rank, dims));
      return give(b.state(to_view(name), group, d, fill, keep_f32 != 0), out);
    });
  };
  vtable.constant = [](void* c, std::uint32_t dtype, std::uint32_t rank, const std::int64_t* dims,
                       const void* data, std::uint32_t* out) noexcept {
    return call(c, [&](Impl& b) -> Status {
      WEFT_TRY(Dims d, read_dims(rank, dims));
      return give(b.constant(dtype, d, data), out);
    });
  };
  vtable.node = [](void* c, weft_str op, std::uint32_t version, const std::uint32_t* in,
                   std::uint32_t n_in, const weft_attr* attr, std::uint32_t n_attr,
                   std::uint32_t stride, std::uint32_t body, std::uint32_t n_out,
                   std::uint32_t* out) noexcept {
    return call(c, [&](Impl& b) -> Status {
      Node n{.op = std::string(to_view(op)), .version = version, .body = body};
      if (n_in > 0 && in == nullptr) return invalid("{}: inputs are NULL", n.op);
      n.in.assign(in, in + n_in);
      auto attrs = read_attrs(attr, n_attr, stride);
      if (!attrs.ok()) return attrs.status().with_context(n.op);
      n.attrs = std::move(*attrs);
      return give_all(b.node(std::move(n), n_out), out);
    });
  };
  vtable.begin_body = [](void* c, weft_str op, const std::uint32_t* in, std::uint32_t n_in,
                         std::uint32_t* out) noexcept {
    return call(c, [&](Impl& b) -> Status {
      if (n_in > 0 && in == nullptr) return invalid("inputs are NULL");
      return give_all(b.begin_body(to_view(op), {in, n_in}), out);
    });
  };
  vtable.begin_scan = [](void* c, const std::uint32_t* in, std::uint32_t n_in, std::uint32_t rows,
                         std::uint32_t* out) noexcept {
    return call(c, [&](Impl& b) -> Status {
      if (n_in > 0 && in == nullptr) return invalid("inputs are NULL");
      return give_all(b.begin_scan({in, n_in}, rows), out);
    });
  };
  vtable.end_body = [](void* c, const std::uint32_t* outputs, std::uint32_t n,
                       std::uint32_t* out) noexcept {
    return call(c, [&](Impl& b) -> Status {
      if (n > 0 && outputs == nullptr) return invalid("outputs are NULL");
      return give(b.end_body({outputs, n}), out);
    });
  };
  vtable.output = [](void* c, weft_str name, std::uint32_t value) noexcept {
    return call(c, [&](Impl& b) { return b.output(to_view(name), value); });
  };
  vtable.describe = [](void* c, std::uint32_t value, weft_value* out) noexcept {
    return call(c, [&](Impl& b) -> Status {
      if (out == nullptr) return invalid("the result pointer is NULL");
      return b.describe(value, out);
    });
  };
}

GraphBuilder::GraphBuilder(BuilderOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
GraphBuilder::~GraphBuilder() = default;
const weft_builder* GraphBuilder::abi() const { return &impl_->vtable; }
Result<Graph> GraphBuilder::finish() { return impl_->finish(); }

std::uint32_t GraphBuilder::output(std::string_view name) const {
  const Impl::Scope& outermost = impl_->scopes[0];
  const auto& names = outermost.graph.output_names;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return WEFT_NONE;
  return outermost.handles[outermost.graph.outputs[static_cast<std::size_t>(found - names.begin())]];
}

}  // namespace weft
