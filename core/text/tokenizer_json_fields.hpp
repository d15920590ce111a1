// Typed reads of JSON fields: absent or null gives the default; another type is an error.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/text/flat_json.hpp"

namespace weft {

using JsonNode = FlatJson::Node;

inline Result<std::string> json_text(JsonNode object, std::string_view key, std::string_view absent = "") {
  const JsonNode field = object[key];
  if (field.is_null()) return std::string(absent);
  if (!field.is_string()) return invalid("tokenizer.json: '{}' is not a string", key);
  return std::string(field.text());
}

inline Result<bool> json_bool(JsonNode object, std::string_view key, bool absent) {
  const JsonNode field = object[key];
  if (field.is_null()) return absent;
  if (!field.is_bool()) return invalid("tokenizer.json: '{}' is not a boolean", key);
  return field.type() == FlatJson::Type::kTrue;
}

inline Result<std::int64_t> json_integer(JsonNode object, std::string_view key, std::int64_t absent) {
  const JsonNode field = object[key];
  if (field.is_null()) return absent;
  if (!field.is_integer()) return invalid("tokenizer.json: '{}' is not an integer", key);
  return field.integer();
}

}  // namespace weft
