// The tokens that end a generation, which GGUF files say in part by the tokens' texts.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string_view>

namespace weft::gguf {

/// The ids that end a generation: `given`, those of the metadata (eos, end of turn, end of message), and tokens whose
/// texts are known to end turns, as llama.cpp's reader finds them. `is_control(id)`: whether the file says that the
/// token is a control token.
template <class IsControl>
std::set<int64_t> ids_that_end(std::set<int64_t> given, std::span<const std::string_view> tokens,
                               const IsControl& is_control) {
  // Most files mark them as control tokens; in some they are by mistake plain text.
  static const std::set<std::string_view> kEnds = {
      "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>",
      "<|endoftext|>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>",
      "<eos>", "<turn|>", "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~["};
  // These are ends where they are control tokens alone: "</s>" is a tag of HTML in the vocabularies of gemma and plamo.
  static const std::set<std::string_view> kControlEnds = {"</s>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"};
  bool returns = false, calls = false, flushes = false;
  int64_t end = -1;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view text = tokens[i];
    const auto id = static_cast<int64_t>(i);
    if (text.empty() || (text[0] != '<' && text[0] != '[' && text[0] != '_')) continue;
    if (kEnds.contains(text) || (kControlEnds.contains(text) && is_control(i))) given.insert(id);
    returns = returns || text == "<|return|>", flushes = flushes || text == "<|flush|>";
    calls = calls || text == "<|call|>" || text == "<|calls|>";
    if (text == "<|end|>") end = id;
  }
  // Where there are tokens for the end of an answer, <|end|> ends a part of it, such as its reasoning.
  if (calls && (returns || flushes)) given.erase(end);
  return given;
}

}  // namespace weft::gguf
