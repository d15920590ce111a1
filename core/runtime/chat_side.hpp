// The chat templates of a checkpoint, and what they are told of its tokens.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json.hpp"
#include "core/text/jinja/prompt_ids.hpp"
#include "core/text/jinja/template.hpp"
#include "core/text/tokenizer.hpp"
#include "core/weights/checkpoint.hpp"

namespace weft {

/// Immutable; [any-thread].
class ChatSide {
 public:
  /// Templates, first wins: chat_template.jinja, tokenizer_config.json's (one, or several with
  /// names), the format's. Templates that do not parse fail when they are used.
  static Result<ChatSide> load(const Checkpoint& checkpoint, const Json& tokenizer_config, const Tokenizer& tokenizer);

  bool empty() const { return templates_.empty(); }
  /// The template named "tool_use" when there are tools, else the one without a name or "default".
  Result<const ChatTemplate*> find(bool tools) const;
  /// Adds bos_token, eos_token… as the template knows them, where the context does not have them.
  void name_tokens_in(Json& context) const;
  /// A conversation as the model wants it, ready to be answered. `tools` may be null.
  Result<std::vector<int32_t>> ids(const Json& messages, const Json& tools) const;

 private:
  struct Named {
    std::string name;
    Result<ChatTemplate> parsed;
  };
  void add(std::string name, std::string_view source);
  Status add_from_config(const Json& config);
  void name_tokens(const Checkpoint& checkpoint, const Json& config);

  std::vector<Named> templates_;
  std::vector<std::pair<std::string, std::string>> token_names_;
  std::vector<std::string> more_tokens_;  // additional_special_tokens
  std::optional<Tokenizer> tokenizer_;
  std::optional<SpecialTokens> special_;
};

}  // namespace weft
