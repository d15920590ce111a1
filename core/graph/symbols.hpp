// Run-time sizes: symbols are shared while a graph is built, and resolved when it runs.
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
  /// Gives the maximum of a FREE symbol; 0, or no function: kDefaultMax.
  using MaxOf = std::function<std::int64_t(std::string_view name)>;
  static constexpr std::int64_t kDefaultMax = std::int64_t{1} << 20;

  explicit SymbolTable(MaxOf max_of = {}) : max_of_(std::move(max_of)) {}

  /// `most`: what the blueprint takes; 0: as large as MaxOf allows.
  Result<std::uint32_t> free(std::string_view name, std::int64_t most = 0);
  /// The symbol a * k, a * b, a + b, a + k or a / k. A maximum beyond kMaxSize becomes kMaxSize. a * 1, a + 0 and a / 1
  /// are a.
  Result<std::uint32_t> derive(std::uint32_t op, std::uint32_t a, std::uint32_t b, std::int64_t k);
  /// The sum and the product of two dims; each dim is a size or ~symbol.
  Result<std::int64_t> add(std::int64_t x, std::int64_t y);

  /// Whether two shapes have the same number of elements for all sizes: with MUL and MUL_CONST expanded, their products
  /// have the same factors, each as often.
  bool same_elements(const Dims& a, const Dims& b) const;
  bool valid(std::int64_t dim) const;  // a size, or a known symbol
  std::int64_t max(std::int64_t dim) const;
  std::string text(std::int64_t dim) const;
  std::string text(const Dims& dims) const;  // such as "[T,64]"

  const std::vector<Symbol>& all() const { return symbols_; }
  std::vector<Symbol> take() { return std::move(symbols_); }

 private:
  MaxOf max_of_;
  std::vector<Symbol> symbols_;
  std::map<std::string, std::uint32_t, std::less<>> by_name_;
};

using FreeSizes = std::map<std::string, std::int64_t, std::less<>>;

/// The FREE symbol with this name; WEFT_NONE: the graph has none.
std::uint32_t find_symbol(const Graph& graph, std::string_view name);
/// `sizes` is by symbol and has the sizes of FREE symbols; writes those of the other symbols. Errors as in
/// resolve_symbols.
Status derive_sizes(const Graph& graph, std::span<std::int64_t> sizes);
/// The size of every symbol of the graph, derived ones included. An error: a FREE symbol has no size, a size is
/// negative or exceeds its maximum, or a sum or product overflows.
Result<std::vector<std::int64_t>> resolve_symbols(const Graph& graph, const FreeSizes& free);

}  // namespace weft
