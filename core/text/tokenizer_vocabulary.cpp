// Tokenizer::from_vocabulary: the parts that follow from a vocabulary in a container of weights.
#include "core/base/error.hpp"
#include "core/text/tokenizer.hpp"
#include <charconv>
#include <cmath>

#include "core/text/model_bpe.hpp"
#include "core/text/model_unigram.hpp"
#include "core/text/model_words.hpp"
#include "core/text/published_vocabularies.hpp"
#include "core/text/tokenizer_parts.hpp"
#include "core/text/unicode.hpp"
#include "core/text/word_mark.hpp"

namespace weft {
namespace {

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
                                 {"pad", v.pad}, {"sep", v.sep}}) {
    if (id < -1 || id >= static_cast<std::int64_t>(n)) {
      return invalid("vocabulary: {} id {} is outside 0..{}", name, id, n - 1);
    }
  }
  for (std::size_t i = 0; i < v.types.size(); ++i) {
    if (v.types[i] < TokenType::kNormal || v.types[i] > TokenType::kByte) {
      return invalid("vocabulary: token {} has unknown type {}", i, static_cast<int>(v.types[i]));
    }
  }
  if (v.add_bos == true && v.bos < 0) return invalid("vocabulary: add_bos without a bos id");
  if (v.add_eos == true && v.eos < 0) return invalid("vocabulary: add_eos without an eos id");
  if (v.add_sep == true && v.sep < 0) return invalid("vocabulary: add_sep without a sep id");
  return {};
}

bool is_special(TokenType type) { return type == TokenType::kControl || type == TokenType::kUnknown; }
TokenType type_of(const Vocabulary& v, std::size_t i) { return v.types.empty() ? TokenType::kNormal : v.types[i]; }

/// Control, unknown and user-defined tokens are searched for in a text before it is split.
Status add_added(const Vocabulary& v, TokenizerParts& parts) {
  for (std::size_t i = 0; i < v.tokens.size(); ++i) {
    const TokenType type = type_of(v, i);
    if (v.tokens[i].empty() || (!is_special(type) && type != TokenType::kUserDefined)) continue;
    AddedToken token;
    token.id = static_cast<std::int32_t>(i);
    token.content = std::string(v.tokens[i]);
    token.special = is_special(type);
    WEFT_CHECK_OK(parts.added.add(std::move(token), parts.normalizer));
  }
  return {};
}

/// Makes the table of tokens. `hide`: types of tokens that are found as added tokens or not at all.
template <class Hide>
Result<TokenTable> table_of(const Vocabulary& v, Hide&& hide) {
  std::vector<TokenTable::Entry> entries;
  entries.reserve(v.tokens.size());
  for (std::size_t i = 0; i < v.tokens.size(); ++i) {
    entries.push_back({v.tokens[i], static_cast<std::int64_t>(i), hide(type_of(v, i))});
  }
  TokenTable table;
  WEFT_CHECK_OK(table.add(entries));
  return table;
}

