// The ABI's JSON view over a parsed document.
#pragma once

#include "core/base/json.hpp"
#include "weft/abi/json.h"

namespace weft {

/// A view of `root`, which may be null (an absent document) and must outlive the view.
weft_json make_json_view(const Json* root);

/// A document that plugins are shown.
class JsonDocument {
 public:
  JsonDocument() = default;
  ~JsonDocument() { drain_json(json_); }
  JsonDocument(const JsonDocument&) = delete;  // the view points into it
  JsonDocument& operator=(const JsonDocument&) = delete;

  Json& json() { return json_; }
  const weft_json* view() const { return &view_; }

 private:
  Json json_;
  const weft_json view_ = make_json_view(&json_);
};

}  // namespace weft
