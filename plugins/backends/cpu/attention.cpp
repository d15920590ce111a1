// Attention over paged keys and values in tiles (Dao et al. 2022), each K/V tile read once for all
// query heads of its group; rope.
#include <algorithm>
#include <cmath>
#include <limits>

#include "plugins/backends/cpu/kernels.hpp"

namespace weft::cpu {
namespace {

constexpr int64_t kKeys = 64;     // of a tile
constexpr int64_t kQueries = 32;  // rows of a tile, about
constexpr float kInf = std::numeric_limits<float>::infinity();

/// Entries of a paged state, one kv head of a slot at a time.
class Pages {
 public:
  Pages(const Isa& isa, const sdk::StateView& state, uint32_t dtype, int64_t heads) : isa_(isa), state_(state), dtype_(dtype), width_(state.entry_elems / heads) {
    direct_ = dtype == WEFT_F32 || dtype == WEFT_F16 || dtype == WEFT_BF16;
  }
  int64_t width() const { return width_; }
  void read(int64_t slot, int64_t head, float* out) const {
    if (slot < 0 || slot >= state_.slots) sdk::fail(WEFT_OUT_OF_RANGE, "attention: slot " + std::to_string(slot));
    if (direct_) {
      const int64_t element = dtype_ == WEFT_F32 ? 4 : 2;
      return isa_.widen(dtype_, state_.entry(slot) + head * width_ * element, width_, out);
    }
    // A block-quantised entry has one row a head.
    const weft_slab whole = state_.slab(slot);
    weft_slab slab = whole;
    slab.plane[0] = static_cast<uint8_t*>(whole.plane[0]) + static_cast<uint64_t>(head) * whole.row_pitch[0];
    sdk::check(state_.dtype->decode(state_.dtype->self, &slab, 1, static_cast<uint64_t>(width_), out));
  }

 private:
  const Isa& isa_;
  const sdk::StateView& state_;
  uint32_t dtype_;
  int64_t width_;
  bool direct_;
};

struct Attention {
  Attention(Call& c, const Isa& i)
      : call(c), isa(i), q(c.in[0]), table(c.in[3]), base(c.in[4].i32()), len(c.in[5].i32()), start(c.in[6].i32()),
        sinks(c.has(8) ? c.in[8].f32() : nullptr), scale(static_cast<float>(c.number("scale", 1))), cap(static_cast<float>(c.number("softcap", 0))),
        window(c.integer("window", 0)), block(c.integer("block_tokens", 1)), Hq(q.dims[1]), D(q.dims[2]), Dv(c.out[0].dims[2]), Hkv(c.in[1].dims[1]),
        group(Hq / Hkv), keys(i, *c.states[1], c.states[1]->dtype->id, Hkv), values(i, *c.states[2], c.states[2]->dtype->id, Hkv) {}

  Call& call;
  const Isa& isa;
  const View &q, &table;
  const int32_t *base, *len, *start;
  const float* sinks;
  float scale, cap;
  int64_t window, block, Hq, D, Dv, Hkv, group;
  Pages keys, values;

  struct Task {
    int64_t sequence, head, first, count;  // tokens [first, first + count) of the step
  };

  void run() {
    check_sequences();
    const int64_t S = table.dims[0];
    const int64_t tokens = std::max<int64_t>(1, kQueries / group);
    std::vector<Task> tasks;
    for (int64_t s = 0; s < S; ++s) {
      for (int64_t t = start[s]; t < start[s + 1]; t += tokens) {
        for (int64_t h = 0; h < Hkv; ++h) tasks.push_back({s, h, t, std::min<int64_t>(tokens, start[s + 1] - t)});
      }
    }
    call.parallel(static_cast<int64_t>(tasks.size()), 1, [&](int64_t begin, int64_t end) {
      Tile tile(*this, tokens * group);
      for (int64_t i = begin; i < end; ++i) tile.run(tasks[static_cast<std::size_t>(i)]);
    });
  }

  /// Sequences partition the tokens, as token_seq says too.
  void check_sequences() const {
    const int64_t S = table.dims[0], T = q.dims[0];
    const int32_t* seq = call.in[7].i32();
    for (int64_t s = 0; s < S; ++s) {
      if (start[s] < 0 || start[s + 1] < start[s] || start[s + 1] > T) sdk::fail(WEFT_OUT_OF_RANGE, "attention: seq_start of sequence " + std::to_string(s));
      for (int64_t t = start[s]; t < start[s + 1]; ++t) {
        if (seq[t] != s) sdk::fail(WEFT_OUT_OF_RANGE, "attention: token " + std::to_string(t) + " is of sequence " + std::to_string(seq[t]));
      }
    }
    if (S == 0 || start[0] != 0 || start[S] != T) sdk::fail(WEFT_OUT_OF_RANGE, "attention: the sequences do not hold all tokens");
  }

