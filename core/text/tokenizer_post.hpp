// Post-processors put special tokens around the tokens of texts, and trim white space off offsets.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/encoding.hpp"
#include "weft/status.hpp"

namespace weft {

/// How many characters of white space a token's text begins and ends with.
struct Blanks {
  std::uint32_t before = 0, after = 0;
};

/// A part of what a template makes: the tokens of a text, or special tokens.
struct PostPiece {
  std::int8_t text = -1;          // 0 or 1; -1: the special tokens `ids`
  std::vector<std::int32_t> ids;  // not empty where there is no text
  std::int32_t type = 0;          // the token type id of its tokens
};

struct PostTemplate {
  std::vector<PostPiece> single, pair;  // of one text and of two; `pair` empty: two texts are not provided for
  bool plain_types = false;  // where no special tokens are added, a token's type is the index of its text
  std::string no_pair = {};  // what is wrong with what the file says of two texts
};

/// The template's pieces without types: special tokens before and after a text.
std::vector<PostPiece> framed_text(const std::vector<std::int32_t>& before, const std::vector<std::int32_t>& after);

/// `cls`, a text, `sep`; and the second text with `sep` behind it and the type 1. `doubled`: two texts are separated by
/// two `sep`, and all tokens have the type 0.
PostTemplate paired_template(const std::vector<std::int32_t>& cls, const std::vector<std::int32_t>& sep, bool doubled);

class PostProcessor {
 public:
  /// `add_prefix_space`: the first token of a text keeps its one leading space.
  void add_trimming(bool add_prefix_space) { trimmings_.push_back(add_prefix_space); }
  void add(PostTemplate t) { templates_.push_back(std::move(t)); }

  bool trims() const { return !trimmings_.empty(); }
  /// Trims the offsets of the tokens of `text`; `blanks` has an entry for each.
  void trim(std::string_view text, std::span<const Blanks> blanks, std::vector<Origin>& offsets) const;

  /// Puts special tokens around the tokens of one text, of which `types` and `texts` are not filled in.
  void run(bool add_special, bool with_offsets, Encoding& encoding) const;
  /// The tokens of one or two texts, with special tokens and all vectors. UNIMPLEMENTED: see `check`.
  Encoding run_texts(bool add_special, std::span<const Encoding> texts) const;
  /// UNIMPLEMENTED: so many texts are not provided for.
  Status check(std::size_t n_texts) const;
  /// How many special tokens stand around so many texts.
  std::size_t added(std::size_t n_texts) const;

  /// The ids that the last template puts before and after a text.
  std::vector<std::int32_t> prefix() const, suffix() const;

 private:
  std::vector<bool> trimmings_;
  std::vector<PostTemplate> templates_;
};

}  // namespace weft
