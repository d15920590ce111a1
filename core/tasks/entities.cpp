#include "core/tasks/entities.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/tasks/softmax.hpp"

namespace weft {
namespace {

struct ScoredToken {
  std::string word;            // as the vocabulary spells it; of an unknown token the text
  std::vector<double> scores;  // by label
  std::size_t start, end;
  std::size_t index;
  bool continues;  // the word of the token before
};

/// Whether the token at `start` goes on with the word before it: by the tokens' spelling, if the vocabulary marks that,
/// else where there is no space before it.
bool continues_word(const CharacterIndex& text, const Tokenizer& tokenizer, std::string_view spelt, std::size_t start,
                    std::size_t end) {
  if (!tokenizer.continuing_prefix().empty()) return CharacterIndex(spelt).size() != (end > start ? end - start : 0);
  return start > 0 && text.slice(start - 1, start + 1).find(' ') == std::string_view::npos;
}

std::vector<ScoredToken> scored_tokens(const CharacterIndex& text, const Encoding& tokens,
                                       std::span<const float> logits, std::size_t labels, const Tokenizer& tokenizer) {
  std::vector<ScoredToken> out;
  for (std::size_t i = 0; i < tokens.ids.size(); ++i) {
    if (tokens.texts[i] < 0) continue;
    ScoredToken t;
    t.index = i;
    t.scores = softmax(logits.subspan(i * labels, labels));
    t.start = text.character(tokens.offsets[i].begin), t.end = text.character(tokens.offsets[i].end);
    t.word = tokenizer.id_to_token(tokens.ids[i]).value_or("");
    t.continues = continues_word(text, tokenizer, t.word, t.start, t.end);
    if (tokens.ids[i] == tokenizer.unk_id()) t.word = text.slice(t.start, t.end), t.continues = false;
    out.push_back(std::move(t));
  }
  return out;
}

std::size_t best_label(const std::vector<double>& scores) { return index_of_largest(std::span(scores)); }

/// The scores by label of a word.
std::vector<double> scores_of(std::span<const ScoredToken> word, Aggregation aggregation) {
  if (aggregation == Aggregation::kFirst) return word.front().scores;
  if (aggregation == Aggregation::kMax) {
    const auto top = [](const ScoredToken& t) { return t.scores[best_label(t.scores)]; };
    return std::max_element(word.begin(), word.end(), [&](const auto& a, const auto& b) { return top(a) < top(b); })
        ->scores;
  }
  std::vector<double> mean(word.front().scores.size());
  for (const ScoredToken& t : word) {
    for (std::size_t l = 0; l < mean.size(); ++l) mean[l] += t.scores[l] / static_cast<double>(word.size());
  }
  return mean;
}

Result<Entity> word_entity(std::span<const ScoredToken> word, const Labels& labels, const Tokenizer& tokenizer,
                           Aggregation aggregation) {
  const std::vector<double> scores = scores_of(word, aggregation);
  const std::size_t best = best_label(scores);
  Entity e{labels.names[best], scores[best], {}, "", word.front().start, word.back().end};
  std::vector<std::string> parts;
  for (const ScoredToken& t : word) parts.push_back(t.word);
  WEFT_TRY(e.word, tokenizer.tokens_to_text(parts));
  return e;
}

Result<std::vector<Entity>> word_entities(std::span<const ScoredToken> tokens, const Labels& labels,
                                          const Tokenizer& tokenizer, Aggregation aggregation) {
  std::vector<Entity> out;
  for (std::size_t begin = 0; begin < tokens.size();) {
    std::size_t end = begin + 1;
    while (end < tokens.size() && tokens[end].continues) ++end;
    WEFT_TRY(out.emplace_back(), word_entity(tokens.subspan(begin, end - begin), labels, tokenizer, aggregation));
    begin = end;
  }
  return out;
}

/// The label without "B-" or "I-".
std::string_view tag_of(std::string_view label) {
  return label.starts_with("B-") || label.starts_with("I-") ? label.substr(2) : label;
}

/// Puts neighbours with one label together.
Result<std::vector<Entity>> grouped(const std::vector<Entity>& entities, const Tokenizer& tokenizer) {
  std::vector<Entity> out;
  for (std::size_t begin = 0; begin < entities.size();) {
    std::size_t end = begin + 1;
    while (end < entities.size() && tag_of(entities[end].label) == tag_of(entities[end - 1].label) &&
           !entities[end].label.starts_with("B-"))
      ++end;
    Entity e = entities[begin];
    e.label = e.label.substr(e.label.find('-') + 1);  // whatever stands before the first "-"
    e.end = entities[end - 1].end, e.score = 0, e.index.reset();
    std::vector<std::string> parts;
    for (std::size_t i = begin; i < end; ++i) {
      parts.push_back(entities[i].word);
      e.score += entities[i].score / static_cast<double>(end - begin);
    }
    WEFT_TRY(e.word, tokenizer.tokens_to_text(parts));
    out.push_back(std::move(e));
    begin = end;
  }
  return out;
}

}  // namespace

Result<Aggregation> aggregation_of(std::string_view name) {
  constexpr std::pair<std::string_view, Aggregation> kNames[] = {{"none", Aggregation::kNone},
                                                                 {"simple", Aggregation::kSimple},
                                                                 {"first", Aggregation::kFirst},
                                                                 {"average", Aggregation::kAverage},
                                                                 {"max", Aggregation::kMax}};
  for (const auto& [known, value] : kNames) {
    if (name == known) return value;
  }
  return invalid("aggregation \"{}\", expected none, simple, first, average or max", name);
}

Result<std::vector<Entity>> entities_of(const CharacterIndex& text, const Encoding& encoding,
                                        std::span<const float> logits, const Labels& labels,
                                        const Tokenizer& tokenizer, Aggregation aggregation) {
  const std::vector<ScoredToken> tokens =
      scored_tokens(text, encoding, logits, labels.names.size(), tokenizer);
  std::vector<Entity> entities;
  if (aggregation == Aggregation::kNone || aggregation == Aggregation::kSimple) {
    for (const ScoredToken& t : tokens) {
      const std::size_t best = best_label(t.scores);
      entities.push_back({labels.names[best], t.scores[best], t.index, t.word, t.start, t.end});
    }
  } else {
    WEFT_TRY(entities, word_entities(tokens, labels, tokenizer, aggregation));
  }
  if (aggregation != Aggregation::kNone) {
    WEFT_TRY(entities, grouped(entities, tokenizer));
  }
  std::erase_if(entities, [](const Entity& e) { return e.label == "O"; });
  return entities;
}

std::vector<Entity> without_overlaps(std::vector<Entity> entities) {
  std::stable_sort(entities.begin(), entities.end(),
                   [](const Entity& a, const Entity& b) { return a.start < b.start; });
  std::vector<Entity> out;
  for (Entity& e : entities) {
    if (out.empty() || e.start >= out.back().end) {
      out.push_back(std::move(e));
      continue;
    }
    const std::size_t length = e.end - e.start, before = out.back().end - out.back().start;
    if (length > before || (length == before && e.score > out.back().score)) out.back() = std::move(e);
  }
  return out;
}

}  // namespace weft
