// Takes one text through the parts of a tokenizer.
#pragma once

#include "core/text/tokenizer.hpp"
#include "core/text/tokenizer_parts.hpp"

namespace weft {

/// The tokens of a text, before the post-processor.
struct BareTokens {
  std::string_view text;       // as given, or `replaced`
  std::string replaced;        // the text with U+FFFD for what is ill-formed, where that differs
  Encoding encoding;           // with offsets in `text` and words, if they are wanted
  std::vector<Blanks> blanks;  // of each token, if the post-processor trims offsets
};

/// Turns offsets in a text whose ill-formed parts were replaced by U+FFFD into offsets in `given`.
void map_back(std::string_view given, std::vector<Origin>& offsets);

class Encoder {
 public:
  Encoder(const TokenizerParts& parts, const EncodeOptions& options, bool with_offsets);
  ~Encoder();
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  /// With what the post-processor does.
  Status run(std::string_view text, Encoding& out);
  Status run(std::string_view text, BareTokens& out);

 private:
  Status run_valid(std::string_view text);
  Status raw_part(std::string_view text, std::uint32_t base);
  Status words_of(AlignedText& text);
  Status long_word(const AlignedText& text, const Word& word);
  Status word(const AlignedText& text, const Word& word);
  Status add(std::int32_t id, Origin offsets, std::string_view text);
  Status add_whole(std::int32_t id, Origin offsets, std::string_view text);

  const TokenizerParts& parts_;
  const EncodeOptions options_;
  const bool with_offsets_, tracked_, spells_bytes_, blanks_wanted_, cuts_before_marks_, counts_tokens_;
  std::unique_ptr<WordCache> cache_;
  BareTokens* out_ = nullptr;
  Meter* meter_ = nullptr;
  std::int32_t word_ = 0;  // the index of the word at hand in its text
  std::vector<Word> words_;
  std::vector<Token> tokens_;
};

}  // namespace weft
