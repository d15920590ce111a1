// How the table of ops describes an op. Its rows: primitives.hpp and composites.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "weft/sdk/value_dtype.hpp"

namespace weft::sdk {

struct OpInput {
  enum Need {
    kRequired,
    kOptional,
    kState,       // required, and a state or the memory of one
    kOneOrMore,   // stands last
    kAnyNumber,   // the inputs of such an op are not told apart by their places
  };
  std::string_view name;
  uint32_t dtypes = kF32;
  std::string_view shape = {};  // "[T, H, D]"; "..." stands for any number of axes; empty: any shape
  Need need = kRequired;
};

struct OpAttribute {
  enum Type { kInt, kFlag, kInts, kSize, kSizes, kFloat, kText };  // kFlag: 0 or 1; kSize: may be ~symbol
  enum Need { kRequired, kOptional };
  std::string_view name;
  Type type = kInt;
  std::string_view what = {};
  Need need = kRequired;
  double otherwise = 0;  // the default of numbers; of a list: of each entry
};

/// A row of the table. Op and version together fix everything that it says.
struct Op {
  std::string_view name;
  uint32_t version = 1;
  std::string_view what;
  std::array<OpInput, 12> input_rows = {};         // those after the last have no name
  std::array<OpAttribute, 8> attribute_rows = {};  // likewise
  std::string_view result;
  std::string_view edges = {};  // empty sizes, ties, NaN, indices of -1

  constexpr std::span<const OpInput> inputs() const { return named(input_rows); }
  constexpr std::span<const OpAttribute> attributes() const { return named(attribute_rows); }
  constexpr const OpAttribute* attribute(std::string_view key) const {
    for (const OpAttribute& a : attributes()) {
      if (a.name == key) return &a;
    }
    return nullptr;
  }

 private:
  template <class Row, std::size_t N>
  static constexpr std::span<const Row> named(const std::array<Row, N>& rows) {
    std::size_t n = 0;
    while (n < N && !rows[n].name.empty()) ++n;
    return {rows.data(), n};
  }
};

/// The row of an op; null: there is none.
constexpr const Op* find_op(std::span<const Op> table, std::string_view name, uint32_t version) {
  for (const Op& op : table) {
    if (op.name == name && op.version == version) return &op;
  }
  return nullptr;
}

/// Whether a composite of this name is weft's. Others put their name before the op's: "com.acme.mixer".
constexpr bool is_weft_name(std::string_view op) { return op.find('.') == op.npos; }

}  // namespace weft::sdk
