// Decoders turn tokens into text. A stream runs the chain of steps, so that decoding at once and decoding token by
// token are the same code.
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
    kByteFallback,  // as in tokenizer.json: a run of byte tokens is UTF-8 as a whole, or each is U+FFFD
    kByteTokens,    // as in sentencepiece: characters as they come, U+FFFD for a byte that belongs to none
    kFuse, kReplace, kStrip, kMetaspace, kSeparate,
    kWordSuffix,  // the suffix that ends a word becomes a space, but nothing after the last token
    kWordPiece,   // a space before each token, except the first one and those with the prefix
    kWordMark,    // sentencepiece's mark becomes a space; with `start` 1 not before the text; with `drop_first`
                  // each token loses one mark until the text has begun
    kCtc          // drops repeated tokens and padding
  } kind;
  std::string literal;              // what Replace searches for, and what other steps remove
  std::string with;                 // what Replace inserts, what Separate puts between tokens, CTC's word delimiter
  std::vector<Regex> pattern;       // what Replace searches for instead of the literal
  std::size_t start = 0, stop = 0;  // how many characters Strip removes on either side
  bool drop_first = false;          // Metaspace: no space in the first token
  bool cleanup = false;             // WordPiece and CTC: no space before English punctuation
};

class DecoderChain {
 public:
  void add(DecodeStep step);

 private:
  friend class DecoderStream;
  struct Link {
    DecodeStep step;
    bool fused;    // the step's input is one text rather than tokens
    bool buffers;  // the step must see all of this text
  };
  std::vector<Link> links_;
};

/// Decodes one text by the texts of its tokens. The chain must outlive it. After an error it must not be used.
class DecoderStream {
 public:
  explicit DecoderStream(const DecoderChain& chain)
      : chain_(&chain), states_(chain.links_.size()), meter_(text_meter(0)) {}

  /// Appends the text that has become certain; never a part of a character.
  Status push(std::string_view token, std::string& out) {
    meter_.allow(kStepsPerByte * (token.size() + 1), kBytesPerByte * (token.size() + 1));
    return feed(0, std::string(token), out);
  }
  /// Appends the rest and begins a new text.
  Status flush(std::string& out);

 private:
  struct State {
    std::string buffer;
    std::size_t seen = 0;      // how many tokens
    std::size_t stripped = 0;  // how many characters
    bool inside = false;       // past the leading characters that Strip removes
  };
  Status feed(std::size_t i, std::string text, std::string& out);
  Status emit_bytes(std::size_t i, bool last, std::string& out);
  Status emit_fallback(std::size_t i, std::string& out);
  Status emit_tokens(std::size_t i, bool last, std::string& out);

  const DecoderChain* chain_;
  std::vector<State> states_;
  Meter meter_;
};

}  // namespace weft
