// Convolutions, by the primitive that has channels last.
#include <algorithm>
#include <cmath>

#include "tests/onnx/ops.hpp"
#include "weft/blocks/ssm.hpp"

namespace weft::onnx {

Value convolved(const Value& x, const Value& w, const Windows& windows, int64_t groups) {
  Value y = x;
  std::vector<int64_t> both;  // before and after each axis
  for (std::size_t i = 0; i < windows.kernel.size(); ++i) {
    const int64_t before = windows.before[i], after = windows.after[i];
    y = pad(y, 2 + static_cast<int64_t>(i), std::min<int64_t>(before, 0), std::min<int64_t>(after, 0));
    both.push_back(std::max<int64_t>(before, 0));
    both.push_back(std::max<int64_t>(after, 0));
  }
  const int64_t last = x.rank() - 1;
  const sdk::Tensor z = x.g->conv(move_axis(y, 1, last).tensor, move_axis(w, 1, last).tensor,
                                  {sdk::Attr::ints("stride", windows.strides), sdk::Attr::ints("pad", both),
                                   sdk::Attr::ints("dilation", windows.dilations), sdk::Attr::i64("groups", groups)});
  return move_axis(value(*x.g, z, Dtype::kF32), last, 1);
}

namespace {

Values conv(const Node& n) {
  const Value x = n.in(0), w = n.in(1);
  const Value y = convolved(x, w, windows_of(n, spatial_of(x), spatial_of(w)), n.integer("group", 1));
  return {n.has(2) ? y + of_channels(n.in(2), y) : y};
}

/// x with stride - 1 zeros between neighbours of an axis.
Value spread(const Value& x, int64_t axis, int64_t stride) {
  if (stride == 1) return x;
  Dims dims = x.dims;
  dims[static_cast<std::size_t>(axis)] *= stride;
  return slice(reshape(pad(unsqueeze(x, axis + 1), axis + 1, 0, stride - 1), dims), axis, 0,
               dims[static_cast<std::size_t>(axis)] - stride + 1);
}

/// A convolution of stride 1 over x spread out, with the kernel turned round.
Values conv_transpose(const Node& n) {
  Value x = n.in(0), w = n.in(1);  // w: [C, M / groups, axes...]
  const int64_t groups = n.integer("group", 1);
  const std::vector<int64_t> spatial = spatial_of(x), kernel = spatial_of(w);
  const std::size_t axes = kernel.size();
  const std::vector<int64_t> ones(axes, 1), zeros(axes, 0), sizes = n.integers("output_shape");
  const std::vector<int64_t> strides = n.integers("strides", ones), dilations = n.integers("dilations", ones);
  const std::vector<int64_t> more = n.integers("output_padding", zeros);
  const std::vector<int64_t> pads = n.integers("pads", std::vector<int64_t>(2 * axes, 0));
  const std::string mode = n.text("auto_pad", "NOTSET");
  Windows windows{.kernel = kernel, .strides = ones, .dilations = dilations, .before = {}, .after = {}, .beyond = {}};
  for (std::size_t i = 0; i < axes; ++i) {
    const int64_t reach = dilations[i] * (kernel[i] - 1) + 1;
    int64_t before = pads[i], after = pads[i + axes];
    if (!sizes.empty() || mode.starts_with("SAME")) {
      const int64_t size = sizes.empty() ? spatial[i] * strides[i] : sizes[sizes.size() - axes + i];
      const int64_t total = strides[i] * (spatial[i] - 1) + more[i] + reach - size;
      const auto half = static_cast<int64_t>(std::floor(static_cast<double>(total) / 2));
      before = mode == "SAME_UPPER" ? half : total - half;
      after = total - before;
    }
    const int64_t axis = 2 + static_cast<int64_t>(i);
    x = spread(x, axis, strides[i]);
    w = reverse(w, axis);
    windows.before.push_back(reach - 1 - before);
    windows.after.push_back(reach - 1 - after + more[i]);
  }
  const int64_t C = w.dim(0), each = w.dim(1);
  Dims split = w.dims, joined = w.dims;
  split[0] = C / groups;
  split.insert(split.begin(), groups);
  joined[0] = groups * each, joined[1] = C / groups;
  const Value y = convolved(x, reshape(move_axis(reshape(w, split), 2, 1), joined), windows, groups);
  return {n.has(2) ? y + of_channels(n.in(2), y) : y};
}

/// By the composite, on all tokens of the batch behind each other. x [B, C, L], w [C, K]; bias and past [B, C, K - 1]
/// may be absent.
Value causal_convolved(const Node& n, StateInputs& states, const Value& x, const Value& w, const Value& bias,
                       const Value& past) {
  sdk::Graph& g = n.g();
  const int64_t B = x.dim(0), C = x.dim(1), L = x.dim(2), K = w.dim(1);
  uint32_t id = 0;
  g.group("kept", WEFT_GROUP_SLOT, 0, &id);
  sdk::Tensor state = g.state("conv", id, {K - 1, C}, 0, true);
  const std::vector<int64_t> sequences = range(0, B);
  if (past.g) state = g.scatter(state, constant(g, sequences, {B}).tensor, transpose(past, {0, 2, 1}).tensor);
  const std::vector<int64_t> fresh(static_cast<std::size_t>(B), -1), dropped(static_cast<std::size_t>(B * L), -1);
  std::vector<int64_t> start;
  for (int64_t b = 0; b <= B; ++b) start.push_back(b * L);
  const Value tokens = reshape(transpose(x, {0, 2, 1}), {B * L, C});
  const sdk::Tensor y = g.composite(
      "causal_conv", 1,
      {tokens.tensor, w.tensor, bias.tensor, state, constant(g, past.g ? sequences : fresh, {B}).tensor,
       constant(g, dropped, {B * L}).tensor, constant(g, start, {B + 1}).tensor},
      {}, blocks::causal_conv_body)[0];
  const auto none = [](int64_t size) {
    return conformance::i32({size}, conformance::Ints(static_cast<std::size_t>(size), -1));
  };
  states.named = {{"kept.slot_in", none(B)}, {"kept.slot", none(B * L)}};
  states.sizes = {{"kept:kept", B}};
  return transpose(reshape(value(g, y, Dtype::kF32), {B, L, C}), {0, 2, 1});
}

/// A convolution of each channel with the elements before, those of the state first.
Values causal_conv(const Node& n) {
  const Value x = n.in(0), w = n.in(1);
  const int64_t C = w.dim(0), K = w.dim(2);
  const Value all = n.has(3) ? concat({n.in(3), x}, 2) : pad(x, 2, K - 1, 0);  // [B, C, K - 1 + L]
  StateInputs* const states = K > 1 ? n.states() : nullptr;
  Value y;
  if (states != nullptr) {
    y = causal_convolved(n, *states, x, reshape(w, {C, K}), n.has(2) ? n.in(2) : Value{}, n.has(3) ? n.in(3) : Value{});
  } else {
    y = convolved(all, w, {.kernel = {K}, .strides = {1}, .dilations = {1}, .before = {0}, .after = {0}, .beyond = {}},
                  C);
    if (n.has(2)) y = y + of_channels(n.in(2), y);
  }
  const std::string activation = n.text("activation", "none");
  if (activation == "silu" || activation == "swish")
    y = y * unary("sigmoid", y);
  else if (activation != "none")
    throw Refused("activation " + activation);
  return {y, slice(all, 2, all.dim(2) - (K - 1), K - 1)};
}

}  // namespace

const Ops kConvolutions = {
    {"Conv", conv}, {"ConvTranspose", conv_transpose}, {"CausalConvWithState", causal_conv}};

}  // namespace weft::onnx
