// The weights of a model on a device: they are there when compile returns, as f32, and the host is asked no more.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "tests/opaque/plugin/memory.hpp"
#include "weft/abi/graph.h"
#include "weft/abi/params.h"

namespace opaque {

/// [one thread per load(); any-thread otherwise]
class Weights {
 public:
  Weights(const weft_params* host, Account& account);
  /// Reads the parameters of a graph and its bodies that are not there yet.
  void load(const weft_graph& graph);
  /// What load() would take of the device, had it loaded nothing before.
  static uint64_t bytes_of(const weft_params& host, const weft_graph& graph);
  /// What the kernels are given instead of the host's table.
  const weft_params* table() const { return &table_; }

 private:
  weft_param info(uint64_t i) const { return info(*host_, i); }
  static weft_param info(const weft_params& host, uint64_t i);
  void load(uint64_t i);
  const float* rows(uint64_t i, uint64_t first) const;

  const weft_params* host_;
  Account& account_;
  weft_params table_{};
  std::vector<std::shared_ptr<Bytes>> there_;  // by parameter
  std::map<std::pair<uint64_t, uint64_t>, std::shared_ptr<Bytes>> tied_;
};

}  // namespace opaque
