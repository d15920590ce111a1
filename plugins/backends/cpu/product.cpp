#include "plugins/backends/cpu/product.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <optional>

#include "plugins/backends/cpu/packed.hpp"

namespace weft::cpu {
namespace {

constexpr int64_t kTokens = 512;  // at once: what fits the caches beside the weights
// At once where they are read in place. Larger: sums leave the caches; smaller: tiles of weights are made more often.
constexpr int64_t kFloatTokens = 2048;
constexpr int64_t kShares = 2;    // pieces for each worker, where there are as many; fewer: workers wait for the last

bool is_float(uint32_t dtype) { return dtype == WEFT_F32 || dtype == WEFT_F16 || dtype == WEFT_BF16; }

/// How the weight is packed; null: not at all.
const Format* format_of(const Isa& isa, const sdk::Weight& w) {
  if (is_float(w.dtype)) return nullptr;
  const weft_host& h = sdk::host();
  const Format* format = isa.quants.format(sdk::view(h.dtype_info(h.ctx, w.dtype)->name));
  return format != nullptr && w.cols % format->values == 0 ? format : nullptr;
}

/// Tokens in the forms that kernels take, made once for all products that want them.
class Tokens {
 public:
  bool are(const float* x, int64_t T) const { return x == x_ && T == T_; }
  Tokens(const Call& c, const Isa& isa, const float* x, int64_t T, int64_t K)
      : call_(c), isa_(isa), x_(x), T_(T), K_(K), padded_((K + kChunk - 1) / kChunk * kChunk) {}

  /// Chunk by chunk, as many tokens are read.
  const float* floats() { return in_chunks(WEFT_F32, floats_); }
  const QuantTokens& in_one_half() { return in_halves(1, isa_.quants.quantize, one_half_); }
  const QuantTokens& in_two_halves() { return in_halves(2, isa_.quants.quantize, two_halves_); }
  /// In two halves as Isa::halves_many takes them.
  const QuantTokens& for_halves_many() { return in_halves(2, isa_.quantize_many, for_halves_many_); }
  const uint16_t* narrowed() { return in_chunks(WEFT_BF16, narrow_); }

 private:
  struct Integers {
    sdk::HostArray<int8_t> q;
    sdk::HostArray<float> scales;
    QuantTokens tokens{};
  };
  template <class Quantize>
  const QuantTokens& in_halves(int halves, const Quantize& quantize, Integers& to) const {
    if (to.q.data() != nullptr) return to.tokens;
    const auto n = static_cast<uint64_t>(T_ * padded_);
    to.q = sdk::HostArray<int8_t>(n * static_cast<uint64_t>(halves));
    to.scales = sdk::HostArray<float>(n / 16 * 2 + n / 32);
    float* d = to.scales.data();
    to.tokens = {to.q.data(), halves == 2 ? to.q.data() + n : nullptr, d, d + n / 16, d + n / 16 * 2, T_};
    each_token([&](int64_t t) { quantize(x_ + t * K_, K_, to.tokens, t); });
    return to.tokens;
  }
  template <class V>
  const V* in_chunks(uint32_t dtype, sdk::HostArray<V>& to) const {
    if (to.data() != nullptr) return to.data();
    to = sdk::HostArray<V>(static_cast<uint64_t>(T_ * padded_));
    each_token([&](int64_t t) {
      for (int64_t at = 0; at < K_; at += kChunk) {
        V* chunk = to.data() + (at / kChunk * T_ + t) * kChunk;
        const int64_t here = std::min(kChunk, K_ - at);
        isa_.narrow(dtype, x_ + t * K_ + at, here, chunk);
        std::fill(chunk + here, chunk + kChunk, V{0});
      }
    });
    return to.data();
  }
  template <class F>
  void each_token(const F& f) const {
    call_.parallel(T_, std::max<int64_t>(1, 16384 / padded_), [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) f(t);
    });
  }

