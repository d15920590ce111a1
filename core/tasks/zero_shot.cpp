#include "core/tasks/zero_shot.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/base/error.hpp"
#include "core/tasks/softmax.hpp"

namespace weft {
namespace {

constexpr std::string_view kPlace = "{}";

std::string ascii_lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

Status check(const ZeroShotOptions& o) {
  if (o.labels.empty()) return invalid("no labels, expected at least one");
  std::set<std::string_view> seen;
  for (const std::string& label : o.labels) {
    if (label.empty()) return invalid("a label is empty");
    if (!seen.insert(label).second) return invalid("the label \"{}\" stands twice", label);
  }
  const std::size_t at = o.hypothesis.find(kPlace);
  const auto braces =
      std::count_if(o.hypothesis.begin(), o.hypothesis.end(), [](char c) { return c == '{' || c == '}'; });
  if (at == std::string::npos || braces != 2)
    return invalid("the hypothesis \"{}\" does not say once where the label stands, by {}", o.hypothesis, kPlace);
  return {};
}

std::string hypothesis_of(const ZeroShotOptions& o, const std::string& label) {
  std::string text = o.hypothesis;
  return text.replace(text.find(kPlace), kPlace.size(), label);
}

}  // namespace

Result<ZeroShot> ZeroShot::create(std::shared_ptr<const Model> model) {
  WEFT_TRY(TextReader reader, TextReader::create(std::move(model), "classify"));
  WEFT_TRY(const Labels labels, Labels::of(reader.model().checkpoint(), reader.width()));
  for (std::size_t i = 0; i < labels.names.size() && labels.names.size() > 1; ++i) {
    if (ascii_lower(labels.names[i]).starts_with("entail")) return ZeroShot(std::move(reader), i);
  }
  return error(Code::kFailedPrecondition,
               "{}: none of the labels ({}) begins with \"entail\", so the model cannot judge labels of the caller; "
               "use a model for natural language inference",
               reader.model().checkpoint().path(), fmt::join(labels.names, ", "));
}

std::vector<double> ZeroShot::scores_of(std::span<const std::vector<float>> logits, bool multi_label) const {
  std::vector<double> scores;
  if (multi_label || logits.size() == 1) {
    for (const std::vector<float>& row : logits) {
      const float pair[] = {entails_ == 0 ? row.back() : row[0], row[entails_]};  // the first one: contradicts
      scores.push_back(softmax(pair)[1]);
    }
    return scores;
  }
  std::vector<float> entailed;
  for (const std::vector<float>& row : logits) entailed.push_back(row[entails_]);
  return softmax(entailed);
}

Result<std::vector<ZeroShotResult>> ZeroShot::classify(std::span<const std::string_view> texts,
                                                       const ZeroShotOptions& options) {
  WEFT_CHECK_OK(check(options));
  const std::size_t labels = options.labels.size();
  std::vector<Encoding> inputs;
  std::vector<std::size_t> text_of;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty()) return options.batches.about(invalid("the text is empty"), i, texts.size());
    for (const std::string& label : options.labels) {
      const std::string hypothesis = hypothesis_of(options, label);
      const std::string_view pair[] = {texts[i], hypothesis};
      auto encoded = reader_.encode(pair, {.strategy = Truncation::Strategy::kOnlyFirst});
      if (!encoded.ok()) return options.batches.about(encoded.status(), i, texts.size());
      inputs.push_back(std::move(encoded->windows[0])), text_of.push_back(i);
    }
  }
  std::vector<std::vector<float>> logits(inputs.size());
  const auto keep = [&](std::size_t input, std::span<const float> row, int64_t) {
    return logits[input].assign(row.begin(), row.end()), Status();
  };
  WEFT_CHECK_OK(reader_.run(inputs, false, keep, named_by_text(options.batches, text_of, texts.size())));
  std::vector<ZeroShotResult> out;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto rows = std::span(logits).subspan(i * labels, labels);
    const std::vector<double> scores = scores_of(rows, options.multi_label);
    ZeroShotResult& result = out.emplace_back();
    result.labels.resize(labels);
    std::iota(result.labels.begin(), result.labels.end(), std::size_t{0});
    std::stable_sort(result.labels.begin(), result.labels.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    for (const std::size_t label : result.labels) {
      result.scores.push_back(scores[label]);
      result.logits.push_back(rows[label]);
    }
  }
  return out;
}

}  // namespace weft
