// Labels of tokens to entities of a text, as the pipeline "token-classification" of transformers makes them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tasks/labels.hpp"
#include "core/text/character_index.hpp"
#include "core/text/tokenizer.hpp"

namespace weft {

/// How tokens become entities. kNone: each token is one. kSimple: neighbours of one label are, whose labels may begin
/// with "B-" (an entity begins) or "I-" (it goes on). The others do the same with words, whose label is that of the
/// first token, of the mean of all scores, or of the highest score.
enum class Aggregation { kNone, kSimple, kFirst, kAverage, kMax };
/// By its name in transformers: "none", "simple", "first", "average", "max". INVALID_ARGUMENT: another name.
Result<Aggregation> aggregation_of(std::string_view name);

struct Entity {
  std::string label;           // without "B-" and "I-" unless each token is an entity
  double score = 0;            // a probability
  std::optional<std::size_t> index;  // of the token, if each is an entity
  std::string word;
  std::size_t start = 0, end = 0;  // characters of the text
};

/// The entities of one text. `logits`: [tokens, labels]. Those with the label "O" are left out.
Result<std::vector<Entity>> entities_of(const CharacterIndex& text, const Encoding& tokens,
                                        std::span<const float> logits, const Labels& labels,
                                        const Tokenizer& tokenizer, Aggregation aggregation);

/// Entities of overlapping windows of one text: of those that overlap the longest stays, of equals the likeliest.
std::vector<Entity> without_overlaps(std::vector<Entity> entities);

}  // namespace weft
