// Products of matrices, and attention.
#include <algorithm>
#include <bit>
#include <limits>

#include "plugins/backends/vulkan/ops.hpp"
#include "plugins/backends/vulkan/presets.hpp"
#include "plugins/backends/vulkan/shapes.hpp"

namespace weft::vulkan {
namespace {

struct MatmulPush {
  VkDeviceAddress c, a, b, bias;
  uint32_t M, N, K, tiles_n, tiles, batches, a_batch, b_batch;
};

void tiled(Dispatch& d, MatmulPush push, Stored stored, bool rows_of_b, bool columns_of_a, uint32_t activation) {
  constexpr uint32_t kTile = 64;
  push.tiles_n = (push.N + kTile - 1) / kTile;
  push.tiles = push.tiles_n * ((push.M + kTile - 1) / kTile);
  d.run(Shader::kMatmul, 256,
        {static_cast<uint32_t>(stored), rows_of_b, columns_of_a, activation, push.bias != 0}, push, push.tiles,
        push.batches);
}

Limits limits_of(const Facts& device) {
  Limits limits;
  limits.invocations = device.invocations, limits.shared_bytes = device.shared_bytes;
  limits.subgroup = device.subgroup, limits.software = device.software;
  return limits;
}

/// The columns of x [T, I] in the order of the weights': scratch memory.
VkDeviceAddress reordered(Dispatch& d, VkDeviceAddress x, int64_t T, int64_t I, VkDeviceAddress order) {
  const VkDeviceAddress y = d.scratch(static_cast<uint64_t>(T * I) * 4);
  const struct {
    VkDeviceAddress y;
    WeightPush x;
    VkDeviceAddress index, error;
    uint32_t n, outer, places, size, inner;
  } push{y, f32_at(x), order, d.error, u32(T * I), u32(T), u32(I), u32(I), 1};
  d.each(Shader::kGather, {packed(*format_of("f32"))}, push, push.n);
  return y;
}

/// y = activation(x w' + bias), x [T, I], w [O, I]; bias 0: none.
void linear(Dispatch& d, VkDeviceAddress y, VkDeviceAddress x, int64_t T, const Weight& w, int64_t O, int64_t I,
            VkDeviceAddress bias, uint32_t activation) {
  const uint32_t format = packed(*w.format);
  const bool whole = I % 32 == 0;
  if (T <= 0 || O <= 0) return;
  if (w.order != 0) x = reordered(d, x, T, I, w.order);
  // Tokens that matvec.comp takes at most. Larger: its sums leave the registers.
  constexpr uint32_t kFew = 8;
  const Limits limits = limits_of(*d.facts);
  if (T <= kFew) {
    const Team team = team_for(limits, T, I);
    const struct {
      VkDeviceAddress y, x;
      WeightPush w;
      VkDeviceAddress bias;
      uint32_t outputs, columns, tokens;
    } push{y, x, w, bias, u32(O), u32(I), u32(T)};
    d.run(Shader::kMatvec, team.invocations,
          {format, power_from(T, kFew), activation, bias != 0, team.lanes, team.rows, whole}, push,
          (push.outputs + team.outputs() - 1) / team.outputs());
    return;
  }
  const Tile tile = tile_for(limits, T, O);
  struct {
    VkDeviceAddress y, x;
    WeightPush w;
    VkDeviceAddress bias;
    uint32_t tokens, outputs, columns, tiles_o, tiles;
  } push{y, x, w, bias, u32(T), u32(O), u32(I), (u32(O) + tile.outputs - 1) / tile.outputs, 0};
  push.tiles = push.tiles_o * ((push.tokens + tile.tokens - 1) / tile.tokens);
  d.run(Shader::kLinear, tile.invocations(),
        {format, activation, bias != 0, whole, tile.tokens, tile.outputs, tile.own_tokens, tile.own_outputs,
         tile.depth},
        push, push.tiles);
}

/// A side of a matmul whose batch axes are those of y, or all of size 1.
sdk::View of_batches(Dispatch& d, std::size_t input) {
  sdk::View side = d.in[input];
  if (d.weights[input].format->bytes == 2) side.dtype = WEFT_F16;  // or bf16: what is stored moves as it is
  Dims dims = d.out[0].dims;
  bool one = true;
  for (std::size_t i = 0; i + 2 < side.rank(); ++i) one = one && side.dims[i] == 1;
  if (one || side.rank() != dims.size()) return side;
  std::copy(side.dims.end() - 2, side.dims.end(), dims.end() - 2);
  return stretched(d, side, dims);
}

void matmul(Dispatch& d) {
  const sdk::View& y = d.out[0];
  const sdk::View a = of_batches(d, 0), b = of_batches(d, 1);
  const bool ta = d.integer("ta", 0) != 0, tb = d.integer("tb", 0) != 0;
  const std::size_t rank = a.rank();
  const int64_t M = y.dims[rank - 2], N = y.dims[rank - 1], K = a.dims[ta ? rank - 2 : rank - 1];
  const auto stored = static_cast<Stored>(d.weights[1].format->code);  // not in blocks, but where linear() reads it
  if (b.rank() == 2 && !ta) {  // all batches have the same b: they are more rows of a
    const int64_t rows = N > 0 ? y.size() / N : 0;
    if (tb) return linear(d, address(y), address(a), rows, d.weights[1], N, K, 0, 0);
    const MatmulPush push{address(y), address(a), address(b), 0, u32(rows), u32(N), u32(K), 0, 0, 1, 0, 0};
    return tiled(d, push, stored, false, false, 0);
  }
  int64_t batches = 1, of_a = 1, of_b = 1;
  for (std::size_t i = 0; i + 2 < rank; ++i) {
    batches *= y.dims[i], of_a *= a.dims[i];
    if (b.rank() > 2) of_b *= b.dims[i];
  }
  const MatmulPush push{address(y), address(a), address(b),   0,           u32(M), u32(N), u32(K), 0, 0,
                        u32(batches), of_a > 1 ? u32(M * K) : 0, of_b > 1 ? u32(K * N) : 0};
  tiled(d, push, stored, tb, ta, 0);
}

void linear_op(Dispatch& d) {
  const sdk::View &x = d.in[0], &y = d.out[0];
  linear(d, address(y), address(x), x.dims[0], d.weights[1], y.dims[1], x.dims[1], d.has(2) ? address(d.in[2]) : 0,
         activation_of(d.text("kind")));
}

void gated_mlp(Dispatch& d) {
  const sdk::View &x = d.in[0], &gate = d.in[1];
  const uint64_t bytes = static_cast<uint64_t>(x.dims[0] * gate.dims[0]) * 4;
  const VkDeviceAddress a = d.scratch(bytes), b = d.scratch(bytes);
  const int64_t T = x.dims[0], I = x.dims[1], inner = gate.dims[0];
  linear(d, a, address(x), T, d.weights[1], inner, I, d.has(4) ? address(d.in[4]) : 0, activation_of(d.text("kind")));
  d.together = d.weights[2].order == 0;  // else x is put in order first
  linear(d, b, address(x), T, d.weights[2], inner, I, d.has(5) ? address(d.in[5]) : 0, 0);
  const struct {
    VkDeviceAddress y, a, b, error;
    uint32_t n, rank, unused[18];
  } push{a, a, b, d.error, u32(T * inner), 1, {}};
  d.each(Shader::kBinary, {2, 0, 1}, push, push.n);  // their product
  linear(d, address(d.out[0]), a, T, d.weights[3], I, inner, d.has(6) ? address(d.in[6]) : 0, 0);
}

void attention(Dispatch& d) {
  const sdk::View &q = d.in[0], &y = d.out[0];
  const sdk::StateView &k = *d.states[1], &v = *d.states[2];
  const int64_t T = q.dims[0], Hq = q.dims[1], D = q.dims[2], Dv = y.dims[2], Hkv = d.in[1].dims[1];
  constexpr int64_t kMostWidth = 512;  // of attention.comp
  if (std::max(D, Dv) > kMostWidth) return paged_attention(d);
  const int64_t block = d.integer("block_tokens", 1), positions = d.in[3].dims[1] * block;
  constexpr int64_t kSpan = 512, kFew = 8;  // kSpan: of spans.glsl; kFew: tokens whose spans are shared out
  const int64_t spans = (positions + kSpan - 1) / kSpan + 1;  // a window need not begin with a span
  const bool parts = T <= kFew && positions > kSpan;
  VkDeviceAddress to = address(y);
  // Also where more tokens are met, so that those of the largest step leave room for the others.
  if (parts || (d.work == nullptr && positions > kSpan))
    to = d.scratch(static_cast<uint64_t>(std::min(T, kFew) * Hq * spans * (Dv + 2)) * 4);
  const struct {
    VkDeviceAddress y, q, k, v, table, base, len, seq_start, token_seq, sinks, slopes, error;
    uint32_t tokens, heads, widths, sequences, blocks, slots, k_words, v_words;
  } push{to,
         address(q),
         address(k.data),
         address(v.data),
         address(d.in[3]),
         address(d.in[4]),
         address(d.in[5]),
         address(d.in[6]),
         address(d.in[7]),
         d.has(8) ? address(d.in[8]) : 0,
         d.has(9) ? address(d.in[9]) : 0,
         d.error,
         u32(T),
         u32(Hq | Hkv << 16),
         u32(D | Dv << 16),
         u32(d.in[3].dims[0]),
         u32(d.in[3].dims[1]),
         u32(std::min(k.slots, v.slots)),
         u32(static_cast<int64_t>(k.block_stride / 4)),
         u32(static_cast<int64_t>(v.block_stride / 4))};
  const auto constant = [&](std::string_view key, double fallback) {
    return std::bit_cast<uint32_t>(static_cast<float>(d.number(key, fallback)));
  };
  if (T == 0 || Hq == 0) return;
  const int64_t window = std::min<int64_t>(d.integer("window", 0), std::numeric_limits<int32_t>::max());
  const Rows rows = rows_for(T, Hq / Hkv, D, Dv);
  const auto groups = static_cast<uint64_t>((T + rows.tokens - 1) / rows.tokens * Hkv *
                                            ((Hq / Hkv + rows.heads - 1) / rows.heads));
  d.run(Shader::kAttention, rows.invocations,
        {static_cast<uint32_t>(stored_of(k.dtype->id)), u32(block), d.integer("causal", 1) != 0, d.has(8), d.has(9),
         u32(window), constant("scale", 1), constant("softcap", 0), rows.tokens, rows.heads, parts,
         D % 2 == 0 && Dv % 2 == 0},
        push, groups, parts ? static_cast<uint64_t>(spans) : 1);
  if (!parts) return;
  const struct {
    VkDeviceAddress y, parts, sinks;
    uint32_t results, heads, width, spans;
  } merge{address(y), to, push.sinks, u32(T * Hq), u32(Hq), u32(Dv), u32(spans)};
  d.run(Shader::kMerge, 32, {d.has(8)}, merge, merge.results);
}

}  // namespace

void add_products(sdk::Kernels& k) {
  add(k, "matmul", matmul), add(k, "linear", linear_op), add(k, "gated_mlp", gated_mlp), add(k, "attention", attention);
}

}  // namespace weft::vulkan
