// Post-processors put special tokens around the tokens of a text, and trim white space off offsets.
#pragma once

#include <cstdint>
#include <vector>

#include "core/text/aligned_text.hpp"

namespace weft {

/// The tokens of a text. `offsets` is empty, or has for each token the bytes of the text that it stands for; (0, 0):
/// none.
struct Encoding {
  std::vector<std::int32_t> ids;
  std::vector<Origin> offsets;
};

/// How many characters of white space a token's text begins and ends with.
struct Blanks {
  std::uint32_t before = 0, after = 0;
};

struct PostStep {
  /// Empty: the step trims offsets. Otherwise the step builds the result from the pieces; one without ids stands for
  /// the tokens of the text.
  std::vector<std::vector<std::int32_t>> pieces;
  bool add_prefix_space = false;  // trimming: the first token keeps its one leading space
};

class PostProcessor {
 public:
  void add(PostStep step) { steps_.push_back(std::move(step)); }
  /// Adds special tokens only if `add_special`. `blanks` has one entry for each token if trims() and offsets are
  /// wanted.
  void run(std::string_view text, bool add_special, std::vector<Blanks> blanks, Encoding& encoding) const;
  bool trims() const;
  /// The ids that the last template puts before and after the text.
  std::vector<std::int32_t> prefix() const, suffix() const;

 private:
  std::vector<PostStep> steps_;
};

}  // namespace weft
