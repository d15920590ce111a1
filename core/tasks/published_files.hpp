// Names of files and keys by which sentence-transformers and its predecessors publish what goes with a model.
#pragma once

namespace weft {

inline constexpr const char* kSentenceConfig = "sentence_bert_config.json";  // of the encoder: max_seq_length...
/// The key of a cross-encoder's activation function in config.json, before version 4.
inline constexpr const char* kOldActivationKey = "sbert_ce_default_activation_function";

}  // namespace weft