  const Call& call_;
  const Isa& isa_;
  const float* x_;
  int64_t T_, K_, padded_;
  Integers one_half_, two_halves_, for_halves_many_;
  sdk::HostArray<float> floats_;
  sdk::HostArray<uint16_t> narrow_;
};

enum class Activations { kF32, kBf16, kOneHalf, kTwoHalves };

/// A product with what it is computed from.
struct Task {
  const Product& p;
  const Format* format = nullptr;  // null: rows of floats, decoded when they are not
  PackedWeight* packed = nullptr;  // with a format
  Activations activations = Activations::kF32;
  const QuantTokens* quantized = nullptr;
  decltype(Isa::halves_many) many = nullptr;  // takes `quantized`; null: the format's own products do
  const uint16_t* narrowed = nullptr;
  const float* floats = nullptr;  // of few tokens with a format
  bool few = false;       // tokens meet weights straight from where they lie
  bool in_place = false;  // see reads_in_place
  /// Panels that are worked on together: they share what is loaded of tokens, and many tokens what unpacking costs.
  int64_t unit = 0;
  int64_t parts = 1;  // into which the tokens are split

  Task(const Call& c, const Isa& isa, const Product& product, Tokens& x) : p(product) {
    const sdk::Weight& w = *p.w;
    format = format_of(isa, w);
    if (format != nullptr) packed = &w.form<PackedWeight>(p.rows, [&] { return new PackedWeight(w, *format, p.rows); });
    activations = choose(c.precision, isa, format, w.dtype, p.T);
    if (activations == Activations::kOneHalf) quantized = &x.in_one_half();
    if (activations == Activations::kTwoHalves) {
      many = p.T > kFew ? isa.halves_many : nullptr;
      quantized = many != nullptr ? &x.for_halves_many() : &x.in_two_halves();
    }
    if (activations == Activations::kBf16) narrowed = x.narrowed();
    few = are_few(format, activations, p.T);
    in_place = reads_in_place(format, activations, p.T);
    if (activations == Activations::kF32 && format != nullptr && !in_place) floats = x.floats();
    unit = few ? kFewPanels : in_place ? kFloatPanels : kPanels;
    if (in_place) parts = (p.T + kFloatTokens - 1) / kFloatTokens;
  }

  static bool are_few(const Format* format, Activations activations, int64_t T) {
    return T <= (format == nullptr && activations == Activations::kF32 ? kFewFloats : kFew);
  }
  /// Whether tokens are read where they are, so that there may be more than kTokens.
  static bool reads_in_place(const Format* format, Activations activations, int64_t T) {
    const bool takes_few = format == nullptr || format->multiply_floats != nullptr;
    return activations == Activations::kF32 && !(takes_few && are_few(format, activations, T));
  }
  static bool reads_in_place(const Call& c, const Isa& isa, const Product& p) {
    const Format* format = format_of(isa, *p.w);
    return reads_in_place(format, choose(c.precision, isa, format, p.w->dtype, p.T), p.T);
  }
  int64_t panels() const { return (p.rows + kPanel - 1) / kPanel; }
  int64_t pieces() const { return (panels() + unit - 1) / unit * parts; }

  /// Few tokens of bf16 weights stay in f32: weights are the bottleneck there.
  static Activations choose(uint32_t precision, const Isa& isa, const Format* format, uint32_t dtype, int64_t T) {
    const bool bf16 = isa.bf16_many != nullptr && T > kFew && precision != WEFT_PRECISION_EXACT;
    if (format == nullptr) return bf16 && dtype == WEFT_BF16 ? Activations::kBf16 : Activations::kF32;
    const bool fast = precision == WEFT_PRECISION_FAST;
    if (precision == WEFT_PRECISION_EXACT || (format->rounded && format->multiply != nullptr && !fast))
      return Activations::kF32;
    if (format->multiply == nullptr || (fast && bf16 && isa.bf16_first))
      return bf16 ? Activations::kBf16 : Activations::kF32;
    return fast ? Activations::kOneHalf : Activations::kTwoHalves;
  }
};

/// Works on pieces of tasks of up to T tokens with memory of its own.
class Worker {
 public:
  Worker(const Isa& isa, int64_t T, int64_t K)
      : isa_(isa),
        K_(K),
        scratch_(static_cast<uint64_t>(isa.scratch(K, T))),
        acc_(static_cast<uint64_t>(std::max<int64_t>(T, kFew) * kFloatPanels * kPanel)) {}

