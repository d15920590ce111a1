// Reads tokenizers kept as vocab.json with merges.txt, or as vocab.txt.
#include "core/text/model_bpe.hpp"
#include "core/text/model_words.hpp"
#include "core/text/tokenizer_files.hpp"
#include "core/text/tokenizer_json_fields.hpp"

namespace weft {
namespace {

/// Calls f(line, number) for each line; a line may end in \r\n.
template <class F>
Status each_line(std::string_view text, F&& f) {
  for (std::size_t number = 0; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    WEFT_CHECK_OK(f(line, number));
  }
  return {};
}

Status add_pattern(std::string_view pattern, PreTokenizer& out) {
  WEFT_TRY(Regex regex, Regex::compile(pattern));
  out.add(SplitByRegex{std::move(regex), SplitBehavior::kIsolated, false});
  out.add(SplitByteLevel{false, {}});
  return {};
}

}  // namespace

Status read_vocab_and_merges(const TokenizerFiles& files, const TokenizerConfig& config, TokenizerParts& out) {
  const MergedWords words = config.known != nullptr          ? config.known->merged
                            : config.tokenizer_class.empty() ? MergedWords::kPlain
                                                             : MergedWords::kNone;
  BpeOptions options;
  if (words == MergedWords::kComposed) {
    out.normalizer.add(NormalizeForm{UnicodeForm::kNfc});
    WEFT_CHECK_OK(add_pattern(kDigits1Pattern, out.pretokenizer));
  } else if (words == MergedWords::kLowercase) {
    options.end_suffix = "</w>";
    options.unk = config.unk.empty() ? "<|endoftext|>" : config.unk;
    out.normalizer.add(NormalizeForm{UnicodeForm::kNfc});
    WEFT_TRY(Regex spaces, Regex::compile(R"(\s+)"));
    out.normalizer.add(NormalizeReplace{"", std::move(spaces), " "});
    out.normalizer.add(NormalizeLowercase{});
    WEFT_TRY(Regex pattern, Regex::compile(R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)"));
    out.pretokenizer.add(SplitByRegex{std::move(pattern), SplitBehavior::kRemoved, true});
    out.pretokenizer.add(SplitByteLevel{false, {}});
  } else if (words == MergedWords::kPlain) {
    WEFT_TRY(Regex regex, Regex::compile(kByteLevelPattern));
    out.pretokenizer.add(SplitByteLevel{config.add_prefix_space.value_or(false), {std::move(regex)}});
  } else {
    return error(Code::kUnimplemented, "vocab.json with merges.txt: tokenizer_class '{}' is not implemented",
                 config.tokenizer_class);
  }
  auto parsed = FlatJson::parse(files.vocab_json);
  if (!parsed.ok()) return parsed.status().with_context("vocab.json");
  TokenTable table;
  if (!parsed->root().is_object() || parsed->root().size() > kMaxVocabulary) {
    return invalid("vocab.json: not an object of at most {} tokens", kMaxVocabulary);
  }
  table.reserve(parsed->root().size(), files.vocab_json.size());
  WEFT_CHECK_OK(parsed->root().each_member([&](std::string_view token, JsonNode id) -> Status {
    if (!id.is_integer()) return invalid("vocab.json: '{}' has no integer id", token);
    return table.add(token, id.integer());
  }));
  const bool suffixed = !options.end_suffix.empty();
  WEFT_TRY(BpeBuilder model, BpeBuilder::create(std::move(table), std::move(options), files.merges_txt.size() / 8));
  WEFT_CHECK_OK(each_line(files.merges_txt, [&](std::string_view line, std::size_t number) -> Status {
    if (line.starts_with("#version") || line.empty()) return {};
    const auto space = line.find(' ');
    if (space == line.npos || line.find(' ', space + 1) != line.npos) {
      return invalid("merges.txt: line {} is not a pair of tokens", number + 1);
    }
    return model.add(line.substr(0, space), line.substr(space + 1));
  }));
  WEFT_TRY(out.model, model.finish());
  out.decoder.add({DecodeStep::kByteLevel});
  if (suffixed) out.decoder.add({DecodeStep::kReplace, "</w>", " "});
  return {};
}

Status read_wordpiece(std::string_view vocab_txt, const TokenizerConfig& config, TokenizerParts& out) {
  if (!config.tokenizer_class.empty() && (config.known == nullptr || !config.known->word_pieces)) {
    return error(Code::kUnimplemented, "vocab.txt: tokenizer_class '{}' is not implemented", config.tokenizer_class);
  }
  TokenTable table;
  table.reserve(vocab_txt.size() / 8, vocab_txt.size());
  WEFT_CHECK_OK(each_line(vocab_txt, [&](std::string_view line, std::size_t number) {
    return table.add(line, static_cast<std::int64_t>(number), true);  // of equal lines the last one is found
  }));
  const auto has = [&](std::string_view token) { return table.find(token) >= 0; };
  std::vector<AddedToken> named;
  for (const char* token : {"[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"}) {
    if (!has(token)) continue;
    AddedToken& added = named.emplace_back();
    added.id = table.find(token);
    added.content = token;
    added.special = true;
  }
  WordPieceOptions options;
  if (!config.unk.empty()) options.unk = config.unk;
  WEFT_TRY(out.model, WordPiece::create(std::move(table), std::move(options)));
  NormalizeWords normalize{};
  normalize.clean_text = true;
  normalize.lowercase = config.lowercase.value_or(true);
  normalize.chinese_spaced = config.chinese_spaced.value_or(true);
  normalize.strip_accents = config.strip_accents.value_or(normalize.lowercase);
  out.normalizer.add(normalize);
  for (AddedToken& token : named) WEFT_CHECK_OK(out.added.add(std::move(token), out.normalizer));
  add_word_split(out.pretokenizer);
  DecodeStep pieces{DecodeStep::kWordPiece, "##"};
  pieces.cleanup = true;
  out.decoder.add(std::move(pieces));
  return {};
}

}  // namespace weft
