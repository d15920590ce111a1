// Typed reads of JSON fields: absent or null gives the default, another type is an error.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/json.hpp"

namespace weft {

/// Keys sorted: ordered objects look keys up one by one, 2 s for 49 k tokens.
using VocabJson = SortedJson;

/// The field, or null when absent.
inline const VocabJson& json_field(const VocabJson& object, std::string_view key) {
  static const VocabJson none;
  if (!object.is_object()) return none;
  const auto it = object.find(key);
  return it == object.end() ? none : *it;
}

inline Result<std::string> json_text(const VocabJson& object, std::string_view key,
                                     std::string_view absent = "") {
  const VocabJson& field = json_field(object, key);
  if (field.is_null()) return std::string(absent);
  if (!field.is_string()) return invalid("tokenizer.json: '{}' is not a string", key);
  return field.get_ref<const std::string&>();
}

inline Result<bool> json_bool(const VocabJson& object, std::string_view key, bool absent) {
  const VocabJson& field = json_field(object, key);
  if (field.is_null()) return absent;
  if (!field.is_boolean()) return invalid("tokenizer.json: '{}' is not a boolean", key);
  return field.get<bool>();
}

inline Result<std::int64_t> json_integer(const VocabJson& object, std::string_view key,
                                         std::int64_t absent) {
  const VocabJson& field = json_field(object, key);
  if (field.is_null()) return absent;
  if (!field.is_number_integer()) return invalid("tokenizer.json: '{}' is not an integer", key);
  return field.get<std::int64_t>();
}

/// Calls f on each element of a Sequence's list `key`, or on `node` itself.
template <class F>
Status json_each(const VocabJson& node, std::string_view key, F&& f) {
  WEFT_TRY(const std::string type, json_text(node, "type"));
  if (type != "Sequence") return f(node, type);
  const VocabJson& list = json_field(node, key);
  if (!list.is_array()) return invalid("tokenizer.json: a Sequence without '{}'", key);
  for (const VocabJson& item : list) WEFT_CHECK_OK(json_each(item, key, f));
  return {};
}

}  // namespace weft