  void run(const Task& task, int64_t piece) {
    const int64_t first = piece / task.parts * task.unit;
    const auto count = static_cast<int>(std::min(task.unit, task.panels() - first));
    const int64_t size = (task.p.T + task.parts - 1) / task.parts, t = piece % task.parts * size;
    run(task, first, count, t, std::min(size, task.p.T - t));
  }

 private:
  /// Panels [first, first + count) of the task, for T tokens from t0 on: all, unless they are read in place.
  void run(const Task& task, int64_t first, int count, int64_t t0, int64_t T) {
    if (task.quantized != nullptr) return run_quantized(task, first, count);
    if (task.format == nullptr && task.few) return run_few(task, first, count);
    const uint8_t* packed[kFloatPanels];
    const uint8_t* rows[kFloatPanels * kPanel];
    Panels w{task.format, packed,
             rows,        task.p.w->dtype,
             count,       static_cast<int>(std::min(count * kPanel, task.p.rows - first * kPanel)),
             K_};
    if (task.format != nullptr) {
      for (int i = 0; i < count; ++i) packed[i] = panel(task, first, i);
    } else {
      w.dtype = rows_of(task, first, w.n_rows, rows);
    }
    if (task.in_place) return run_in_place(task, w, first, t0, T);
    float* acc = acc_.data();
    if (task.activations == Activations::kBf16) {
      isa_.bf16_many(w, task.narrowed, T, acc, scratch_.data());
      return store(task, acc, count * kPanel, 0, T, first, w.n_rows);
    }
    for (int i = 0; i < count; ++i) {
      task.format->multiply_floats(*task.format, packed[i], K_, task.floats, static_cast<int>(T), acc);
      store(task, acc, kPanel, 0, T, first + i, static_cast<int>(std::min(kPanel, task.p.rows - (first + i) * kPanel)));
    }
  }

  void run_in_place(const Task& task, const Panels& w, int64_t first, int64_t t0, int64_t T) {
    const Product& p = task.p;
    const int64_t width = w.count * kPanel, at = first * kPanel;
    FloatTokens x{p.x + t0 * K_, T, acc_.data(), width, nullptr, -1, acc_.data()};
    const bool whole = w.n_rows == width;  // whole panels fit into y
    if (whole) x.y = p.y + t0 * p.rows + at, x.stride = p.rows, x.activation = p.activation;
    if (whole && p.bias != nullptr) x.bias = p.bias + at;
    isa_.float_many(w, x, scratch_.data());
    if (!whole) store(task, acc_.data(), width, t0, T, first, w.n_rows);
  }

  void run_quantized(const Task& task, int64_t first, int count) {
    const int64_t N = task.p.rows, T = task.p.T, at = first * kPanel;
    const uint8_t* packed[kPanels];
    for (int i = 0; i < count; ++i) packed[i] = panel(task, first, i);
    const auto n_rows = static_cast<int>(std::min(count * kPanel, N - at));
    const Panels w{task.format, packed, nullptr, task.p.w->dtype, count, n_rows, K_};
    if (T <= kFew) {
      const bool straight = task.p.bias == nullptr && task.p.activation < 0 && n_rows == count * kPanel;
      if (straight) return task.format->multiply(w, *task.quantized, task.p.y + at, N);
      task.format->multiply(w, *task.quantized, acc_.data(), count * kPanel);
    } else {
      const auto many = task.many != nullptr ? task.many : task.format->multiply_many;
      many(w, *task.quantized, acc_.data(), scratch_.data());
    }
    store(task, acc_.data(), count * kPanel, 0, T, first, n_rows);
  }

