// tasks.hpp: what models say about texts, for C++ programs. It uses tasks.h and nothing else, which says what results
// are.
//
//   auto tagger = weft::Tagger::from_preset("hf://org/name");
//   if (!tagger.ok()) { ... tagger.status().message() ... }
//   auto entities = tagger->tag("Anna lives in Lisbon.", {.aggregation = "simple"});
//   for (const weft::Entity& e : *entities) std::cout << e.label << ' ' << e.word << '\n';
//
// Each object is used by one thread at a time. Functions of many texts run them together.
#pragma once

#include "weft/tasks.h"
#include "weft/weft.hpp"

namespace weft {

namespace detail {
struct TaskFreer {
  void operator()(weft_tagger* p) const { weft_tagger_free(p); }
  void operator()(weft_filler* p) const { weft_filler_free(p); }
  void operator()(weft_answerer* p) const { weft_answerer_free(p); }
  void operator()(weft_zero_shot* p) const { weft_zero_shot_free(p); }
  void operator()(weft_reranker* p) const { weft_reranker_free(p); }
};
/// The only one of several results.
template <class T>
Result<T> only(Result<std::vector<T>> all) {
  if (!all.ok()) return all.status();
  return std::move((*all)[0]);
}
}  // namespace detail

struct Entity {  // see weft_entity
  std::string label, word;
  double score = 0;
  std::uint64_t start = 0, end = 0;
  std::optional<std::uint64_t> token{};
};
struct TagOptions {  // see weft_tag_options
  std::string aggregation{};
  std::optional<std::int64_t> stride{};
  Limits limits{};
};

class Tagger {
 public:
  static Result<Tagger> from_preset(const std::string& preset, const Options& options = {},
                                    const Runtime& runtime = {}) {
    Tagger t;
    WEFT_TRY(t.handle_, (detail::load<weft_tagger, detail::TaskFreer>(weft_tagger_load, preset, options, runtime)));
    return t;
  }
  /// The entities of each text.
  Result<std::vector<std::vector<Entity>>> tag(std::span<const std::string_view> texts,
                                               const TagOptions& options = {}) {
    weft_tag_options o = WEFT_INIT(weft_tag_options);
    o.aggregation = detail::or_null(options.aggregation), o.stride = options.stride.value_or(o.stride);
    const weft_limits limits = detail::limits_from_now(options.limits);
    o.limits = &limits;
    const std::vector<weft_str> views = detail::views(texts);
    std::vector<weft_entities> given(texts.size());
    WEFT_CHECK_OK(detail::take(weft_tagger_texts(handle_.get(), views.data(), views.size(), &o, given.data())));
    std::vector<std::vector<Entity>> out(texts.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      for (const weft_entity& e : std::span(given[i].data, given[i].n)) {
        Entity& entity = out[i].emplace_back();
        entity.label = detail::view(e.label), entity.word = detail::view(e.word);
        entity.score = e.score, entity.start = e.start, entity.end = e.end;
        if (e.token >= 0) entity.token = static_cast<std::uint64_t>(e.token);
      }
    }
    return out;
  }
  Result<std::vector<Entity>> tag(std::string_view text, const TagOptions& options = {}) {
    return detail::only(tag(std::span(&text, 1), options));
  }
  std::string summary() const { return weft_tagger_summary(handle_.get()); }
  weft_tagger* handle() const { return handle_.get(); }

 private:
  std::shared_ptr<weft_tagger> handle_;
};

struct Prediction {  // see weft_prediction
  std::int32_t token = 0;
  double score = 0;
  std::string token_str, sequence;
};

class Filler {
 public:
  static Result<Filler> from_preset(const std::string& preset, const Options& options = {},
                                    const Runtime& runtime = {}) {
    Filler f;
    WEFT_TRY(f.handle_, (detail::load<weft_filler, detail::TaskFreer>(weft_filler_load, preset, options, runtime)));
    return f;
  }
  /// The text of the mask, "[MASK]".
  std::string_view mask() const { return detail::view(weft_filler_mask(handle_.get())); }
  /// For each text and each of its masks `top_k` predictions, the likeliest first.
  Result<std::vector<std::vector<std::vector<Prediction>>>> fill(std::span<const std::string_view> texts,
                                                                 std::uint64_t top_k = 5, const Limits& limits = {}) {
    weft_fill_options o = WEFT_INIT(weft_fill_options);
    o.top_k = top_k;
    const weft_limits l = detail::limits_from_now(limits);
    o.limits = &l;
    const std::vector<weft_str> views = detail::views(texts);
    std::vector<weft_predictions> given(texts.size());
    WEFT_CHECK_OK(detail::take(weft_filler_texts(handle_.get(), views.data(), views.size(), &o, given.data())));
    std::vector<std::vector<std::vector<Prediction>>> out(texts.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      for (const weft_prediction& p : std::span(given[i].data, given[i].n)) {
        if (p.mask >= out[i].size()) out[i].resize(static_cast<std::size_t>(p.mask) + 1);
        out[i][static_cast<std::size_t>(p.mask)].push_back(
            {p.token, p.score, std::string(detail::view(p.token_str)), std::string(detail::view(p.sequence))});
      }
    }
    return out;
  }
  /// The predictions of each mask of a text.
  Result<std::vector<std::vector<Prediction>>> fill(std::string_view text, std::uint64_t top_k = 5,
                                                    const Limits& limits = {}) {
    return detail::only(fill(std::span(&text, 1), top_k, limits));
  }
  std::string summary() const { return weft_filler_summary(handle_.get()); }
  weft_filler* handle() const { return handle_.get(); }

