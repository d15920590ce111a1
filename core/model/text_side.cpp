#include "core/model/text_side.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/model/offered_tokenizer.hpp"
#include "core/model/token_text.hpp"
#include "core/model/tokens_beside.hpp"
#include "core/text/published_vocabularies.hpp"
#include "core/text/tokenizer_files.hpp"

namespace weft {
namespace {

constexpr uint64_t kMaxText = 256u << 20;  // bytes; a larger tokenizer file is refused

/// `value` if it is a list, otherwise an empty list. A reference, because destroying a copy would take memory.
const Json& items_of(const Json& value) {
  static const Json none = Json::array();
  return value.is_array() ? value : none;
}

/// The tokenizer of the format's own vocabulary.
Result<Tokenizer> stored_tokenizer(const StoredVocabulary& s) {
  const auto said = [](uint32_t flag) { return flag > 1 ? std::optional<bool>() : std::optional(flag == 1); };
  Vocabulary v;
  v.model = s.model, v.pre = s.pre, v.tokens = s.tokens, v.scores = s.scores, v.merges = s.merges,
  v.charsmap = s.charsmap;
  v.types.reserve(s.types.size());
  for (int32_t type : s.types) v.types.push_back(static_cast<TokenType>(type));
  v.bos = static_cast<int32_t>(s.bos), v.eos = static_cast<int32_t>(s.eos), v.unk = static_cast<int32_t>(s.unk);
  v.pad = static_cast<int32_t>(s.pad), v.sep = static_cast<int32_t>(s.sep);
  v.add_bos = said(s.add_bos), v.add_eos = said(s.add_eos), v.add_sep = said(s.add_sep);
  v.add_space_prefix = said(s.add_space_prefix), v.remove_extra_spaces = said(s.remove_extra_spaces);
  v.lowercase = said(s.lowercase), v.strip_accents = said(s.strip_accents);
  return Tokenizer::from_vocabulary(v);
}

/// Reads a file's text; leaves `out` as it is where there is no such file.
Status read_if_there(const Checkpoint& c, const char* name, std::string& out) {
  auto text = c.files().read_text(name, kMaxText);
  if (text.ok()) out = std::move(*text);
  return text.ok() || text.status().code() == Code::kNotFound ? Status() : text.status();
}

/// Finds the tokenizer of one checkpoint: the core's own readers come first, plugins get what these do not read.
class TokenizerFinder {
 public:
  TokenizerFinder(Engine& engine, const Checkpoint& c, const Json& config) : engine_(engine), c_(c), config_(config) {
    if (const std::string* name = token_text(config, "tokenizer_class")) class_ = *name;
  }

  Result<Tokenizer> find() {
    if (c_.vocabulary() && !c_.vocabulary()->tokens.empty()) return of_vocabulary(*c_.vocabulary());
    if (c_.vocabulary()) return error(Code::kNotFound, "{}: no vocabulary in the {} file", c_.path(), c_.format());
    std::string json;
    WEFT_CHECK_OK(read_if_there(c_, "tokenizer.json", json));
    return json.empty() ? of_older_files() : of_json(json);
  }

 private:
  /// The folder's files are not used: they may belong to another model.
  Result<Tokenizer> of_vocabulary(const StoredVocabulary& stored) {
    auto own = named(stored_tokenizer(stored), c_.path());
    if (own.status().code() != Code::kUnimplemented) return own;
    return or_offered({find_vocabulary_kind(stored.model) == nullptr ? stored.model : stored.pre}, std::move(own));
  }
  Result<Tokenizer> of_json(const std::string& json) {
    WEFT_TRY(const TokensBeside beside, tokens_beside(c_.files(), config_));
    auto own = named(Tokenizer::from_json(json, beside), c_.files().folder() + "/tokenizer.json");
    if (own.status().code() != Code::kUnimplemented) return own;
    return or_offered({foreign_model_type(json), class_}, std::move(own));
  }
  Result<Tokenizer> of_older_files() {
    std::string asked;  // a class that is not known may mean other things by files that look familiar
    if (!class_.empty() && find_tokenizer_class(class_) == nullptr) {
      WEFT_TRY(OfferedTokenizer offered, offered_tokenizer(engine_, c_, class_));
      if (offered.made) return std::move(*offered.made);
      asked = std::move(offered.asked);
    }
    const auto read = [&](const char* name, std::string& text) { return read_if_there(c_, name, text); };
    WEFT_TRY(const TokenizerFiles files, gather_tokenizer_files(read));
    auto own = named(Tokenizer::from_files(files), c_.files().folder());
    if (own.status().code() == Code::kNotFound) {
      return error(Code::kNotFound,
                   "{}: neither tokenizer.json nor another tokenizer's files nor a vocabulary in the {} file{}",
                   c_.path(), c_.format(), asked);
    }
    if (own.status().code() != Code::kUnimplemented) return own;
    if (asked.empty()) return or_offered({class_}, std::move(own));
    return Status(Code::kUnimplemented, std::string(own.status().message()) + asked);
  }

