// Writes small JSON objects: configs and metadata that a plugin hands to the host.
#pragma once

#include "weft/sdk/inline.hpp"
#include "weft/sdk/json.hpp"

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>

namespace weft::sdk {

/// A JSON string, in quotes and escaped. The caller makes sure that `s` is UTF-8.
WEFT_SDK_INLINE std::string json_string(std::string_view s) {
  std::string out = "\"";
  for (char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      constexpr char digits[] = "0123456789abcdef";
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// The shortest text that reads back as the same number; v is finite.
WEFT_SDK_INLINE std::string json_number(double v) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, v).ptr;
  return {buffer, end};
}

class JsonObject {
 public:
  JsonObject& raw(std::string_view key, std::string_view json) {
    text_ += (text_.size() > 1 ? "," : "") + json_string(key) + ":" + std::string(json);
    return *this;
  }
  JsonObject& set(std::string_view key, std::string_view value) { return raw(key, json_string(value)); }
  JsonObject& set(std::string_view key, const char* value) { return set(key, std::string_view(value)); }
  template <class T>
    requires std::is_arithmetic_v<T>
  JsonObject& set(std::string_view key, T value) {
    if constexpr (std::is_same_v<T, bool>) {
      return raw(key, value ? "true" : "false");
    } else if constexpr (std::is_integral_v<T>) {
      return raw(key, std::to_string(value));
    } else {
      return raw(key, json_number(value));
    }
  }
  std::string text() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

/// A JSON value as text; numbers that are not finite as transformers 5 writes them.
WEFT_SDK_INLINE std::string json_text(const Json& v) {
  std::string text;
  switch (v.type()) {
    case WEFT_JSON_BOOL: return v.integer() != 0 ? "true" : "false";
    case WEFT_JSON_INT: return std::to_string(v.integer());
    case WEFT_JSON_FLOAT:
      if (std::isfinite(v.number())) return json_number(v.number());
      text = std::isnan(v.number()) ? "NaN" : v.number() < 0 ? "-Infinity" : "Infinity";
      return JsonObject().set("__float__", text).text();
    case WEFT_JSON_STRING: return json_string(v.string());
    case WEFT_JSON_ARRAY:
      for (uint64_t i = 0; i < v.size(); ++i) text += (i > 0 ? "," : "") + json_text(v.at(i));
      return "[" + text + "]";
    case WEFT_JSON_OBJECT: {
      JsonObject object;
      for (uint64_t i = 0; i < v.size(); ++i) object.raw(v.key(i), json_text(v.at(i)));
      return object.text();
    }
    default: return "null";
  }
}

}  // namespace weft::sdk
