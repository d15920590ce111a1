// A Dense module of sentence-transformers: y = activation(W x + b).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/model/engine.hpp"
#include "core/tasks/activations.hpp"

namespace weft {

class Dense {
 public:
  /// Loads the module from a folder with config.json and a small checkpoint of its own (linear.weight, linear.bias). An
  /// activation or a switch that is not implemented is refused by name.
  static Result<Dense> load(Engine& engine, const std::string& folder, const Json& config);

  std::size_t in() const { return in_; }
  std::vector<float> apply(std::span<const float> x) const;

 private:
  std::size_t in_ = 0, out_ = 0;
  std::vector<float> weight_, bias_;  // [out, in]; [out], empty: no bias
  Activation activation_ = nullptr;
};

}  // namespace weft
