#include "core/tasks/answerer.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/tasks/spans.hpp"
#include "core/text/character_index.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

constexpr std::size_t kUsualTokens = 384, kUsualStride = 128;
// Of each window; several spans may be one answer, because answers are whole words.
constexpr std::size_t kSpans = 12;
constexpr std::int8_t kContext = 1;  // the index of the context among the texts of an input

std::string lower_case(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::uint32_t code, std::string_view) { append_lower(out, code); });
  return out;
}

/// The bytes of the context that the words of the span's tokens have.
Origin bytes_of(const Encoding& window, const TokenSpan& span) {
  Origin bytes{window.offsets[span.first].begin, window.offsets[span.last].end};
  const std::int32_t first = window.words[span.first], last = window.words[span.last];
  if (first < 0 || last < 0 || window.texts[span.first] != kContext) return bytes;
  for (std::size_t i = span.first; i > 0 && window.words[i] == first && window.texts[i] == kContext; --i)
    bytes.begin = window.offsets[i].begin;
  for (std::size_t i = span.last; i < window.ids.size() && window.words[i] == last && window.texts[i] == kContext; ++i)
    bytes.end = window.offsets[i].end;
  return bytes;
}

/// The tokens at which an answer may begin or end: those of the context, and the one that stands for no answer.
std::vector<bool> allowed_in(const Encoding& window, int32_t cls) {
  std::vector<bool> allowed(window.ids.size());
  for (std::size_t i = 0; i < allowed.size(); ++i)
    allowed[i] = window.texts[i] == kContext || (window.texts[i] < 0 && window.ids[i] == cls);
  return allowed;
}

}  // namespace

Result<Answerer> Answerer::create(std::shared_ptr<const Model> model) {
  WEFT_TRY(TextReader reader, TextReader::create(std::move(model), "answer"));
  const std::string& path = reader.model().checkpoint().path();
  if (reader.width() != 2) {
    return error(Code::kUnimplemented, "{}: the model gives {} values for each token, expected 2, begin and end", path,
                 reader.width());
  }
  if (reader.settings().pads_left) {
    return error(Code::kUnimplemented,
                 "{}: padding_side is left, with which a context stands before its question; only right is implemented",
                 path);
  }
  return Answerer(std::move(reader));
}

Result<std::vector<Encoding>> Answerer::windows_of(const Question& q, const AnswerOptions& options) const {
  if (q.question.empty() || q.context.empty())
    return invalid("the {} is empty", q.question.empty() ? "question" : "context");
  Truncation how;
  how.strategy = Truncation::Strategy::kOnlySecond, how.windows = true;
  how.max_tokens = std::min(options.max_tokens > 0 ? options.max_tokens : kUsualTokens, reader_.max_tokens());
  how.stride = options.stride.value_or(std::min(how.max_tokens / 2, kUsualStride));
  const std::string_view texts[] = {q.question, q.context};
  WEFT_TRY(EncodedTexts encoded, reader_.encode(texts, how));
  return std::move(encoded.windows);
}

Answer Answerer::answer_of(const Question& q, std::span<const Encoding> windows, std::vector<AnswerWindow> logits,
                           const AnswerOptions& options) const {
  const CharacterIndex context(q.context);
  std::vector<Answer> answers;
  std::vector<std::string> known;  // their texts in lower case
  double none = 1;
  for (std::size_t w = 0; w < windows.size(); ++w) {
    const std::vector<bool> allowed = allowed_in(windows[w], reader_.settings().cls);
    double null_score = 0;
    const std::vector<TokenSpan> spans = likeliest_spans(logits[w].start_logits, logits[w].end_logits, allowed,
                                                         options.max_answer_tokens, kSpans, &null_score);
    none = std::min(none, null_score);
    for (const TokenSpan& span : spans) {
      const Origin bytes = bytes_of(windows[w], span);
      const std::size_t start = context.character(bytes.begin), end = context.character(bytes.end);
      const std::string_view text = context.slice(start, end);
      const std::string lower = lower_case(text);
      const auto at = static_cast<std::size_t>(std::find(known.begin(), known.end(), lower) - known.begin());
      if (at == known.size()) {
        known.push_back(lower);
        answers.push_back({std::string(text), 0, start, end, {}});
      }
      answers[at].score += span.score;
    }
  }
  if (options.may_be_none || answers.empty()) answers.push_back({"", options.may_be_none ? none : 0, 0, 0, {}});
  Answer best = *std::max_element(answers.begin(), answers.end(),
                                  [](const Answer& a, const Answer& b) { return a.score < b.score; });
  best.windows = std::move(logits);
  return best;
}

Result<std::vector<Answer>> Answerer::answer(std::span<const Question> questions, const AnswerOptions& options) {
  if (options.max_answer_tokens < 1) return invalid("answers of {} tokens, expected at least 1", 0);
  std::vector<Encoding> windows;
  std::vector<std::size_t> question_of, begins;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    auto own = windows_of(questions[i], options);
    if (!own.ok()) return options.batches.about(own.status(), i, questions.size());
    begins.push_back(windows.size());
    for (Encoding& window : *own) windows.push_back(std::move(window)), question_of.push_back(i);
  }
  begins.push_back(windows.size());
  std::vector<AnswerWindow> logits(windows.size());
  const auto keep = [&](std::size_t w, std::span<const float> rows, int64_t) -> Status {
    for (std::size_t i = 0; i < rows.size(); i += 2)
      logits[w].start_logits.push_back(rows[i]), logits[w].end_logits.push_back(rows[i + 1]);
    logits[w].ids = windows[w].ids;
    return {};
  };
  WEFT_CHECK_OK(reader_.run(windows, true, keep, named_by_text(options.batches, question_of, questions.size())));
  std::vector<Answer> out;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const auto begin = static_cast<std::ptrdiff_t>(begins[i]), end = static_cast<std::ptrdiff_t>(begins[i + 1]);
    out.push_back(answer_of(questions[i], std::span(windows).subspan(begins[i], begins[i + 1] - begins[i]),
                            {logits.begin() + begin, logits.begin() + end}, options));
  }
  return out;
}

}  // namespace weft
