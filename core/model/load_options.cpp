#include "core/model/load_options.hpp"

#include <algorithm>
#include <span>

#include "core/base/error.hpp"
#include "core/model/layer_split.hpp"
#include "core/plugins/config.hpp"

namespace weft {
namespace {

Status one_of(const char* what, const std::string& value, std::span<const std::string_view> known) {
  if (value.empty() || std::find(known.begin(), known.end(), value) != known.end()) return {};
  return invalid("the {} \"{}\" is not known, expected one of {}", what, value, fmt::join(known, ", "));
}

Status in_range(const char* what, int64_t value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return {};
  return invalid("{} is {}, expected {} to {}", what, value, least, most);
}

}  // namespace

Status LoadOptions::check() const {
  WEFT_CHECK_OK(one_of("precision", precision, kPrecisions));
  WEFT_CHECK_OK(one_of("cache dtype", kv, kCaches));
  WEFT_CHECK_OK(in_range("context", context, 0, kMostTokens));
  WEFT_CHECK_OK(in_range("sequences", sequences, 1, INT32_MAX));
  WEFT_CHECK_OK(in_range("logits_rows", logits_rows, 0, kMostTokens));
  if (!layers.empty() && layers != kAutoLayers) WEFT_CHECK_OK(parse_layers(layers).status());
  return in_range("step_tokens", step_tokens, 1, kMostTokens);
}

}  // namespace weft
