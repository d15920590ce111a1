// A token as tokenizer_config.json and the files beside it have it.
#pragma once

#include <string>

#include "core/base/json.hpp"

namespace weft {

/// A string, or an object with its "content"; null where the token is neither.
inline const std::string* token_text(const Json& token) {
  if (token.is_string()) return token.get_ptr<const std::string*>();
  if (!token.is_object()) return nullptr;
  const auto it = token.find("content");
  return it != token.end() && it->is_string() ? it->get_ptr<const std::string*>() : nullptr;
}
/// The same of the member called `name`, where the object has it.
inline const std::string* token_text(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() ? nullptr : token_text(*it);
}

}  // namespace weft
