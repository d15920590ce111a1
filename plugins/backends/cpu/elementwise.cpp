// What a step needs around its products: arithmetic, norms, rows in and out of tables and states.
#include <cmath>
#include <cstring>

#include "plugins/backends/cpu/kernels.hpp"

namespace weft::cpu {
namespace {

template <class F>
void unary(Call& c, F f) {
  const float* x = c.in[0].f32();
  float* y = c.out[0].f32();
  c.parallel(c.out[0].size(), 16384, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = f(x[i]);
  });
}

/// Elements from one step along the last axis to the next, and along all others; 0 where stretched.
std::vector<int64_t> steps(const View& v) {
  std::vector<int64_t> s(v.rank(), 0);
  int64_t stride = 1;
  for (std::size_t i = v.rank(); i-- > 0; stride *= v.dims[i]) s[i] = v.dims[i] == 1 ? 0 : stride;
  return s;
}

/// Size-1 broadcast, row by row along the last axis.
template <class T, class F>
void binary_as(Call& c, F f) {
  const View &a = c.in[0], &b = c.in[1], &y = c.out[0];
  const T *x = static_cast<const T*>(a.data), *w = static_cast<const T*>(b.data);
  T* out = static_cast<T*>(y.data);
  if (a.dims == b.dims) {
    c.parallel(y.size(), 16384, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) out[i] = f(x[i], w[i]);
    });
    return;
  }
  const std::vector<int64_t> sa = steps(a), sb = steps(b);
  const int64_t n = y.last(), rows = n ? y.size() / n : 0;
  const int64_t step_a = sa.empty() ? 0 : sa.back(), step_b = sb.empty() ? 0 : sb.back();
  c.parallel(rows, std::max<int64_t>(1, 16384 / std::max<int64_t>(n, 1)), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      int64_t at_a = 0, at_b = 0, rest = r;
      for (std::size_t i = y.rank() - (y.rank() ? 1 : 0); i-- > 0; rest /= y.dims[i]) {
        at_a += rest % y.dims[i] * sa[i];
        at_b += rest % y.dims[i] * sb[i];
      }
      for (int64_t i = 0; i < n; ++i) out[r * n + i] = f(x[at_a + i * step_a], w[at_b + i * step_b]);
    }
  });
}

/// f32 here; integers, which only index arithmetic uses, go through the same loop.
template <class F>
void arithmetic(Call& c, F f) {
  c.in[0].dtype == WEFT_F32 ? binary_as<float>(c, f) : binary_as<int32_t>(c, f);
}

/// i32 sums, differences and products wrap around.
template <class T, class F>
T wrapped(T a, T b, F f) {
  if constexpr (std::is_same_v<T, float>) {
    return f(a, b);
  } else {
    return static_cast<T>(f(static_cast<uint32_t>(a), static_cast<uint32_t>(b)));
  }
}

template <class T>
T quotient(T a, T b) {
  if constexpr (std::is_same_v<T, float>) {
    return a / b;
  } else {  // floors
    if (b == 0) sdk::fail(WEFT_INVALID_ARGUMENT, "div of i32 by zero");
    const int64_t q = int64_t{a} / b, r = int64_t{a} % b;
    return static_cast<T>(q - (r != 0 && (r < 0) != (b < 0)));
  }
}

void cast(Call& c) {
  const View &x = c.in[0], &y = c.out[0];
  for (int64_t i = 0; i < y.size(); ++i) {
    if (y.dtype == WEFT_F32) {
      y.f32()[i] = x.dtype == WEFT_F32 ? x.f32()[i] : x.dtype == WEFT_I32 ? static_cast<float>(x.i32()[i]) : static_cast<float>(x.u8()[i]);
    } else {
      const double v = x.dtype == WEFT_F32 ? x.f32()[i] : x.dtype == WEFT_I32 ? x.i32()[i] : x.u8()[i];
      const double low = y.dtype == WEFT_I32 ? INT32_MIN : 0, high = y.dtype == WEFT_I32 ? INT32_MAX : 255;
      const double cut = std::isnan(v) ? 0 : std::trunc(v < low ? low : v > high ? high : v);
      if (y.dtype == WEFT_I32) y.i32()[i] = static_cast<int32_t>(cut);
      if (y.dtype == WEFT_U8) y.u8()[i] = static_cast<uint8_t>(cut);
    }
  }
}

