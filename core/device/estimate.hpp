// How much memory of a device a graph will take, before any of it is taken.
#pragma once

#include <span>

#include "core/device/device.hpp"
#include "core/graph/graph.hpp"
#include "weft/abi/params.h"

namespace weft {

/// Bytes, at the maxima of all sizes.
struct Estimate {
  uint64_t weights = 0, states = 0, values = 0;
  uint64_t scratch = 0;  // graphs that run in turn share the largest; 0 also where the backend does not tell it
};

/// `graph`: what the device is to run, such as a segment. `param_bytes`: by parameter, as the checkpoint stores it, for
/// backends that do not estimate what they keep.
Result<Estimate> estimate(const Device& device, const Graph& graph, const weft_params& params,
                          std::span<const uint64_t> param_bytes);

/// The bytes that a value takes at the most; UINT64_MAX: the size overflows.
uint64_t most_bytes(const Graph& graph, const Value& value);

}  // namespace weft
