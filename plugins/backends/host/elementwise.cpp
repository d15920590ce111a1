// Unary and binary ops, compare, select, cast.
#include "plugins/backends/host/ops.hpp"
#include "plugins/backends/host/walk.hpp"

namespace weft::host_ops {
namespace {

template <class T>
const T* data(const View& v) {
  return static_cast<const T*>(v.data);
}

template <class In, class Out, class F>
void map(const Call& c, F f) {
  const In* x = data<In>(c.in[0]);
  auto* y = static_cast<Out*>(c.out[0].data);
  c.parallel(c.out[0].size(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = f(x[i]);
  });
}

template <class F>
void unary(Interpreter& b, const char* op, F f) {
  b.kernel(op, [f](Call& c) { map<float, float>(c, f); });
}

void neg(Call& c) {
  if (c.in[0].dtype == WEFT_F32) return map<float, float>(c, [](float x) { return -x; });
  map<int32_t, int32_t>(c, [](int32_t x) { return wrap(-int64_t{x}); });
}

/// y = f(a, b), where either side is stretched along axes of size 1.
template <class T, class Out, class F>
void zip(const Call& c, F f) {
  const View &a = c.in[0], &b = c.in[1], &y = c.out[0];
  const Walk<2> walk(y.dims, {broadcast_strides(a.dims), broadcast_strides(b.dims)});
  const int64_t sa = walk.step()[0], sb = walk.step()[1];
  walk.parallel(c, [&](int64_t at, const auto& from, int64_t n) {
    const T *p = data<T>(a) + from[0], *q = data<T>(b) + from[1];
    Out* out = static_cast<Out*>(y.data) + at;
    if (sa == 1 && sb == 1) {
      for (int64_t i = 0; i < n; ++i) out[i] = f(p[i], q[i]);
    } else if (sa == 1 && sb == 0) {
      for (int64_t i = 0; i < n; ++i) out[i] = f(p[i], *q);
    } else if (sa == 0 && sb == 1) {
      for (int64_t i = 0; i < n; ++i) out[i] = f(*p, q[i]);
    } else {
      for (int64_t i = 0; i < n; ++i) out[i] = f(p[i * sa], q[i * sb]);
    }
  });
}

template <class F, class I>
void binary(Interpreter& b, const char* op, F f, I i) {
  b.kernel(op, [f, i](Call& c) { c.in[0].dtype == WEFT_F32 ? zip<float, float>(c, f) : zip<int32_t, int32_t>(c, i); });
}

int32_t floor_div(int32_t a, int32_t b) {
  if (b == 0) sdk::fail(WEFT_INVALID_ARGUMENT, "div of i32 by zero");
  const int64_t q = int64_t{a} / b;
  return wrap(int64_t{a} % b != 0 && (a < 0) != (b < 0) ? q - 1 : q);
}

template <class T>
void compare_as(const Call& c) {
  switch (c.integer("kind", 0)) {
    case 0: return zip<T, uint8_t>(c, [](T a, T b) -> uint8_t { return a == b; });
    case 1: return zip<T, uint8_t>(c, [](T a, T b) -> uint8_t { return a != b; });
    case 2: return zip<T, uint8_t>(c, [](T a, T b) -> uint8_t { return a < b; });
    case 3: return zip<T, uint8_t>(c, [](T a, T b) -> uint8_t { return a <= b; });
    case 4: return zip<T, uint8_t>(c, [](T a, T b) -> uint8_t { return a > b; });
    default: return zip<T, uint8_t>(c, [](T a, T b) -> uint8_t { return a >= b; });
  }
}

void compare(Call& c) {
  if (c.in[0].dtype == WEFT_F32) return compare_as<float>(c);
  c.in[0].dtype == WEFT_I32 ? compare_as<int32_t>(c) : compare_as<uint8_t>(c);
}

/// select for elements of the size of T: it only moves them, so that their dtype does not matter.
template <class T>
void select_as(const Call& c) {
  const View &m = c.in[0], &a = c.in[1], &b = c.in[2], &y = c.out[0];
  const Walk<3> walk(y.dims, {broadcast_strides(m.dims), broadcast_strides(a.dims), broadcast_strides(b.dims)});
  const int64_t sm = walk.step()[0], sa = walk.step()[1], sb = walk.step()[2];
  walk.parallel(c, [&](int64_t at, const auto& from, int64_t n) {
    const uint8_t* mask = m.u8() + from[0];
    const T *p = data<T>(a) + from[1], *q = data<T>(b) + from[2];
    T* out = static_cast<T*>(y.data) + at;
    for (int64_t i = 0; i < n; ++i) out[i] = mask[i * sm] != 0 ? p[i * sa] : q[i * sb];
  });
}

void select(Call& c) {
  by_size(c.out[0], [&]<class T>(T) { select_as<T>(c); });
}

void cast(Call& c) {
  by_dtype(c.in[0], [&]<class From>(From) {
    by_dtype(c.out[0], [&]<class To>(To) { map<From, To>(c, [](From v) { return cast_to<To>(v); }); });
  });
}

}  // namespace

void add_elementwise(Interpreter& b) {
  b.kernel("neg", neg);
  unary(b, "exp", [](float x) { return std::exp(x); });
  unary(b, "expm1", [](float x) { return std::expm1(x); });
  unary(b, "log", [](float x) { return std::log(x); });
  unary(b, "log1p", [](float x) { return std::log1p(x); });
  unary(b, "sqrt", [](float x) { return std::sqrt(x); });
  unary(b, "rsqrt", [](float x) { return 1.0f / std::sqrt(x); });
  unary(b, "sin", [](float x) { return std::sin(x); });
  unary(b, "cos", [](float x) { return std::cos(x); });
  unary(b, "tanh", [](float x) { return std::tanh(x); });
  unary(b, "sigmoid", [](float x) { return 1.0f / (1.0f + std::exp(-x)); });
  unary(b, "erf", [](float x) { return std::erf(x); });
  unary(b, "floor", [](float x) { return std::floor(x); });
  unary(b, "round", [](float x) { return std::nearbyint(x); });  // ties go to the even integer
  binary(b, "add", [](float x, float y) { return x + y; }, [](int32_t x, int32_t y) { return wrap(int64_t{x} + y); });
  binary(b, "sub", [](float x, float y) { return x - y; }, [](int32_t x, int32_t y) { return wrap(int64_t{x} - y); });
  binary(b, "mul", [](float x, float y) { return x * y; }, [](int32_t x, int32_t y) { return wrap(int64_t{x} * y); });
  binary(b, "div", [](float x, float y) { return x / y; }, floor_div);
  binary(b, "min", Smaller(), Smaller());
  binary(b, "max", Larger(), Larger());
  b.kernel("pow", [](Call& c) { zip<float, float>(c, [](float x, float y) { return std::pow(x, y); }); });
  b.kernel("compare", compare);
  b.kernel("select", select);
  b.kernel("cast", cast);
}

}  // namespace weft::host_ops
