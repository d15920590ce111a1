// The C API of tokens and text: encoding, detokenizing ids as they come, asking for tokens.
#include <algorithm>
#include <cstdlib>

#include "core/api/objects.hpp"
#include "core/base/error.hpp"

namespace weft {
namespace {

Result<const Tokenizer*> tokenizer_of(const weft_model* m) {
  if (m->model->text() == nullptr)
    return error(Code::kFailedPrecondition, "the model has no tokenizer ({})", m->model->text_missing());
  return &m->model->text()->tokenizer();
}

Status give_encoding(const Encoding& from, weft_encoding* out) {
  const std::size_t n = from.ids.size();
  *out = {static_cast<int32_t*>(std::malloc(n * sizeof(int32_t) + 1)),
          static_cast<uint64_t*>(std::malloc(n * sizeof(uint64_t) + 1)),
          static_cast<uint64_t*>(std::malloc(n * sizeof(uint64_t) + 1)), n};
  if (!out->ids || !out->begin || !out->end) return error(Code::kResourceExhausted, "no memory for {} tokens", n);
  for (std::size_t i = 0; i < n; ++i) {
    out->ids[i] = from.ids[i];
    out->begin[i] = from.offsets[i].begin;
    out->end[i] = from.offsets[i].end;
  }
  return {};
}

}  // namespace
}  // namespace weft

using namespace weft;

extern "C" {

void weft_encoding_free(weft_encoding* e) {
  if (e == nullptr) return;
  std::free(e->ids);
  std::free(e->begin);
  std::free(e->end);
  *e = {};
}

weft_status* weft_model_encode(const weft_model* model, const weft_str* texts, uint64_t n, uint32_t flags,
                               weft_encoding* out) {
  weft_tokenize_options options = WEFT_INIT(weft_tokenize_options);
  options.flags = flags;
  return weft_model_encode_with(model, texts, n, &options, out);
}

weft_status* weft_model_encode_with(const weft_model* model, const weft_str* texts, uint64_t n,
                                    const weft_tokenize_options* given, weft_encoding* out) {
  WEFT_NEED(model);
  WEFT_NEED_ARRAY(texts, n);
  WEFT_NEED_ARRAY(out, n);
  return guard_abi([&]() -> Status {
    std::fill(out, out + n, weft_encoding{});
    WEFT_TRY(const Tokenizer* tokenizer, tokenizer_of(model));
    WEFT_TRY(const weft_tokenize_options o, WEFT_OPTIONS_OR(given, weft_tokenize_options));
    WEFT_TRY(const CallLimits limits, call_limits(o.limits));
    std::vector<std::string_view> views;
    for (uint64_t i = 0; i < n; ++i) views.push_back(to_view(texts[i]));
    WEFT_TRY(const auto encodings, tokenizer->encode_batch(views, encode_options(o.flags, limits), true,
                                                            model->model->engine().pool()));
    for (uint64_t i = 0; i < n; ++i) {
      Status given = give_encoding(encodings[i], &out[i]);
      if (given.ok()) continue;
      std::for_each(out, out + n, [](weft_encoding& e) { weft_encoding_free(&e); });
      return given;
    }
    return {};
  });
}

weft_status* weft_detokenizer_new(const weft_model* model, uint32_t skip_special, weft_detokenizer** out) {
  WEFT_NEED(model);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    *out = nullptr;
    WEFT_TRY(const Tokenizer* tokenizer, tokenizer_of(model));
    *out = new weft_detokenizer{Detokenizer(*tokenizer, skip_special != 0), {}};
    return {};
  });
}
void weft_detokenizer_free(weft_detokenizer* d) { delete d; }

weft_status* weft_detokenizer_push(weft_detokenizer* detokenizer, int32_t id, weft_str* out) {
  WEFT_NEED(detokenizer);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(detokenizer->text, detokenizer->stream.push(id));
    *out = to_str(detokenizer->text);
    return {};
  });
}
weft_status* weft_detokenizer_flush(weft_detokenizer* detokenizer, weft_str* out) {
  WEFT_NEED(detokenizer);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(detokenizer->text, detokenizer->stream.flush());
    *out = to_str(detokenizer->text);
    return {};
  });
}

weft_status* weft_model_token(const weft_model* model, int32_t id, weft_str* out_text, uint32_t* out_flags) {
  WEFT_NEED(model);
  WEFT_NEED(out_text);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const Tokenizer* tokenizer, tokenizer_of(model));
    const auto text = tokenizer->id_to_token(id);
    if (!text) return error(Code::kNotFound, "no token has the id {}", id);
    *out_text = {text->data(), text->size()};
    if (out_flags) {
      *out_flags = (tokenizer->is_special(id) ? uint32_t{WEFT_TOKEN_SPECIAL} : 0u) |
                   (tokenizer->is_added(id) ? uint32_t{WEFT_TOKEN_ADDED} : 0u);
    }
    return {};
  });
}

weft_status* weft_model_token_id(const weft_model* model, weft_str text, int32_t* out) {
  WEFT_NEED(model);
  WEFT_NEED_ARRAY(text.data, text.size);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const Tokenizer* tokenizer, tokenizer_of(model));
    const auto id = tokenizer->token_to_id(to_view(text));
    if (!id) return error(Code::kNotFound, "no token is '{}'", to_view(text));
    *out = *id;
    return {};
  });
}

}  // extern "C"
