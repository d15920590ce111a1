// Post-processors: what is put around the tokens of a text, and white space taken off their offsets.
#pragma once

#include <cstdint>
#include <vector>

#include "core/text/aligned_text.hpp"

namespace weft {

/// Tokens of a text. `offsets` is empty or has one entry a token: bytes of the text; of tokens that
/// stand for none, (0, 0).
struct Encoding {
  std::vector<std::int32_t> ids;
  std::vector<Origin> offsets;
};

/// White space that a token's text begins and ends with, in characters.
struct Blanks {
  std::uint32_t before = 0, after = 0;
};

struct PostStep {
  /// Trims offsets if `pieces` is empty, else puts the text's tokens where a piece has no ids.
  std::vector<std::vector<std::int32_t>> pieces;
  bool add_prefix_space = false;  // trimming: a first token keeps its one leading space
};

class PostProcessor {
 public:
  void add(PostStep step) { steps_.push_back(std::move(step)); }
  /// Special tokens only if `add_special`. `blanks` has one entry a token where trims() and the
  /// offsets are wanted.
  void run(std::string_view text, bool add_special, std::vector<Blanks> blanks, Encoding& encoding) const;
  bool trims() const;
  /// The ids before and after the text in the last template.
  std::vector<std::int32_t> prefix() const, suffix() const;

 private:
  std::vector<PostStep> steps_;
};

}  // namespace weft
