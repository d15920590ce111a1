// What a checkpoint says of text: tokenizer, chat template, where generation stops.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/text/jinja/template.hpp"
#include "core/text/tokenizer.hpp"
#include "core/weights/checkpoint.hpp"

namespace weft {

/// Immutable; [any-thread].
class TextSide {
 public:
  /// Sources, first wins. Tokenizer: tokenizer.json, the format's vocabulary. Template:
  /// chat_template.jinja, tokenizer_config.json, the format's.
  static Result<TextSide> load(const Checkpoint& checkpoint);

  const Tokenizer& tokenizer() const { return *tokenizer_; }
  const std::string& template_source() const { return template_source_; }
  const std::string& bos_token() const { return bos_token_; }
  const std::string& eos_token() const { return eos_token_; }
  int32_t eos_id() const { return eos_id_; }
  /// A conversation as the model wants it, ready to be answered. `tools` may be null.
  Result<std::vector<int32_t>> chat_ids(const Json& messages, const Json& tools) const;

 private:
  TextSide() = default;
  Status load_tokenizer(const Checkpoint& checkpoint);
  Status load_config(const Checkpoint& checkpoint);

  std::optional<Tokenizer> tokenizer_;
  std::string template_source_, bos_token_, eos_token_;
  int32_t eos_id_ = -1;
};

/// Ids at which generation stops: generation_config.json, config.json, the format's eos, and the
/// text side's (may be null).
Result<std::vector<int32_t>> stop_ids_of(const Checkpoint& checkpoint, const TextSide* text);

}  // namespace weft