 private:
  std::shared_ptr<weft_filler> handle_;
};

struct Question {
  std::string_view question{}, context{};
};
struct Answer {  // see weft_answer
  std::string text{};
  double score = 0;
  std::uint64_t start = 0, end = 0;
};
struct AnswerOptions {  // see weft_answer_options
  std::uint64_t max_seq_len = 0;
  std::optional<std::int64_t> doc_stride{};
  std::uint64_t max_answer_len = 15;
  bool handle_impossible_answer = false;
  Limits limits{};
};

class Answerer {
 public:
  static Result<Answerer> from_preset(const std::string& preset, const Options& options = {},
                                      const Runtime& runtime = {}) {
    Answerer a;
    WEFT_TRY(a.handle_,
             (detail::load<weft_answerer, detail::TaskFreer>(weft_answerer_load, preset, options, runtime)));
    return a;
  }
  /// The answer to each question.
  Result<std::vector<Answer>> answer(std::span<const Question> questions, const AnswerOptions& options = {}) {
    weft_answer_options o = WEFT_INIT(weft_answer_options);
    o.max_seq_len = options.max_seq_len, o.max_answer_len = options.max_answer_len;
    o.doc_stride = options.doc_stride.value_or(o.doc_stride);
    o.handle_impossible_answer = options.handle_impossible_answer ? 1 : 0;
    const weft_limits limits = detail::limits_from_now(options.limits);
    o.limits = &limits;
    std::vector<weft_question> asked;
    for (const Question& q : questions) asked.push_back({detail::view(q.question), detail::view(q.context)});
    std::vector<weft_answer> given(questions.size());
    WEFT_CHECK_OK(detail::take(weft_answerer_answer(handle_.get(), asked.data(), asked.size(), &o, given.data())));
    std::vector<Answer> out;
    for (const weft_answer& a : given) out.push_back({std::string(detail::view(a.text)), a.score, a.start, a.end});
    return out;
  }
  Result<Answer> answer(std::string_view question, std::string_view context, const AnswerOptions& options = {}) {
    const Question one{question, context};
    return detail::only(answer(std::span(&one, 1), options));
  }
  std::string summary() const { return weft_answerer_summary(handle_.get()); }
  weft_answerer* handle() const { return handle_.get(); }

 private:
  std::shared_ptr<weft_answerer> handle_;
};

struct LabelScore {
  std::string label{};
  double score = 0;
};
struct ZeroShotOptions {  // see weft_zero_shot_options
  std::string hypothesis{};
  bool multi_label = false;
  Limits limits{};
};

class ZeroShotClassifier {
 public:
  static Result<ZeroShotClassifier> from_preset(const std::string& preset, const Options& options = {},
                                                const Runtime& runtime = {}) {
    ZeroShotClassifier z;
    WEFT_TRY(z.handle_,
             (detail::load<weft_zero_shot, detail::TaskFreer>(weft_zero_shot_load, preset, options, runtime)));
    return z;
  }
  /// The labels with their scores, the likeliest first.
  Result<std::vector<LabelScore>> classify(std::string_view text, const std::vector<std::string>& labels,
                                           const ZeroShotOptions& options = {}) {
    weft_zero_shot_options o = WEFT_INIT(weft_zero_shot_options);
    std::vector<const char*> names;
    for (const std::string& label : labels) names.push_back(label.c_str());
    o.labels = names.data(), o.n_labels = names.size();
    o.hypothesis = detail::or_null(options.hypothesis), o.multi_label = options.multi_label ? 1 : 0;
    const weft_limits limits = detail::limits_from_now(options.limits);
    o.limits = &limits;
    const weft_str view = detail::view(text);
    std::vector<weft_label_score> given(labels.size());
    WEFT_CHECK_OK(detail::take(weft_zero_shot_texts(handle_.get(), &view, 1, &o, given.data())));
    std::vector<LabelScore> out;
    for (const weft_label_score& s : given) out.push_back({labels[static_cast<std::size_t>(s.label)], s.score});
    return out;
  }
  std::string summary() const { return weft_zero_shot_summary(handle_.get()); }
  weft_zero_shot* handle() const { return handle_.get(); }

 private:
  std::shared_ptr<weft_zero_shot> handle_;
};

struct Ranked {  // see weft_ranked
  std::size_t document = 0;
  double score = 0;
};

class Reranker {
 public:
  static Result<Reranker> from_preset(const std::string& preset, const Options& options = {},
                                      const Runtime& runtime = {}) {
    Reranker r;
    WEFT_TRY(r.handle_,
             (detail::load<weft_reranker, detail::TaskFreer>(weft_reranker_load, preset, options, runtime)));
    return r;
  }
  /// The documents, the best first. `instruction`: see weft_rerank_options.
  Result<std::vector<Ranked>> rank(std::string_view query, std::span<const std::string_view> documents,
                                   const std::string& instruction = {}, const Limits& limits = {}) {
    weft_rerank_options o = WEFT_INIT(weft_rerank_options);
    o.instruction = detail::or_null(instruction);
    const weft_limits l = detail::limits_from_now(limits);
    o.limits = &l;
    const std::vector<weft_str> views = detail::views(documents);
    std::vector<weft_ranked> given(documents.size());
    WEFT_CHECK_OK(detail::take(
        weft_reranker_rank(handle_.get(), detail::view(query), views.data(), views.size(), &o, given.data())));
    std::vector<Ranked> out;
    for (const weft_ranked& r : given) out.push_back({static_cast<std::size_t>(r.document), r.score});
    return out;
  }
  std::string summary() const { return weft_reranker_summary(handle_.get()); }
  weft_reranker* handle() const { return handle_.get(); }

 private:
  std::shared_ptr<weft_reranker> handle_;
};

}  // namespace weft
