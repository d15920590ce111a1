// Pre-tokenizers by the names that checkpoints give them.
#include <array>

#include "core/base/error.hpp"
#include "core/text/pretokenizer.hpp"

namespace weft {
namespace {

constexpr std::string_view kDigit = R"(\p{N})";
constexpr std::string_view kThreeDigits = "[0-9][0-9][0-9]";
struct Row {
  std::string_view names;  // between spaces
  std::array<std::string_view, 4> patterns;
  bool ignore_merges = false;
  bool nfc = false;
};

const Row kRows[] = {
    {" default ", {R"([\p{P}\$\+<=>\^~\|]+)", kGpt2Pattern, R"(\p{N}+)", kThreeDigits}},
    {" gpt-2 gpt2 phi-2 mpt olmo jais jina-es jina-de jina-v1-en jina-v2-es jina-v2-de jina-v2-code"
     " roberta-bpe gigachat trillion mellum a.x-4.0 ",
     {kGpt2Pattern}},
    {" smollm starcoder refact command-r codeshell exaone ", {kDigit, kGpt2Pattern}},
    {" falcon ", {R"([\p{P}\$\+<=>\^~\|`]+)", kGpt2Pattern, kThreeDigits}},
    {" llama-bpe llama3 llama-v3 falcon3 pixtral lfm2 ", {kLlama3Pattern}, true},
    {" dbrx smaug-bpe chatglm-bpe glm4 ", {kLlama3Pattern}},
    {" qwen2 deepseek-r1-qwen ", {kQwen2Pattern}, false, true},
    {" stablelm2 hunyuan ", {kQwen2Pattern}},
    {" gpt-4o llama4 ", {kGpt4oPattern}},
    {" tekken ", {kTekkenPattern}, true},
    {" deepseek-v3 hunyuan-dense ", {kDeepseek3Digits, kDeepseek3Cjk, kDeepseek3Pattern}},
};

}  // namespace

Result<NamedPreTokenizer> pretokenizer_by_name(std::string_view name) {
  if (name.empty()) name = "default";
  const std::string wanted = fmt::format(" {} ", name);
  for (const Row& row : kRows) {
    if (name.find(' ') != name.npos || row.names.find(wanted) == row.names.npos) continue;
    NamedPreTokenizer out;
    out.ignore_merges = row.ignore_merges;
    out.nfc = row.nfc;
    for (const std::string_view pattern : row.patterns) {
      if (pattern.empty()) continue;
      WEFT_TRY(auto regex, Regex::compile(pattern));
      out.steps.add(SplitByRegex{std::move(regex), SplitBehavior::kIsolated, false});
    }
    out.steps.add(SplitByteLevel{false, {}});
    return out;
  }
  return error(Code::kUnimplemented, "tokenizer: unknown pre-tokenizer '{}'", name);
}

}  // namespace weft
