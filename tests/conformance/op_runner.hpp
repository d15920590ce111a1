// One graph on one backend: host arrays in, host arrays out.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/graph/symbols.hpp"
#include "tests/conformance/array.hpp"
#include "tests/conformance/host_params.hpp"
#include "weft/sdk/graph.hpp"
#include "weft/status.hpp"

namespace weft::conformance {

/// The type of an argument. `dims` gives for each axis a size or the name of a symbol.
struct ArgType {
  uint32_t dtype = WEFT_F32;
  std::vector<std::string> dims;  // as {"T", "4"}
};

/// The SDK's graph with top_k, the primitive of two results, for which sdk::Graph has no function.
class GraphWriter : public sdk::Graph {
 public:
  explicit GraphWriter(const weft_builder& builder) : sdk::Graph(builder), builder_(builder) {}
  /// The k largest values (f32) along the last axis, and their indices (i32).
  std::vector<sdk::Tensor> top_k(sdk::Tensor x, int64_t k);
  /// For what the SDK's graph refuses.
  const weft_builder& builder() const { return builder_; }

 private:
  const weft_builder& builder_;
};

/// A function that writes a graph from its arguments, and returns the graph's results in order.
using Write = std::function<std::vector<sdk::Tensor>(GraphWriter&, const std::vector<sdk::Tensor>& args)>;

struct RunnerOptions {
  uint32_t block_tokens = 4;          // positions in a block of a paged group
  std::string state_dtype = "f32";    // how states are stored that do not ask for f32
  int64_t most = 64;                  // the maximum of every symbol
  bool inlined = false;               // whether composites are replaced by their bodies before placement
  std::map<std::string, Array> params;  // f32 parameters by path
  std::map<std::string, Stored> stored = {};  // parameters in blocks, by path
  uint32_t precision = WEFT_PRECISION_EXACT;
};

/// What one run reads.
struct Feed {
  std::vector<Array> args;
  std::map<std::string, Array> named;  // inputs of the graph besides its arguments
  FreeSizes sizes;                     // the sizes of symbols that are on no axis of an input
};

/// The dtype `name` of the core or of a plugin of the build; null when none registers it.
const weft_dtype* find_dtype(const std::string& name);

/// Whether a device of this name, as --backend takes it, can be opened here.
bool has_backend(const std::string& name);

/// A graph that is compiled for one backend. Its states last as long as the runner, from run to run. [one thread per
/// runner]
class OpRunner {
 public:
  /// `backend`: as --backend takes it ("reference"); its first device is asked first, the others are fallbacks. The
  /// error is the one that the graph's builder, the placement or the compilation gave.
  static Result<std::unique_ptr<OpRunner>> create(const std::string& backend, const std::vector<ArgType>& args,
                                                  const Write& write, const RunnerOptions& options = {});
  ~OpRunner();

  /// The graph's results in order. The error is the backend's, or says which array does not fit the graph.
  Result<std::vector<Array>> run(const Feed& feed);
  /// The ops of the compiled graph, in order.
  std::vector<std::string> ops() const;

 private:
  struct Impl;
  explicit OpRunner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The ops of the graphs that runners of this process have run, those inside of composites not among them.
const std::set<std::string, std::less<>>& ops_run();

/// The verdict of the backend's first device on each op of the graph that `write` writes; 0: it has no kernel for the
/// op.
Result<std::vector<std::pair<std::string, uint8_t>>> verdicts(const std::string& backend,
                                                              const std::vector<ArgType>& args, const Write& write);

}  // namespace weft::conformance
