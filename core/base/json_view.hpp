// The ABI's JSON view over a parsed document.
#pragma once

#include "core/base/json.hpp"
#include "weft/abi/json.h"

namespace weft {

/// A view of `root`, which may be null (an absent document) and must outlive the view.
weft_json make_json_view(const Json* root);

/// A document that plugins are shown: it is its own view.
struct JsonDocument : weft_json {
  explicit JsonDocument(Json value = {}) : weft_json(make_json_view(&json)), json(std::move(value)) {}
  ~JsonDocument() { drain_json(json); }
  JsonDocument(const JsonDocument&) = delete;  // the view points into it
  JsonDocument& operator=(const JsonDocument&) = delete;

  Json json;
};

}  // namespace weft
