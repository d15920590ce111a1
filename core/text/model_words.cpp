#include "core/text/model_words.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

std::size_t longest_of(const TokenTable& tokens) {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    longest = std::max(longest, tokens.text(static_cast<std::int32_t>(i)).size());
  }
  return longest;
}

bool continues(char byte) { return (static_cast<std::uint8_t>(byte) & 0xC0) == 0x80; }

Status no_unknown(std::string_view what, std::string_view unk) {
  return invalid("tokenizer: {} meets an unknown word, but the unknown token '{}' is not in the vocabulary", what, unk);
}

}  // namespace

ByteTokens::ByteTokens(const TokenTable& tokens) {
  for (int b = 0; b < 256; ++b) ids_[b] = tokens.find(byte_token(static_cast<std::uint8_t>(b)));
}

bool ByteTokens::has_all(std::string_view bytes) const {
  return std::all_of(bytes.begin(), bytes.end(), [&](char c) { return (*this)[c] >= 0; });
}

Result<std::unique_ptr<TokenModel>> WordPiece::create(TokenTable tokens, WordPieceOptions options) {
  auto model = std::make_unique<WordPiece>();
  model->tokens_ = std::move(tokens);
  model->options_ = std::move(options);
  model->unk_ = model->tokens_.find(model->options_.unk);
  model->longest_ = longest_of(model->tokens_);
  return std::unique_ptr<TokenModel>(std::move(model));
}

Status WordPiece::encode(std::string_view word, Meter& meter, std::vector<Token>& out) const {
  const auto characters = static_cast<std::size_t>(
      std::count_if(word.begin(), word.end(), [](char c) { return !continues(c); }));
  const std::size_t mark = out.size();
  std::string piece;
  std::size_t begin = characters > options_.max_characters ? word.size() : 0;
  bool known = begin == 0;
  while (known && begin < word.size()) {
    const std::string& prefix = options_.continuing_prefix;
    piece.assign(begin > 0 ? prefix : std::string());
    const std::size_t before = piece.size();
    std::size_t end = std::min(word.size(), begin + longest_);
    while (end < word.size() && continues(word[end])) --end;
    piece += word.substr(begin, end - begin);
    std::int32_t id = -1;
    while (piece.size() > before && (id = tokens_.find(piece)) < 0) {
      WEFT_CHECK_OK(meter.take(1 + piece.size() / 16));
      do {
        piece.pop_back();
        --end;
      } while (end > begin && continues(word[end]));
    }
    known = id >= 0;
    if (known) out.push_back({id, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
    begin = end;
  }
  if (known) return {};
  out.resize(mark);
  if (unk_ < 0) return no_unknown("WordPiece", options_.unk);
  out.push_back({unk_, 0, static_cast<std::uint32_t>(word.size())});
  return {};
}

Result<std::unique_ptr<TokenModel>> WordLevel::create(TokenTable tokens, std::string_view unk) {
  auto model = std::make_unique<WordLevel>();
  model->tokens_ = std::move(tokens);
  model->unk_ = model->tokens_.find(unk);
  return std::unique_ptr<TokenModel>(std::move(model));
}

Status WordLevel::encode(std::string_view word, Meter&, std::vector<Token>& out) const {
  std::int32_t id = tokens_.find(word);
  if (id < 0) id = unk_;
  if (id < 0) return no_unknown("WordLevel", "unk_token");
  out.push_back({id, 0, static_cast<std::uint32_t>(word.size())});
  return {};
}

Result<std::unique_ptr<TokenModel>> LongestMatch::create(TokenTable tokens, std::int32_t unk) {
  auto model = std::make_unique<LongestMatch>();
  model->tokens_ = std::move(tokens);
  model->unk_ = unk;
  for (std::size_t i = 0; i < model->tokens_.size(); ++i) {
    const auto id = static_cast<std::int32_t>(i);
    if (!model->tokens_.text(id).empty()) model->trie_.insert(model->tokens_.text(id), id);
  }
  return std::unique_ptr<TokenModel>(std::move(model));
}

Status LongestMatch::encode(std::string_view word, Meter& meter, std::vector<Token>& out) const {
  for (std::size_t begin = 0; begin < word.size();) {
    Trie::Match match = trie_.longest(word.substr(begin));
    WEFT_CHECK_OK(meter.take(match.looked_at));
    if (match.value < 0) {
      if (unk_ < 0) return no_unknown("the vocabulary", "unk");
      match = {unk_, 1, 0};
    }
    const std::size_t end = begin + match.length;
    out.push_back({match.value, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
    begin = end;
  }
  return {};
}

}  // namespace weft
