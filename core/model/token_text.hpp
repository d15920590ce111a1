// How tokenizer_config.json and the files beside it write a token.
#pragma once

#include <string>

#include "core/base/json.hpp"

namespace weft {

/// The text of a token: a string, or an object's "content"; null: it is neither.
inline const std::string* token_text(const Json& token) {
  if (token.is_string()) return token.get_ptr<const std::string*>();
  if (!token.is_object()) return nullptr;
  const auto it = token.find("content");
  return it != token.end() && it->is_string() ? it->get_ptr<const std::string*>() : nullptr;
}
/// The same for the member `name` of an object; null: there is none.
inline const std::string* token_text(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() ? nullptr : token_text(*it);
}

}  // namespace weft
