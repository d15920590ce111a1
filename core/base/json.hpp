// JSON for hostile input: size and depth are capped, duplicate keys keep the last, NaN is refused.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "weft/status.hpp"

namespace weft {

using Json = nlohmann::ordered_json;

struct JsonLimits {
  std::uint64_t max_bytes = 100u << 20;
  int max_depth = 64;
  bool allow_comments = false;
};

/// Parses `text`; errors carry the byte position, never the text itself.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

}  // namespace weft