void rms_norm(Call& c, const Isa& isa) {
  const View &x = c.in[0], &y = c.out[0];
  const int64_t n = x.last(), rows = n ? x.size() / n : 0;
  const float eps = static_cast<float>(c.number("eps", 0));
  c.parallel(rows, std::max<int64_t>(1, 8192 / std::max<int64_t>(n, 1)), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) isa.rms_norm(x.f32() + r * n, c.in[1].f32(), n, eps, y.f32() + r * n);
  });
}

[[noreturn]] void outside(const char* op, int64_t index, int64_t size) {
  sdk::fail(WEFT_OUT_OF_RANGE, std::string(op) + ": index " + std::to_string(index) + " of " + std::to_string(size));
}

/// Rows of a table, of an activation or a parameter as stored, along axis 0; -1 gives zeros.
void gather_rows(Call& c, const Isa& isa) {
  const View &x = c.in[0], &idx = c.in[1], &y = c.out[0];
  const int64_t rows = x.dims[0], width = idx.size() ? y.size() / idx.size() : 0;
  const sdk::Weight* w = c.weights[0];
  const std::size_t element = x.dtype == WEFT_U8 ? 1 : 4;
  for (int64_t i = 0; i < idx.size(); ++i) {
    const int64_t k = idx.i32()[i];
    auto* out = static_cast<uint8_t*>(y.data) + static_cast<std::size_t>(i * width) * element;
    if (k == -1 && width > 0) {
      std::memset(out, 0, static_cast<std::size_t>(width) * element);
    } else if (k < -1 || k >= rows) {
      outside("gather", k, rows);
    } else if (k >= 0 && w != nullptr && width > 0) {
      const int64_t per = width / static_cast<int64_t>(w->cols);  // rows of the last axis in one of axis 0
      for (int64_t r = 0; r < per; ++r) decode_row(isa, *w, k * per + r, reinterpret_cast<float*>(out) + r * static_cast<int64_t>(w->cols));
    } else if (k >= 0 && width > 0) {
      std::memcpy(out, static_cast<const uint8_t*>(x.data) + static_cast<std::size_t>(k * width) * element, static_cast<std::size_t>(width) * element);
    }
  }
}

/// Any axis and batch, element rows copied one by one.
void gather_any(Call& c) {
  const View &x = c.in[0], &idx = c.in[1], &y = c.out[0];
  const auto axis = static_cast<std::size_t>(c.integer("axis", 0)), batch = static_cast<std::size_t>(c.integer("batch", 0));
  int64_t batches = 1, outer = 1, inner = 1, per_batch = 1;
  for (std::size_t i = 0; i < batch; ++i) batches *= x.dims[i];
  for (std::size_t i = batch; i < axis; ++i) outer *= x.dims[i];
  for (std::size_t i = axis + 1; i < x.rank(); ++i) inner *= x.dims[i];
  for (std::size_t i = batch; i < idx.rank(); ++i) per_batch *= idx.dims[i];
  const std::size_t bytes = static_cast<std::size_t>(inner) * (x.dtype == WEFT_U8 ? 1 : 4);
  auto* to = static_cast<uint8_t*>(y.data);
  for (int64_t b = 0; b < batches; ++b) {
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < per_batch; ++i, to += bytes) {
        const int64_t k = idx.i32()[b * per_batch + i];
        if (k < -1 || k >= x.dims[axis]) outside("gather", k, x.dims[axis]);
        if (k == -1) {
          std::memset(to, 0, bytes);
        } else {
          std::memcpy(to, static_cast<const uint8_t*>(x.data) + static_cast<std::size_t>((b * outer + o) * x.dims[axis] + k) * bytes, bytes);
        }
      }
    }
  }
}

void gather_state(Call& c, const sdk::StateView& state) {
  const View &idx = c.in[1], &y = c.out[0];
  for (int64_t i = 0; i < idx.size(); ++i) {
    const int64_t slot = idx.i32()[i];
    float* out = y.f32() + i * state.entry_elems;
    if (slot < -1 || slot >= state.slots) outside("gather", slot, state.slots);
    slot == -1 ? std::fill(out, out + state.entry_elems, 0.0f) : state.read(slot, out);
  }
}

void gather(Call& c, const Isa& isa) {
  if (c.states[0] != nullptr) return gather_state(c, *c.states[0]);
  const bool rows = c.integer("axis", 0) == 0 && c.integer("batch", 0) == 0;
  if (rows) return gather_rows(c, isa);
  if (c.weights[0] == nullptr) return gather_any(c);
  const sdk::Weight& w = *c.weights[0];
  sdk::HostArray<float> values(w.rows * w.cols);
  for (uint64_t r = 0; r < w.rows; ++r) decode_row(isa, w, static_cast<int64_t>(r), values.data() + r * w.cols);
  c.in[0].data = values.data();
  gather_any(c);
}

