// Takes one text through the parts of a tokenizer.
#pragma once

#include "core/text/tokenizer.hpp"
#include "core/text/tokenizer_parts.hpp"

namespace weft {

class Encoder {
 public:
  Encoder(const TokenizerParts& parts, const EncodeOptions& options, bool with_offsets);
  ~Encoder();
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  Status run(std::string_view text, Encoding& out);

 private:
  Status run_valid(std::string_view text);
  Status raw_part(std::string_view text, std::uint32_t base);
  Status words_of(AlignedText& text);
  Status long_word(const AlignedText& text, const Word& word);
  Status word(const AlignedText& text, const Word& word);
  Status add(std::int32_t id, Origin offsets, std::string_view text);

  const TokenizerParts& parts_;
  const EncodeOptions options_;
  const bool with_offsets_, tracked_, spells_bytes_, blanks_wanted_, cuts_before_marks_;
  std::unique_ptr<WordCache> cache_;
  Encoding* out_ = nullptr;
  Meter* meter_ = nullptr;
  std::vector<Blanks> blanks_;
  std::vector<Word> words_;
  std::vector<Token> tokens_;
};

}  // namespace weft
