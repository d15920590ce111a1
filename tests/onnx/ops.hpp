// The ops of ONNX that weft's primitives and composites express, one table a file.
#pragma once

#include <optional>

#include "tests/onnx/graph_case.hpp"

namespace weft::onnx {

extern const Ops kElementwise, kBits, kReductions, kLayout, kIndexing, kProducts, kWindows, kConvolutions, kNorms,
    kAttention, kRecurrences, kLosses, kSampling, kResize, kQuantisation, kSpectra, kControl, kTraining;

/// Null when no table has it.
WriteOp find_op(std::string_view name);

/// Whether the op leaves floats as they are, but for their places or for a cast: it takes f16 and bf16. Others compute.
bool moves(std::string_view op);

/// The result of a node that is known when the graph is written, as Shape's.
std::optional<HostTensor> known_result(const Node& node);

// What several tables need.
Value abs(const Value& x);
Value square(const Value& x);
Value ceil(const Value& x);
Value truncated(const Value& x);  // f32 towards 0
/// Over one axis.
Value softmax(const Value& x, int64_t axis);
Value log_softmax(const Value& x, int64_t axis);
/// By the name that RNN, LSTM and GRU give it. Refused: others.
Value activated(const std::string& name, const Value& x, double alpha, double beta);
/// The position of the largest (or the least) element along an axis, which stays; of equal ones the first or the last.
Value position_of(sdk::Reduce kind, const Value& x, int64_t axis, bool last = false);
/// x [N, C, axes...] in windows: [N, C, windows..., elements of a window].
struct Windows {
  std::vector<int64_t> kernel, strides, dilations, before, after;
  std::vector<int64_t> beyond;  // after `after`: what ceil_mode adds
};
/// As the attributes of convolutions and pools say. `spatial`: sizes of the axes.
Windows windows_of(const Node& n, const std::vector<int64_t>& spatial, std::vector<int64_t> kernel);
/// The sizes of the axes behind N and C.
std::vector<int64_t> spatial_of(const Value& x);
/// x [N, C, axes...] by w [O, C / groups, axes...]: [N, O, axes...].
Value convolved(const Value& x, const Value& w, const Windows& windows, int64_t groups);
/// [C] as [1, C, 1...] of the rank of x.
Value of_channels(const Value& c, const Value& x);
/// A matrix of f32 that moves an axis: x [..., N, ...] to [..., M, ...]; rows: M of N.
Value mixed(const Value& x, int64_t axis, const std::vector<float>& rows, int64_t M);

}  // namespace weft::onnx
