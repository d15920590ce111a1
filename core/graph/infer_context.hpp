// What an inference rule is given (inputs, attributes, symbols), and its ways to fail.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/graph/infer.hpp"
#include "weft/sdk/op.hpp"

namespace weft {

using Types = std::vector<Type>;

struct InferContext {
  const sdk::Op& op;
  std::span<const Type* const> in;
  std::span<const Attr> attrs;
  SymbolTable& symbols;

  const Type& arg(std::size_t i) const { return *in[i]; }
  std::string text(const Type& t) const;

  template <class... Args>
  Status fail(fmt::format_string<Args...> format, Args&&... args) const {
    return invalid("{}: {}", op.name, fmt::format(format, std::forward<Args>(args)...));
  }
  Status same_dtype(std::size_t i, std::size_t j) const;

  /// Of an attribute that is absent, the row's default; of a list, `n` times.
  std::int64_t i64(std::string_view key) const;
  Dims list(std::string_view key, std::size_t n = 0) const;
  bool flag(std::string_view key) const { return i64(key) != 0; }
  Result<std::size_t> axis(std::size_t rank) const;
  Result<Dims> dims(std::string_view key) const;  // sizes and known symbols, of a valid rank

  /// Broadcasts two shapes of the same rank: a size of 1 takes the other's size.
  Result<Dims> broadcast(const Dims& a, const Dims& b) const;

 private:
  const Dims* find(std::string_view key) const;
};

/// Returns the types of the results. When it is called, inputs and attributes have been checked against the op's row.
using InferRule = Result<Types> (*)(const InferContext&);
/// The rules of primitives by their names.
using InferRules = std::vector<std::pair<std::string_view, InferRule>>;

const InferRules& elementwise_rules();
const InferRules& layout_rules();
const InferRules& indexing_rules();
const InferRules& contraction_rules();

/// Checks attributes against the op's row.
Status check_attrs(const sdk::Op& op, std::span<const Attr> attrs);

std::string_view dtype_text(std::uint32_t dtype);

}  // namespace weft
