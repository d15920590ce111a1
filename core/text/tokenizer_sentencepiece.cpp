// Reads a tokenizer from SentencePiece's tokenizer.model.
#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "core/text/model_bpe.hpp"
#include "core/text/model_pieces.hpp"
#include "core/text/model_unigram.hpp"
#include "core/text/sentencepiece_model.hpp"
#include "core/text/tokenizer_files.hpp"
#include "core/text/tokenizer_json_fields.hpp"
#include "core/text/unicode.hpp"
#include "core/text/word_mark.hpp"

namespace weft {
namespace {

bool is_reserved(TokenType t) { return t == TokenType::kControl || t == TokenType::kUnknown || t == TokenType::kByte; }

Result<TokenTable> pieces_of(const SentencePieceModel& m) {
  std::vector<TokenTable::Entry> entries;
  entries.reserve(m.pieces.size());
  for (std::size_t i = 0; i < m.pieces.size(); ++i) {
    entries.push_back({m.pieces[i], static_cast<std::int64_t>(i), is_reserved(m.types[i])});
  }
  TokenTable table;
  WEFT_CHECK_OK(table.add(entries));
  return table;
}

Result<std::vector<std::int32_t>> bytes_of(const SentencePieceModel& m) {
  std::vector<std::int32_t> ids;
  if (!m.byte_fallback) return ids;
  ids.assign(256, -1);
  for (std::size_t i = 0; i < m.pieces.size(); ++i) {
    if (m.types[i] != TokenType::kByte) continue;
    const int value = byte_token_value(m.pieces[i]);
    if (value < 0) return invalid("tokenizer.model: byte piece '{}', expected <0x00> to <0xFF>", m.pieces[i]);
    ids[static_cast<std::size_t>(value)] = static_cast<std::int32_t>(i);
  }
  for (std::size_t b = 0; b < 256; ++b) {
    if (ids[b] < 0) return invalid("tokenizer.model: byte_fallback, but no piece for byte {:#04x}", b);
  }
  return ids;
}

void add_cleaning(const TokenizerConfig& config, Normalizer& out) {
  out.add(NormalizeReplace{"``", {}, "\""});
  out.add(NormalizeReplace{"''", {}, "\""});
  if (!config.keep_accents.value_or(false)) {
    out.add(NormalizeForm{UnicodeForm::kNfkd});
    out.add(NormalizeStripAccents{});
  }
  if (config.lowercase.value_or(true)) out.add(NormalizeLowercase{});
}

bool is_language_code(std::string_view piece) { return piece.starts_with(">>") && piece.ends_with("<<"); }

/// Puts the pieces in the order of vocab.json's ids. Those that it lacks come behind, from the id on that is returned;
/// what the file of pieces lacks is found in no text but as an added token.
Result<std::int32_t> renumber(JsonNode vocabulary, const TokenizerConfig& config, SentencePieceModel& m) {
  if (m.kind != SentencePieceModel::Kind::kUnigram)
    return error(Code::kUnimplemented, "{}: its pieces are not Unigram's, and numbered by vocab.json, which is not "
                 "implemented", config.known->name);
  std::vector<std::pair<std::int64_t, std::string_view>> numbered;
  WEFT_CHECK_OK(vocabulary.each_member([&](std::string_view piece, JsonNode id) -> Status {
    if (!id.is_integer()) return invalid("vocab.json: '{}' has no number", piece);
    return numbered.emplace_back(id.integer(), piece), Status();
  }));
  std::sort(numbered.begin(), numbered.end());
  std::unordered_map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; i < m.pieces.size(); ++i) known.try_emplace(m.pieces[i], i);
  SentencePieceModel out = m;
  out.pieces.clear(), out.scores.clear(), out.types.clear();
  const auto add = [&](std::string_view piece, float score, TokenType type) {
    out.pieces.push_back(piece), out.scores.push_back(score), out.types.push_back(type);
  };
  std::unordered_set<std::string_view> taken;
  for (const auto& [id, piece] : numbered) {
    if (id != static_cast<std::int64_t>(out.pieces.size()))
      return invalid("vocab.json: '{}' has the id {}, expected {}", piece, id, out.pieces.size());
    taken.insert(piece);
    const auto at = known.find(piece);
    const bool named = piece == config.pad || piece == config.eos || piece == config.unk || piece == "<pad>";
    if (at != known.end()) add(piece, m.scores[at->second], m.types[at->second]);
    else add(piece, 0, named ? TokenType::kControl : TokenType::kUnused);
  }
  const auto count = static_cast<std::int32_t>(out.pieces.size());
  for (std::size_t i = 0; i < m.pieces.size(); ++i) {
    if (m.types[i] == TokenType::kUnknown && taken.count(m.pieces[i]) == 0)
      return invalid("vocab.json: has no '{}'", m.pieces[i]);
    const bool found = m.types[i] == TokenType::kNormal || m.types[i] == TokenType::kUserDefined;
    if (found && taken.count(m.pieces[i]) == 0) add(m.pieces[i], m.scores[i], m.types[i]);
  }
  m = std::move(out);
  return count;
}

}  // namespace

