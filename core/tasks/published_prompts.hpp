// The prompts that models which judge pairs of texts are published with: a model that was trained with a prompt scores
// by no other. Data about published models, chosen by the tokens of the vocabulary.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace weft {

/// A question that a model answers with one of two tokens.
struct JudgePrompt {
  std::vector<std::string_view> specials;  // special tokens that the prompt has: a vocabulary without them is another's
  std::string_view yes, no;                // the tokens of the answers
  std::string_view before, after;          // around the instruction, the query and the document
  std::string_view pair;                   // these three, as fmt::format's pattern
  std::string_view instruction;            // where the caller gives none
  std::size_t most_tokens;
};

std::span<const JudgePrompt> judge_prompts();

}  // namespace weft
