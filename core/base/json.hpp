// JSON for hostile input: size and depth are capped, duplicate keys keep the last.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "weft/status.hpp"

namespace weft {

using Json = nlohmann::ordered_json;
/// For documents in which keys are looked up by the thousand: Json looks at them one by one.
using SortedJson = nlohmann::json;

struct JsonLimits {
  std::uint64_t max_bytes = 100u << 20;
  int max_depth = 64;
  bool allow_comments = false;
  bool python = false;   // Infinity, -Infinity and NaN are numbers, as Python's json module writes them; no comments
  bool by_line = false;  // errors carry line and column, for those who look with an editor, instead of the byte
};

/// Parses `text`; errors carry the position, never the text itself.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});
Result<SortedJson> parse_sorted_json(std::string_view text, const JsonLimits& limits = {});

/// Empties containers from the leaves up, which takes no memory; the destructor of a full one takes
/// some, and ends the process where there is none.
void drain_json(Json& value) noexcept;
void drain_json(SortedJson& value) noexcept;

/// Drains a document when the scope that owns it ends, by an exception too.
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
