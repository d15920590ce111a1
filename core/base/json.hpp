// JSON for hostile input: size and depth are limited, and the last of equal keys counts.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "weft/status.hpp"

namespace weft {

using Json = nlohmann::ordered_json;
/// For documents in which thousands of keys are looked up; Json compares all keys one by one.
using SortedJson = nlohmann::json;

struct JsonLimits {
  std::uint64_t max_bytes = 100u << 20;
  int max_depth = 64;
  std::uint64_t max_values = 1'000'000;  // keys count too; larger: hostile text takes more memory, 228 bytes a value
  bool allow_comments = false;
  bool python = false;   // Infinity, -Infinity and NaN are numbers, as Python's json module writes them; no comments
  bool by_line = false;  // errors give line and column, for people with an editor, instead of the byte
};

/// Parses `text`. Errors give the position, never the text itself.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});
Result<SortedJson> parse_sorted_json(std::string_view text, const JsonLimits& limits = {});

/// Empties containers from the leaves up, which needs no memory. The destructor of a full container needs some, and
/// ends the process when there is none.
void drain_json(Json& value) noexcept;
void drain_json(SortedJson& value) noexcept;

/// Drains a document when its scope ends, also by an exception.
template <class J>
class DrainAtEnd {
 public:
  explicit DrainAtEnd(J& value) : value_(value) {}
  ~DrainAtEnd() { drain_json(value_); }
  DrainAtEnd(const DrainAtEnd&) = delete;
  DrainAtEnd& operator=(const DrainAtEnd&) = delete;

 private:
  J& value_;
};

}  // namespace weft
