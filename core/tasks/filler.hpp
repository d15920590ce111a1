// Proposes tokens for the masked places of texts, as the pipeline "fill-mask" of transformers does.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/tasks/text_reader.hpp"

namespace weft {

struct Prediction {
  int32_t token = 0;
  double score = 0;       // a probability
  std::string token_str;  // the token decoded alone
  std::string sequence;   // the text with the token at its place; of a text with several masks with special tokens
};

struct Filled {
  std::vector<std::vector<Prediction>> masks;  // for each mask, the likeliest first
  std::vector<int32_t> ids;
  std::vector<float> logits;  // [masks, vocabulary]
};

/// [one thread per object]
class Filler {
 public:
  /// The model must have been loaded to fill masks. FAILED_PRECONDITION: the tokenizer has no mask.
  static Result<Filler> create(std::shared_ptr<const Model> model);

  std::string_view mask() const { return *reader_.tokenizer().id_to_token(reader_.settings().mask); }
  /// `top_k` predictions for each mask of each text. INVALID_ARGUMENT: a text has no mask.
  Result<std::vector<Filled>> fill(std::span<const std::string_view> texts, std::size_t top_k,
                                   const BatchOptions& options = {});

 private:
  explicit Filler(TextReader reader) : reader_(std::move(reader)) {}
  Result<Filled> filled(const Encoding& text, std::span<const float> logits, std::size_t top_k) const;
  Result<std::string> decode(std::span<const int32_t> ids, bool skip_special) const;
  TextReader reader_;
};

}  // namespace weft
