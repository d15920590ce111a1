// What a checkpoint says of text: tokenizer, chat template, where generation stops.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/model/chat_side.hpp"
#include "core/runtime/sampling/choice.hpp"
#include "core/text/tokenizer.hpp"
#include "core/weights/checkpoint.hpp"

namespace weft {

/// Immutable; [any-thread].
class TextSide {
 public:
  /// Sources of the tokenizer, first wins: the format's vocabulary, tokenizer.json, the older files.
  static Result<TextSide> load(const Checkpoint& checkpoint);

  const Tokenizer& tokenizer() const { return *tokenizer_; }
  const ChatSide& chat() const { return chat_; }
  int32_t eos_id() const { return eos_id_; }

 private:
  TextSide() = default;
  Status load_tokenizer(const Checkpoint& checkpoint);
  Status load_config(const Checkpoint& checkpoint);

  std::optional<Tokenizer> tokenizer_;
  ChatSide chat_;
  int32_t eos_id_ = -1;
};

/// Ids at which generation stops: generation_config.json, config.json, the format's eos, and the
/// text side's (may be null).
Result<std::vector<int32_t>> stop_ids_of(const Checkpoint& checkpoint, const TextSide* text);

/// How the checkpoint wants to be sampled: the format says, or a folder's generation_config.json. `warn` is told of
/// what cannot be followed.
Result<SamplingChoice> sampling_choice_of(const Checkpoint& checkpoint,
                                          const std::function<void(const std::string&)>& warn);

}  // namespace weft
