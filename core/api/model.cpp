#include "core/api/objects.hpp"
#include "core/base/error.hpp"

namespace weft {
namespace {

Result<const TextSide*> text_side(const weft_model* m) {
  if (m->model->text() == nullptr) return error(Code::kFailedPrecondition, "the model has no tokenizer ({})", m->model->text_missing());
  return m->model->text();
}

}  // namespace

Result<LoadOptions> load_options(const weft_model_options* given) {
  const weft_model_options o = options_or(given, WEFT_INIT(weft_model_options));
  if (o.context < 0 || o.sequences < 1 || o.step_tokens < 1) {
    return invalid("weft_model_options: context {}, sequences {}, step_tokens {}", o.context, o.sequences, o.step_tokens);
  }
  LoadOptions options{text_or_empty(o.backend), text_or_empty(o.precision), text_or_empty(o.kv), text_or_empty(o.architecture)};
  options.strict_device = o.strict_device != 0;
  options.context = o.context, options.sequences = o.sequences, options.step_tokens = o.step_tokens;
  return options;
}

}  // namespace weft

using namespace weft;

extern "C" {

weft_status* weft_model_load(weft_runtime* runtime, const char* handle, const weft_model_options* given, weft_model** out) {
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
const char* weft_model_summary(const weft_model* m) { return m->summary.c_str(); }
int64_t weft_model_vocab_size(const weft_model* m) { return m->model->vocab_size(); }
int64_t weft_model_context(const weft_model* m) { return m->model->limits().context; }
int32_t weft_model_start_token(const weft_model* m) { return m->model->start_token(); }

weft_status* weft_model_tokenize(const weft_model* m, weft_str text, uint32_t flags, weft_ids* out) {
  return guard_abi([&]() -> Status {
    WEFT_TRY(const TextSide* side, text_side(m));
    const EncodeOptions options{(flags & WEFT_TOKENIZE_NO_SPECIAL) == 0, (flags & WEFT_TOKENIZE_NO_PARSE_SPECIAL) == 0};
    WEFT_TRY(const std::vector<int32_t> ids, side->tokenizer().encode(to_view(text), options));
    return give_ids(ids, out);
  });
}

weft_status* weft_model_detokenize(const weft_model* m, const int32_t* ids, uint64_t n, weft_text* out) {
  return guard_abi([&]() -> Status {
    WEFT_TRY(const TextSide* side, text_side(m));
    return give_text(side->tokenizer().decode({ids, n}), out);
  });
}

weft_status* weft_model_chat(const weft_model* m, weft_str messages, weft_str tools, weft_ids* out) {
  weft_chat_options options = WEFT_INIT(weft_chat_options);
  options.tools_json = tools;
  return weft_model_chat_with(m, messages, &options, out);
}

weft_status* weft_model_chat_with(const weft_model* m, weft_str messages, const weft_chat_options* given, weft_ids* out) {
  return guard_abi([&]() -> Status {
    const weft_chat_options o = options_or(given, WEFT_INIT(weft_chat_options));
    WEFT_TRY(const TextSide* side, text_side(m));
    WEFT_TRY(const Json parsed, parse_json(to_view(messages)));
    ChatOptions options;
    if (o.tools_json.size > 0) {
      WEFT_TRY(options.tools, parse_json(to_view(o.tools_json)));
    }
    if (o.arguments_json.size > 0) {
      WEFT_TRY(options.arguments, parse_json(to_view(o.arguments_json)));
    }
    options.template_name = to_view(o.template_name);
    WEFT_TRY(const std::vector<int32_t> ids, side->chat().ids(parsed, options));
    return give_ids(ids, out);
  });
}

}  // extern "C"
