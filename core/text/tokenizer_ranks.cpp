// Reads tokenizers kept as ranked byte strings: tiktoken's files, and tekken.json.
#include <algorithm>
#include <charconv>

#include "core/text/model_bpe.hpp"
#include "core/text/published_ranks.hpp"
#include "core/text/tokenizer_files.hpp"
#include "core/text/tokenizer_json_fields.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

/// Calls f(bytes, rank) for each line "base64 rank" of a file.
template <class F>
Status each_rank(std::string_view file, F&& f) {
  for (std::size_t line = 1; !file.empty(); ++line) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    std::string_view text = file.substr(0, end);
    file.remove_prefix(std::min(end + 1, file.size()));
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty()) continue;
    const auto space = text.find(' ');
    std::int64_t rank = -1;
    if (space == text.npos ||
        std::from_chars(text.data() + space + 1, text.data() + text.size(), rank).ptr != text.data() + text.size()) {
      return invalid("tokenizer.model: line {} is not a base64 string and a rank", line);
    }
    WEFT_TRY(const std::string bytes, decode_base64(text.substr(0, space)));
    if (bytes.empty()) return invalid("tokenizer.model: line {} has an empty token", line);
    WEFT_CHECK_OK(f(bytes, rank));
  }
  return {};
}

/// Byte strings that merge by rank; a word that is a token is not merged. `first` is the id of rank 0.
class Ranks {
 public:
  Status add(std::string_view bytes, std::int64_t rank, std::int64_t first) {
    WEFT_CHECK_OK(table_.add(byte_level_text(bytes), rank + first));
    pieces_.scores.resize(table_.size(), 0);
    pieces_.scores[static_cast<std::size_t>(rank + first)] = -static_cast<float>(rank);
    return {};
  }
  Status finish(PreTokenizer steps, TokenizerParts& out) {
    pieces_.unused.assign(table_.size(), false);
    WEFT_TRY(out.model, Bpe::create_scored(std::move(table_), std::move(pieces_), true));
    out.pretokenizer = std::move(steps);
    out.decoder.add({DecodeStep::kByteLevel});
    return {};
  }

 private:
  TokenTable table_;
  ScoredPieces pieces_;
};

Status add_special(std::string_view name, std::int64_t id, TokenizerParts& out) {
  AddedToken token;
  token.id = static_cast<std::int32_t>(id);
  token.content = name;
  token.special = true;
  return out.added.add(std::move(token), out.normalizer);
}

}  // namespace

bool is_tiktoken(std::string_view model) {
  const std::string_view line = model.substr(0, model.find('\n'));
  const auto space = line.find(' ');
  return space != line.npos && space > 0 && space < 4096 && decode_base64(line.substr(0, space)).ok();
}

// The file has no splitting pattern: the class says which one, otherwise the file's name.
Status read_tiktoken(const TokenizerFiles& files, const TokenizerConfig& config, TokenizerParts& out) {
  const PublishedRanks* file = config.tokenizer_class.empty() ? find_published_ranks(files.model_name) : nullptr;
  const std::string_view pre = file != nullptr ? file->pre : config.known != nullptr ? config.known->ranks : "";
  if (pre.empty()) {
    return error(Code::kUnimplemented, "{}: the pattern that tokenizer_class '{}' splits text by is not known",
                 files.model_name, config.tokenizer_class);
  }
  Ranks ranks;
  std::int64_t end = 0;
  WEFT_CHECK_OK(each_rank(files.model, [&](std::string_view bytes, std::int64_t rank) {
    end = std::max(end, rank + 1);
    return ranks.add(bytes, rank, 0);
  }));
  WEFT_TRY(NamedPreTokenizer named, pretokenizer_by_name(pre));
  if (named.nfc) out.normalizer.add(NormalizeForm{UnicodeForm::kNfc});
  WEFT_CHECK_OK(ranks.finish(std::move(named.steps), out));
  if (file != nullptr) {
    for (const auto& [name, id] : file->specials) WEFT_CHECK_OK(add_special(name, id, out));
  }
  for (const std::string& name : tokens_after_ranks(pre)) WEFT_CHECK_OK(add_special(name, end++, out));
  return {};
}

// The special tokens come first, as many as the config says; then as many of the first ranks as fill the vocabulary.
Status read_tekken(std::string_view text, TokenizerParts& out) {
  auto parsed = FlatJson::parse(text);
  if (!parsed.ok()) return parsed.status().with_context("tekken.json");
  const JsonNode root = parsed->root(), config = root["config"];
  WEFT_TRY(const std::string pattern, json_text(config, "pattern"));
  if (pattern.empty()) return invalid("tekken.json: no 'config.pattern'");
  WEFT_TRY(const std::int64_t specials, json_integer(config, "default_num_special_tokens", 1000));
  WEFT_TRY(const std::int64_t size, json_integer(config, "default_vocab_size", -1));
  const auto most = static_cast<std::int64_t>(kMaxVocabulary);
  if (specials < 0 || size <= specials || size > most) {
    return invalid("tekken.json: {} tokens of which {} are special", size, specials);
  }
  Ranks ranks;
  WEFT_CHECK_OK(root["vocab"].each([&](JsonNode item) -> Status {
    WEFT_TRY(const std::int64_t rank, json_integer(item, "rank", -1));
    if (rank < 0 || rank >= most) return invalid("tekken.json: rank {} is outside 0..{}", rank, most - 1);
    if (rank + specials >= size) return {};  // the file's ranks go on for larger vocabularies
    WEFT_TRY(const std::string base64, json_text(item, "token_bytes"));
    WEFT_TRY(const std::string bytes, decode_base64(base64));
    if (bytes.empty()) return invalid("tekken.json: the token of rank {} is empty", rank);
    return ranks.add(bytes, rank, specials);
  }));
  WEFT_TRY(Regex regex, Regex::compile(pattern));
  PreTokenizer steps;
  steps.add(SplitByRegex{std::move(regex), SplitBehavior::kIsolated, false});
  steps.add(SplitByteLevel{false, {}});
  WEFT_CHECK_OK(ranks.finish(std::move(steps), out));
  std::vector<std::string> names(static_cast<std::size_t>(specials));
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = fmt::format("<SPECIAL_{}>", i);
  if (root["special_tokens"].is_array()) {
    WEFT_CHECK_OK(root["special_tokens"].each([&](JsonNode item) -> Status {
      WEFT_TRY(const std::int64_t rank, json_integer(item, "rank", -1));
      if (rank < 0 || rank >= specials) return invalid("tekken.json: special token {} of {}", rank, specials);
      WEFT_TRY(names[static_cast<std::size_t>(rank)], json_text(item, "token_str"));
      return {};
    }));
  } else {  // the first version did not name them
    constexpr const char* kFirst[] = {"<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]",
                                      "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CALLS]",
                                      "<pad>", "[PREFIX]", "[MIDDLE]", "[SUFFIX]"};
    for (std::size_t i = 0; i < std::size(kFirst) && i < names.size(); ++i) names[i] = kFirst[i];
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    AddedToken token;
    token.id = static_cast<std::int32_t>(i);
    token.content = names[i];
    token.special = true;
    if (names[i] == "<s>") out.bos = token.id;
    if (names[i] == "</s>") out.eos = token.id;
    if (names[i] == "<unk>") out.unk = token.id;
    if (names[i] == "<pad>") out.pad = token.id;
    if (!token.content.empty()) WEFT_CHECK_OK(out.added.add(std::move(token), out.normalizer));
  }
  if (out.bos >= 0) {
    out.post.add({framed_text({out.bos}, {}), {}});
  }
  return {};
}

}  // namespace weft
