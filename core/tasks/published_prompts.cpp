#include "core/tasks/published_prompts.hpp"

namespace weft {

std::span<const JudgePrompt> judge_prompts() {
  static const JudgePrompt all[] = {
      // Qwen3-Reranker
      {.specials = {"<|im_start|>", "<|im_end|>"},
       .yes = "yes",
       .no = "no",
       .before = "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the "
                 "Instruct provided. Note that the answer can only be \"yes\" or \"no\".<|im_end|>\n"
                 "<|im_start|>user\n",
       .after = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
       .pair = "<Instruct>: {}\n<Query>: {}\n<Document>: {}",
       .instruction = "Given a web search query, retrieve relevant passages that answer the query",
       .most_tokens = 8192},
  };
  return all;
}

}  // namespace weft