/// New entries of a state, or rows of a copy of x; -1 drops.
void scatter(Call& c, const Isa& isa) {
  const View &idx = c.in[1], &update = c.in[2];
  const bool add = c.integer("kind", 0) == 1;
  if (const sdk::StateView* state = c.out_state) {
    const uint32_t dtype = state->dtype->id;
    const bool direct = (dtype == WEFT_F32 || dtype == WEFT_F16 || dtype == WEFT_BF16) && !add;
    std::vector<float> sum(add ? static_cast<std::size_t>(state->entry_elems) : 0);
    for (int64_t i = 0; i < idx.size(); ++i) {
      const int64_t slot = idx.i32()[i];
      const float* from = update.f32() + i * state->entry_elems;
      if (slot < -1 || slot >= state->slots) outside("scatter", slot, state->slots);
      if (slot == -1) continue;
      if (add) {
        state->read(slot, sum.data());
        for (int64_t e = 0; e < state->entry_elems; ++e) sum[static_cast<std::size_t>(e)] += from[e];
        from = sum.data();
      }
      direct ? isa.narrow(dtype, from, state->entry_elems, state->entry(slot)) : state->write(slot, from);
    }
    return;
  }
  const View &x = c.in[0], &y = c.out[0];
  const int64_t n = idx.size(), width = n ? update.size() / n : 0;
  const std::size_t bytes = static_cast<std::size_t>(width) * (x.dtype == WEFT_U8 ? 1 : 4);
  if (x.size() > 0) std::memcpy(y.data, x.data, static_cast<std::size_t>(x.size()) * (x.dtype == WEFT_U8 ? 1 : 4));
  for (int64_t i = 0; i < n; ++i) {
    const int64_t k = idx.i32()[i];
    if (k < -1 || k >= x.dims[0]) outside("scatter", k, x.dims[0]);
    if (k == -1) continue;
    auto* to = static_cast<uint8_t*>(y.data) + static_cast<std::size_t>(k) * bytes;
    const auto* from = static_cast<const uint8_t*>(update.data) + static_cast<std::size_t>(i) * bytes;
    if (!add) {
      std::memcpy(to, from, bytes);
      continue;
    }
    for (int64_t e = 0; e < width; ++e) {
      if (x.dtype == WEFT_F32) reinterpret_cast<float*>(to)[e] += reinterpret_cast<const float*>(from)[e];
      if (x.dtype == WEFT_I32) reinterpret_cast<uint32_t*>(to)[e] += reinterpret_cast<const uint32_t*>(from)[e];
    }
  }
}

}  // namespace

void add_elementwise(Interpreter& b, IsaRef isa) {
  b.kernel("add", [](Call& c) { arithmetic(c, [](auto x, auto y) { return wrapped(x, y, [](auto a, auto b) { return a + b; }); }); });
  b.kernel("sub", [](Call& c) { arithmetic(c, [](auto x, auto y) { return wrapped(x, y, [](auto a, auto b) { return a - b; }); }); });
  b.kernel("mul", [](Call& c) { arithmetic(c, [](auto x, auto y) { return wrapped(x, y, [](auto a, auto b) { return a * b; }); }); });
  b.kernel("div", [](Call& c) { arithmetic(c, [](auto x, auto y) { return quotient(x, y); }); });
  b.kernel("max", [](Call& c) { arithmetic(c, [](auto x, auto y) { return x > y || x != x ? x : y; }); });
  b.kernel("min", [](Call& c) { arithmetic(c, [](auto x, auto y) { return x < y || x != x ? x : y; }); });
  b.kernel("cos", [](Call& c) { unary(c, [](float x) { return std::cos(x); }); });
  b.kernel("sin", [](Call& c) { unary(c, [](float x) { return std::sin(x); }); });
  b.kernel("cast", cast);
  b.kernel("reshape", [](Call& c) {
    if (c.in[0].size() > 0) std::memcpy(c.out[0].data, c.in[0].data, static_cast<std::size_t>(c.in[0].size()) * (c.in[0].dtype == WEFT_U8 ? 1 : 4));
  });
  b.kernel("rms_norm", [&isa](Call& c) { rms_norm(c, *isa); });
  b.kernel("gather", [&isa](Call& c) { gather(c, *isa); }, {0});
  b.kernel("scatter", [&isa](Call& c) { scatter(c, *isa); });
}

}  // namespace weft::cpu
