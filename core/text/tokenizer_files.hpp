// The files of a model folder that hold tokenizers without a tokenizer.json.
#pragma once

#include <functional>
#include <string>

#include "core/text/published_classes.hpp"
#include "core/text/tokenizer_parts.hpp"
#include "weft/status.hpp"

namespace weft {

/// The files' contents; empty where a file is missing. The first vocabulary that is there counts.
struct TokenizerFiles {
  std::string tekken;                          // tekken.json
  std::string model;                           // tokenizer.model, spiece.model: SentencePiece, or tiktoken's ranks
  std::string model_name = "tokenizer.model";  // the name of the file that `model` is from
  std::string vocab_json, merges_txt;
  std::string vocab_txt;
  // Files beside the vocabulary:
  std::string tokenizer_config, special_tokens_map, added_tokens;  // .json
};

/// Gathers the files. `read` puts a file's text into its string and leaves it empty where there is no such file.
Result<TokenizerFiles> gather_tokenizer_files(const std::function<Status(const char*, std::string&)>& read);

/// What the JSON files beside a vocabulary say.
struct TokenizerConfig {
  std::string tokenizer_class;
  std::string bos, eos, unk, pad, cls, sep, mask;  // "" where none is given
  std::optional<bool> add_bos, add_eos, add_prefix_space, lowercase, strip_accents, keep_accents, chinese_spaced,
      legacy;
  std::int32_t extra_ids = 100;   // how many sentinels there are, where the class has them
  std::vector<AddedToken> added;  // id -1 where none is given
  std::unordered_map<std::string, std::size_t> added_by_content;
  /// What is known of tokenizer_class; null: nothing, or there is none.
  const TokenizerClass* known = nullptr;
  bool has_sentinels() const { return known != nullptr && known->has_sentinels; }
};
Result<TokenizerConfig> read_tokenizer_config(const TokenizerFiles& files);

/// Readers of the vocabularies. They fill in all parts except what `config` adds.
Status read_sentencepiece_tokenizer(const TokenizerFiles& files, const TokenizerConfig& config, TokenizerParts& out);
Status read_tiktoken(const TokenizerFiles& files, const TokenizerConfig& config, TokenizerParts& out);
Status read_tekken(std::string_view json, TokenizerParts& out);
Status read_vocab_and_merges(const TokenizerFiles& files, const TokenizerConfig& config, TokenizerParts& out);
Status read_wordpiece(std::string_view vocab_txt, const TokenizerConfig& config, TokenizerParts& out);

/// Whether a tokenizer.model consists of lines with base64 and a rank.
bool is_tiktoken(std::string_view model);

}  // namespace weft
