// Tokenizer::from_vocabulary: the parts that a container's vocabulary implies.
#include "core/base/error.hpp"
#include "core/text/tokenizer.hpp"
#include <cmath>

#include "core/text/model_bpe.hpp"
#include "core/text/model_unigram.hpp"
#include "core/text/model_words.hpp"
#include "core/text/tokenizer_parts.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

constexpr std::string_view kMark = "\xE2\x96\x81";  // U+2581, a space in SentencePiece

Status check(const Vocabulary& v) {
  const std::size_t n = v.tokens.size();
  if (n == 0 || n > kMaxVocabulary) {
    return invalid("vocabulary: {} tokens, expected 1..{}", n, kMaxVocabulary);
  }
  if (!v.types.empty() && v.types.size() != n) {
    return invalid("vocabulary: {} token types for {} tokens", v.types.size(), n);
  }
  if (!v.scores.empty() && v.scores.size() != n) {
    return invalid("vocabulary: {} scores for {} tokens", v.scores.size(), n);
  }
  for (const auto& [name, id] : {std::pair{"bos", v.bos}, {"eos", v.eos}, {"unk", v.unk},
                                 {"pad", v.pad}}) {
    if (id < -1 || id >= static_cast<std::int64_t>(n)) {
      return invalid("vocabulary: {} id {} is outside 0..{}", name, id, n - 1);
    }
  }
  for (std::size_t i = 0; i < v.types.size(); ++i) {
    if (v.types[i] < TokenType::kNormal || v.types[i] > TokenType::kByte) {
      return invalid("vocabulary: token {} has unknown type {}", i, static_cast<int>(v.types[i]));
    }
  }
  if (v.add_bos && v.bos < 0) return invalid("vocabulary: add_bos without a bos id");
  if (v.add_eos && v.eos < 0) return invalid("vocabulary: add_eos without an eos id");
  return {};
}

bool is_special(TokenType type) { return type == TokenType::kControl || type == TokenType::kUnknown; }
TokenType type_of(const Vocabulary& v, std::size_t i) { return v.types.empty() ? TokenType::kNormal : v.types[i]; }

/// Control and unknown tokens, and user-defined ones, are sought in the text before all else.
Status add_added(const Vocabulary& v, TokenizerParts& parts) {
  for (std::size_t i = 0; i < v.tokens.size(); ++i) {
    const TokenType type = type_of(v, i);
    if (v.tokens[i].empty() || (!is_special(type) && type != TokenType::kUserDefined)) continue;
    AddedToken token;
    token.id = static_cast<std::int32_t>(i);
    token.content = v.tokens[i];
    token.special = is_special(type);
    WEFT_CHECK_OK(parts.added.add(std::move(token), parts.normalizer));
  }
  return {};
}

/// `hide`: tokens that no text becomes, but by being sought.
template <class Hide>
Result<TokenTable> table_of(const Vocabulary& v, Hide&& hide) {
  TokenTable table;
  table.reserve(v.tokens.size(), v.tokens.size() * 8);
  for (std::size_t i = 0; i < v.tokens.size(); ++i) {
    const auto id = static_cast<std::int64_t>(i);
    WEFT_CHECK_OK(hide(type_of(v, i)) ? table.add_hidden(v.tokens[i], id) : table.add(v.tokens[i], id));
  }
  return table;
}

