#include "core/model/chat_side.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/model/token_text.hpp"

namespace weft {
namespace {

constexpr uint64_t kMaxTemplate = 16u << 20;  // bytes; a longer template is refused
constexpr std::size_t kMaxTemplates = 100;

}  // namespace

void ChatSide::add(std::string name, std::string_view source) {
  templates_.push_back({std::move(name), ChatTemplate::parse(source)});
}

/// Adds the templates of "chat_template": one template, [{"name", "template"}, …] or {name: template, …}.
Status ChatSide::add_from_config(const Json& config, std::string_view file) {
  const auto it = config.find("chat_template");
  if (it == config.end() || it->is_null()) return {};
  if (it->is_string()) {
    add("", it->get_ref<const std::string&>());
    return {};
  }
  if (!it->is_structured() || it->size() > kMaxTemplates) {
    return invalid("{}: chat_template is neither a string nor a list of at most {} templates", file, kMaxTemplates);
  }
  for (const auto& [key, one] : it->items()) {
    const auto text = [&one = one](const char* k) { return one.is_object() ? token_text(one, k) : nullptr; };
    const std::string* name = it->is_object() ? &key : text("name");
    const std::string* source = it->is_object() ? token_text(one) : text("template");
    if (!name || !source) return invalid("{}: chat_template holds an entry without \"name\" and \"template\"", file);
    add(*name, *source);
  }
  return {};
}

Status ChatSide::add_files(const Checkpoint& c) {
  auto whole = c.files().read_text("chat_template.jinja", kMaxTemplate);
  if (whole.ok()) add("default", *whole);
  else if (whole.status().code() != Code::kNotFound) return whole.status();
  WEFT_TRY(const auto others, c.files().read_texts("additional_chat_templates", ".jinja", kMaxTemplate, kMaxTemplates));
  for (const auto& [name, source] : others) add(name, source);
  return {};
}

/// Adds those of chat_template.json, where processors of text and images kept them.
Status ChatSide::add_processor_template(const Checkpoint& c) {
  WEFT_TRY(Json config, c.files().read_object("chat_template.json"));
  const DrainAtEnd drain(config);
  return add_from_config(config, "chat_template.json");
}

void ChatSide::name_tokens(const Checkpoint& c, const Json& config) {
  static constexpr const char* kNames[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                           "pad_token", "cls_token", "mask_token"};
  if (c.vocabulary()) {
    const int32_t ids[] = {
        tokenizer_->bos_id(), tokenizer_->eos_id(), tokenizer_->unk_id(), -1, tokenizer_->pad_id(), -1, -1};
    for (std::size_t i = 0; i < std::size(ids); ++i) {
      if (const auto token = tokenizer_->id_to_token(ids[i]); ids[i] >= 0 && token)
        token_names_.emplace_back(kNames[i], *token);
    }
    return;
  }
  for (const char* name : kNames) {
    if (const std::string* token = token_text(config, name)) token_names_.emplace_back(name, *token);
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
  if (!more_tokens_.empty() && !context.contains("additional_special_tokens"))
    context["additional_special_tokens"] = more_tokens_;
}

Result<ChatSide> ChatSide::load(const Checkpoint& c, const Json& config, const Tokenizer& tokenizer) {
  ChatSide side;
  side.tokenizer_ = tokenizer;
  side.name_tokens(c, config);
  if (c.vocabulary()) {  // the format is one file, whose folder may hold other models
    const StoredVocabulary& v = *c.vocabulary();
    if (!v.chat_template.empty()) side.add("", v.chat_template);
    for (const auto& [name, source] : v.templates) side.add(name, source);
  } else {
    WEFT_CHECK_OK(side.add_files(c));
    if (side.empty()) WEFT_CHECK_OK(side.add_from_config(config, "tokenizer_config.json"));
    if (side.empty()) WEFT_CHECK_OK(side.add_processor_template(c));
  }
  if (!side.empty()) side.special_.emplace(tokenizer);
  return side;
}

Result<const ChatTemplate*> ChatSide::find(std::string_view name, bool tools) const {
  if (empty()) return error(Code::kFailedPrecondition, "the model has no chat template; give it the text as it is");
  const auto named = [&](std::string_view wanted) -> const Named* {
    for (const Named& one : templates_) {
      if (one.name == wanted || (wanted == "default" && one.name.empty())) return &one;
    }
    return nullptr;
  };
  const Named* found = name.empty() ? nullptr : named(name);
  if (name.empty() && tools) found = named("tool_use");
  if (name.empty() && !found) found = named("default");
  if (!found) {
    return error(Code::kNotFound, "the model's chat templates are {}; expected one called {}", fmt::join(names(), ", "),
                 name.empty() ? "default" : name);
  }
  if (!found->parsed.ok()) return found->parsed.status().with_context("chat template");
  return &*found->parsed;
}

std::vector<std::string> ChatSide::names() const {
  std::vector<std::string> all;
  for (const Named& one : templates_) all.push_back(one.name.empty() ? "default" : one.name);
  return all;
}

namespace {
Status check_messages(const Json& messages, const Json& tools) {
  if (!messages.is_array()) return invalid("messages: a JSON {}, expected an array of objects", messages.type_name());
  if (messages.empty()) return invalid("messages: an empty array, expected at least one message");
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (!messages[i].is_object())
      return invalid("messages: number {} is a JSON {}, expected an object", i, messages[i].type_name());
  }
  if (tools.is_null() || tools.is_array()) return {};
  return invalid("tools: a JSON {}, expected an array", tools.type_name());
}
}  // namespace

Result<RenderedChat> ChatSide::render(const Json& messages, const ChatOptions& options) const {
  return render(messages, options, {.call = &options.limits});
}

Result<RenderedChat> ChatSide::render(const Json& messages, const ChatOptions& options,
                                      const TemplateLimits& limits) const {
  WEFT_CHECK_OK(check_messages(messages, options.tools));
  WEFT_TRY(const ChatTemplate* chat, find(options.template_name, !options.tools.is_null()));
  Json context = options.arguments;
  const DrainAtEnd drain(context);
  if (!context.is_object()) return invalid("template arguments: a JSON {}, expected an object", context.type_name());
  for (const char* ours : {"messages", "tools"}) {
    if (context.contains(ours)) return invalid("template arguments: '{}' is given apart from them", ours);
  }
  name_tokens_in(context);
  if (!context.contains("documents")) context["documents"] = nullptr;
  if (!context.contains("add_generation_prompt")) context["add_generation_prompt"] = true;
  context["messages"] = messages;
  context["tools"] = options.tools;
  auto rendered = chat->render(context, limits);
  if (!rendered.ok()) return rendered.status().with_context("chat template");
  return rendered;
}

Result<std::vector<int32_t>> ChatSide::ids(const Json& messages, const ChatOptions& options) const {
  TemplateLimits limits{.call = &options.limits};
  limits.max_output_bytes = std::min(limits.max_output_bytes, max_prompt_bytes_);
  WEFT_TRY(const RenderedChat rendered, render(messages, options, limits));
  return prompt_ids(*tokenizer_, *special_, rendered, &options.limits);
}

}  // namespace weft
