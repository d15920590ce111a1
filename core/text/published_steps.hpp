// Types of steps in tokenizer.json whose names are those of the models that had them first.
#pragma once

#include <string_view>

namespace weft {

inline constexpr std::string_view kWordNormalizerType = "BertNormalizer", kBareWordNormalizerType = "Bert",
                                  kWordSplitType = "BertPreTokenizer";
/// Special tokens around and between texts: one between two texts, whose types differ; or two, and all types are 0.
inline constexpr std::string_view kTypedPairsType = "BertProcessing", kDoubledPairsType = "RobertaProcessing";

}  // namespace weft
