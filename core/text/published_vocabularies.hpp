// The models of vocabularies that formats give, by the names of weft_vocabulary.
#pragma once

#include <string_view>

namespace weft {

struct VocabularyKind {
  enum Model { kMerged, kScoredPieces, kWordPieces, kUnigram, kLongestMatch };
  std::string_view name;
  Model model;
  bool bos = false, eos = false, sep = false;  // what stands around a text where the vocabulary does not say
};

/// Null: the core reads no vocabulary of this model.
const VocabularyKind* find_vocabulary_kind(std::string_view name);

}  // namespace weft