  /// Panel first + i; with few tokens, for which kFewPanels are asked for at a time, maybe in memory of this worker.
  const uint8_t* panel(const Task& task, int64_t first, int i) {
    if (task.p.T > kFew) return task.packed->panel(task.p.matrix, first + i);
    const auto bytes = static_cast<uint64_t>(task.packed->panel_bytes());
    // Panel `first` is asked for first: none that is in use moves.
    if (panel_bytes_ < bytes) panels_ = sdk::HostArray<uint8_t>(kFewPanels * (panel_bytes_ = bytes));
    return task.packed->panel(task.p.matrix, first + i, panels_.data() + static_cast<uint64_t>(i) * bytes);
  }

  void run_few(const Task& task, int64_t first, int count) {
    for (int64_t p = first; p < first + count; ++p) {
      const int n_rows = static_cast<int>(std::min(kPanel, task.p.rows - p * kPanel));
      const uint8_t* rows[kPanel];
      const uint32_t dtype = rows_of(task, p, n_rows, rows);
      isa_.float_few(dtype, rows, n_rows, K_, task.p.x, static_cast<int>(task.p.T), acc_.data());
      store(task, acc_.data(), kPanel, 0, task.p.T, p, n_rows);
    }
  }

  /// Where rows lie, decoded if they are no floats; gives their dtype.
  uint32_t rows_of(const Task& task, int64_t panel, int n, const uint8_t** rows) {
    const sdk::Weight& w = *task.p.w;
    const int64_t first = task.p.matrix * task.p.rows + panel * kPanel;
    if (is_float(w.dtype)) {
      for (int r = 0; r < n; ++r) rows[r] = w.row[static_cast<std::size_t>(first + r)];
      return w.dtype;
    }
    if (decoded_.data() == nullptr) decoded_ = sdk::HostArray<float>(static_cast<uint64_t>(kFloatPanels * kPanel * K_));
    for (int r = 0; r < n; ++r) {
      float* row = decoded_.data() + r * K_;
      decode_row(isa_, w, first + r, row);
      rows[r] = reinterpret_cast<const uint8_t*>(row);
    }
    return WEFT_F32;
  }

  /// n tokens from t0 on of acc [n][stride], of rows from those of `panel` on.
  void store(const Task& task, const float* acc, int64_t stride, int64_t t0, int64_t n, int64_t panel,
             int n_rows) const {
    const int64_t at = panel * kPanel;
    for (int64_t t = 0; t < n; ++t) {
      const float* from = acc + t * stride;
      float* to = task.p.y + (t0 + t) * task.p.rows + at;
      if (task.p.bias == nullptr) {
        std::copy(from, from + n_rows, to);
      } else {
        for (int r = 0; r < n_rows; ++r) to[r] = from[r] + task.p.bias[at + r];
      }
      if (task.p.activation >= 0) isa_.activate(task.p.activation, to, nullptr, n_rows, to);
    }
  }

