#include "core/text/tokenizer_json_steps.hpp"

#include "core/text/tokenizer_json_fields.hpp"

namespace weft {
namespace {

constexpr std::string_view kMark = "\xE2\x96\x81";

Status unknown(std::string_view what, std::string_view type) {
  return error(Code::kUnimplemented, "tokenizer.json: {} '{}' is not implemented", what, type);
}

// A pattern is {"String": …}, {"Regex": …} or a bare string.
struct Pattern {
  std::string literal;  // empty when it is a regex
  Regex regex;
};
Result<Pattern> read_pattern(const VocabJson& node) {
  Pattern out;
  const VocabJson& text = node.is_string() ? node : json_field(node, "String");
  const VocabJson& regex = json_field(node, "Regex");
  if (text.is_string()) {
    out.literal = text.get_ref<const std::string&>();
    if (out.literal.empty()) return invalid("tokenizer.json: an empty pattern");
    WEFT_TRY(out.regex, Regex::literal(out.literal));
  } else if (regex.is_string()) {
    WEFT_TRY(out.regex, Regex::compile(regex.get_ref<const std::string&>()));
  } else {
    return invalid("tokenizer.json: a pattern is neither String nor Regex");
  }
  return out;
}

Result<SplitBehavior> read_behavior(const VocabJson& node, std::string_view absent) {
  WEFT_TRY(const std::string name, json_text(node, "behavior", absent));
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name == "Contiguous") return SplitBehavior::kContiguous;
  return unknown("split behavior", name);
}

Result<SplitMetaspace> read_metaspace(const VocabJson& node) {
  using Prepend = SplitMetaspace::Prepend;
  SplitMetaspace out{Prepend::kAlways, {}, true};
  WEFT_TRY(out.replacement, json_text(node, "replacement", kMark));
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

Status add_ids(const TokenizerParts& parts, const std::string& token,
               std::vector<std::int32_t>& out) {
  const AddedToken* added = parts.added.find(std::string_view(token));
  const std::int32_t id = added ? added->id : parts.model.id(token);
  if (id < 0) return invalid("tokenizer.json: post_processor's '{}' is not a token", token);
  out.push_back(id);
  return {};
}

Status read_template(const VocabJson& node, TokenizerParts& parts) {
  const VocabJson& single = json_field(node, "single");
  if (!single.is_array()) return invalid("tokenizer.json: TemplateProcessing without 'single'");
  std::vector<std::int32_t> sides[2];
  int sequences = 0;
  for (const VocabJson& item : single) {
    if (const VocabJson& sequence = json_field(item, "Sequence"); sequence.is_object()) {
      WEFT_TRY(const std::string name, json_text(sequence, "id"));
      if (name != "A" || ++sequences > 1) return unknown("single template with sequence", name);
      continue;
    }
    WEFT_TRY(const std::string name, json_text(json_field(item, "SpecialToken"), "id"));
    const VocabJson& ids = json_field(json_field(json_field(node, "special_tokens"), name), "ids");
    if (!ids.is_array()) return invalid("tokenizer.json: template token '{}' has no ids", name);
    for (const VocabJson& id : ids) {
      if (!id.is_number_integer()) return invalid("tokenizer.json: '{}' has a bad id", name);
      const auto value = id.get<std::int64_t>();
      const auto small = static_cast<std::int32_t>(value);
      if (small != value || (!parts.model.token(small) && !parts.added.find(small))) {
        return invalid("tokenizer.json: template token '{}' has id {}, which is no token", name,
                       value);
      }
      sides[sequences].push_back(small);
    }
  }
  if (sequences == 0) return unknown("single template", "without the sequence A");
  parts.prefix.insert(parts.prefix.begin(), sides[0].begin(), sides[0].end());
  parts.suffix.insert(parts.suffix.end(), sides[1].begin(), sides[1].end());
  return {};
}

}  // namespace

Status read_normalizer(const VocabJson& root, Normalizer& out) {
  return json_each(root, "normalizers", [&](const VocabJson& n, std::string_view type) -> Status {
    if (type == "NFC") return out.add(NormalizeForm{UnicodeForm::kNfc}), Status();
    if (type == "NFD") return out.add(NormalizeForm{UnicodeForm::kNfd}), Status();
    if (type == "NFKC") return out.add(NormalizeForm{UnicodeForm::kNfkc}), Status();
    if (type == "NFKD") return out.add(NormalizeForm{UnicodeForm::kNfkd}), Status();
    if (type == "Lowercase") return out.add(NormalizeLowercase{}), Status();
    if (type == "StripAccents") return out.add(NormalizeStripAccents{}), Status();
    if (type == "ByteLevel") return out.add(NormalizeByteLevel{}), Status();
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
      WEFT_TRY(Pattern p, read_pattern(json_field(n, "pattern")));
      WEFT_TRY(std::string with, json_text(n, "content"));
      out.add(NormalizeReplace{std::move(p.literal), std::move(p.regex), std::move(with)});
      return {};
    }
    return unknown("normalizer", type);
  });
}

