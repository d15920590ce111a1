// Any lines as a stored vocabulary: the model, the pre-tokenizer, tokens up to an empty line, then merges. A token's
// first byte also gives its type and score.
#include "tests/fuzz/tokenizer_use.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto line = [&] {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(text.size() + (text.size() < rest.size() ? 1 : 0));
    return std::string(text);
  };
  weft::Vocabulary v;
  v.model = line();
  v.pre = line();
  for (std::string token = line(); !token.empty(); token = line()) {
    v.types.push_back(static_cast<weft::TokenType>(1 + token[0] % 6));
    v.scores.push_back(static_cast<float>(token[0]));
    v.tokens.push_back(token);
  }
  while (!rest.empty()) v.merges.push_back(line());
  v.bos = v.unk = v.tokens.empty() ? -1 : 0;
  weft::use_tokenizer(weft::Tokenizer::from_vocabulary(v));
  return 0;
}
