#include "core/base/json.hpp"

#include "core/base/error.hpp"

namespace weft {

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return error(Code::kResourceExhausted, "JSON of {} bytes, at most {} are read", text.size(),
                 limits.max_bytes);
  }
  bool too_deep = false;
  try {
    // The callback sees every container start with its depth; throwing would unwind through the
    // parser, so depth is recorded and values below it dropped.
    auto watch = [&](int depth, Json::parse_event_t, Json&) {
      if (depth > limits.max_depth) too_deep = true;
      return !too_deep;
    };
    Json value = Json::parse(text, watch, /*allow_exceptions=*/true, limits.allow_comments);
    if (too_deep) return invalid("JSON nested deeper than {} levels", limits.max_depth);
    return value;
  } catch (const Json::parse_error& e) {
    return invalid("malformed JSON at byte {}", e.byte);
  } catch (const Json::exception& e) {
    return invalid("JSON value not representable (error {})", e.id);
  } catch (const std::bad_alloc&) {
    return error(Code::kResourceExhausted, "out of memory parsing {} bytes of JSON", text.size());
  }
}

}  // namespace weft
