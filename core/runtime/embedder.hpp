// Texts to vectors by an embedding model.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/runtime/model.hpp"
#include "core/runtime/pooling.hpp"

namespace weft {

struct Embedded {
  std::vector<int32_t> ids;  // with the special tokens
  std::vector<float> vector;
};

/// [one thread per object]
class Embedder {
 public:
  /// The model was loaded with its graph "embed".
  static Result<Embedder> create(std::shared_ptr<const Model> model);

  /// The ids of a text, cut (with a warning) to what the model says is the most.
  Result<std::vector<int32_t>> encode(std::string_view text) const;
  /// As many texts in one step as the session has sequences and tokens for; OUT_OF_RANGE where they are more.
  Result<std::vector<std::vector<float>>> embed(std::span<const std::vector<int32_t>> texts);
  Result<Embedded> embed(std::string_view text);

 private:
  Embedder() = default;
  std::shared_ptr<const Model> model_;
  std::unique_ptr<Session> session_;
  Pooling pooling_;
};

}  // namespace weft
