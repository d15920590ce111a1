#include "core/tasks/tagger.hpp"

#include "core/base/error.hpp"

namespace weft {

Result<Tagger> Tagger::create(std::shared_ptr<const Model> model) {
  WEFT_TRY(TextReader reader, TextReader::create(std::move(model), "tag"));
  WEFT_TRY(Labels labels, Labels::of(reader.model().checkpoint(), reader.width()));
  return Tagger(std::move(reader), std::move(labels));
}

Result<std::vector<Tagged>> Tagger::tag(std::span<const std::string_view> texts, const TagOptions& options) {
  if (options.stride && options.aggregation == Aggregation::kNone)
    return invalid("a stride is for entities of several tokens, expected another aggregation than none");
  std::vector<Tagged> out(texts.size());
  std::vector<Encoding> windows;
  std::vector<std::size_t> text_of;  // by window
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty()) continue;
    auto encoded = reader_.encode(texts.subspan(i, 1), {.windows = options.stride.has_value(),
                                                        .stride = options.stride.value_or(0)});
    if (!encoded.ok()) return options.batches.about(encoded.status(), i, texts.size());
    for (Encoding& window : encoded->windows) windows.push_back(std::move(window)), text_of.push_back(i);
  }
  std::vector<std::vector<float>> logits(windows.size());
  const auto keep = [&](std::size_t window, std::span<const float> rows, int64_t) {
    return logits[window].assign(rows.begin(), rows.end()), Status();
  };
  WEFT_CHECK_OK(reader_.run(windows, true, keep, named_by_text(options.batches, text_of, texts.size())));
  std::optional<CharacterIndex> text;
  for (std::size_t w = 0; w < windows.size(); ++w) {
    Tagged& tagged = out[text_of[w]];
    if (tagged.windows.empty()) text.emplace(texts[text_of[w]]);
    auto entities =
        entities_of(*text, windows[w], logits[w], labels_, reader_.tokenizer(), options.aggregation);
    if (!entities.ok()) return options.batches.about(entities.status(), text_of[w], texts.size());
    tagged.entities.insert(tagged.entities.end(), entities->begin(), entities->end());
    tagged.windows.push_back({std::move(windows[w].ids), std::move(logits[w])});
  }
  for (Tagged& tagged : out) {
    if (tagged.windows.size() > 1) tagged.entities = without_overlaps(std::move(tagged.entities));
  }
  return out;
}

}  // namespace weft