  static Result<Tokenizer> named(Result<Tokenizer> own, const std::string& where) {
    return own.ok() ? std::move(own) : own.status().with_context(where);
  }
  /// What a plugin offers for the first of these kinds that one claims; otherwise `own`, which says who was asked.
  Result<Tokenizer> or_offered(std::initializer_list<std::string_view> kinds, Result<Tokenizer> own) {
    std::string asked;
    for (const std::string_view kind : kinds) {
      if (kind.empty()) continue;
      WEFT_TRY(OfferedTokenizer offered, offered_tokenizer(engine_, c_, std::string(kind)));
      if (offered.made) return std::move(*offered.made);
      asked += offered.asked;
    }
    return Status(own.status().code(), std::string(own.status().message()) + asked);
  }

  Engine& engine_;
  const Checkpoint& c_;
  const Json& config_;
  std::string class_;
};

}  // namespace

Result<TextSide> TextSide::load(Engine& engine, const Checkpoint& c) {
  TextSide text;
  Json config = Json::object();
  const DrainAtEnd drain(config);
  if (!c.vocabulary()) {  // the format's vocabulary says all itself
    WEFT_CHECK_OK(read_tokenizer_config_of(c.files(), config));
  }
  WEFT_TRY(text.tokenizer_, TokenizerFinder(engine, c, config).find());
  if (c.vocabulary()) {
    text.eos_id_ = text.tokenizer_->eos_id();
  } else if (const std::string* eos = token_text(config, "eos_token")) {
    text.eos_id_ = text.tokenizer_->token_to_id(*eos).value_or(-1);
  }
  text.settings_ = TokenizerSettings::read(config, *text.tokenizer_);
  if (!text.settings_.ok()) text.settings_ = text.settings_.status().with_context(c.files().folder());
  WEFT_TRY(text.chat_, ChatSide::load(c, config, *text.tokenizer_));
  return text;
}

Result<std::vector<int32_t>> stop_ids_of(const Checkpoint& c, const TextSide* text) {
  std::vector<int32_t> ids;
  auto add = [&](const Json& v) {
    if (v.is_number_integer() && v.get<int64_t>() >= 0 && v.get<int64_t>() < INT32_MAX) ids.push_back(v.get<int32_t>());
  };
  // Whether the config says which ids they are.
  const auto read = [&](const Json& config) {
    const auto it = config.find("eos_token_id");
    if (it == config.end() || it->is_null()) return false;
    add(*it);
    for (const Json& id : items_of(*it)) add(id);
    return true;
  };
  if (c.vocabulary()) {
    if (c.vocabulary()->eos >= 0) ids.push_back(static_cast<int32_t>(c.vocabulary()->eos));
    if (c.generation_config().is_object()) read(c.generation_config());
  } else {
    for (const char* name : {"generation_config.json", "config.json"}) {
      WEFT_TRY(Json config, c.files().read_object(name));
      const DrainAtEnd drain(config);
      if (read(config)) break;  // generation_config.json overrides config.json
    }
  }
  if (text != nullptr && text->eos_id() >= 0) ids.push_back(text->eos_id());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

Result<SamplingChoice> sampling_choice_of(const Checkpoint& c, const std::function<void(const std::string&)>& warn) {
  if (!c.generation_config().is_null()) return read_sampling_choice(c.generation_config(), warn);
  if (c.vocabulary()) return SamplingChoice();  // the format is one file, whose folder may hold other models
  WEFT_TRY(Json config, c.files().read_object("generation_config.json"));
  const DrainAtEnd drain(config);
  SamplingChoice choice = read_sampling_choice(config, warn);
  if (!config.empty()) return choice;
  // Older folders have what forces and forbids tokens in the model's config.
  WEFT_TRY(Json model, c.files().read_object("config.json"));
  const DrainAtEnd drain_model(model);
  choice.rules = read_token_rules(model, warn);
  return choice;
}

}  // namespace weft
