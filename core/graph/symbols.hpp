// Run-time sizes: interning while a graph is built, resolving when it runs.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph/graph.hpp"
#include "weft/status.hpp"

namespace weft {

inline constexpr std::int64_t kMaxSize = std::int64_t{1} << 62;

/// Equal definitions get equal ids; MUL and ADD are stored with a <= b.
class SymbolTable {
 public:
  /// Maxima of FREE symbols; 0 or no function: kDefaultMax.
  using MaxOf = std::function<std::int64_t(std::string_view name)>;
  static constexpr std::int64_t kDefaultMax = std::int64_t{1} << 20;

  explicit SymbolTable(MaxOf max_of = {}) : max_of_(std::move(max_of)) {}

  Result<std::uint32_t> free(std::string_view name);
  /// a * k, a * b, a + b or a + k; a derived maximum saturates at kMaxSize. a*1 and a+0 are a.
  Result<std::uint32_t> derive(std::uint32_t op, std::uint32_t a, std::uint32_t b, std::int64_t k);
  /// Sum and product of two dims, each a size or ~symbol.
  Result<std::int64_t> add(std::int64_t x, std::int64_t y);

  /// Whether two shapes have the same number of elements for all sizes: their products, with MUL
  /// and MUL_CONST expanded, are the same multiset of factors.
  bool same_elements(const Dims& a, const Dims& b) const;
  bool valid(std::int64_t dim) const;  // a size, or a known symbol
  std::int64_t max(std::int64_t dim) const;
  std::string text(std::int64_t dim) const;
  std::string text(const Dims& dims) const;  // "[T,64]"

  const std::vector<Symbol>& all() const { return symbols_; }
  std::vector<Symbol> take() { return std::move(symbols_); }

 private:
  MaxOf max_of_;
  std::vector<Symbol> symbols_;
  std::map<std::string, std::uint32_t, std::less<>> by_name_;
};

using FreeSizes = std::map<std::string, std::int64_t, std::less<>>;

/// The FREE symbol of this name, WEFT_NONE: the graph has none.
std::uint32_t find_symbol(const Graph& graph, std::string_view name);
/// `sizes` has those of FREE symbols, by symbol; the others are put there. Errors as of resolve_symbols.
Status derive_sizes(const Graph& graph, std::span<std::int64_t> sizes);
/// The size of every symbol of the graph, derived ones included. An error for a FREE symbol without
/// a size, a size that is negative or above its maximum, or a sum or product that overflows.
Result<std::vector<std::int64_t>> resolve_symbols(const Graph& graph, const FreeSizes& free);

}  // namespace weft
