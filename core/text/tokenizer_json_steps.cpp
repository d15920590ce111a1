// Normalizers and pre-tokenizers of a tokenizer.json.
#include "core/text/tokenizer_json_steps.hpp"

#include "core/text/published_steps.hpp"
#include "core/text/unicode.hpp"
#include "core/text/word_mark.hpp"

namespace weft {
namespace json_steps {


Status unknown(std::string_view what, std::string_view type) {
  return error(Code::kUnimplemented, "tokenizer.json: {} '{}' is not implemented", what, type);
}

Result<Pattern> read_pattern(JsonNode node) {
  Pattern out;
  const JsonNode text = node.is_string() ? node : node["String"];
  const JsonNode regex = node["Regex"];
  if (text.is_string()) {
    out.literal = text.text();
    WEFT_TRY(out.regex, Regex::literal(out.literal));
  } else if (regex.is_string()) {
    WEFT_TRY(out.regex, Regex::compile(regex.text()));
  } else {
    return invalid("tokenizer.json: a pattern is neither String nor Regex");
  }
  return out;
}

Result<SplitMetaspace> read_metaspace(JsonNode node) {
  using Prepend = SplitMetaspace::Prepend;
  SplitMetaspace out{Prepend::kAlways, {}, true};
  WEFT_TRY(out.replacement, json_text(node, "replacement", kWordMark));
  if (out.replacement.empty() || utf8_step(out.replacement).length != out.replacement.size()) {
    return invalid("tokenizer.json: Metaspace's replacement is not one character");
  }
  WEFT_TRY(out.split, json_bool(node, "split", true));
  WEFT_TRY(const bool legacy, json_bool(node, "add_prefix_space", true));
  WEFT_TRY(const std::string scheme, json_text(node, "prepend_scheme", legacy ? "always" : "never"));
  if (scheme == "first") {
    out.prepend = Prepend::kFirst;
  } else if (scheme == "never") {
    out.prepend = Prepend::kNever;
  } else if (scheme != "always") {
    return unknown("prepend_scheme", scheme);
  }
  return out;
}

}  // namespace json_steps

namespace {

using namespace json_steps;

Result<SplitBehavior> read_behavior(JsonNode node, std::string_view absent) {
  WEFT_TRY(const std::string name, json_text(node, "behavior", absent));
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name == "Contiguous") return SplitBehavior::kContiguous;
  return unknown("split behavior", name);
}

Status one_normalizer(JsonNode n, std::string_view type, Normalizer& out) {
  if (type == "NFC") return out.add(NormalizeForm{UnicodeForm::kNfc}), Status();
  if (type == "NFD") return out.add(NormalizeForm{UnicodeForm::kNfd}), Status();
  if (type == "NFKC") return out.add(NormalizeForm{UnicodeForm::kNfkc}), Status();
  if (type == "NFKD") return out.add(NormalizeForm{UnicodeForm::kNfkd}), Status();
  if (type == "Lowercase") return out.add(NormalizeLowercase{}), Status();
  if (type == "StripAccents") return out.add(NormalizeStripAccents{}), Status();
  if (type == "ByteLevel") return out.add(NormalizeByteLevel{}), Status();
  if (type == "Nmt") return out.add(NormalizeNmt{}), Status();
  if (type == "Strip") {
    WEFT_TRY(const bool left, json_bool(n, "strip_left", true));
    WEFT_TRY(const bool right, json_bool(n, "strip_right", true));
    return out.add(NormalizeStrip{left, right}), Status();
  }
  if (type == "Prepend") {
    WEFT_TRY(std::string prefix, json_text(n, "prepend"));
    return out.add(NormalizePrepend{std::move(prefix)}), Status();
  }
  if (type == "Replace") {
    WEFT_TRY(Pattern p, read_pattern(n["pattern"]));
    WEFT_TRY(std::string with, json_text(n, "content"));
    return out.add(NormalizeReplace{std::move(p.literal), std::move(p.regex), std::move(with)}), Status();
  }
  if (type == kWordNormalizerType || type == kBareWordNormalizerType) {
    NormalizeWords words{};
    WEFT_TRY(words.clean_text, json_bool(n, "clean_text", true));
    WEFT_TRY(words.chinese_spaced, json_bool(n, "handle_chinese_chars", true));
    WEFT_TRY(words.lowercase, json_bool(n, "lowercase", true));
    WEFT_TRY(words.strip_accents, json_bool(n, "strip_accents", words.lowercase));
    return out.add(words), Status();
  }
  if (type == "Precompiled") {
    WEFT_TRY(const std::string map, json_text(n, "precompiled_charsmap"));
    WEFT_TRY(Charsmap charsmap, Charsmap::parse_base64(map));
    return out.add(NormalizePrecompiled{std::make_shared<const Charsmap>(std::move(charsmap))}), Status();
  }
  return unknown("normalizer", type);
}

Status one_pretokenizer(JsonNode n, std::string_view type, PreTokenizer& out) {
  if (type == "ByteLevel") {
    SplitByteLevel step{};
    WEFT_TRY(step.add_prefix_space, json_bool(n, "add_prefix_space", true));
    WEFT_TRY(const bool use_regex, json_bool(n, "use_regex", true));
    if (use_regex) {
      WEFT_TRY(auto regex, Regex::compile(kByteLevelPattern));
      step.pattern.push_back(std::move(regex));
    }
    return out.add(std::move(step)), Status();
  }
  if (type == "Split") {
    WEFT_TRY(Pattern p, read_pattern(n["pattern"]));
    WEFT_TRY(const SplitBehavior behavior, read_behavior(n, ""));
    WEFT_TRY(const bool invert, json_bool(n, "invert", false));
    return out.add(SplitByRegex{std::move(p.regex), behavior, invert}), Status();
  }
  if (type == "Metaspace") {
    WEFT_TRY(SplitMetaspace step, read_metaspace(n));
    return out.add(std::move(step)), Status();
  }
  if (type == "Digits") {
    WEFT_TRY(const bool each, json_bool(n, "individual_digits", false));
    return out.add(SplitByCharacter{is_numeric, each ? SplitBehavior::kIsolated : SplitBehavior::kContiguous}),
           Status();
  }
  if (type == "Whitespace") return out.add(SplitWords{}), Status();
  if (type == "WhitespaceSplit") return out.add(SplitByCharacter{is_space, SplitBehavior::kRemoved}), Status();
  if (type == kWordSplitType) return add_word_split(out), Status();
  if (type == "Punctuation") {
    WEFT_TRY(const SplitBehavior behavior, read_behavior(n, "Isolated"));
    return out.add(SplitByCharacter{is_punctuation, behavior}), Status();
  }
  if (type == "CharDelimiterSplit" || type == "Delimiter") {
    const std::string_view delimiter = n["delimiter"].text();
    if (delimiter.empty() || utf8_step(delimiter).length != delimiter.size()) {
      return invalid("tokenizer.json: CharDelimiterSplit's delimiter is not one character");
    }
    return out.add(SplitByDelimiter{utf8_step(delimiter).code, SplitBehavior::kRemoved}), Status();
  }
  if (type == "UnicodeScripts") return out.add(SplitByScript{}), Status();
  if (type == "FixedLength") {
    WEFT_TRY(const std::int64_t length, json_integer(n, "length", 5));
    if (length < 1) return invalid("tokenizer.json: FixedLength's length is {}, expected at least 1", length);
    return out.add(SplitByLength{static_cast<std::size_t>(length)}), Status();
  }
  return unknown("pre_tokenizer", type);
}

}  // namespace

Status read_normalizer(JsonNode root, Normalizer& out) {
  static constexpr TypeByField kOld[] = {{"clean_text", kBareWordNormalizerType}, {"strip_left", "Strip"},
                                         {"normalizers", "Sequence"},
                                         {"precompiled_charsmap", "Precompiled"}, {"pattern", "Replace"},
                                         {"prepend", "Prepend"}};
  return each_step(root, "normalizers", kOld,
                   [&](JsonNode n, std::string_view type) { return one_normalizer(n, type, out); });
}

Status read_pretokenizer(JsonNode root, PreTokenizer& out) {
  static constexpr TypeByField kOld[] = {{"trim_offsets", "ByteLevel"}, {"delimiter", "CharDelimiterSplit"},
                                         {"replacement", "Metaspace"}, {"pretokenizers", "Sequence"},
                                         {"pattern", "Split"}, {"behavior", "Punctuation"},
                                         {"individual_digits", "Digits"}, {"length", "FixedLength"}};
  return each_step(root, "pretokenizers", kOld,
                   [&](JsonNode n, std::string_view type) { return one_pretokenizer(n, type, out); });
}

}  // namespace weft