  struct Tile {
    Tile(const Attention& attention, int64_t rows)
        : a(attention), query(size(rows * a.D)), key(size(kKeys * a.D)), value(size(kKeys * a.Dv)), mask(size(rows * kKeys)), score(mask.size()),
          top(size(rows)), total(size(rows)), acc(size(rows * a.Dv)) {}
    static std::size_t size(int64_t n) { return static_cast<std::size_t>(n); }

    const Attention& a;
    std::vector<float> query, key, value, mask, score, top, total, acc;

    void run(const Task& task) {
      const int64_t m = task.count * a.group, s = task.sequence;
      // Token t has index first_index + (t - task.first) in its sequence.
      const int64_t first_index = a.len[s] - (a.start[s + 1] - a.start[s]) + (task.first - a.start[s]);
      for (int64_t i = 0; i < m; ++i) {
        const float* from = a.q.f32() + ((task.first + i / a.group) * a.Hq + task.head * a.group + i % a.group) * a.D;
        for (int64_t d = 0; d < a.D; ++d) query[size(i * a.D + d)] = from[d] * a.scale;
      }
      std::fill(top.begin(), top.begin() + m, -kInf);
      std::fill(total.begin(), total.begin() + m, 0.0f);
      std::fill(acc.begin(), acc.begin() + m * a.Dv, 0.0f);
      const int64_t low = std::max<int64_t>(a.base[s], a.window > 0 ? first_index - a.window + 1 : 0), high = first_index + task.count;
      for (int64_t p = low; p < high; p += kKeys) {
        const int64_t n = std::min(kKeys, high - p);
        load(s, task.head, p, n);
        for (int64_t i = 0; i < m; ++i) {
          const int64_t index = first_index + i / a.group;
          for (int64_t j = 0; j < n; ++j) {
            const bool visible = p + j <= index && (a.window == 0 || index - (p + j) < a.window);
            mask[size(i * kKeys + j)] = visible ? 0.0f : -kInf;
          }
        }
        a.isa.attend(query.data(), m, a.D, key.data(), value.data(), n, a.Dv, mask.data(), a.cap, score.data(), top.data(), total.data(), acc.data());
      }
      for (int64_t i = 0; i < m; ++i) {
        const int64_t head = task.head * a.group + i % a.group;
        float* out = a.call.out[0].f32() + ((task.first + i / a.group) * a.Hq + head) * a.Dv;
        float scale = 1, sum = total[size(i)];
        if (a.sinks != nullptr) {  // takes its share of the softmax and gives nothing
          const float best = std::max(top[size(i)], a.sinks[head]);
          scale = std::exp(top[size(i)] - best);
          sum = sum * scale + std::exp(a.sinks[head] - best);
        }
        for (int64_t d = 0; d < a.Dv; ++d) out[d] = sum == 0 ? 0 : acc[size(i * a.Dv + d)] * scale / sum;
      }
    }

    void load(int64_t s, int64_t head, int64_t p, int64_t n) {
      const int64_t B = a.table.dims[1];
      for (int64_t j = 0; j < n; ++j) {
        const int64_t index = (p + j - a.base[s]) / a.block;
        if (index >= B) sdk::fail(WEFT_OUT_OF_RANGE, "attention: position " + std::to_string(p + j) + " is beyond the table");
        const int64_t slot = int64_t{a.table.i32()[s * B + index]} * a.block + (p + j) % a.block;
        a.keys.read(slot, head, key.data() + j * a.D);
        a.values.read(slot, head, value.data() + j * a.Dv);
      }
    }
  };
};

void attention(Call& c, const Isa& isa) {
  if (c.out[0].size() > 0) Attention(c, isa).run();
}

/// x [T,H,D], cos and sin [T,R/2]: the first R dims of each head turn, the rest pass.
void rope(Call& c) {
  const View &x = c.in[0], &y = c.out[0];
  const bool interleaved = c.integer("interleaved", 0) != 0;
  const int64_t T = x.dims[0], H = x.dims[1], D = x.dims[2], half = c.in[1].dims[1];
  c.parallel(T, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, H * D)), [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const float *cs = c.in[1].f32() + t * half, *sn = c.in[2].f32() + t * half;
      for (int64_t h = 0; h < H; ++h) {
        const float* in = x.f32() + (t * H + h) * D;
        float* out = y.f32() + (t * H + h) * D;
        for (int64_t i = 0; i < half && interleaved; ++i) {
          out[2 * i] = in[2 * i] * cs[i] - in[2 * i + 1] * sn[i];
          out[2 * i + 1] = in[2 * i + 1] * cs[i] + in[2 * i] * sn[i];
        }
        if (!interleaved) {
          for (int64_t i = 0; i < half; ++i) out[i] = in[i] * cs[i] - in[i + half] * sn[i];
          for (int64_t i = 0; i < half; ++i) out[i + half] = in[i + half] * cs[i] + in[i] * sn[i];
        }
        std::copy(in + 2 * half, in + D, out + 2 * half);
      }
    }
  });
}

}  // namespace

void add_attention(Interpreter& b, IsaRef isa) {
  b.kernel("attention", [&isa](Call& c) { attention(c, *isa); });
  b.kernel("rope", rope);
}

}  // namespace weft::cpu
