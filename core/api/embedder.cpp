// The C API of embedders: texts to vectors.
#include "core/api/task_objects.hpp"
#include "core/tasks/embedder.hpp"

namespace weft {

struct GivenVectors {
  Embedded one;
  std::vector<float> rows;  // of several texts
};

}  // namespace weft

using namespace weft;

struct weft_embedder : TaskObject<Embedder, GivenVectors> {
  void give(weft_vector* out) const {
    const Embedded& e = given.one;
    *out = {e.vector.data(), e.vector.size(), e.ids.data(), e.ids.size()};
  }
};

extern "C" {

weft_status* weft_embedder_load(weft_runtime* runtime, const char* handle, const weft_model_options* given,
                                weft_embedder** out) {
  WEFT_NEED(runtime);
  WEFT_NEED(handle);
  WEFT_NEED(out);
  return guard_abi([&] { return load_task(runtime, handle, given, Embedder::prepare, Embedder::create, out); });
}

void weft_embedder_free(weft_embedder* e) { delete e; }
const char* weft_embedder_summary(const weft_embedder* e) { return e ? e->summary.c_str() : ""; }

weft_status* weft_embedder_text(weft_embedder* embedder, weft_str text, weft_vector* out) {
  WEFT_NEED(embedder);
  WEFT_NEED_ARRAY(text.data, text.size);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(embedder->given.one, embedder->task.embed(to_view(text)));
    embedder->give(out);
    return {};
  });
}

weft_status* weft_embedder_texts(weft_embedder* embedder, const weft_str* texts, uint64_t n,
                                 const weft_embed_options* given, weft_vectors* out) {
  WEFT_NEED(embedder);
  WEFT_NEED_ARRAY(texts, n);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const weft_embed_options o, WEFT_OPTIONS_OR(given, weft_embed_options));
    WEFT_TRY(const CallLimits limits, call_limits(o.limits));
    EmbedOptions options{.prompt_name = text_or_empty(o.prompt_name), .dimensions = o.dimensions,
                         .normalize = o.normalize != 0};
    if (o.prompt != nullptr) options.prompt = o.prompt;
    if (o.pooling != nullptr) {
      WEFT_TRY(options.pooling, Pooling::named(o.pooling));
    }
    options.batch = batch_options(limits);
    WEFT_TRY(const std::vector<std::string_view> all, views_of("weft_embedder_texts", texts, n));
    WEFT_TRY(const auto vectors, embedder->task.embed(all, options));
    std::vector<float>& rows = embedder->given.rows;
    rows.clear();
    for (const Embedded& e : vectors) rows.insert(rows.end(), e.vector.begin(), e.vector.end());
    *out = {rows.data(), n, n > 0 ? vectors[0].vector.size() : 0};
    return {};
  });
}

weft_status* weft_embedder_tokens(weft_embedder* embedder, const int32_t* tokens, uint64_t n_tokens, weft_vector* out) {
  WEFT_NEED(embedder);
  WEFT_NEED_ARRAY(tokens, n_tokens);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    const std::vector<int32_t> ids(tokens, tokens + n_tokens);
    WEFT_TRY(auto vectors, embedder->task.embed(std::span(&ids, 1)));
    embedder->given.one = {ids, std::move(vectors[0])};
    embedder->give(out);
    return {};
  });
}

}  // extern "C"
