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

/// What a template is told besides the messages, and which one.
struct ChatOptions {
  Json tools;                        // an array; null without
  Json arguments = Json::object();   // by name, as {"enable_thinking": false}; not the messages or tools
  std::string template_name;         // "": as the messages want it
};

/// Immutable; [any-thread].
class ChatSide {
 public:
  /// Templates, the first of these that is there: the format's; chat_template.jinja with
  /// additional_chat_templates/NAME.jinja; what tokenizer_config.json, else chat_template.json holds (one, or
  /// several with names). Templates that do not parse fail when they are used.
  static Result<ChatSide> load(const Checkpoint& checkpoint, const Json& tokenizer_config, const Tokenizer& tokenizer);

  bool empty() const { return templates_.empty(); }
  /// The template of this name; without one, as transformers chooses: the only one, "tool_use" when there are
  /// tools, else "default".
  Result<const ChatTemplate*> find(std::string_view name, bool tools) const;
  /// Adds bos_token, eos_token… as the template knows them, where the context does not have them.
  void name_tokens_in(Json& context) const;
  /// What templates are called, "default" where one has no name.
  std::vector<std::string> names() const;
  /// A conversation as the model wants it, ready to be answered, as text and as ids. INVALID_ARGUMENT for messages
  /// that are no list of objects, or an empty one, and tools that are no list.
  Result<RenderedChat> render(const Json& messages, const ChatOptions& options = {}) const;
  Result<std::vector<int32_t>> ids(const Json& messages, const ChatOptions& options = {}) const;

 private:
  struct Named {
    std::string name;
    Result<ChatTemplate> parsed;
  };
  void add(std::string name, std::string_view source);
  Status add_from_config(const Json& config, std::string_view file);
  Status add_files(const Checkpoint& checkpoint);
  Status add_processor_template(const Checkpoint& checkpoint);
  void name_tokens(const Checkpoint& checkpoint, const Json& config);

  std::vector<Named> templates_;
  std::vector<std::pair<std::string, std::string>> token_names_;
  std::vector<std::string> more_tokens_;  // additional_special_tokens
  std::optional<Tokenizer> tokenizer_;
  std::optional<SpecialTokens> special_;
};

}  // namespace weft
