// The attributes of a node: as writers give them, and as the writer of a composite's body reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/abi/graph.h"
#include "weft/sdk/error.hpp"
#include "weft/sdk/op_check.hpp"

namespace weft::sdk {

/// A node's attribute; `type` says which one of the three fields holds its value. It is no std::variant: libstdc++ 12
/// has undefined behaviour when memory runs out while one is copied.
struct Attr {
  std::string key;
  uint32_t type = WEFT_ATTR_I64;
  std::vector<int64_t> i64s;
  std::vector<double> f64s;
  std::string string;
  static Attr ints(std::string key, std::vector<int64_t> v) {
    return {std::move(key), WEFT_ATTR_I64, std::move(v), {}, {}};
  }
  static Attr i64(std::string key, int64_t v) { return ints(std::move(key), {v}); }
  static Attr f64(std::string key, double v) { return {std::move(key), WEFT_ATTR_F64, {}, {v}, {}}; }
  static Attr text(std::string key, std::string v) { return {std::move(key), WEFT_ATTR_STR, {}, {}, std::move(v)}; }
};

/// The attribute as the ABI has it; it points into `a`.
inline weft_attr to_abi(const Attr& a) {
  weft_attr r{WEFT_HDR(weft_attr, data), str(a.key), a.type, 0, nullptr};
  switch (a.type) {
    case WEFT_ATTR_I64: r.count = static_cast<uint32_t>(a.i64s.size()), r.data = a.i64s.data(); break;
    case WEFT_ATTR_F64: r.count = static_cast<uint32_t>(a.f64s.size()), r.data = a.f64s.data(); break;
    default: r.count = static_cast<uint32_t>(a.string.size()), r.data = a.string.data();
  }
  return r;
}

/// What the writer of a body reads of its node. Numbers that are absent have the default of the op's row, or are 0.
class Attributes {
 public:
  /// `row`: that of the op; null: it has none. What `attrs` point to outlives it.
  Attributes(const Op* row, std::vector<weft_attr> attrs) : row_(row), attrs_(std::move(attrs)) {}

  bool has(std::string_view key) const { return find(key) != nullptr; }
  int64_t integer(std::string_view key) const {
    const auto* v = values<int64_t>(key, WEFT_ATTR_I64);
    return v != nullptr ? *v : static_cast<int64_t>(otherwise(key));
  }
  bool flag(std::string_view key) const { return integer(key) != 0; }
  double number(std::string_view key) const {
    const auto* v = values<double>(key, WEFT_ATTR_F64);
    return v != nullptr ? *v : otherwise(key);
  }
  std::string_view text(std::string_view key) const {
    const weft_attr* a = find(key);
    if (a == nullptr || a->type != WEFT_ATTR_STR || a->count == 0) return {};
    return {static_cast<const char*>(a->data), a->count};
  }
  std::vector<int64_t> list(std::string_view key) const {
    const auto* v = values<int64_t>(key, WEFT_ATTR_I64);
    return v == nullptr ? std::vector<int64_t>() : std::vector<int64_t>(v, v + find(key)->count);
  }

 private:
  const weft_attr* find(std::string_view key) const {
    for (const weft_attr& a : attrs_) {
      if (view(a.key) == key) return &a;
    }
    return nullptr;
  }
  template <class T>
  const T* values(std::string_view key, uint32_t type) const {
    const weft_attr* a = find(key);
    return a != nullptr && a->type == type && a->count > 0 ? static_cast<const T*>(a->data) : nullptr;
  }
  double otherwise(std::string_view key) const {
    const OpAttribute* a = row_ != nullptr ? row_->attribute(key) : nullptr;
    return a != nullptr ? a->otherwise : 0;
  }

  const Op* row_;
  std::vector<weft_attr> attrs_;
};

inline GivenAttribute given(const weft_attr& a) { return {view(a.key), a.type, a.count, a.data}; }

}  // namespace weft::sdk