  const Isa& isa_;
  int64_t K_;
  sdk::HostArray<uint8_t> scratch_;
  sdk::HostArray<float> acc_;
  sdk::HostArray<float> decoded_;
  sdk::HostArray<uint8_t> panels_;
  uint64_t panel_bytes_ = 0;
};

/// Gives tasks whose tokens are read in place smaller units, where there would be too few pieces for all workers.
void share_out(std::vector<Task>& tasks) {
  const int64_t wanted = kShares * std::max<int64_t>(1, sdk::host().worker_count(sdk::host().ctx));
  for (const int64_t unit : {12, 8, 4, kFewPanels}) {
    int64_t pieces = 0;
    for (const Task& task : tasks) pieces += task.pieces();
    if (pieces >= wanted) return;
    for (Task& task : tasks) task.unit = task.in_place ? std::min(task.unit, unit) : task.unit;
  }
}

/// Products of up to kTokens tokens each, but for those whose tokens are read in place.
void multiply_some(const Call& c, const Isa& isa, const std::vector<Product>& products) {
  const auto K = static_cast<int64_t>(products[0].w->cols);
  std::list<Tokens> made;
  const auto tokens_of = [&](const Product& p) -> Tokens& {
    const auto found = std::find_if(made.begin(), made.end(), [&](const Tokens& t) { return t.are(p.x, p.T); });
    return found != made.end() ? *found : made.emplace_back(c, isa, p.x, p.T, K);
  };
  std::vector<Task> tasks;
  for (const Product& p : products) tasks.emplace_back(c, isa, p, tokens_of(p));
  share_out(tasks);
  std::vector<int64_t> ends;   // of each task, in pieces
  int64_t most = 0, work = 1;  // tokens of a piece, multiplications of a piece
  for (const Task& task : tasks) {
    ends.push_back((ends.empty() ? 0 : ends.back()) + task.pieces());
    const int64_t T = (task.p.T + task.parts - 1) / task.parts;
    most = std::max(most, T), work = std::max(work, task.unit * kPanel * K * T);
  }
  c.parallel(ends.back(), std::max<int64_t>(1, 65536 / work), [&](int64_t begin, int64_t end) {
    Worker worker(isa, most, K);
    std::size_t i = 0;
    for (int64_t at = begin; at < end; ++at) {
      while (at >= ends[i]) ++i;
      worker.run(tasks[i], at - (i == 0 ? 0 : ends[i - 1]));
    }
  });
}

/// kTokens of each product at a time, but for those whose tokens are read in place.
void multiply_all(const Call& c, const Isa& isa, std::vector<Product> rest) {
  while (!rest.empty()) {
    std::vector<Product> some = rest;
    rest.clear();
    for (Product& p : some) {
      if (p.T <= kTokens || Task::reads_in_place(c, isa, p)) continue;
      Product later = p;
      later.x += kTokens * static_cast<int64_t>(p.w->cols), later.y += kTokens * p.rows, later.T -= kTokens;
      rest.push_back(later);
      p.T = kTokens;
    }
    multiply_some(c, isa, some);
  }
}

/// The order of the columns that the weight's panels have; null: as x has them.
const int32_t* order_of(const Isa& isa, const Product& p) {
  const sdk::Weight& w = *p.w;
  return w.in_place() || format_of(isa, w) == nullptr ? nullptr : w.order(static_cast<uint64_t>(p.matrix * p.rows));
}

}  // namespace

void multiply(const Call& c, const Isa& isa, const std::vector<Product>& products) {
  std::vector<Product> rest = products;
  while (!rest.empty()) {  // those of one order at a time: mostly all of them
    const auto K = static_cast<int64_t>(rest[0].w->cols);
    const int32_t* order = order_of(isa, rest.front());
    const auto same = [&](const Product& p) {
      const int32_t* other = order_of(isa, p);
      return other == order || (other != nullptr && order != nullptr && std::equal(order, order + K, other));
    };
    const auto others = std::stable_partition(rest.begin(), rest.end(), same);
    std::vector<Product> now(rest.begin(), others);
    rest.erase(rest.begin(), others);
    std::map<std::pair<const float*, int64_t>, sdk::HostArray<float>> moved;
    for (Product& p : now) {
      if (order == nullptr) break;
      const auto [to, fresh] = moved.try_emplace({p.x, p.T});
      if (fresh) {
        to->second = sdk::HostArray<float>(static_cast<uint64_t>(p.T * K));
        for (int64_t t = 0; t < p.T; ++t) {
          for (int64_t k = 0; k < K; ++k) to->second.data()[t * K + k] = p.x[t * K + order[k]];
        }
      }
      p.x = to->second.data();
    }
    multiply_all(c, isa, std::move(now));
  }
}

void decode_row(const Isa& isa, const sdk::Weight& w, int64_t row, float* out) {
  if (!w.in_place()) return w.read(WEFT_F32, static_cast<uint64_t>(row), 1, out, w.cols * sizeof(float));
  const uint8_t* data = w.row[static_cast<std::size_t>(row)];
  const auto n = static_cast<int64_t>(w.cols);
  if (is_float(w.dtype)) return isa.widen(w.dtype, data, n, out);
  const weft_host& h = sdk::host();
  const weft_dtype& d = *h.dtype_info(h.ctx, w.dtype);
  weft_slab slab{};
  slab.plane[0] = const_cast<uint8_t*>(data);
  slab.col_pitch[0] = d.plane[0].bytes;
  sdk::check(d.decode(d.self, &slab, 1, w.cols, out));
}

}  // namespace weft::cpu
