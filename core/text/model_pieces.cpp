#include "core/text/model_pieces.hpp"

#include <algorithm>

#include "core/text/unicode.hpp"
#include "core/text/word_mark.hpp"

namespace weft {

Result<std::unique_ptr<TokenModel>> PlainPieces::create(TokenTable tokens, PlainPiecesOptions options) {
  auto model = std::make_unique<PlainPieces>();
  model->tokens_ = std::move(tokens);
  model->unk_ = options.unk;
  for (const std::int32_t id : options.whole) model->whole_.insert(model->tokens_.text(id), id);
  model->options_ = std::move(options);
  return std::unique_ptr<TokenModel>(std::move(model));
}

Status PlainPieces::encode(std::string_view word, Meter& meter, std::vector<Token>& out) const {
  const std::size_t start = out.size();
  for (std::size_t at = 0, end = 0; at < word.size(); at = end) {
    const std::string_view rest = word.substr(at);
    if (options_.words) {
      end = std::min(word.find(kWordMark, at + 1), word.size());
    } else {
      const Trie::Match whole = whole_.longest(rest);
      WEFT_CHECK_OK(meter.take(whole.looked_at));
      end = at + std::max(whole.length, utf8_step(rest).length);
    }
    const std::int32_t id = tokens_.find(word.substr(at, end - at));
    if (id >= 0) {
      out.push_back({id, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)});
    } else if (!options_.bytes.empty()) {
      push_bytes(options_.bytes, word, at, end, out);
    } else if (out.size() > start && out.back().id == unk_) {
      out.back().end = static_cast<std::uint32_t>(end);  // unknown characters in a row become one token
    } else {
      out.push_back({unk_, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)});
    }
  }
  return {};
}

}  // namespace weft
