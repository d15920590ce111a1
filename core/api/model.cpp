#include "core/api/objects.hpp"
#include "core/base/error.hpp"

namespace weft {
namespace {

Result<const TextSide*> text_side(const weft_model* m) {
  if (m->model->text() == nullptr)
    return error(Code::kFailedPrecondition, "the model has no tokenizer ({})", m->model->text_missing());
  return m->model->text();
}

/// "a,b" to its parts; "" has none.
std::vector<std::string> split_names(std::string_view list) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    names.emplace_back(list.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

}  // namespace

Result<LoadOptions> load_options(const weft_model_options* given) {
  WEFT_TRY(const weft_model_options o, WEFT_OPTIONS_OR(given, weft_model_options));
  LoadOptions options{text_or_empty(o.backend), text_or_empty(o.precision), text_or_empty(o.kv),
                      text_or_empty(o.architecture)};
  options.layers = text_or_empty(o.layers);
  options.cache_bytes = o.cache_bytes, options.logits_rows = o.logits_rows;
  options.strict_device = o.strict_device != 0, options.allow_unused = o.allow_unused != 0;
  options.context = o.context, options.sequences = o.sequences, options.step_tokens = o.step_tokens;
  if (o.roles != nullptr) options.roles = split_names(o.roles);
  WEFT_CHECK_OK(options.check().with_context("weft_model_options"));
  WEFT_TRY(options.limits, call_limits(o.limits));
  return options;
}

}  // namespace weft

using namespace weft;

extern "C" {

weft_status* weft_model_load(weft_runtime* runtime, const char* handle, const weft_model_options* given,
                             weft_model** out) {
  WEFT_NEED(runtime);
  WEFT_NEED(handle);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    *out = nullptr;
    WEFT_TRY(const LoadOptions options, load_options(given));
    WEFT_TRY(auto model, Model::load(*runtime->engine, handle, options));
    std::string summary = model->summary();
    *out = new weft_model{std::move(model), std::move(summary)};
    return {};
  });
}

void weft_model_free(weft_model* model) { delete model; }
const char* weft_model_summary(const weft_model* m) { return m ? m->summary.c_str() : ""; }
int64_t weft_model_vocab_size(const weft_model* m) { return m ? m->model->vocab_size() : 0; }
int64_t weft_model_context(const weft_model* m) { return m ? m->model->limits().context : 0; }
int64_t weft_model_trained_context(const weft_model* m) { return m ? m->model->trained_context() : 0; }
int64_t weft_model_step_tokens(const weft_model* m) { return m ? m->model->limits().step_tokens : 0; }
int32_t weft_model_start_token(const weft_model* m) { return m ? m->model->start_token() : -1; }
uint32_t weft_model_has_chat_template(const weft_model* m) {
  return m && m->model->text() != nullptr && !m->model->text()->chat().empty() ? 1 : 0;
}

weft_status* weft_model_describe(const weft_model* model, weft_text* out) {
  WEFT_NEED(model);
  WEFT_NEED(out);
  return guard_abi([&] { return give_text(model->model->describe(), out); });
}

weft_status* weft_model_stop_ids(const weft_model* model, weft_ids* out) {
  WEFT_NEED(model);
  WEFT_NEED(out);
  return guard_abi([&] { return give_ids(model->model->stop_ids(), out); });
}

weft_status* weft_model_tokenize(const weft_model* model, weft_str text, uint32_t flags, weft_ids* out) {
  weft_tokenize_options options = WEFT_INIT(weft_tokenize_options);
  options.flags = flags;
  return weft_model_tokenize_with(model, text, &options, out);
}

weft_status* weft_model_tokenize_with(const weft_model* model, weft_str text, const weft_tokenize_options* given,
                                      weft_ids* out) {
  WEFT_NEED(model);
  WEFT_NEED_ARRAY(text.data, text.size);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const TextSide* side, text_side(model));
    WEFT_TRY(const weft_tokenize_options o, WEFT_OPTIONS_OR(given, weft_tokenize_options));
    WEFT_TRY(const CallLimits limits, call_limits(o.limits));
    WEFT_TRY(const std::vector<int32_t> ids, side->tokenizer().encode(to_view(text), encode_options(o.flags, limits)));
    return give_ids(ids, out);
  });
}

weft_status* weft_model_detokenize(const weft_model* model, const int32_t* ids, uint64_t n, weft_text* out) {
  WEFT_NEED(model);
  WEFT_NEED_ARRAY(ids, n);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const TextSide* side, text_side(model));
    WEFT_TRY(const std::string text, side->tokenizer().decode({ids, n}));
    return give_text(text, out);
  });
}

weft_status* weft_model_chat(const weft_model* model, weft_str messages, weft_str tools, weft_ids* out) {
  weft_chat_options options = WEFT_INIT(weft_chat_options);
  options.tools_json = tools;
  return weft_model_chat_with(model, messages, &options, out);
}

}  // extern "C"

namespace {

/// Parses the messages and the options, and calls f(chat side, messages, options).
template <class F>
Status with_chat(const weft_model* m, weft_str messages_json, const weft_chat_options* given, F&& f) {
  WEFT_TRY(const weft_chat_options o, WEFT_OPTIONS_OR(given, weft_chat_options));
  ChatOptions options;
  WEFT_TRY(options.limits, call_limits(o.limits));
  WEFT_TRY(const TextSide* side, text_side(m));
  const auto parse = [](weft_str text, const char* what) -> Result<Json> {
    auto parsed = parse_json(to_view(text));
    return parsed.ok() ? std::move(parsed) : parsed.status().with_context(what);
  };
  WEFT_TRY(const Json messages, parse(messages_json, "messages"));
  if (o.tools_json.size > 0) {
    WEFT_TRY(options.tools, parse(o.tools_json, "tools"));
  }
  if (o.arguments_json.size > 0) {
    WEFT_TRY(options.arguments, parse(o.arguments_json, "template arguments"));
  }
  options.template_name = to_view(o.template_name);
  return f(side->chat(), messages, options);
}

}  // namespace

extern "C" {

weft_status* weft_model_chat_with(const weft_model* model, weft_str messages, const weft_chat_options* given,
                                  weft_ids* out) {
  WEFT_NEED(model);
  WEFT_NEED(out);
  return guard_abi([&] {
    return with_chat(model, messages, given,
                     [&](const ChatSide& chat, const Json& list, const ChatOptions& options) -> Status {
                       WEFT_TRY(const std::vector<int32_t> ids, chat.ids(list, options));
                       return give_ids(ids, out);
                     });
  });
}

weft_status* weft_model_chat_text(const weft_model* model, weft_str messages, const weft_chat_options* given,
                                  weft_text* out) {
  WEFT_NEED(model);
  WEFT_NEED(out);
  return guard_abi([&] {
    return with_chat(model, messages, given,
                     [&](const ChatSide& chat, const Json& list, const ChatOptions& options) -> Status {
                       WEFT_TRY(const RenderedChat rendered, chat.render(list, options));
                       return give_text(rendered.text, out);
                     });
  });
}

}  // extern "C"
