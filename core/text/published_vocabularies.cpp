#include "core/text/published_vocabularies.hpp"

#include <algorithm>
#include <iterator>

namespace weft {

const VocabularyKind* find_vocabulary_kind(std::string_view name) {
  static constexpr VocabularyKind kAll[] = {
      {.name = "bpe", .model = VocabularyKind::kMerged},
      {.name = "spm", .model = VocabularyKind::kScoredPieces, .bos = true},
      {.name = "wpm", .model = VocabularyKind::kWordPieces, .bos = true, .sep = true},
      {.name = "ugm", .model = VocabularyKind::kUnigram, .eos = true},
      {.name = "rwkv", .model = VocabularyKind::kLongestMatch},
  };
  const auto found = std::find_if(std::begin(kAll), std::end(kAll), [&](const auto& k) { return k.name == name; });
  return found == std::end(kAll) ? nullptr : &*found;
}

}  // namespace weft
