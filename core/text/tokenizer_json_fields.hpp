// Typed reads of JSON fields: absent or null gives the default, another type is an error.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/json.hpp"

namespace weft {

/// The field, or null when absent.
inline const Json& json_field(const Json& object, std::string_view key) {
  static const Json none;
  if (!object.is_object()) return none;
  const auto it = object.find(key);
  return it == object.end() ? none : *it;
}

inline Result<std::string> json_text(const Json& object, std::string_view key,
                                     std::string_view absent = "") {
  const Json& field = json_field(object, key);
  if (field.is_null()) return std::string(absent);
  if (!field.is_string()) return invalid("tokenizer.json: '{}' is not a string", key);
  return field.get_ref<const std::string&>();
}

inline Result<bool> json_bool(const Json& object, std::string_view key, bool absent) {
  const Json& field = json_field(object, key);
  if (field.is_null()) return absent;
  if (!field.is_boolean()) return invalid("tokenizer.json: '{}' is not a boolean", key);
  return field.get<bool>();
}

inline Result<std::int64_t> json_integer(const Json& object, std::string_view key,
                                         std::int64_t absent) {
  const Json& field = json_field(object, key);
  if (field.is_null()) return absent;
  if (!field.is_number_integer()) return invalid("tokenizer.json: '{}' is not an integer", key);
  return field.get<std::int64_t>();
}

/// Calls f on each element of a Sequence's list `key`, or on `node` itself.
template <class F>
Status json_each(const Json& node, std::string_view key, F&& f) {
  WEFT_TRY(const std::string type, json_text(node, "type"));
  if (type != "Sequence") return f(node, type);
  const Json& list = json_field(node, key);
  if (!list.is_array()) return invalid("tokenizer.json: a Sequence without '{}'", key);
  for (const Json& item : list) WEFT_CHECK_OK(json_each(item, key, f));
  return {};
}

}  // namespace weft
