#include "core/text/published_ranks.hpp"

#include <algorithm>

namespace weft {

std::span<const char* const> vocabulary_files() {
  static constexpr const char* kNames[] = {"tokenizer.model",      "spiece.model",         "tiktoken.model",
                                           "qwen.tiktoken",        "cl100k_base.tiktoken", "o200k_base.tiktoken",
                                           "p50k_base.tiktoken",   "r50k_base.tiktoken",   "source.spm"};
  return kNames;
}

const PublishedRanks* find_published_ranks(std::string_view file) {
  static const std::vector<PublishedRanks> all = {
      {"qwen.tiktoken", "qwen2"},
      {"tokenizer.model", "llama-bpe"},
      {"cl100k_base.tiktoken",
       "glm4",
       {{"<|endoftext|>", 100257},
        {"<|fim_prefix|>", 100258},
        {"<|fim_middle|>", 100259},
        {"<|fim_suffix|>", 100260},
        {"<|endofprompt|>", 100276}}},
      {"o200k_base.tiktoken", "gpt-4o", {{"<|endoftext|>", 199999}, {"<|endofprompt|>", 200018}}},
      {"p50k_base.tiktoken", "gpt2", {{"<|endoftext|>", 50256}}},
      {"r50k_base.tiktoken", "gpt2", {{"<|endoftext|>", 50256}}},
  };
  if (file.ends_with(".model") && file != "tiktoken.model") file = "tokenizer.model";
  const auto found = std::find_if(all.begin(), all.end(), [&](const PublishedRanks& r) { return r.file == file; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<std::string> tokens_after_ranks(std::string_view pre) {
  if (pre != "qwen2") return {};
  std::vector<std::string> all = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
  for (int i = 0; i < 205; ++i) all.push_back("<|extra_" + std::to_string(i) + "|>");
  return all;
}

}  // namespace weft
