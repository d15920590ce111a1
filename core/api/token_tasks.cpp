// The C API of tasks that look at the tokens of a text: entities, masks, answers.
#include "core/api/task_objects.hpp"
#include "core/tasks/answerer.hpp"
#include "core/tasks/filler.hpp"
#include "core/tasks/tagger.hpp"
#include "weft/abi/architecture.h"

namespace weft {

struct GivenEntities {
  std::vector<Tagged> texts;
  std::vector<std::vector<weft_entity>> entities;  // of each text
};
struct GivenPredictions {
  std::vector<Filled> texts;
  std::vector<std::vector<weft_prediction>> predictions;  // of each text
};

}  // namespace weft

using namespace weft;

struct weft_tagger : TaskObject<Tagger, GivenEntities> {};
struct weft_filler : TaskObject<Filler, GivenPredictions> {};
struct weft_answerer : TaskObject<Answerer, std::vector<Answer>> {};

extern "C" {

weft_status* weft_tagger_load(weft_runtime* runtime, const char* handle, const weft_model_options* given,
                              weft_tagger** out) {
  WEFT_NEED(runtime);
  WEFT_NEED(handle);
  WEFT_NEED(out);
  return guard_abi([&] {
    return load_task(runtime, handle, given, WEFT_ROLE_CLASSIFY_TOKENS, Tagger::create, out);
  });
}
void weft_tagger_free(weft_tagger* t) { delete t; }
const char* weft_tagger_summary(const weft_tagger* t) { return t ? t->summary.c_str() : ""; }

weft_status* weft_tagger_texts(weft_tagger* tagger, const weft_str* texts, uint64_t n, const weft_tag_options* given,
                               weft_entities* out) {
  WEFT_NEED(tagger);
  WEFT_NEED_ARRAY(texts, n);
  WEFT_NEED_ARRAY(out, n);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const weft_tag_options o, WEFT_OPTIONS_OR(given, weft_tag_options));
    WEFT_TRY(const CallLimits limits, call_limits(o.limits));
    WEFT_TRY(const auto views, views_of("weft_tagger_texts", texts, n));
    TagOptions options;
    if (o.aggregation != nullptr) {
      WEFT_TRY(options.aggregation, aggregation_of(o.aggregation));
    }
    if (o.stride >= 0) options.stride = static_cast<std::size_t>(o.stride);
    options.batches = batch_options(limits);
    GivenEntities& g = tagger->given;
    WEFT_TRY(g.texts, tagger->task.tag(views, options));
    g.entities.assign(n, {});
    for (uint64_t i = 0; i < n; ++i) {
      for (const Entity& e : g.texts[i].entities) {
        const int64_t token = e.index ? static_cast<int64_t>(*e.index) : -1;
        g.entities[i].push_back({to_str(e.label), to_str(e.word), e.score, e.start, e.end, token});
      }
      out[i] = {g.entities[i].data(), g.entities[i].size()};
    }
    return {};
  });
}

weft_status* weft_filler_load(weft_runtime* runtime, const char* handle, const weft_model_options* given,
                              weft_filler** out) {
  WEFT_NEED(runtime);
  WEFT_NEED(handle);
  WEFT_NEED(out);
  return guard_abi([&] { return load_task(runtime, handle, given, WEFT_ROLE_FILL_MASKS, Filler::create, out); });
}
void weft_filler_free(weft_filler* f) { delete f; }
const char* weft_filler_summary(const weft_filler* f) { return f ? f->summary.c_str() : ""; }
weft_str weft_filler_mask(const weft_filler* f) { return f ? to_str(f->task.mask()) : weft_str{"", 0}; }

weft_status* weft_filler_texts(weft_filler* filler, const weft_str* texts, uint64_t n, const weft_fill_options* given,
                               weft_predictions* out) {
  WEFT_NEED(filler);
  WEFT_NEED_ARRAY(texts, n);
  WEFT_NEED_ARRAY(out, n);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const weft_fill_options o, WEFT_OPTIONS_OR(given, weft_fill_options));
    WEFT_TRY(const CallLimits limits, call_limits(o.limits));
    WEFT_TRY(const auto views, views_of("weft_filler_texts", texts, n));
    GivenPredictions& g = filler->given;
    WEFT_TRY(g.texts, filler->task.fill(views, o.top_k, batch_options(limits)));
    g.predictions.assign(n, {});
    for (uint64_t i = 0; i < n; ++i) {
      for (std::size_t mask = 0; mask < g.texts[i].masks.size(); ++mask) {
        for (const Prediction& p : g.texts[i].masks[mask])
          g.predictions[i].push_back({p.score, to_str(p.token_str), to_str(p.sequence), mask, p.token, 0});
      }
      out[i] = {g.predictions[i].data(), g.predictions[i].size()};
    }
    return {};
  });
}

weft_status* weft_answerer_load(weft_runtime* runtime, const char* handle, const weft_model_options* given,
                                weft_answerer** out) {
  WEFT_NEED(runtime);
  WEFT_NEED(handle);
  WEFT_NEED(out);
  return guard_abi([&] { return load_task(runtime, handle, given, WEFT_ROLE_CLASSIFY_SPANS, Answerer::create, out); });
}
void weft_answerer_free(weft_answerer* a) { delete a; }
const char* weft_answerer_summary(const weft_answerer* a) { return a ? a->summary.c_str() : ""; }

weft_status* weft_answerer_answer(weft_answerer* answerer, const weft_question* questions, uint64_t n,
                                  const weft_answer_options* given, weft_answer* out) {
  WEFT_NEED(answerer);
  WEFT_NEED_ARRAY(questions, n);
  WEFT_NEED_ARRAY(out, n);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const weft_answer_options o, WEFT_OPTIONS_OR(given, weft_answer_options));
    WEFT_TRY(const CallLimits limits, call_limits(o.limits));
    std::vector<Question> all;
    for (uint64_t i = 0; i < n; ++i) {
      const weft_str both[] = {questions[i].question, questions[i].context};
      WEFT_TRY(const auto views, views_of("weft_answerer_answer", both, 2));
      all.push_back({views[0], views[1]});
    }
    AnswerOptions options;
    options.max_tokens = o.max_seq_len, options.max_answer_tokens = o.max_answer_len;
    if (o.doc_stride >= 0) options.stride = static_cast<std::size_t>(o.doc_stride);
    options.may_be_none = o.handle_impossible_answer != 0;
    options.batches = batch_options(limits);
    WEFT_TRY(answerer->given, answerer->task.answer(all, options));
    for (uint64_t i = 0; i < n; ++i) {
      const Answer& a = answerer->given[i];
      out[i] = {to_str(a.text), a.score, a.start, a.end};
    }
    return {};
  });
}

}  // extern "C"
