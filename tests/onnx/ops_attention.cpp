// Attention in its forms, and rotary positions.
#include <cmath>
#include <limits>

#include "tests/onnx/ops.hpp"
#include "weft/blocks/paged_attention.hpp"
#include "weft/blocks/rope_graph.hpp"

namespace weft::onnx {

using sdk::Compare;

namespace {

constexpr double kHidden = -std::numeric_limits<double>::infinity();

/// [B, L, H * D] as [B, H, L, D].
Value in_heads(const Value& x, int64_t heads) {
  return transpose(reshape(x, {x.dim(0), x.dim(1), heads, x.dim(2) / heads}), {0, 2, 1, 3});
}
Value out_of_heads(const Value& x) {
  return reshape(transpose(x, {0, 2, 1, 3}), {x.dim(0), x.dim(2), x.dim(1) * x.dim(3)});
}

/// x [B, H, ...] with each head repeated so that there are `heads`.
Value repeated_heads(const Value& x, int64_t heads) {
  std::vector<int64_t> of;
  for (int64_t h = 0; h < heads; ++h) of.push_back(h / (heads / x.dim(1)));
  return heads == x.dim(1) ? x : take(x, 1, of);
}

Value scores_of(const Value& q, const Value& k, double scale) {
  return matmul(q, transpose(repeated_heads(k, q.dim(1)), {0, 1, 3, 2})) * scale;
}

/// Which keys a query may see, by their positions; all where there is no such rule.
Value visible(const Node& n, Value scores, int64_t past) {
  const int64_t Q = scores.dim(2), L = scores.dim(3);
  sdk::Graph& g = n.g();
  const Value key = iota(g, {1, 1, 1, L}, 3);
  Value query = iota(g, {1, 1, Q, 1}, 2) + static_cast<double>(past);
  const Value hidden = scalar(scores, kHidden);
  const auto keep = [&](Compare kind, const Value& a, const Value& b) {
    scores = select(compare(kind, a, b), scores, hidden);
  };
  if (n.has(6)) {
    const Value there = reshape(n.in(6), {n.in(6).dim(0), 1, 1, 1});
    query = iota(g, {1, 1, Q, 1}, 2) + there - static_cast<double>(Q);
    keep(Compare::kLt, key, there);
  }
  const int64_t left = n.integer("left_window_size", -1), right = n.integer("right_window_size", -1);
  if (n.integer("is_causal", 0) != 0) keep(Compare::kLe, key, query);
  if (left >= 0) keep(Compare::kLe, query - key, scalar(key, static_cast<double>(left)));
  if (right >= 0) keep(Compare::kLe, key - query, scalar(key, static_cast<double>(right)));
  return scores;
}

Value masked(const Value& scores, const Value& mask) {
  const int64_t missing = scores.dim(3) - mask.dim(mask.rank() - 1);
  if (mask.dtype == Dtype::kBool) {
    return select(pad(mask, mask.rank() - 1, 0, missing), scores, scalar(scores, kHidden));
  }
  return scores + pad(mask, mask.rank() - 1, 0, missing, kHidden);
}

/// [B, H, L, D] as [B * L, H, D].
Value as_tokens(const Value& x) {
  return reshape(transpose(x, {0, 2, 1, 3}), {x.dim(0) * x.dim(2), x.dim(1), x.dim(3)});
}

/// By the composite, over keys and values in paged states, whose blocks lie in reverse order.
Value paged_attention(const Node& n, StateInputs& states, const Value& q, const Value& k, const Value& v,
                      const blocks::AttentionRule& rule) {
  sdk::Graph& g = n.g();
  uint32_t id = 0;
  const weft_group group = g.group("kv", WEFT_GROUP_PAGED, 0, &id);
  const int64_t B = q.dim(0), Q = q.dim(2), L = k.dim(2), block = group.block_tokens, blocks = (L + block - 1) / block;
  conformance::Ints table, start{0}, token_seq;
  std::vector<int64_t> slots;
  for (int64_t b = 0; b < B; ++b) {
    for (int64_t i = 0; i < blocks; ++i) table.push_back(static_cast<int32_t>(B * blocks - 1 - (b * blocks + i)));
    for (int64_t p = 0; p < L; ++p) {
      slots.push_back(table[static_cast<std::size_t>(b * blocks + p / block)] * block + p % block);
    }
    start.push_back(static_cast<int32_t>((b + 1) * Q));
    token_seq.insert(token_seq.end(), static_cast<std::size_t>(Q), static_cast<int32_t>(b));
  }
  const auto kept = [&](const char* name, const Value& x) {
    const sdk::Tensor state = g.state(name, id, {x.dim(1), x.dim(3)});
    return g.scatter(state, constant(g, slots, {B * L}).tensor, as_tokens(x).tensor);
  };
  blocks::TokenAxis axis(g);
  axis.token_seq = g.constant(token_seq, {B * Q});  // of known size, as the result is
  const sdk::Tensor y = blocks::paged_attention(g, axis, group, as_tokens(q).tensor, kept("k", k), kept("v", v), {},
                                                rule);
  const auto all = [](int64_t size, int64_t v) {
    return conformance::i32({size}, conformance::Ints(static_cast<std::size_t>(size), static_cast<int32_t>(v)));
  };
  states.named = {{"kv.base", all(B, 0)}, {"kv.len", all(B, L)}, {"kv.slot", all(B * Q, -1)}};
  states.named["positions"] = all(B * Q, 0);
  states.named["kv.table"] = conformance::i32({B, blocks}, table);
  states.named["seq_start"] = conformance::i32({B + 1}, start);
  states.named["token_seq"] = conformance::i32({B * Q}, token_seq);
  states.sizes = {{"Q", Q}, {"slots:kv", B * blocks * block}};
  const int64_t heads = q.dim(1);
  return transpose(reshape(value(g, y, Dtype::kF32), {B, Q, heads, v.dim(3)}), {0, 2, 1, 3});
}

/// Whether the composite says what the node asks for: positions alone decide what is seen, and queries are the last
/// tokens of their sequences.
bool is_paged(const Node& n, const Value& q, const Value& k, int64_t past) {
  const bool causal = n.integer("is_causal", 0) != 0, window = n.integer("left_window_size", -1) >= 0;
  const bool last = k.dim(2) == past + q.dim(2);
  return !n.has(3) && !n.has(6) && !n.wants(3) && n.integer("right_window_size", -1) < 0 && (!window || causal) &&
         (!causal || last);
}

Values attention(const Node& n) {
  const bool flat = n.in(0).rank() == 3;
  const auto heads = [&](std::size_t i, const char* count) {
    return flat ? in_heads(n.in(i), n.integer(count, 1)) : n.in(i);
  };
  const Value q = heads(0, "q_num_heads");
  Value k = heads(1, "kv_num_heads"), v = heads(2, "kv_num_heads");
  int64_t past = 0;
  if (n.has(4)) {
    past = n.in(4).dim(2);
    k = concat({n.in(4), k}, 2), v = concat({n.in(5), v}, 2);
  }
  const double scale = n.number("scale", 1 / std::sqrt(static_cast<double>(q.dim(3)))), cap = n.number("softcap", 0);
  if (is_paged(n, q, k, past)) {
    if (StateInputs* states = n.states()) {
      blocks::AttentionRule rule;
      rule.scale = scale, rule.softcap = cap, rule.causal = n.integer("is_causal", 0) != 0;
      rule.window = n.integer("left_window_size", -1) + 1;
      const Value y = paged_attention(n, *states, q, k, v, rule);
      return {flat ? out_of_heads(y) : y, k, v};
    }
  }
  const Value raw = scores_of(q, k, scale);
  const Value capped = cap > 0 ? unary("tanh", raw / cap) * cap : raw;
  const Value biased = visible(n, n.has(3) ? masked(capped, n.in(3)) : capped, past);
  const Value shares = softmax(biased, 3);
  const Value y = matmul(shares, repeated_heads(v, q.dim(1)));
  const Values stages{raw, capped, biased, shares};
  return {flat ? out_of_heads(y) : y, k, v, stages.at(static_cast<std::size_t>(n.integer("qk_matmul_output_mode", 0)))};
}

Values flex_attention(const Node& n) {
  const Value q = n.in(0);
  Value scores = scores_of(q, n.in(1), n.number("scale", 1 / std::sqrt(static_cast<double>(q.dim(3)))));
  if (n.given("score_mod")) scores = n.call("score_mod", {scores})[0];
  Value shares = softmax(scores, 3);
  if (n.given("prob_mod")) shares = n.call("prob_mod", {shares})[0];
  return {matmul(shares, repeated_heads(n.in(2), q.dim(1)))};
}

/// For each token: the state fades, then takes up k v, or of v what it does not give for k already; y = q state.
Values linear_attention(const Node& n) {
  const int64_t query_heads = n.integer("q_num_heads", 1), H = n.integer("kv_num_heads", 1);
  const std::string rule = n.text("update_rule", "gated_delta");
  const Value q = in_heads(n.in(0), query_heads), k = in_heads(n.in(1), H), v = in_heads(n.in(2), H);  // [B, H, T, D]
  const int64_t B = q.dim(0), T = q.dim(2), K = q.dim(3), V = v.dim(3);
  double scale = n.number("scale", 0);
  if (scale == 0) scale = 1 / std::sqrt(static_cast<double>(K));
  Value state = n.has(3) ? n.in(3) : filled(q, 0, {B, H, K, V});
  Values results;
  for (int64_t t = 0; t < T; ++t) {
    const auto token = [&](const Value& x) { return slice(x, 2, t, 1); };                   // [B, H, 1, D]
    const auto column = [&](const Value& x) { return transpose(token(x), {0, 1, 3, 2}); };  // [B, H, D, 1]
    if (rule.starts_with("gated")) state = state * unary("exp", column(in_heads(n.in(4), H)));
    Value news = token(v);
    if (rule.ends_with("delta")) {
      news = (news - matmul(token(k), state)) * token(in_heads(n.in(5), n.in(5).dim(2)));
    }
    state = state + matmul(column(k), news);
    results.push_back(matmul(token(q), repeated_heads(state, query_heads)) * scale);
  }
  return {out_of_heads(concat(results, 2)), state};
}

/// By the composite, on all tokens of the batch behind each other.
Values rotary(const Node& n) {
  const Value x = n.in(0);
  const bool flat = x.rank() == 3;
  const Value heads = transpose(flat ? in_heads(x, n.integer("num_heads", 1)) : x, {0, 2, 1, 3});  // [B, L, H, D]
  const int64_t tokens = heads.dim(0) * heads.dim(1);
  const auto angles = [&](std::size_t input) {
    const Value cache = n.in(input), rows = n.has(3) ? gather(cache, n.in(3), 0) : cache;
    return reshape(rows, {tokens, rows.dim(rows.rank() - 1)}).tensor;
  };
  blocks::Rope rope;
  rope.interleaved = n.integer("interleaved", 0) != 0;
  const Value all = reshape(heads, {tokens, heads.dim(2), heads.dim(3)});
  const Value y = reshape(value(n.g(), blocks::apply_rope(n.g(), all.tensor, {angles(1), angles(2)}, rope), x.dtype),
                          heads.dims);
  return {flat ? reshape(y, x.dims) : transpose(y, {0, 2, 1, 3})};
}

}  // namespace

const Ops kAttention = {{"Attention", attention},
                        {"FlexAttention", flex_attention},
                        {"LinearAttention", linear_attention},
                        {"RotaryEmbedding", rotary}};

}  // namespace weft::onnx
