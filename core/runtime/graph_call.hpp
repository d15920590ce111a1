// Calls of a graph that has no sequences: a host gives its inputs by name, and reads its outputs by name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/device/graph_instance.hpp"
#include "weft/status.hpp"

namespace weft {

/// A dense tensor in the host's memory.
struct TensorView {
  uint32_t dtype = 0;  // of the value: WEFT_F32, WEFT_F16, WEFT_BF16, WEFT_I32 or WEFT_U8
  std::vector<int64_t> dims;
  const void* data = nullptr;
};

/// [one thread per object]
class GraphCall {
 public:
  /// UNIMPLEMENTED: the graph has states, which sessions keep. `intact`: see Session::create.
  static Result<std::unique_ptr<GraphCall>> create(std::shared_ptr<const CompiledGraph> graph,
                                                   std::function<Status()> intact);

  const Graph& graph() const { return instance_->graph(); }
  /// Copies an input. INVALID_ARGUMENT: the graph has no such input, its dtype or rank is another one, or a size is.
  /// OUT_OF_RANGE: a size is larger than the graph takes.
  Status set(std::string_view name, const TensorView& value);
  /// Runs the graph on the inputs that were set, which stay set. INVALID_ARGUMENT: one is missing, or their sizes
  /// disagree.
  Status run(const GoOn& go_on = {});
  /// An output of the last run, which must have succeeded; valid until the next one. NOT_FOUND: there is no such
  /// output.
  Result<TensorView> output(std::string_view name) const;

 private:
  Result<std::vector<int64_t>> sizes() const;

  std::function<Status()> intact_;
  std::unique_ptr<GraphInstance> instance_;
  std::map<uint32_t, std::vector<int64_t>> given_;  // by input: its dims
  std::optional<std::vector<int64_t>> sizes_;       // by symbol, of the last run, where it succeeded
};

}  // namespace weft