Status read_sentencepiece_tokenizer(const TokenizerFiles& files, const TokenizerConfig& config, TokenizerParts& out) {
  if (config.known != nullptr && config.known->renumbers_pieces) {
    return error(Code::kUnimplemented,
                 "tokenizer.model: {} numbers the pieces otherwise than the file, which is not implemented",
                 config.known->name);
  }
  if (config.known != nullptr && config.known->cleans_pieces) add_cleaning(config, out.normalizer);
  WEFT_TRY(SentencePieceModel m, read_sentencepiece(files.model));
  FlatJson vocabulary;
  std::int32_t unnumbered = -1;
  if (config.known != nullptr && config.known->vocabulary_numbers) {
    auto numbered = FlatJson::parse(files.vocab_json);
    if (!numbered.ok()) return numbered.status().with_context("vocab.json");
    vocabulary = std::move(*numbered);
    WEFT_TRY(unnumbered, renumber(vocabulary.root(), config, m));
  }
  std::int32_t unk = -1;
  std::vector<std::int32_t> whole;
  for (std::size_t i = 0; i < m.pieces.size(); ++i) {
    const auto id = static_cast<std::int32_t>(i);
    if (m.types[i] == TokenType::kUserDefined) whole.push_back(id);
    if (m.types[i] != TokenType::kUnknown) continue;
    if (unk >= 0)
      return invalid("tokenizer.model: both '{}' and '{}' are unknown pieces", m.pieces[static_cast<std::size_t>(unk)],
                     m.pieces[i]);
    unk = id;
  }
  if (unk < 0) return invalid("tokenizer.model: no unknown piece");
  WEFT_TRY(TokenTable table, pieces_of(m));
  WEFT_TRY(std::vector<std::int32_t> bytes, bytes_of(m));
  if (m.kind == SentencePieceModel::Kind::kBpe) {
    ScoredPieces pieces;
    pieces.scores = m.scores;
    for (const TokenType t : m.types) pieces.unused.push_back(t == TokenType::kUnused);
    pieces.whole = whole;
    pieces.unk = unk;
    pieces.bytes = std::move(bytes);
    WEFT_TRY(out.model, Bpe::create_scored(std::move(table), std::move(pieces)));
  } else if (m.kind == SentencePieceModel::Kind::kUnigram) {
    UnigramOptions options;
    options.unk = unk;
    options.sentencepiece = true;
    options.unnumbered = unnumbered;
    for (const TokenType t : m.types) {
      options.normal.push_back(t == TokenType::kNormal);
      options.user_defined.push_back(t == TokenType::kUserDefined);
      options.unused.push_back(t == TokenType::kUnused);
    }
    options.bytes = std::move(bytes);
    std::vector<double> scores(m.scores.begin(), m.scores.end());
    WEFT_TRY(out.model, Unigram::create(std::move(table), std::move(scores), std::move(options)));
  } else {
    PlainPiecesOptions options{m.kind == SentencePieceModel::Kind::kWord, unk, std::move(bytes), whole};
    WEFT_TRY(out.model, PlainPieces::create(std::move(table), std::move(options)));
  }
  NormalizeSentencePiece normalize{};
  if (!m.charsmap.empty()) {
    WEFT_TRY(Charsmap map, Charsmap::parse(m.charsmap));
    normalize.map = std::make_shared<const Charsmap>(std::move(map));
  }
  if (!whole.empty()) {
    Trie trie;
    for (const std::int32_t id : whole) trie.insert(m.pieces[static_cast<std::size_t>(id)], id);
    normalize.whole = std::make_shared<const Trie>(std::move(trie));
  }
  normalize.dummy_prefix = m.dummy_prefix && config.add_prefix_space.value_or(true);
  normalize.prefix_first_only = config.legacy == false;
  normalize.remove_extra_spaces = m.remove_extra_spaces;
  normalize.escape_spaces = m.escape_spaces;
  normalize.spaces_are_suffixes = m.spaces_are_suffixes;
  const bool prefixed = normalize.dummy_prefix;
  out.normalizer.add(std::move(normalize));
  for (std::size_t i = 0; i < m.pieces.size(); ++i) {
    const bool code = unnumbered >= 0 && is_language_code(m.pieces[i]);
    if (m.types[i] != TokenType::kControl && m.types[i] != TokenType::kUnknown && !code) continue;
    AddedToken token;
    token.id = static_cast<std::int32_t>(i);
    token.content = m.pieces[i];
    token.special = !code;
    WEFT_CHECK_OK(out.added.add(std::move(token), out.normalizer));
  }
  DecodeStep spaces{DecodeStep::kWordMark, std::string(kWordMark), " "};
  spaces.start = prefixed || m.remove_extra_spaces ? 1 : 0;
  spaces.drop_first = m.remove_extra_spaces;
  out.decoder.add(std::move(spaces));
  out.decoder.add({DecodeStep::kByteTokens});
  out.decoder.add({DecodeStep::kFuse});
  if (unnumbered >= 0) {  // Marian's texts neither begin nor end with spaces
    constexpr auto kAll = std::numeric_limits<std::size_t>::max();
    out.decoder.add({DecodeStep::kStrip, " ", "", {}, kAll, kAll});
  }
  out.unk = unk;
  const auto find = [&](std::string_view piece) {
    const AddedToken* token = out.added.find(piece);
    return token ? token->id : -1;
  };
  out.bos = find("<s>");
  out.eos = find("</s>");
  out.pad = find("<pad>");
  return {};
}

}  // namespace weft
