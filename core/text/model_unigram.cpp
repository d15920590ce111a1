#include "core/text/model_unigram.hpp"

#include <algorithm>
#include <cfloat>
#include <limits>

#include "core/base/error.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

constexpr double kUnkPenalty = 10;  // how far an unknown character scores below the lowest piece

/// The tokens that can be found, sorted by text. A trie filled in this order grows where it last grew, which is several
/// times as fast as filling it by id. Of equal texts the last id comes last.
std::vector<std::int32_t> in_order_of_text(const TokenTable& tokens) {
  struct Key {
    std::uint64_t first;  // the first bytes, the very first one highest
    std::int32_t id;
  };
  std::vector<Key> keys;
  keys.reserve(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto id = static_cast<std::int32_t>(i);
    const std::string_view text = tokens.text(id);
    if (text.empty() || tokens.is_hidden(id)) continue;
    std::uint64_t first = 0;
    for (std::size_t b = 0; b < 8; ++b)
      first = first << 8 | (b < text.size() ? static_cast<std::uint8_t>(text[b]) : 0u);
    keys.push_back({first, id});
  }
  std::sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    if (a.first != b.first) return a.first < b.first;
    const int order = tokens.text(a.id).compare(tokens.text(b.id));
    return order != 0 ? order < 0 : a.id < b.id;
  });
  std::vector<std::int32_t> ids;
  ids.reserve(keys.size());
  for (const Key& key : keys) ids.push_back(key.id);
  return ids;
}

}  // namespace

Result<std::unique_ptr<TokenModel>> Unigram::create(TokenTable tokens, std::vector<double> scores,
                                                    UnigramOptions options) {
  auto model = std::make_unique<Unigram>();
  model->tokens_ = std::move(tokens);
  model->scores_ = std::move(scores);
  model->options_ = std::move(options);
  model->unk_ = model->options_.unk;
  const UnigramOptions& o = model->options_;
  double low = o.sentencepiece ? static_cast<double>(FLT_MAX) : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < model->scores_.size(); ++i) {
    if (!o.sentencepiece || o.normal[i]) low = std::min(low, model->scores_[i]);
  }
  const std::vector<std::int32_t> ids = in_order_of_text(model->tokens_);
  std::size_t bytes = 0;
  for (const std::int32_t id : ids) bytes += model->tokens_.text(id).size();
  model->trie_.reserve(ids.size(), bytes);
  for (const std::int32_t id : ids) model->trie_.insert(model->tokens_.text(id), id);
  model->unk_score_ = o.sentencepiece ? static_cast<double>(static_cast<float>(low) - static_cast<float>(kUnkPenalty))
                                      : low - kUnkPenalty;
  if (o.byte_fallback && !o.sentencepiece) model->bytes_.emplace(model->tokens_);
  return std::unique_ptr<TokenModel>(std::move(model));
}

template <class Score>
Status Unigram::best_path(std::string_view word, Meter& meter, std::vector<Token>& out) const {
  struct Best {
    Score score = 0;
    std::int32_t id = -1;
    std::int32_t from = -1;
  };
  std::vector<Best> best(word.size() + 1);
  const auto offer = [&](std::size_t to, double score, std::int32_t id, std::size_t from) {
    const auto rounded = static_cast<Score>(score);
    if (best[to].from >= 0 && rounded <= best[to].score) return;
    best[to] = {rounded, id, static_cast<std::int32_t>(from)};
  };
  for (std::size_t at = 0; at < word.size();) {
    const Score here = best[at].score;
    const std::size_t one = utf8_step(word.substr(at)).length;
    bool single = false;
    std::uint32_t node = Trie::kRoot;
    std::size_t i = at;
    for (; i < word.size(); ++i) {
      node = trie_.step(node, word[i]);
      if (node == Trie::kNone) break;
      const std::int32_t id = trie_.value(node);
      if (id < 0) continue;
      const auto index = static_cast<std::size_t>(id);
      const std::size_t length = i + 1 - at;
      if (options_.sentencepiece && options_.unused[index]) continue;
      // User-defined pieces get a score that makes them chosen, as in sentencepiece 0.2.3 and later.
      const double score = options_.sentencepiece && options_.user_defined[index]
                               ? static_cast<double>(static_cast<float>(length) * 0.1f) - 0.1
                               : scores_[index];
      offer(i + 1, score + static_cast<double>(here), id, at);
      single = single || length == one;
    }
    WEFT_CHECK_OK(meter.take(i - at));
    if (!single) {
      if (unk_ < 0) return invalid("tokenizer: Unigram meets an unknown character, but 'unk_id' is missing");
      offer(at + one, static_cast<Score>(unk_score_) + here, unk_, at);
    }
    at += one;
  }
  const std::size_t mark = out.size();
  for (auto end = static_cast<std::int32_t>(word.size()); end > 0;) {
    const Best& b = best[static_cast<std::size_t>(end)];
    const bool bytes = options_.sentencepiece && !options_.bytes.empty();
    if (b.id == unk_ && !bytes && out.size() > mark && out.back().id == unk_) {
      out.back().begin = static_cast<std::uint32_t>(b.from);  // unknown characters in a row become one token
    } else {
      out.push_back({b.id, static_cast<std::uint32_t>(b.from), static_cast<std::uint32_t>(end)});
    }
    end = b.from;
  }
  std::reverse(out.begin() + static_cast<std::ptrdiff_t>(mark), out.end());
  return {};
}

// An unknown becomes byte tokens where the model has them. Otherwise several unknowns together may be a token after
// all, as in the reference.
void Unigram::emit(std::string_view word, const Token& token, std::vector<Token>& out) const {
  const std::string_view text = word.substr(token.begin, token.end - token.begin);
  if (options_.unnumbered >= 0 && token.id >= options_.unnumbered) {
    out.push_back({unk_, token.begin, token.end});
  } else if (token.id != unk_) {
    out.push_back(token);
  } else if (options_.sentencepiece) {
    if (options_.bytes.empty()) return out.push_back(token);
    push_bytes(options_.bytes, word, token.begin, token.end, out);
  } else if (const std::int32_t known = tokens_.find(text); known >= 0) {
    out.push_back({known, token.begin, token.end});
  } else if (bytes_ && bytes_->has_all(text)) {
    for (const char c : text) out.push_back({(*bytes_)[c], token.begin, token.end});
  } else {
    out.push_back(token);
  }
}

Status Unigram::encode(std::string_view word, Meter& meter, std::vector<Token>& out) const {
  std::vector<Token> path;
  WEFT_CHECK_OK(options_.sentencepiece ? best_path<float>(word, meter, path) : best_path<double>(word, meter, path));
  for (const Token& token : path) emit(word, token, out);
  return {};
}

}  // namespace weft
