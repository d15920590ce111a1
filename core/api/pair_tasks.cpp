// The C API of tasks that look at two texts: labels of the caller's, and documents for a query.
#include "core/api/task_objects.hpp"
#include "core/tasks/reranker.hpp"
#include "core/tasks/zero_shot.hpp"
#include "weft/abi/architecture.h"

using namespace weft;

struct weft_zero_shot : TaskObject<ZeroShot, std::monostate> {};
struct weft_reranker : TaskObject<Reranker, std::monostate> {};

extern "C" {

weft_status* weft_zero_shot_load(weft_runtime* runtime, const char* handle, const weft_model_options* given,
                                 weft_zero_shot** out) {
  WEFT_NEED(runtime);
  WEFT_NEED(handle);
  WEFT_NEED(out);
  return guard_abi([&] {
    return load_task(runtime, handle, given, WEFT_ROLE_CLASSIFY_SEQUENCE, ZeroShot::create, out);
  });
}
void weft_zero_shot_free(weft_zero_shot* z) { delete z; }
const char* weft_zero_shot_summary(const weft_zero_shot* z) { return z ? z->summary.c_str() : ""; }

weft_status* weft_zero_shot_texts(weft_zero_shot* zero_shot, const weft_str* texts, uint64_t n,
                                  const weft_zero_shot_options* given, weft_label_score* out) {
  WEFT_NEED(zero_shot);
  WEFT_NEED(given);
  WEFT_NEED_ARRAY(texts, n);
  WEFT_NEED_ARRAY(out, n);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const weft_zero_shot_options o, WEFT_OPTIONS_OR(given, weft_zero_shot_options));
    WEFT_TRY(const CallLimits limits, call_limits(o.limits));
    WEFT_TRY(const auto views, views_of("weft_zero_shot_texts", texts, n));
    WEFT_CHECK_OK(check_entries("labels", o.labels, o.n_labels));
    ZeroShotOptions options;
    options.labels.assign(o.labels, o.labels + o.n_labels);
    if (o.hypothesis != nullptr) options.hypothesis = o.hypothesis;
    options.multi_label = o.multi_label != 0;
    options.batches = batch_options(limits);
    WEFT_TRY(const auto results, zero_shot->task.classify(views, options));
    for (const ZeroShotResult& result : results) {
      for (std::size_t i = 0; i < result.labels.size(); ++i) *out++ = {result.labels[i], result.scores[i]};
    }
    return {};
  });
}

weft_status* weft_reranker_load(weft_runtime* runtime, const char* handle, const weft_model_options* given,
                                weft_reranker** out) {
  WEFT_NEED(runtime);
  WEFT_NEED(handle);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    *out = nullptr;
    WEFT_TRY(const LoadOptions options, load_options(given));
    WEFT_TRY(Reranker reranker, Reranker::load(*runtime->engine, handle, options));
    std::string summary = reranker.model().summary();
    *out = new weft_reranker{{std::move(reranker), std::move(summary), {}}};
    return {};
  });
}
void weft_reranker_free(weft_reranker* r) { delete r; }
const char* weft_reranker_summary(const weft_reranker* r) { return r ? r->summary.c_str() : ""; }

weft_status* weft_reranker_rank(weft_reranker* reranker, weft_str query, const weft_str* documents, uint64_t n,
                                const weft_rerank_options* given, weft_ranked* out) {
  WEFT_NEED(reranker);
  WEFT_NEED_ARRAY(query.data, query.size);
  WEFT_NEED_ARRAY(documents, n);
  WEFT_NEED_ARRAY(out, n);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const weft_rerank_options o, WEFT_OPTIONS_OR(given, weft_rerank_options));
    WEFT_TRY(const CallLimits limits, call_limits(o.limits));
    WEFT_TRY(const auto views, views_of("weft_reranker_rank", documents, n));
    BatchOptions options = batch_options(limits);
    options.name = [](std::size_t document) { return fmt::format("document {}", document); };
    WEFT_TRY(const auto ranked, reranker->task.rank(to_view(query), views, text_or_empty(o.instruction), options));
    for (const RankedDocument& d : ranked) *out++ = {d.index, d.score.score};
    return {};
  });
}

}  // extern "C"
