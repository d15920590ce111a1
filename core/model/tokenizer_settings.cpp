#include "core/model/tokenizer_settings.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/model/token_text.hpp"
#include "core/text/published_classes.hpp"

namespace weft {
namespace {

constexpr int64_t kMostTokens = int64_t{1} << 30;  // a larger model_max_length stands for no limit

Result<bool> is_left(const Json& config, const char* key) {
  const auto it = config.find(key);
  if (it == config.end() || it->is_null() || *it == "right") return false;
  if (*it == "left") return true;
  return error(Code::kUnimplemented, "tokenizer_config.json: {} is {}, expected \"left\" or \"right\"", key,
               it->dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 80));
}

bool lists_types(const Json& config) {
  const auto names = config.find("model_input_names");
  if (names != config.end() && names->is_array())
    return std::find(names->begin(), names->end(), "token_type_ids") != names->end();
  const std::string* kind = token_text(config, "tokenizer_class");
  return kind == nullptr || !is_general_class(*kind);
}

Result<int64_t> max_tokens_of(const Json& config) {
  auto it = config.find("model_max_length");
  if (it == config.end()) it = config.find("max_len");
  if (it == config.end() || it->is_null()) return 0;
  if (!it->is_number() || it->get<double>() < 1)
    return invalid("tokenizer_config.json: model_max_length is {}, expected a number of tokens, at least 1",
                   it->dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 80));
  return it->get<double>() > static_cast<double>(kMostTokens) ? 0 : static_cast<int64_t>(it->get<double>());
}

int32_t named_token(const Json& config, const char* key, std::initializer_list<const char*> usual,
                    const Tokenizer& tokenizer) {
  if (const std::string* text = token_text(config, key)) return tokenizer.token_to_id(*text).value_or(-1);
  for (const char* text : usual) {
    const auto id = tokenizer.token_to_id(text);
    if (id && tokenizer.is_special(*id)) return *id;
  }
  return -1;
}

}  // namespace

Result<TokenizerSettings> TokenizerSettings::read(const Json& config, const Tokenizer& tokenizer) {
  TokenizerSettings s;
  WEFT_TRY(s.max_tokens, max_tokens_of(config));
  WEFT_TRY(s.cuts_left, is_left(config, "truncation_side"));
  WEFT_TRY(s.pads_left, is_left(config, "padding_side"));
  s.gives_types = lists_types(config);
  const auto tidies = config.find("clean_up_tokenization_spaces");
  s.tidies_spaces = tidies != config.end() && *tidies == true;
  s.mask = named_token(config, "mask_token", {"[MASK]", "<mask>"}, tokenizer);
  s.cls = named_token(config, "cls_token", {"[CLS]", "<s>"}, tokenizer);
  s.pad = named_token(config, "pad_token", {"[PAD]", "<pad>"}, tokenizer);
  return s;
}

}  // namespace weft
