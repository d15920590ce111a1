#include "core/runtime/chat_side.hpp"

#include "core/base/error.hpp"

namespace weft {
namespace {

constexpr uint64_t kMaxTemplate = 16u << 20;
constexpr std::size_t kMaxTemplates = 100;

/// A token of tokenizer_config.json: a string, or an object with content.
const std::string* token_text(const Json& token) {
  if (token.is_string()) return token.get_ptr<const std::string*>();
  if (!token.is_object()) return nullptr;
  const auto it = token.find("content");
  return it != token.end() && it->is_string() ? it->get_ptr<const std::string*>() : nullptr;
}

}  // namespace

void ChatSide::add(std::string name, std::string_view source) {
  templates_.push_back({std::move(name), ChatTemplate::parse(source)});
}

/// "chat_template": a template, or [{"name", "template"}, …].
Status ChatSide::add_from_config(const Json& config) {
  const auto it = config.find("chat_template");
  if (it == config.end() || it->is_null()) return {};
  if (it->is_string()) {
    add("", it->get_ref<const std::string&>());
    return {};
  }
  if (!it->is_array() || it->size() > kMaxTemplates) {
    return invalid("tokenizer_config.json: chat_template is neither a string nor a list of at most {} templates", kMaxTemplates);
  }
  for (const Json& one : *it) {
    const Json none;
    const auto text = [&](const char* key) { return one.is_object() && one.contains(key) ? token_text(one[key]) : nullptr; };
    const std::string *name = text("name"), *source = text("template");
    if (!name || !source) return invalid("tokenizer_config.json: chat_template holds an entry without \"name\" and \"template\"");
    add(*name, *source);
  }
  return {};
}

void ChatSide::name_tokens(const Checkpoint& c, const Json& config) {
  static constexpr const char* kNames[] = {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"};
  if (c.vocabulary()) {
    const int32_t ids[] = {tokenizer_->bos_id(), tokenizer_->eos_id(), tokenizer_->unk_id(), -1, tokenizer_->pad_id(), -1, -1};
    for (std::size_t i = 0; i < std::size(ids); ++i) {
      if (const auto token = tokenizer_->id_to_token(ids[i]); ids[i] >= 0 && token) token_names_.emplace_back(kNames[i], *token);
    }
    return;
  }
  for (const char* name : kNames) {
    const auto it = config.find(name);
    if (const std::string* token = it == config.end() ? nullptr : token_text(*it)) token_names_.emplace_back(name, *token);
  }
  const auto more = config.find("additional_special_tokens");
  if (more == config.end() || !more->is_array()) return;
  for (const Json& one : *more) {
    if (const std::string* token = token_text(one)) more_tokens_.push_back(*token);
  }
}

void ChatSide::name_tokens_in(Json& context) const {
  for (const auto& [name, token] : token_names_) {
    if (!context.contains(name)) context[name] = token;
  }
  if (!more_tokens_.empty() && !context.contains("additional_special_tokens")) context["additional_special_tokens"] = more_tokens_;
}

Result<ChatSide> ChatSide::load(const Checkpoint& c, const Json& config, const Tokenizer& tokenizer) {
  ChatSide side;
  side.tokenizer_ = tokenizer;
  side.name_tokens(c, config);
  if (c.vocabulary()) {  // of a file, whose folder may hold other models
    const StoredVocabulary& v = *c.vocabulary();
    if (!v.chat_template.empty()) side.add("", v.chat_template);
    if (!v.tool_chat_template.empty()) side.add("tool_use", v.tool_chat_template);
  } else {
    auto file = c.files().read_text("chat_template.jinja", kMaxTemplate);
    if (file.ok()) {
      side.add("", *file);
    } else if (file.status().code() != Code::kNotFound) {
      return file.status();
    } else {
      WEFT_CHECK_OK(side.add_from_config(config));
    }
  }
  if (!side.empty()) side.special_.emplace(tokenizer);
  return side;
}

Result<const ChatTemplate*> ChatSide::find(bool tools) const {
  if (empty()) return error(Code::kFailedPrecondition, "the model has no chat template; use --raw");
  const Named* found = nullptr;
  std::string names;
  for (const Named& one : templates_) {
    if ((tools && one.name == "tool_use") || (!found && (one.name.empty() || one.name == "default"))) found = &one;
    names += (names.empty() ? "" : ", ") + one.name;
  }
  if (!found) return error(Code::kFailedPrecondition, "the model's chat templates are {}; expected one called default", names);
  if (!found->parsed.ok()) return found->parsed.status().with_context("chat template");
  return &*found->parsed;
}

Result<std::vector<int32_t>> ChatSide::ids(const Json& messages, const Json& tools) const {
  WEFT_TRY(const ChatTemplate* chat, find(!tools.is_null()));
  Json context = Json::object();
  const DrainAtEnd drain(context);
  name_tokens_in(context);
  context["messages"] = messages;
  context["tools"] = tools;
  context["documents"] = nullptr;
  context["add_generation_prompt"] = true;
  auto rendered = chat->render(context);
  if (!rendered.ok()) return rendered.status().with_context("chat template");
  return prompt_ids(*tokenizer_, *special_, *rendered);
}

}  // namespace weft
