// Whether a node's inputs and attributes are those of its op's row. Core, writers of graphs and backends ask the same.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "weft/sdk/op.hpp"

namespace weft::sdk {

/// An input that is checked; `dtype` of an absent one has no meaning.
struct GivenInput {
  bool present = false;
  uint32_t dtype = WEFT_F32, rank = 0;
  bool state = false;  // whether it is a state or the memory of one
};

/// An attribute that is checked, as weft_attr has it.
struct GivenAttribute {
  std::string_view key;
  uint32_t type, count;
  const void* data;
};

/// The dtypes of a row's input: "f32 or i32".
inline std::string dtypes_text(uint32_t dtypes) {
  std::string s;
  for (const ValueDtype& d : kValueDtypes) {
    if (dtypes & d.bit) s += (s.empty() ? "" : " or ") + std::string(d.name);
  }
  return s;
}

struct Ranks {
  uint32_t least = 0;
  bool open = false;  // whether it may be more
};
/// The ranks of tensors of a shape as rows write it.
constexpr Ranks ranks_of(std::string_view shape) {
  if (shape.empty()) return {0, true};
  Ranks r;
  for (std::size_t at = 1; at < shape.size() && shape != "[]";) {
    const std::size_t end = std::min(shape.find(',', at), shape.size() - 1);
    const bool many = shape.substr(at, end - at).find("...") != shape.npos;
    r.open |= many, r.least += !many;
    at = end + 1;
  }
  return r;
}

/// Why inputs do not fit a row; empty: they do. at(i): the i-th of n; text(i): how it is called in a message.
template <class At, class Text>
std::string inputs_unfit(const Op& op, std::size_t n, const At& at, const Text& text) {
  const std::span<const OpInput> rows = op.inputs();
  std::size_t least = 0;
  bool any_number = false, more = false;
  for (const OpInput& row : rows) {
    any_number |= row.need == OpInput::kAnyNumber, more |= row.need == OpInput::kOneOrMore;
    least += row.need != OpInput::kAnyNumber;
  }
  if (n < least || (n > least && !more && !any_number))
    return "got " + std::to_string(n) + " inputs, expected " + std::to_string(least);
  for (std::size_t i = 0; i < n; ++i) {
    const GivenInput given = at(i);
    const OpInput& row = rows[std::min(i, rows.size() - 1)];
    const std::string name = "input " + std::to_string(i);
    if (!given.present && (any_number || row.need != OpInput::kOptional)) return name + " is absent";
    if (!given.present || any_number) continue;
    if ((row.dtypes & value_dtype(given.dtype).bit) == 0)
      return name + " is " + text(i) + ", expected " + dtypes_text(row.dtypes);
    const Ranks ranks = ranks_of(row.shape);
    if (given.rank < ranks.least || (given.rank > ranks.least && !ranks.open))
      return name + " is " + text(i) + ", expected " + std::string(row.shape);
    if (row.need == OpInput::kState && !given.state) return name + " is no state";
  }
  return "";
}

inline std::string unfit(const OpAttribute& row, const GivenAttribute& a) {
  const std::string name = "attribute " + std::string(a.key);
  const bool integers = row.type != OpAttribute::kFloat && row.type != OpAttribute::kText;
  const uint32_t type = integers                         ? uint32_t{WEFT_ATTR_I64}
                        : row.type == OpAttribute::kText ? uint32_t{WEFT_ATTR_STR}
                                                         : uint32_t{WEFT_ATTR_F64};
  if (a.type != type) {
    constexpr const char* kTypes[] = {"", "of integers", "of f64", "a text"};
    return name + " is not " + kTypes[type];
  }
  const bool list = row.type == OpAttribute::kInts || row.type == OpAttribute::kSizes || row.type == OpAttribute::kText;
  if (!list && a.count != 1) return name + " has " + std::to_string(a.count) + " entries, expected 1";
  if (row.type == OpAttribute::kFlag) {
    const int64_t v = *static_cast<const int64_t*>(a.data);
    if (v != 0 && v != 1) return std::string(a.key) + " is " + std::to_string(v) + ", expected 0 or 1";
  }
  return "";
}

/// Why attributes do not fit a row; empty: they do. at(i): the i-th of n.
template <class At>
std::string attributes_unfit(const Op& op, std::size_t n, const At& at) {
  for (std::size_t i = 0; i < n; ++i) {
    const GivenAttribute a = at(i);
    const OpAttribute* row = op.attribute(a.key);
    if (row == nullptr) {
      std::string known;
      for (const OpAttribute& k : op.attributes()) known += (known.empty() ? "" : ", ") + std::string(k.name);
      return "unknown attribute " + std::string(a.key) + ", expected one of [" + known + "]";
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (at(j).key == a.key) return "attribute " + std::string(a.key) + " is given twice";
    }
    std::string reason = unfit(*row, a);
    if (!reason.empty()) return reason;
  }
  for (const OpAttribute& row : op.attributes()) {
    bool there = row.need == OpAttribute::kOptional;
    for (std::size_t i = 0; i < n && !there; ++i) there = at(i).key == row.name;
    if (!there) return "attribute " + std::string(row.name) + " is missing";
  }
  return "";
}

}  // namespace weft::sdk
