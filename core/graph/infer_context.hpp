// What an inference rule is given (inputs, attributes, symbols), and its ways to fail.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/graph/infer.hpp"

namespace weft {

using Types = std::vector<Type>;

struct InferContext {
  std::string_view op;
  std::span<const Type* const> in;
  std::span<const Attr> attrs;
  SymbolTable& symbols;

  const Type& arg(std::size_t i) const { return *in[i]; }
  std::string text(const Type& t) const;

  template <class... Args>
  Status fail(fmt::format_string<Args...> format, Args&&... args) const {
    return invalid("{}: {}", op, fmt::format(format, std::forward<Args>(args)...));
  }
  /// Checks that input `i` has one of the dtypes.
  Status dtype(std::size_t i, std::initializer_list<std::uint32_t> allowed) const;
  Status same_dtype(std::size_t i, std::size_t j) const;

  Result<std::int64_t> i64(std::string_view key) const;  // required; a list of one entry
  Result<std::int64_t> i64(std::string_view key, std::int64_t fallback) const;
  Result<std::vector<std::int64_t>> list(std::string_view key) const;
  Result<std::vector<std::int64_t>> list(std::string_view key, Dims fallback) const;
  Result<double> f64(std::string_view key, double fallback) const;
  Result<bool> flag(std::string_view key) const;  // 0 or 1; absent: 0
  Result<std::size_t> axis(std::size_t rank) const;
  Result<Dims> dims(std::string_view key) const;  // sizes and known symbols, of a valid rank

  /// Broadcasts two shapes of the same rank: a size of 1 takes the other's size.
  Result<Dims> broadcast(const Dims& a, const Dims& b) const;

 private:
  const Attr* find(std::string_view key) const;
};

/// Returns the types of the results. When it is called, the number of inputs, their presence and the names of the
/// attributes have been checked.
using InferRule = Result<Types> (*)(const InferContext&);

struct Primitive {
  std::string_view op;
  std::size_t min_in, max_in;
  std::vector<std::string_view> attrs;  // all attributes that it may have
  InferRule rule;
};

const std::vector<Primitive>& elementwise_primitives();
const std::vector<Primitive>& layout_primitives();
const std::vector<Primitive>& indexing_primitives();
const std::vector<Primitive>& contraction_primitives();

std::string_view dtype_text(std::uint32_t dtype);

}  // namespace weft
