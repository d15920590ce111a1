// weft's composites: ops whose nodes carry a body of simpler ops, which weft/blocks writes. What a composite computes
// is what its body says; a backend may have a kernel for it that computes the same faster.
#pragma once

#include "weft/sdk/primitives.hpp"

namespace weft::sdk {
namespace table {

constexpr OpInput maybe(std::string_view name, std::string_view shape, uint32_t dtypes = kF32) {
  return {name, dtypes, shape, OpInput::kOptional};
}
constexpr OpInput kept(std::string_view name, std::string_view shape) { return {name, kF32, shape, OpInput::kState}; }

inline constexpr OpInput kSeqStart{"seq_start", kI32, "[S + 1]"}, kTokenSeq{"token_seq", kI32, "[T]"},
    kSlotIn{"slot_in", kI32, "[S]"}, kSlotOut{"slot_out", kI32, "[T]"}, kSinks = maybe("sinks", "[Hq]"),
    kSlopes = maybe("slopes", "[Hq]");
inline constexpr OpInput kRelative{"relative", kF32, "[Hq, 2 * M + 1]"};

inline constexpr OpAttribute
    kScale = otherwise(1, "scale", OpAttribute::kFloat, "multiplies the products of q and k"),
    kCausal = otherwise(1, "causal", OpAttribute::kFlag,
                        "whether a token sees its own position and those before it alone"),
    kWindow = otherwise(0, "window", OpAttribute::kInt,
                        "of these it sees the ones less than so many positions away; 0: all"),
    kSoftcap = otherwise(0, "softcap", OpAttribute::kFloat,
                         "> 0: scores become softcap * tanh(score / softcap); 0: they stay"),
    kBlockTokens = given("block_tokens", OpAttribute::kInt, "positions in a block of the table"),
    kEps = given("eps", OpAttribute::kFloat, "is added to the mean of squares");
inline constexpr std::string_view kKinds = "silu, gelu, gelu_tanh, relu or quick_gelu";

inline constexpr std::string_view kSeen = "a token that sees no key gets zeros, with sinks too",
                                  kSlots = "slot_in -1: a sequence starts from its states' fill; slot_out -1: the "
                                           "state after that token is not kept; other slots outside are an error of "
                                           "the run";

constexpr std::array<OpInput, 12> paged(OpInput relative = {}, OpInput ahead = {}) {
  return {{{"q", kF32, "[T, Hq, D]"},
           kept("k", "[slots, Hkv, D]"),
           kept("v", "[slots, Hkv, Dv]"),
           {"table", kI32, "[S, B]"},
           {"base", kI32, "[S]"},
           {"len", kI32, "[S]"},
           kSeqStart,
           kTokenSeq,
           kSinks,
           kSlopes,
           relative,
           ahead}};
}

}  // namespace table

inline constexpr Op kComposites[] = {
    {.name = "activation",
     .what = "an activation of each element",
     .input_rows = {{{"x", kF32}}},
     .attribute_rows = {{table::given("kind", OpAttribute::kText, table::kKinds)}},
     .result = "as x"},
    {.name = "softmax",
     .what = "e^x over its sum, along the last axis",
     .input_rows = {{{"x", kF32, "[..., D]"}}},
     .result = "as x",
     .edges = "of nothing but -inf: zeros; a row with NaN is NaN"},
    {.name = "rms_norm",
     .what = "x / sqrt(mean(x^2) + eps) * weight, along the last axis",
     .input_rows = {{{"x", kF32, "[..., D]"}, {"weight", kF32, "[D]"}}},
     .attribute_rows = {{table::kEps}},
     .result = "as x"},
    {.name = "layer_norm",
     .what = "(x - mean) / sqrt(variance + eps) * weight + bias, along the last axis",
     .input_rows = {{{"x", kF32, "[..., D]"}, table::maybe("weight", "[D]"), table::maybe("bias", "[D]")}},
     .attribute_rows = {{table::kEps}},
     .result = "as x"},
    {.name = "linear",
     .what = "activation(x w' + bias)",
     .input_rows = {{{"x", kF32, "[T, I]"}, {"w", kF32, "[O, I]"}, table::maybe("bias", "[O]")}},
     .attribute_rows = {{table::otherwise(0, "kind", OpAttribute::kText, "an activation; absent: none")}},
     .result = "f32 [T, O]"},
    {.name = "gated_mlp",
     .what = "down(activation(gate(x)) * up(x)), each an affine map",
     .input_rows = {{{"x", kF32, "[T, H]"},
                     {"gate", kF32, "[F, H]"},
                     {"up", kF32, "[F, H]"},
                     {"down", kF32, "[H, F]"},
                     table::maybe("gate_bias", "[F]"),
                     table::maybe("up_bias", "[F]"),
                     table::maybe("down_bias", "[H]")}},
     .attribute_rows = {{table::given("kind", OpAttribute::kText, table::kKinds)}},
     .result = "f32 [T, H]"},
    {.name = "moe",
     .what = "a mixture of experts: the sum of the outputs of each token's best experts, weighted by the router",
     .input_rows = {{{"x", kF32, "[T, H]"},
                     {"router", kF32, "[E, H]"},
                     table::maybe("router_bias", "[E]"),
                     {"gate", kF32, "[E, F, H]"},
                     table::maybe("gate_bias", "[E, F]"),
                     {"up", kF32, "[E, F, H]"},
                     table::maybe("up_bias", "[E, F]"),
                     {"down", kF32, "[E, H, F]"},
                     table::maybe("down_bias", "[E, H]"),
                     table::maybe("correction", "[E]")}},
     .attribute_rows = {{table::given("chosen", OpAttribute::kInt, "experts of a token"),
                         table::otherwise(0, "renormalise", OpAttribute::kFlag,
                                          "whether the weights of the chosen are scaled to the sum 1"),
                         table::given("activation", OpAttribute::kText, table::kKinds),
                         table::otherwise(0, "sigmoid", OpAttribute::kFlag,
                                          "whether scores are sigmoids of the router's products, not their softmax"),
                         table::otherwise(0, "groups", OpAttribute::kInts,
                                          "G, N, M: experts are in G groups of neighbours; those of the N best alone "
                                          "may be chosen, a group being as good as the sum of its M best; absent: no "
                                          "groups"),
                         table::otherwise(1, "scale", OpAttribute::kFloat, "multiplies the weights of the chosen"),
                         table::otherwise(0, "limit", OpAttribute::kFloat,
                                          "> 0: an expert is (clamp(up) + 1) * clamp(gate) * "
                                          "sigmoid(1.702 clamp(gate))")}},
     .result = "f32 [T, H]",
     .edges = "the correction is added to scores when experts are chosen, not to their weights; of equal scores the "
              "expert of the lower index is chosen"},
    {.name = "rope",
     .what = "pairs of each head's first R dims rotated by the token's angles; the other dims stay",
     .input_rows = {{{"x", kF32, "[T, H, D]"}, {"cos", kF32, "[T, R / 2]"}, {"sin", kF32, "[T, R / 2]"}}},
     .attribute_rows = {{table::otherwise(0, "interleaved", OpAttribute::kFlag,
                                          "whether pairs are (2i, 2i + 1) and not (i, i + R / 2)")}},
     .result = "as x"},
    {.name = "attention",
     .what = "attention of each token to its sequence's keys and values in paged states, which hold those of the step "
             "too",
     .input_rows = table::paged(),
     .attribute_rows = {{table::kScale, table::kCausal, table::kWindow, table::kSoftcap, table::kBlockTokens}},
     .result = "f32 [T, Hq, Dv]; Hq / Hkv heads share a key",
     .edges = table::kSeen},
    {.name = "relative_attention",
     .what = "attention whose scores have relative[h][d + M] added, where the key stands d positions behind its query "
             "(before it: d < 0); distances beyond M count as M",
     .input_rows = table::paged(table::kRelative),
     .attribute_rows = {{table::kScale, table::kCausal, table::kWindow, table::kSoftcap, table::kBlockTokens}},
     .result = "f32 [T, Hq, Dv]",
     .edges = table::kSeen},
    {.name = "prefix_attention",
     .what = "causal attention in which a token also sees the `ahead` tokens after itself in its step",
     .input_rows = table::paged(table::maybe("relative", "[Hq, 2 * M + 1]"), {"ahead", kI32, "[T]"}),
     .attribute_rows = {{table::kScale, table::kCausal, table::kWindow, table::kSoftcap, table::kBlockTokens}},
     .result = "f32 [T, Hq, Dv]",
     .edges = table::kSeen},
    {.name = "ragged_attention",
     .what = "attention of each token to the tokens of its sequence, all of which are in the step",
     .input_rows = {{{"q", kF32, "[T, Hq, D]"},
                     {"k", kF32, "[T, Hkv, D]"},
                     {"v", kF32, "[T, Hkv, Dv]"},
                     table::kSeqStart,
                     table::kTokenSeq,
                     table::kSinks,
                     table::kSlopes,
                     table::maybe("relative", "[Hq, 2 * M + 1]")}},
     .attribute_rows = {{table::kScale, table::kCausal, table::kWindow, table::kSoftcap}},
     .result = "f32 [T, Hq, Dv]",
     .edges = table::kSeen},
    {.name = "causal_conv",
     .what = "y[t] = bias + the sum over k of weight[:, k] * x[t - K + 1 + k], within the sequence of token t",
     .input_rows = {{{"x", kF32, "[T, C]"},
                     {"weight", kF32, "[C, K]"},
                     table::maybe("bias", "[C]"),
                     table::kept("last", "[slots, K - 1, C]"),
                     table::kSlotIn,
                     table::kSlotOut,
                     table::kSeqStart}},
     .result = "f32 [T, C]; the state has the last rows of x",
     .edges = table::kSlots},
    {.name = "selective_scan",
     .what = "h[t] = exp(dt[t] a) h[t-1] + dt[t] x[t] b[t], y[t] = c[t] h[t] + d x[t] (Gu and Dao 2023)",
     .input_rows = {{{"x", kF32, "[T, H, P]"},
                     {"dt", kF32, "[T, H]"},
                     {"a", kF32, "[H, N or 1]"},
                     {"b", kF32, "[T, G, N]"},
                     {"c", kF32, "[T, G, N]"},
                     table::maybe("d", "[H]"),
                     table::kept("h", "[slots, H, P, N]"),
                     table::kSlotIn,
                     table::kSlotOut,
                     table::kSeqStart}},
     .result = "f32 [T, H, P]; H / G adjacent heads share b and c",
     .edges = table::kSlots},
    {.name = "weighted_mean",
     .what = "the mean of v over all tokens so far: a token's weight is e^k, which fades by e^decay with each token "
             "after it; the current token's is e^(k + first)",
     .input_rows = {{{"k", kF32, "[T, A]"},
                     {"v", kF32, "[T, A]"},
                     {"decay", kF32, "[A]"},
                     {"first", kF32, "[A]"},
                     table::kept("sum", "[slots, A]"),
                     table::kept("weight", "[slots, A]"),
                     table::kept("top", "[slots, A]"),
                     table::kSlotIn,
                     table::kSlotOut,
                     table::kSeqStart}},
     .result = "f32 [T, A]; the states sum and weight are the mean's numerator and denominator over e^top",
     .edges = table::kSlots},
    {.name = "gated_delta",
     .what = "for each head: h = h e^decay; h = h + k (beta (v - k h)); y = q h (Yang et al. 2024)",
     .input_rows = {{{"q", kF32, "[T, G, K]"},
                     {"k", kF32, "[T, G, K]"},
                     {"v", kF32, "[T, H, V]"},
                     {"decay", kF32, "[T, H]"},
                     {"beta", kF32, "[T, H]"},
                     table::kept("h", "[slots, H, K, V]"),
                     table::kSlotIn,
                     table::kSlotOut,
                     table::kSeqStart}},
     .result = "f32 [T, H, V]; H / G adjacent heads share q and k",
     .edges = table::kSlots},
};

/// The row of an op of weft; null: it has none of this name and version.
constexpr const Op* find_op(std::string_view name, uint32_t version) {
  const Op* primitive = find_op(kPrimitives, name, version);
  return primitive != nullptr ? primitive : find_op(kComposites, name, version);
}

}  // namespace weft::sdk
