// Compiled graphs, and their instances, which are bound to the memory of a session.
#pragma once

#include <list>
#include <memory>
#include <vector>

#include "plugins/backends/vulkan/ops.hpp"
#include "plugins/backends/vulkan/store.hpp"
#include "weft/sdk/interpreter_program.hpp"

namespace weft::vulkan {

/// A graph with its weights on the device. Immutable.
struct Executable {
  enum class Load { kAll, kNothing };
  /// kNothing: to be measured alone.
  Executable(Store& store, const weft_graph& graph, const sdk::Kernels& kernels, Load load = Load::kAll);

  std::vector<uint64_t> params() const;

  Store& store;
  const sdk::Program program;
  std::vector<int64_t> most;              // by symbol: its largest size
  std::vector<Weight> weights;            // by value; of other values than parameters: none
  Memory constants;
  std::vector<VkDeviceAddress> constant;  // by value, likewise
};

/// With the size of each symbol.
std::vector<int64_t> resolved(const std::vector<int64_t>& dims, const std::vector<int64_t>& sizes);

/// Where the temps of a graph lie in scratch memory: those whose lifetimes overlap do not.
struct Plan {
  std::vector<uint64_t> offset;  // by value
  uint64_t bytes = 0;
};
Plan plan_of(const sdk::Program& program, const std::vector<int64_t>& sizes);

/// Bytes of an instance's own memory.
uint64_t scratch_bytes(const Executable& executable);

/// [one thread]
class Instance {
 public:
  Instance(const Executable& executable, Timeline& timeline, const weft_binding* bindings, uint32_t n, uint32_t stride);
  ~Instance() { forget_recordings(); }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  void execute(const weft_submit& submit);

 private:
  friend uint64_t scratch_bytes(const Executable& executable);
  /// Measures its memory.
  Instance(const Executable& executable, Timeline* timeline);
  struct Bound {
    VkDeviceAddress at = 0;      // 0: not bound, or the host's
    const uint8_t* host = nullptr;
    uint64_t bytes = 0, block_stride = 0;
  };
  /// Commands for some sizes and the bindings as they are, which can be run again.
  struct Recording {
    std::vector<int64_t> sizes;
    std::shared_ptr<Work> work;
    struct Input {
      uint8_t* to;
      const uint8_t* from;
      uint64_t bytes;
    };
    std::vector<Input> inputs;  // of the host: they are copied before each run
    uint8_t* error = nullptr;   // the word for errors
  };
  void bind(const weft_binding* bindings, uint32_t n, uint32_t stride);
  /// One that is not running; the least recently used goes where there are too many.
  Recording& recording(const std::vector<int64_t>& sizes);
  void forget_recordings();
  /// Says where each value lies in a run.
  void place(Recording& recording);
  /// Records all nodes. `work` null: only counts their scratch memory.
  void record(Work* work, const std::vector<int64_t>& sizes, VkDeviceAddress error);
  sdk::View view(uint32_t value, const std::vector<int64_t>& sizes) const;
  Weight weight(uint32_t value) const;
  /// Where a value lies that nodes may write.
  Span span(uint32_t value, const std::vector<int64_t>& sizes) const;
  VkDeviceAddress scratch(uint64_t bytes);

  const Executable& executable_;
  Timeline* const timeline_;  // null: nothing is run
  std::vector<Bound> bound_;  // by value
  std::vector<VkDeviceAddress> at_;  // by value, in this run
  Plan plan_;
  std::list<Recording> recordings_;  // the last used first
  Memory temps_, scratch_;  // scratch_: what nodes ask for, each from its begin on
  uint64_t scratch_used_ = 0, scratch_most_ = 0;
};

}  // namespace weft::vulkan
