// What a checkpoint says about text: tokenizer, chat templates, and the ids that end a generation.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/model/chat_side.hpp"
#include "core/model/engine.hpp"
#include "core/model/tokenizer_settings.hpp"
#include "core/runtime/sampling/choice.hpp"
#include "core/text/tokenizer.hpp"
#include "core/weights/checkpoint.hpp"

namespace weft {

/// The text side of one checkpoint. Immutable. [any-thread]
class TextSide {
 public:
  /// Loads the tokenizer from the first of these that exists: the format's vocabulary, tokenizer.json with what the
  /// files beside it add, the older files. Plugins of the engine are asked for what the core does not read: by the
  /// vocabulary's model or its `pre`, the model type of tokenizer.json, the tokenizer_class of tokenizer_config.json.
  /// UNIMPLEMENTED: nobody reads it.
  static Result<TextSide> load(Engine& engine, const Checkpoint& checkpoint);

  const Tokenizer& tokenizer() const { return *tokenizer_; }
  /// What stands in the way of reading them is an error here, since not everybody needs them.
  const Result<TokenizerSettings>& settings() const { return settings_; }
  const ChatSide& chat() const { return chat_; }
  void limit_prompts(int64_t context) { chat_.limit_prompts(context); }  // see ChatSide
  int32_t eos_id() const { return eos_id_; }

 private:
  TextSide() = default;

  std::optional<Tokenizer> tokenizer_;
  Result<TokenizerSettings> settings_ = TokenizerSettings();
  ChatSide chat_;
  int32_t eos_id_ = -1;
};

/// The ids that end a generation: those of generation_config.json, otherwise of config.json; where the format has a
/// vocabulary, its eos and those of the format's own generation config; and those of the text side, which may be null.
Result<std::vector<int32_t>> stop_ids_of(const Checkpoint& checkpoint, const TextSide* text);

/// The sampling that the checkpoint asks for: as the format says, otherwise as the folder's generation_config.json
/// does. `warn` is told what cannot be followed.
Result<SamplingChoice> sampling_choice_of(const Checkpoint& checkpoint,
                                          const std::function<void(const std::string&)>& warn);

}  // namespace weft