Status read_pretokenizer(const VocabJson& root, PreTokenizer& out) {
  const auto add_regex = [&](std::string_view pattern, SplitBehavior b, bool invert) -> Status {
    WEFT_TRY(auto regex, Regex::compile(pattern));
    return out.add(SplitByRegex{std::move(regex), b, invert}), Status();
  };
  return json_each(root, "pretokenizers", [&](const VocabJson& n, std::string_view type) -> Status {
    if (type == "ByteLevel") {
      SplitByteLevel step{};
      WEFT_TRY(step.add_prefix_space, json_bool(n, "add_prefix_space", true));
      WEFT_TRY(const bool use_regex, json_bool(n, "use_regex", true));
      if (use_regex) {
        WEFT_TRY(auto regex, Regex::compile(kGpt2Pattern));
        step.pattern.push_back(std::move(regex));
      }
      return out.add(std::move(step)), Status();
    }
    if (type == "Split") {
      WEFT_TRY(Pattern p, read_pattern(json_field(n, "pattern")));
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
      const auto behavior = each ? SplitBehavior::kIsolated : SplitBehavior::kContiguous;
      return out.add(SplitByCharacter{is_numeric, behavior}), Status();
    }
    if (type == "Whitespace") return add_regex(R"(\w+|[^\w\s]+)", SplitBehavior::kRemoved, true);
    if (type == "WhitespaceSplit") {
      return out.add(SplitByCharacter{is_space, SplitBehavior::kRemoved}), Status();
    }
    if (type == "Punctuation") {
      WEFT_TRY(const SplitBehavior behavior, read_behavior(n, "Isolated"));
      return out.add(SplitByCharacter{is_punctuation, behavior}), Status();
    }
    return unknown("pre_tokenizer", type);
  });
}

Status read_post_processor(const VocabJson& root, TokenizerParts& parts) {
  return json_each(root, "processors", [&](const VocabJson& n, std::string_view type) -> Status {
    if (type == "ByteLevel") return {};  // only offsets
    if (type == "TemplateProcessing") return read_template(n, parts);
    if (type != "BertProcessing" && type != "RobertaProcessing") {
      return unknown("post_processor", type);
    }
    const std::pair<const char*, std::vector<std::int32_t>*> sides[] = {{"cls", &parts.prefix},
                                                                        {"sep", &parts.suffix}};
    for (const auto& [key, ids] : sides) {
      const VocabJson& pair = json_field(n, key);
      if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string()) {
        return invalid("tokenizer.json: {}'s '{}' is not [token, id]", type, key);
      }
      WEFT_CHECK_OK(add_ids(parts, pair[0].get_ref<const std::string&>(), *ids));
    }
    return {};
  });
}

Status read_decoder(const VocabJson& root, DecoderChain& out) {
  return json_each(root, "decoders", [&](const VocabJson& n, std::string_view type) -> Status {
    DecodeStep step{};
    if (type == "ByteLevel") {
      step.kind = DecodeStep::kByteLevel;
    } else if (type == "ByteFallback") {
      step.kind = DecodeStep::kByteFallback;
    } else if (type == "Fuse") {
      step.kind = DecodeStep::kFuse;
    } else if (type == "Replace") {
      step.kind = DecodeStep::kReplace;
      WEFT_TRY(Pattern p, read_pattern(json_field(n, "pattern")));
      if (p.literal.empty()) step.pattern.push_back(std::move(p.regex));
      step.literal = std::move(p.literal);
      WEFT_TRY(step.with, json_text(n, "content"));
    } else if (type == "Strip") {
      step.kind = DecodeStep::kStrip;
      WEFT_TRY(step.literal, json_text(n, "content", " "));
      WEFT_TRY(const auto start, json_integer(n, "start", 0));
      WEFT_TRY(const auto stop, json_integer(n, "stop", 0));
      if (step.literal.empty() || start < 0 || stop < 0) {
        return invalid("tokenizer.json: Strip wants a character and counts from 0");
      }
      step.start = static_cast<std::size_t>(start);
      step.stop = static_cast<std::size_t>(stop);
    } else if (type == "Metaspace") {
      step.kind = DecodeStep::kMetaspace;
      WEFT_TRY(const SplitMetaspace metaspace, read_metaspace(n));
      step.literal = metaspace.replacement;
      step.drop_first = metaspace.prepend != SplitMetaspace::Prepend::kNever;
    } else {
      return unknown("decoder", type);
    }
    return out.add(std::move(step)), Status();
  });
}

}  // namespace weft
