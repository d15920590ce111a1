// The chat templates of a checkpoint, and what they are told about its tokens.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/call_limits.hpp"
#include "core/base/json.hpp"
#include "core/text/jinja/prompt_ids.hpp"
#include "core/text/jinja/template.hpp"
#include "core/text/tokenizer.hpp"
#include "core/weights/checkpoint.hpp"

namespace weft {

// Larger: a hostile template takes more time and memory before the prompt is refused as longer than the context.
inline constexpr uint64_t kMostBytesPerToken = 64;

/// Which template to use, and what to give it besides the messages.
struct ChatOptions {
  Json tools;                       // an array; null: there are none
  Json arguments = Json::object();  // by name, as {"enable_thinking": false}; must not name the messages or the tools
  std::string template_name;        // "": as transformers chooses
  CallLimits limits;                // what the host allows
};

/// The templates of one checkpoint. Immutable. [any-thread]
class ChatSide {
 public:
  /// Loads the templates from the first of these that has any: the format's vocabulary; chat_template.jinja with
  /// additional_chat_templates/NAME.jinja; tokenizer_config.json, otherwise chat_template.json (one template, or
  /// several with names). A template that does not parse fails only when it is used.
  static Result<ChatSide> load(const Checkpoint& checkpoint, const Json& tokenizer_config, const Tokenizer& tokenizer);

  /// Says how many tokens the model can read, so that ids() refuses what is surely longer before it is tokenized.
  void limit_prompts(int64_t context) {
    max_prompt_bytes_ = (1u << 20) + kMostBytesPerToken * static_cast<uint64_t>(context);
  }

  /// The longest rendering that ids() takes.
  uint64_t max_prompt_bytes() const { return max_prompt_bytes_; }

  bool empty() const { return templates_.empty(); }
  /// The template of this name. An empty name is chosen as in transformers: the only template, "tool_use" if there are
  /// tools, otherwise "default".
  Result<const ChatTemplate*> find(std::string_view name, bool tools) const;
  /// Adds bos_token, eos_token… as templates know them to the context, where it does not have them.
  void name_tokens_in(Json& context) const;
  /// The templates' names; "default" for one without a name.
  std::vector<std::string> names() const;
  /// Renders a conversation as the model wants it, up to where the answer begins: as text, and as ids.
  /// INVALID_ARGUMENT: the messages are not a list of objects or it is empty, or the tools are not a list.
  Result<RenderedChat> render(const Json& messages, const ChatOptions& options = {}) const;
  Result<std::vector<int32_t>> ids(const Json& messages, const ChatOptions& options = {}) const;

 private:
  struct Named {
    std::string name;
    Result<ChatTemplate> parsed;
  };
  Result<RenderedChat> render(const Json& messages, const ChatOptions& options, const TemplateLimits& limits) const;
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
  uint64_t max_prompt_bytes_ = UINT64_MAX;
};

}  // namespace weft