Status byte_level(const Vocabulary& v, TokenizerParts& parts) {
  WEFT_TRY(NamedPreTokenizer named, pretokenizer_by_name(v.pre));
  parts.pretokenizer = std::move(named.steps);
  if (named.nfc) parts.normalizer.add(NormalizeForm{UnicodeForm::kNfc});
  BpeOptions options;
  options.ignore_merges = named.ignore_merges;
  WEFT_TRY(TokenTable table, table_of(v, is_special));
  if (v.merges.size() > kMaxMerges) return invalid("vocabulary: more than {} merges", kMaxMerges);
  WEFT_TRY(std::unique_ptr<Bpe> model, Bpe::create(std::move(table), std::move(options), v.merges.size()));
  for (std::size_t i = 0; i < v.merges.size(); ++i) {
    const std::string_view merge = v.merges[i];
    const auto space = merge.find(' ', 1);
    if (space == merge.npos) return invalid("vocabulary: merge {} has no space", i);
    WEFT_CHECK_OK(model->add_merge(merge.substr(0, space), merge.substr(space + 1), static_cast<std::uint32_t>(i)));
  }
  parts.model = std::move(model);
  parts.decoder.add({DecodeStep::kByteLevel});
  return {};
}

Result<std::vector<std::int32_t>> byte_ids(const Vocabulary& v) {
  std::vector<std::int32_t> ids(256, v.unk);
  bool any = false;
  for (std::size_t i = 0; i < v.tokens.size(); ++i) {
    if (type_of(v, i) != TokenType::kByte) continue;
    const int value = byte_token_value(v.tokens[i]);
    if (value < 0) return invalid("vocabulary: byte token {} is '{}', expected <0x00> to <0xFF>", i, v.tokens[i]);
    ids[static_cast<std::size_t>(value)] = static_cast<std::int32_t>(i);
    any = true;
  }
  if (!any) ids.clear();
  return ids;
}

Status check_scores(const Vocabulary& v) {
  if (v.scores.empty()) return invalid("vocabulary: model '{}' needs scores", v.model);
  for (std::size_t i = 0; i < v.scores.size(); ++i) {
    if (std::isnan(v.scores[i])) return invalid("vocabulary: the score of token {} is not a number", i);
  }
  return {};
}

Status scored_pieces(const Vocabulary& v, TokenizerParts& parts) {
  WEFT_CHECK_OK(check_scores(v));
  ScoredPieces pieces;
  pieces.scores = v.scores;
  pieces.unused.assign(v.tokens.size(), false);
  pieces.unk = v.unk;
  WEFT_TRY(pieces.bytes, byte_ids(v));
  WEFT_TRY(TokenTable table, table_of(v, [](TokenType t) { return is_special(t) || t == TokenType::kByte; }));
  WEFT_TRY(parts.model, Bpe::create_scored(std::move(table), std::move(pieces)));
  if (v.add_space_prefix) parts.normalizer.add(NormalizePrepend{std::string(kMark)});
  parts.normalizer.add(NormalizeReplace{" ", {}, std::string(kMark)});
  parts.decoder.add({DecodeStep::kReplace, std::string(kMark), " "});
  parts.decoder.add({DecodeStep::kByteTokens});
  parts.decoder.add({DecodeStep::kFuse});
  if (v.add_space_prefix) parts.decoder.add({DecodeStep::kStrip, " ", "", {}, 1, 0});
  return {};
}

}  // namespace

Result<Tokenizer> Tokenizer::from_vocabulary(const Vocabulary& v) {
  WEFT_CHECK_OK(check(v));
  TokenizerParts parts;
  if (v.model == "bpe" || v.model == "gpt2") {
    WEFT_CHECK_OK(byte_level(v, parts));
  } else if (v.model == "spm" || v.model == "llama") {
    WEFT_CHECK_OK(scored_pieces(v, parts));
  } else {
    return error(Code::kUnimplemented, "vocabulary: unknown model '{}'", v.model);
  }
  WEFT_CHECK_OK(add_added(v, parts));
  PostStep around;
  if (v.add_bos) around.pieces.push_back({v.bos});
  around.pieces.emplace_back();
  if (v.add_eos) around.pieces.push_back({v.eos});
  parts.post.add(std::move(around));
  parts.bos = v.bos;
  parts.eos = v.eos;
  parts.unk = v.unk;
  parts.pad = v.pad;
  return Tokenizer(std::move(parts));
}

}  // namespace weft
