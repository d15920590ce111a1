// A model cuts a word into tokens. Each kind is a file: BPE, Unigram, WordPiece, word level, longest match.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/text_meter.hpp"
#include "core/text/token_stream.hpp"
#include "core/text/token_table.hpp"
#include "weft/status.hpp"

namespace weft {

/// A token and the bytes of the word that it stands for.
struct Token {
  std::int32_t id;
  std::uint32_t begin, end;
};

/// Appends a token for each of the bytes [begin, end) of `word`; `ids` is by byte. The last token stands for the text,
/// the others for the place where it begins.
void push_bytes(std::span<const std::int32_t> ids, std::string_view word, std::size_t begin, std::size_t end,
                std::vector<Token>& out);

/// Immutable once made. [any-thread]
class TokenModel {
 public:
  virtual ~TokenModel() = default;

  /// Appends the tokens of `word`, which is valid UTF-8 and not empty. Takes steps where the vocabulary decides how
  /// much work a byte of the word is.
  virtual Status encode(std::string_view word, Meter& meter, std::vector<Token>& out) const = 0;
  /// Appends the tokens of `bytes` spelt in the byte-level alphabet. The tokens' positions are in `bytes` itself.
  virtual Status encode_spelt(std::string_view bytes, Meter& meter, std::vector<Token>& out) const;
  /// Whether an unknown token has the text of the word rather than its own.
  virtual bool unknown_keeps_text() const { return false; }

  /// What a token begins with that goes on with a word; "": such tokens look like others.
  virtual std::string_view continuing_prefix() const { return ""; }
  virtual bool merges_pairs() const { return false; }

  /// Whether each token counts as a word: the model is given whole texts and splits them itself.
  virtual bool splits_texts() const { return false; }
  /// Decodes as the model does by itself, and must not outlive it; null: the tokens' texts say what they decode to.
  virtual std::unique_ptr<TokenStream> new_stream() const { return nullptr; }

  /// Whether a word may be cut before each of sentencepiece's marks that follows another character: no merge reaches
  /// across such a place.
  virtual bool cuts_before_marks() const { return false; }

  /// A place after `from` where a long word may be cut; the word's end if there is none.
  virtual std::size_t next_cut(std::string_view word, std::size_t) const { return word.size(); }

  const TokenTable& tokens() const { return tokens_; }
  /// The number of tokens as the reference counts them. Added tokens that are new get the ids from there on.
  virtual std::size_t vocab_count() const { return tokens_.count(); }
  std::int32_t unk() const { return unk_; }

 protected:
  TokenTable tokens_;
  std::int32_t unk_ = -1;
};

/// The ids of the tokens <0x00> to <0xFF>; -1: there is none.
struct ByteTokens {
  explicit ByteTokens(const TokenTable& tokens);
  bool has_all(std::string_view bytes) const;
  bool complete() const { return std::find(std::begin(ids_), std::end(ids_), -1) == std::end(ids_); }
  std::int32_t operator[](char byte) const { return ids_[static_cast<std::uint8_t>(byte)]; }

 private:
  std::int32_t ids_[256];
};

}  // namespace weft
