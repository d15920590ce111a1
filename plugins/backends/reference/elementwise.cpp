#include <cmath>

#include "plugins/backends/reference/kernels.hpp"

namespace weft::reference {
namespace {

template <class F>
void unary(Interpreter& b, const char* op, F f) {
  b.kernel(op, [f](Call& c) {
    const View &x = c.in[0], &y = c.out[0];
    const int64_t n = y.size();
    if (x.dtype == WEFT_I32) {  // neg alone is defined on i32
      for (int64_t i = 0; i < n; ++i) y.i32()[i] = static_cast<int32_t>(0u - static_cast<uint32_t>(x.i32()[i]));
      return;
    }
    for (int64_t i = 0; i < n; ++i) y.f32()[i] = f(x.f32()[i]);
  });
}

int32_t floor_div(int32_t a, int32_t b) {
  if (b == 0) sdk::fail(WEFT_INVALID_ARGUMENT, "div of i32 by zero");
  const int64_t q = int64_t{a} / b;
  return static_cast<int32_t>(int64_t{a} % b != 0 && (a < 0) != (b < 0) ? q - 1 : q);
}

template <class T, class Out, class F>
void apply(Call& c, F f) {
  const View &a = c.in[0], &b = c.in[1], &y = c.out[0];
  const T *pa = static_cast<const T*>(a.data), *pb = static_cast<const T*>(b.data);
  Out* py = static_cast<Out*>(y.data);
  if (a.dims == y.dims && b.dims == y.dims) {
    for (int64_t i = 0, n = y.size(); i < n; ++i) py[i] = f(pa[i], pb[i]);
    return;
  }
  std::vector<int64_t> offset_b(static_cast<std::size_t>(y.size()));
  for_each(y.dims, broadcast_strides(b.dims), [&](int64_t n, int64_t at) { offset_b[static_cast<std::size_t>(n)] = at; });
  for_each(y.dims, broadcast_strides(a.dims), [&](int64_t n, int64_t at) { py[n] = f(pa[at], pb[offset_b[static_cast<std::size_t>(n)]]); });
}

template <class F, class I>
void binary(Interpreter& b, const char* op, F f, I i) {
  b.kernel(op, [f, i](Call& c) {
    if (c.in[0].dtype == WEFT_I32) {
      apply<int32_t, int32_t>(c, i);
    } else if (c.in[0].dtype == WEFT_U8) {
      apply<uint8_t, uint8_t>(c, [&](uint8_t x, uint8_t y) { return static_cast<uint8_t>(i(x, y)); });
    } else {
      apply<float, float>(c, f);
    }
  });
}

template <class T>
bool compare(int64_t kind, T a, T b) {
  switch (kind) {
    case 0: return a == b;
    case 1: return a != b;
    case 2: return a < b;
    case 3: return a <= b;
    case 4: return a > b;
    default: return a >= b;
  }
}

void select(Call& c) {
  const View &m = c.in[0], &y = c.out[0];
  const std::size_t n = static_cast<std::size_t>(y.size()), bytes = element_bytes(y);
  std::vector<int64_t> at[3];
  for (std::size_t k = 0; k < 3; ++k) {
    at[k].resize(n);
    for_each(y.dims, broadcast_strides(c.in[k].dims), [&](int64_t i, int64_t o) { at[k][static_cast<std::size_t>(i)] = o; });
  }
  auto* out = static_cast<uint8_t*>(y.data);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t k = m.u8()[at[0][i]] ? 1 : 2;
    std::memcpy(out + i * bytes, static_cast<const uint8_t*>(c.in[k].data) + static_cast<std::size_t>(at[k][i]) * bytes, bytes);
  }
}

void cast(Call& c) {
  const View &x = c.in[0], &y = c.out[0];
  for (int64_t i = 0, n = y.size(); i < n; ++i) {
    const float f = x.dtype == WEFT_F32 ? x.f32()[i] : 0;
    const int32_t v = x.dtype == WEFT_I32 ? x.i32()[i] : x.dtype == WEFT_U8 ? x.u8()[i] : to_integer<int32_t>(f);
    if (y.dtype == WEFT_F32) y.f32()[i] = x.dtype == WEFT_F32 ? f : static_cast<float>(v);
    if (y.dtype == WEFT_I32) y.i32()[i] = v;
    if (y.dtype == WEFT_U8) y.u8()[i] = x.dtype == WEFT_F32 ? to_integer<uint8_t>(f) : static_cast<uint8_t>(std::min(std::max(v, 0), 255));
  }
}

}  // namespace

void add_elementwise(Interpreter& b) {
  unary(b, "neg", [](float x) { return -x; });
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
  unary(b, "round", [](float x) { return std::nearbyint(x); });  // half to even
  binary(b, "add", [](float x, float y) { return x + y; }, [](int32_t x, int32_t y) { return wrap(int64_t{x} + y); });
  binary(b, "sub", [](float x, float y) { return x - y; }, [](int32_t x, int32_t y) { return wrap(int64_t{x} - y); });
  binary(b, "mul", [](float x, float y) { return x * y; }, [](int32_t x, int32_t y) { return wrap(int64_t{x} * y); });
  binary(b, "div", [](float x, float y) { return x / y; }, floor_div);
  // min and max pass NaN on.
  binary(b, "min", [](float x, float y) { return std::isnan(x) || x < y ? x : y; }, [](int32_t x, int32_t y) { return std::min(x, y); });
  binary(b, "max", [](float x, float y) { return std::isnan(x) || x > y ? x : y; }, [](int32_t x, int32_t y) { return std::max(x, y); });
  binary(b, "pow", [](float x, float y) { return std::pow(x, y); },
         [](int32_t x, int32_t y) { return to_integer<int32_t>(std::pow(double{1} * x, y)); });
  b.kernel("compare", [](Call& c) {
    const int64_t kind = c.integer("kind", 0);
    if (c.in[0].dtype == WEFT_I32) {
      apply<int32_t, uint8_t>(c, [&](int32_t x, int32_t y) { return static_cast<uint8_t>(compare(kind, x, y)); });
    } else if (c.in[0].dtype == WEFT_U8) {
      apply<uint8_t, uint8_t>(c, [&](uint8_t x, uint8_t y) { return static_cast<uint8_t>(compare(kind, x, y)); });
    } else {
      apply<float, uint8_t>(c, [&](float x, float y) { return static_cast<uint8_t>(compare(kind, x, y)); });
    }
  });
  b.kernel("select", select);
  b.kernel("cast", cast);
}

}  // namespace weft::reference
