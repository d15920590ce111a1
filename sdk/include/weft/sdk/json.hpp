// A JSON value as the host parsed it. A missing member is not an error but an absent value.
#pragma once

#include <optional>
#include <string_view>

#include "weft/abi/json.h"
#include "weft/sdk/error.hpp"

namespace weft::sdk {

class Json {
 public:
  Json() = default;
  explicit Json(const weft_json* document)
      : api_(document), node_(document ? document->root : nullptr) {}

  uint32_t type() const { return node_ ? api_->type(node_) : uint32_t{WEFT_JSON_ABSENT}; }
  bool absent() const { return type() == WEFT_JSON_ABSENT; }
  bool null() const { return type() <= WEFT_JSON_NULL; }  // absent or null
  bool is_string() const { return type() == WEFT_JSON_STRING; }
  bool is_array() const { return type() == WEFT_JSON_ARRAY; }
  bool is_object() const { return type() == WEFT_JSON_OBJECT; }
  bool is_number() const { return type() == WEFT_JSON_INT || type() == WEFT_JSON_FLOAT; }
  bool is_integer() const { return type() == WEFT_JSON_INT; }
  bool is_bool() const { return type() == WEFT_JSON_BOOL; }

  uint64_t size() const { return node_ ? api_->size(node_) : 0; }
  Json operator[](std::string_view key) const {
    return Json(api_, node_ ? api_->member(node_, str(key)) : nullptr);
  }
  Json at(uint64_t i) const { return Json(api_, node_ ? api_->at(node_, i) : nullptr); }
  std::string_view key(uint64_t i) const { return node_ ? view(api_->key(node_, i)) : ""; }
  std::string_view string() const { return node_ ? view(api_->string(node_)) : ""; }
  int64_t integer() const { return node_ ? api_->integer(node_) : 0; }
  double number() const { return node_ ? api_->number(node_) : 0; }

 private:
  Json(const weft_json* api, const weft_json_node* node) : api_(api), node_(node) {}
  const weft_json* api_ = nullptr;
  const weft_json_node* node_ = nullptr;
};

/// The document that a function of the host gives: give(&document) -> status. Absent where it gives none.
template <class F>
Json given_json(const F& give) {
  const weft_json* document = nullptr;
  check(give(&document));
  return Json(document);
}

/// A document that the host parses for the plugin.
class ParsedJson {
 public:
  /// Throws where the text is not JSON. UNIMPLEMENTED: the host does not offer it.
  explicit ParsedJson(std::string_view text)
      : parser_(static_cast<const weft_json_parser*>(host().get_extension(host().ctx, str(WEFT_JSON_EXTENSION)))) {
    if (parser_ == nullptr) fail(WEFT_UNIMPLEMENTED, "this host does not parse JSON for plugins");
    check(parser_->parse(parser_->ctx, str(text), &document_));
  }
  ~ParsedJson() { parser_->free(parser_->ctx, document_); }
  ParsedJson(const ParsedJson&) = delete;
  ParsedJson& operator=(const ParsedJson&) = delete;

  Json root() const { return Json(document_); }

 private:
  const weft_json_parser* parser_;
  const weft_json* document_ = nullptr;
};

}  // namespace weft::sdk
