// Tokenizer::from_vocabulary: the parts that a container's vocabulary implies.
#include "core/base/error.hpp"
#include "core/text/tokenizer.hpp"
#include "core/text/tokenizer_parts.hpp"

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
  if (v.add_bos && v.bos < 0) return invalid("vocabulary: add_bos without a bos id");
  if (v.add_eos && v.eos < 0) return invalid("vocabulary: add_eos without an eos id");
  return {};
}

Status add_tokens(const Vocabulary& v, TokenizerParts& parts) {
  for (std::size_t i = 0; i < v.tokens.size(); ++i) {
    const auto id = static_cast<std::int32_t>(i);
    const TokenType type = v.types.empty() ? TokenType::kNormal : v.types[i];
    if (type < TokenType::kNormal || type > TokenType::kByte) {
      return invalid("vocabulary: token {} has unknown type {}", i, static_cast<int>(type));
    }
    const bool special = type == TokenType::kControl || type == TokenType::kUnknown;
    const bool added = special || type == TokenType::kUserDefined;
    WEFT_CHECK_OK(parts.model.add_token(v.tokens[i], id, !special && type != TokenType::kByte));
    if (!added || v.tokens[i].empty()) continue;
    AddedToken token;
    token.id = id;
    token.content = v.tokens[i];
    token.special = special;
    WEFT_CHECK_OK(parts.added.add(std::move(token), parts.normalizer));
  }
  return {};
}

Status byte_level(const Vocabulary& v, TokenizerParts& parts) {
  WEFT_TRY(NamedPreTokenizer named, pretokenizer_by_name(v.pre));
  parts.pretokenizer = std::move(named.steps);
  if (named.nfc) parts.normalizer.add(NormalizeForm{UnicodeForm::kNfc});
  BpeOptions options;
  options.ignore_merges = named.ignore_merges;
  WEFT_TRY(parts.model, Bpe::create(std::move(options)));
  WEFT_CHECK_OK(add_tokens(v, parts));
  if (v.merges.size() > kMaxMerges) return invalid("vocabulary: more than {} merges", kMaxMerges);
  for (std::size_t i = 0; i < v.merges.size(); ++i) {
    const std::string_view merge = v.merges[i];
    const auto space = merge.find(' ', 1);
    if (space == merge.npos) return invalid("vocabulary: merge {} has no space", i);
    WEFT_CHECK_OK(parts.model.add_merge(merge.substr(0, space), merge.substr(space + 1)));
  }
  parts.decoder.add({DecodeStep::kByteLevel});
  return {};
}

Status scored_pieces(const Vocabulary& v, TokenizerParts& parts) {
  if (v.scores.empty()) return invalid("vocabulary: model '{}' needs scores", v.model);
  BpeOptions options;
  options.byte_fallback = true;
  if (v.unk >= 0) options.unk = v.tokens[v.unk];
  WEFT_TRY(parts.model, Bpe::create(std::move(options)));
  WEFT_CHECK_OK(add_tokens(v, parts));
  parts.model.use_scores(v.scores);
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
  WEFT_CHECK_OK(parts.model.finish());
  if (v.add_bos) parts.prefix.push_back(v.bos);
  if (v.add_eos) parts.suffix.push_back(v.eos);
  parts.bos = v.bos;
  parts.eos = v.eos;
  parts.unk = v.unk;
  parts.pad = v.pad;
  return Tokenizer(std::move(parts));
}

}  // namespace weft
