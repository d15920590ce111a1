// Decoders: tokens to text. A chain is run by a stream, so that decoding all at once and decoding
// token by token are the same code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer_regex.hpp"
#include "weft/status.hpp"

namespace weft {

struct DecodeStep {
  enum Kind {
    kByteLevel,
    kByteFallback,  // as tokenizer.json means it: a run of byte tokens is UTF-8 as a whole, or U+FFFD
    kByteTokens,    // as sentencepiece: characters as they come, U+FFFD for a byte of none
    kFuse, kReplace, kStrip, kMetaspace, kSeparate,
    kWordSuffix,  // ends a word: a space, but nothing after the last token
    kWordPiece,   // a space before each token but the first and those with the prefix
    kWordMark,    // sentencepiece's mark is a space, but not (`start` 1) before the text; with
                  // `drop_first` one goes from each token until the text has begun
    kCtc          // leaves out repeated tokens and padding
  } kind;
  std::string literal;  // what Replace looks for, what others take away
  std::string with;     // what Replace puts in, what Separate puts between tokens, CTC's word delimiter
  std::vector<Regex> pattern;  // Replace's, instead of the literal
  std::size_t start = 0, stop = 0;  // Strip's counts
  bool drop_first = false;          // Metaspace: none in the first token
  bool cleanup = false;             // WordPiece, CTC: no space before English punctuation
};

class DecoderChain {
 public:
  void add(DecodeStep step);

 private:
  friend class DecoderStream;
  struct Link {
    DecodeStep step;
    bool fused;    // its input is one text, not tokens
    bool buffers;  // it must see the whole of that text
  };
  std::vector<Link> links_;
};

/// One text being decoded; the chain must outlive it.
class DecoderStream {
 public:
  explicit DecoderStream(const DecoderChain& chain)
      : chain_(&chain), states_(chain.links_.size()) {}

  /// Appends what is now certain; never part of a character.
  void push(std::string_view token, std::string& out) { feed(0, std::string(token), out); }
  /// Appends the rest, and begins anew.
  void flush(std::string& out);

 private:
  struct State {
    std::string buffer;
    std::size_t seen = 0;      // tokens
    std::size_t stripped = 0;  // characters
    bool inside = false;       // past the leading characters that Strip takes
  };
  void feed(std::size_t i, std::string text, std::string& out);
  void emit_bytes(std::size_t i, bool last, std::string& out);
  void emit_fallback(std::size_t i, std::string& out);
  void emit_tokens(std::size_t i, bool last, std::string& out);

  const DecoderChain* chain_;
  std::vector<State> states_;
};

}  // namespace weft