Status merged(const Vocabulary& v, TokenizerParts& parts, VocabularyKind& kind) {
  WEFT_TRY(NamedPreTokenizer named, pretokenizer_by_name(v.pre));
  parts.pretokenizer = std::move(named.steps);
  kind.bos = named.add_bos, kind.sep = named.add_sep;
  if (named.nfc) parts.normalizer.add(NormalizeForm{UnicodeForm::kNfc});
  if (named.marked) parts.normalizer.add(NormalizeReplace{" ", {}, std::string(kWordMark)});
  BpeOptions options;
  options.ignore_merges = named.ignore_merges;
  options.byte_fallback = named.raw;
  if (named.raw && v.unk >= 0) options.unk = std::string(v.tokens[static_cast<std::size_t>(v.unk)]);
  WEFT_TRY(TokenTable table, table_of(v, [&](TokenType t) { return is_special(t) && !named.raw; }));
  if (v.merges.size() > kMaxMerges) return invalid("vocabulary: more than {} merges", kMaxMerges);
  WEFT_TRY(BpeBuilder model, BpeBuilder::create(std::move(table), std::move(options), v.merges.size()));
  for (std::size_t i = 0; i < v.merges.size(); ++i) {
    const std::string_view merge = v.merges[i];
    const auto space = merge.find(' ', 1);
    if (space == merge.npos) return invalid("vocabulary: merge {} has no space", i);
    WEFT_CHECK_OK(model.add(merge.substr(0, space), merge.substr(space + 1)));
  }
  WEFT_TRY(parts.model, model.finish());
  if (!named.raw) return parts.decoder.add({DecodeStep::kByteLevel}), Status();
  if (named.marked) parts.decoder.add({DecodeStep::kReplace, std::string(kWordMark), " "});
  parts.decoder.add({DecodeStep::kByteTokens});
  parts.decoder.add({DecodeStep::kFuse});
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

/// Sentencepiece's BPE. White space is kept, and nothing is normalised.
Status scored_pieces(const Vocabulary& v, TokenizerParts& parts) {
  WEFT_CHECK_OK(check_scores(v));
  ScoredPieces pieces;
  pieces.scores = v.scores;
  pieces.unused.assign(v.tokens.size(), false);
  pieces.unk = v.unk;
  WEFT_TRY(pieces.bytes, byte_ids(v));
  WEFT_TRY(TokenTable table, table_of(v, [](TokenType t) { return is_special(t) || t == TokenType::kByte; }));
  WEFT_TRY(parts.model, Bpe::create_scored(std::move(table), std::move(pieces)));
  const bool prefix = v.add_space_prefix.value_or(true);
  if (prefix) parts.normalizer.add(NormalizePrepend{std::string(kWordMark)});
  parts.normalizer.add(NormalizeReplace{" ", {}, std::string(kWordMark)});
  parts.decoder.add({DecodeStep::kReplace, std::string(kWordMark), " "});
  parts.decoder.add({DecodeStep::kByteTokens});
  parts.decoder.add({DecodeStep::kFuse});
  if (prefix) parts.decoder.add({DecodeStep::kStrip, " ", "", {}, 1, 0});
  return {};
}

Status unigram(const Vocabulary& v, TokenizerParts& parts) {
  WEFT_CHECK_OK(check_scores(v));
  UnigramOptions options;
  options.unk = v.unk;
  std::vector<double> scores(v.scores.begin(), v.scores.end());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (type_of(v, i) != TokenType::kNormal) scores[i] = 0;  // a user-defined piece is always chosen
  }
  WEFT_TRY(TokenTable table, table_of(v, [](TokenType t) { return is_special(t) || t == TokenType::kByte; }));
  WEFT_TRY(parts.model, Unigram::create(std::move(table), std::move(scores), std::move(options)));
  NormalizeSentencePiece normalize{};
  if (!v.charsmap.empty()) {
    WEFT_TRY(Charsmap map, Charsmap::parse(v.charsmap));
    normalize.map = std::make_shared<const Charsmap>(std::move(map));
  }
  normalize.dummy_prefix = v.add_space_prefix.value_or(true);
  normalize.remove_extra_spaces = v.remove_extra_spaces.value_or(true);
  normalize.escape_spaces = true;
  DecodeStep spaces{DecodeStep::kWordMark, std::string(kWordMark), " "};
  spaces.start = normalize.dummy_prefix || normalize.remove_extra_spaces ? 1 : 0;
  spaces.drop_first = normalize.remove_extra_spaces;
  parts.normalizer.add(std::move(normalize));
  parts.decoder.add(std::move(spaces));
  parts.decoder.add({DecodeStep::kFuse});
  return {};
}

