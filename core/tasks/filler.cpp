#include "core/tasks/filler.hpp"

#include <algorithm>
#include <numeric>

#include "core/base/error.hpp"
#include "core/tasks/softmax.hpp"
#include "core/text/tokenizer_normalizer.hpp"

namespace weft {
namespace {

/// English without spaces before punctuation, as clean_up_tokenization of transformers makes it.
std::string tidied(std::string text) {
  constexpr std::pair<std::string_view, std::string_view> kRules[] = {
      {" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"},
      {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kRules) text = replace_all(text, from, to);
  return text;
}

/// The `n` largest values, the largest first; of equals the first.
std::vector<std::size_t> largest_values(std::span<const float> values, std::size_t n) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto before = [&](std::size_t a, std::size_t b) {
    return values[a] != values[b] ? values[a] > values[b] : a < b;
  };
  n = std::min(n, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n), order.end(), before);
  order.resize(n);
  return order;
}

}  // namespace

Result<Filler> Filler::create(std::shared_ptr<const Model> model) {
  WEFT_TRY(TextReader reader, TextReader::create(std::move(model), "fill"));
  if (reader.settings().mask < 0) {
    return error(Code::kFailedPrecondition,
                 "{}: the tokenizer has no mask token; name one as mask_token in tokenizer_config.json",
                 reader.model().checkpoint().path());
  }
  if (reader.settings().mask >= reader.width()) {
    return error(Code::kFailedPrecondition, "{}: the mask has id {}, the model knows {} tokens",
                 reader.model().checkpoint().path(), reader.settings().mask, reader.width());
  }
  return Filler(std::move(reader));
}

Result<std::string> Filler::decode(std::span<const int32_t> ids, bool skip_special) const {
  WEFT_TRY(std::string text, reader_.tokenizer().decode(ids, skip_special));
  const bool tidies = reader_.settings().tidies_spaces && !reader_.tokenizer().merges_pairs();
  return tidies ? tidied(std::move(text)) : text;
}

Result<Filled> Filler::filled(const Encoding& text, std::span<const float> logits, std::size_t top_k) const {
  const TokenizerSettings& settings = reader_.settings();
  const auto width = static_cast<std::size_t>(reader_.width());
  Filled out;
  out.ids = text.ids;
  const bool single = std::count(text.ids.begin(), text.ids.end(), settings.mask) == 1;
  for (std::size_t at = 0; at < text.ids.size(); ++at) {
    if (text.ids[at] != settings.mask) continue;
    const std::span<const float> row = logits.subspan(at * width, width);
    out.logits.insert(out.logits.end(), row.begin(), row.end());
    const std::vector<double> scores = softmax(row);
    std::vector<Prediction>& predictions = out.masks.emplace_back();
    for (const std::size_t token : largest_values(row, top_k)) {
      Prediction p{static_cast<int32_t>(token), scores[token], "", ""};
      WEFT_TRY(p.token_str, decode(std::span(&p.token, 1), false));
      std::vector<int32_t> whole = text.ids;
      whole[at] = p.token;
      std::erase(whole, settings.pad);
      WEFT_TRY(p.sequence, decode(whole, single));
      predictions.push_back(std::move(p));
    }
  }
  return out;
}

Result<std::vector<Filled>> Filler::fill(std::span<const std::string_view> texts, std::size_t top_k,
                                         const BatchOptions& options) {
  if (top_k < 1) return invalid("{} predictions of a mask, expected at least 1", top_k);
  std::vector<Encoding> inputs;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto encoded = reader_.encode(texts.subspan(i, 1));
    if (!encoded.ok()) return options.about(encoded.status(), i, texts.size());
    Encoding& input = encoded->windows[0];
    const bool masked = std::find(input.ids.begin(), input.ids.end(), reader_.settings().mask) != input.ids.end();
    if (!masked) {
      return options.about(invalid("no mask {} among the first {} tokens of the text; put it where a word is wanted",
                                   mask(), input.ids.size()),
                           i, texts.size());
    }
    inputs.push_back(std::move(input));
  }
  std::vector<Filled> out(texts.size());
  const auto use = [&](std::size_t i, std::span<const float> rows, int64_t) -> Status {
    WEFT_TRY(out[i], filled(inputs[i], rows, top_k));
    return {};
  };
  WEFT_CHECK_OK(reader_.run(inputs, true, use, options));
  return out;
}

}  // namespace weft
