// One graph on one backend: host arrays in, host arrays out.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/graph/symbols.hpp"
#include "tests/conformance/array.hpp"
#include "tests/conformance/host_params.hpp"
#include "weft/sdk/graph.hpp"
#include "weft/status.hpp"

namespace weft::conformance {

/// The type of an argument: of each axis a size, or the name of a symbol.
struct ArgType {
  uint32_t dtype = WEFT_F32;
  std::vector<std::string> dims;  // {"T", "4"}
};

/// The SDK's graph with the primitive of two results, which has no function there.
class GraphWriter : public sdk::Graph {
 public:
  explicit GraphWriter(const weft_builder& builder) : sdk::Graph(builder), builder_(builder) {}
  /// Values f32 and indices i32 of the k largest along the last axis.
  std::vector<sdk::Tensor> top_k(sdk::Tensor x, int64_t k);

 private:
  const weft_builder& builder_;
};

/// Writes the graph from its arguments; what it returns are the graph's results, in order.
using Write = std::function<std::vector<sdk::Tensor>(GraphWriter&, const std::vector<sdk::Tensor>& args)>;

struct RunnerOptions {
  uint32_t block_tokens = 4;          // of paged groups
  std::string state_dtype = "f32";    // of states that do not ask for f32
  int64_t most = 64;                  // the maximum of every symbol
  bool inlined = false;               // composites replaced by their bodies before placement
  std::map<std::string, Array> params;  // by path, f32
  std::map<std::string, Stored> stored = {};  // by path, in blocks
  uint32_t precision = WEFT_PRECISION_EXACT;
};

/// What one run reads.
struct Feed {
  std::vector<Array> args;
  std::map<std::string, Array> named;  // inputs that the graph has besides its arguments
  FreeSizes sizes;                     // of symbols that no input has on an axis
};

/// A dtype that the core or a plugin of the build registers; null: nobody does.
const weft_dtype* find_dtype(const std::string& name);

/// Whether a device of this name, as --backend takes it, can be opened here.
bool has_backend(const std::string& name);

/// States live as long as the runner, from run to run. [one thread per runner]
class OpRunner {
 public:
  /// `backend`: as --backend takes it ("reference"); its first device comes first, fallbacks after it.
  /// An error is what the graph's builder, the placement or the compilation said.
  static Result<std::unique_ptr<OpRunner>> create(const std::string& backend, const std::vector<ArgType>& args, const Write& write,
                                                  const RunnerOptions& options = {});
  ~OpRunner();

  /// Results in order. An error is what the backend said, or that the arrays do not fit the graph.
  Result<std::vector<Array>> run(const Feed& feed);
  /// The ops that were compiled, in order.
  std::vector<std::string> ops() const;

 private:
  struct Impl;
  explicit OpRunner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// One verdict an op of the graph that `write` writes: 0 the backend's first device has no kernel for it.
Result<std::vector<std::pair<std::string, uint8_t>>> verdicts(const std::string& backend, const std::vector<ArgType>& args,
                                                              const Write& write);

}  // namespace weft::conformance