/// WordPiece stored with a mark before words and nothing before the pieces that continue them, not the other way round.
Status word_pieces(const Vocabulary& v, TokenizerParts& parts) {
  TokenTable table;
  for (std::size_t i = 0; i < v.tokens.size(); ++i) {
    std::string text(v.tokens[i]);
    if (text.starts_with(kWordMark)) text.erase(0, kWordMark.size());
    else if (!text.starts_with('[') || !text.ends_with(']')) text.insert(0, "##");
    WEFT_CHECK_OK(table.add(text, static_cast<std::int64_t>(i), true));
  }
  WordPieceOptions options;
  if (v.unk >= 0) options.unk = std::string(table.text(v.unk));
  WEFT_TRY(parts.model, WordPiece::create(std::move(table), std::move(options)));
  NormalizeWords normalize{};
  normalize.clean_text = normalize.chinese_spaced = true;
  normalize.lowercase = v.lowercase.value_or(true);
  normalize.strip_accents = v.strip_accents.value_or(normalize.lowercase);
  parts.normalizer.add(normalize);
  add_word_split(parts.pretokenizer);
  DecodeStep pieces{DecodeStep::kWordPiece, "##"};
  pieces.cleanup = true;
  parts.decoder.add(std::move(pieces));
  return {};
}

/// Decodes a token of the longest match: bytes, some written as \t, \n, \r, \xNN or with a backslash before them.
Result<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return invalid("vocabulary: token '{}' ends with a backslash", valid_utf8(text));
    const char c = text[i];
    if (c != 'x') {
      out += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
      continue;
    }
    int value = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || r.ptr != digits.data() + 2) {
      return invalid("vocabulary: token '{}' has an \\x without two digits", valid_utf8(text));
    }
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

Status longest_match(const Vocabulary& v, TokenizerParts& parts) {
  TokenTable table;
  for (std::size_t i = 0; i < v.tokens.size(); ++i) {
    const auto id = static_cast<std::int64_t>(i);
    if (is_special(type_of(v, i))) {
      WEFT_CHECK_OK(table.add_hidden(v.tokens[i], id));
      continue;
    }
    WEFT_TRY(const std::string bytes, unescaped(v.tokens[i]));
    WEFT_CHECK_OK(table.add(byte_level_text(bytes), id, true));
  }
  WEFT_TRY(parts.model, LongestMatch::create(std::move(table), v.unk));
  parts.pretokenizer.add(SplitByteLevel{false, {}});
  parts.decoder.add({DecodeStep::kByteLevel});
  return {};
}

}  // namespace

Result<Tokenizer> Tokenizer::from_vocabulary(const Vocabulary& v) {
  WEFT_CHECK_OK(check(v));
  const VocabularyKind* const found = find_vocabulary_kind(v.model);
  if (found == nullptr) return error(Code::kUnimplemented, "vocabulary: unknown model '{}'", v.model);
  VocabularyKind kind = *found;
  TokenizerParts parts;
  switch (kind.model) {
    case VocabularyKind::kMerged: WEFT_CHECK_OK(merged(v, parts, kind)); break;
    case VocabularyKind::kScoredPieces: WEFT_CHECK_OK(scored_pieces(v, parts)); break;
    case VocabularyKind::kWordPieces: WEFT_CHECK_OK(word_pieces(v, parts)); break;
    case VocabularyKind::kUnigram: WEFT_CHECK_OK(unigram(v, parts)); break;
    case VocabularyKind::kLongestMatch: WEFT_CHECK_OK(longest_match(v, parts)); break;
  }
  WEFT_CHECK_OK(add_added(v, parts));
  std::vector<std::int32_t> before, after;
  if (v.bos >= 0 && v.add_bos.value_or(kind.bos)) before.push_back(v.bos);
  if (v.eos >= 0 && v.add_eos.value_or(kind.eos)) after.push_back(v.eos);
  if (v.sep >= 0 && v.add_sep.value_or(kind.sep)) after.push_back(v.sep);
  parts.post.add({framed_text(before, after), {}});
  parts.bos = v.bos;
  parts.eos = v.eos;
  parts.unk = v.unk;
  parts.pad = v.pad;
  return Tokenizer(std::move(parts));
}

}  // namespace weft
