#include "core/graph/symbols.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace weft {
namespace {

std::uint32_t id_of(std::int64_t dim) { return static_cast<std::uint32_t>(~dim); }
std::int64_t dim_of(std::uint32_t symbol) { return ~static_cast<std::int64_t>(symbol); }

bool combine(std::uint32_t op, std::int64_t a, std::int64_t b, std::int64_t k, std::int64_t* out) {
  switch (op) {
    case WEFT_SYM_MUL_CONST:
      return !__builtin_mul_overflow(a, k, out);
    case WEFT_SYM_MUL:
      return !__builtin_mul_overflow(a, b, out);
    case WEFT_SYM_ADD:
      return !__builtin_add_overflow(a, b, out);
    case WEFT_SYM_DIV_CONST:  // rounded down; k is at least 1
      *out = a / k - (a % k < 0 ? 1 : 0);
      return true;
    default:
      return !__builtin_add_overflow(a, k, out);
  }
}

struct Product {
  unsigned __int128 constant = 1;
  bool huge = false;
  std::vector<std::uint32_t> factors;  // symbol ids, sorted
};

void expand(const std::vector<Symbol>& symbols, std::int64_t dim, Product& p) {
  auto times = [&](std::int64_t c) {
    p.constant *= static_cast<unsigned __int128>(c);
    if (p.constant > static_cast<unsigned __int128>(kMaxSize)) p.huge = true, p.constant = 1;
  };
  if (dim >= 0) return times(dim);
  const Symbol& s = symbols[id_of(dim)];
  if (s.op == WEFT_SYM_MUL || s.op == WEFT_SYM_MUL_CONST) {
    expand(symbols, dim_of(s.a), p);
    if (s.op == WEFT_SYM_MUL) return expand(symbols, dim_of(s.b), p);
    return times(s.k);
  }
  p.factors.push_back(id_of(dim));
}

Product product(const std::vector<Symbol>& symbols, const Dims& dims) {
  Product p;
  for (std::int64_t d : dims) {
    if (d == 0) return {0, false, {}};
  }
  for (std::int64_t d : dims) expand(symbols, d, p);
  std::sort(p.factors.begin(), p.factors.end());
  return p;
}

}  // namespace

Result<std::uint32_t> SymbolTable::free(std::string_view name, std::int64_t most) {
  if (name.empty()) return invalid("a FREE symbol needs a name");
  if (most < 0 || most > kMaxSize) return invalid("symbol {}: the blueprint takes at most {}", name, most);
  if (auto it = by_name_.find(name); it != by_name_.end()) {
    if (most > 0) symbols_[it->second].max = std::min(symbols_[it->second].max, most);
    return it->second;
  }
  std::int64_t max = max_of_ ? max_of_(name) : 0;
  if (max == 0) max = kDefaultMax;
  if (max < 0 || max > kMaxSize) return invalid("symbol {} has maximum {}", name, max);
  if (most > 0) max = std::min(max, most);
  const auto id = static_cast<std::uint32_t>(symbols_.size());
  symbols_.push_back({.name = std::string(name), .max = max});
  by_name_.emplace(name, id);
  return id;
}

Result<std::uint32_t> SymbolTable::derive(std::uint32_t op, std::uint32_t a, std::uint32_t b,
                                          std::int64_t k) {
  const bool binary = op == WEFT_SYM_MUL || op == WEFT_SYM_ADD;
  if (op == WEFT_SYM_FREE || op > WEFT_SYM_DIV_CONST) return invalid("symbol op {} is unknown", op);
  if (a >= symbols_.size() || (binary && b >= symbols_.size())) {
    return invalid("derived symbol refers to symbol {}, there are {}", a >= symbols_.size() ? a : b,
                   symbols_.size());
  }
  if (op == WEFT_SYM_MUL_CONST && k < 0) return invalid("symbol {} times {}", symbols_[a].name, k);
  if (op == WEFT_SYM_DIV_CONST && k < 1) return invalid("symbol {} divided by {}", symbols_[a].name, k);
  if ((op == WEFT_SYM_MUL_CONST || op == WEFT_SYM_DIV_CONST) && k == 1) return a;
  if (op == WEFT_SYM_ADD_CONST && k == 0) return a;
  if (op == WEFT_SYM_ADD_CONST && symbols_[a].op == WEFT_SYM_ADD_CONST) {
    std::int64_t sum;
    if (__builtin_add_overflow(k, symbols_[a].k, &sum)) return invalid("symbol constant overflows");
    return derive(op, symbols_[a].a, WEFT_NONE, sum);
  }
  if (binary && a > b) std::swap(a, b);
  if (binary)
    k = 0;
  else
    b = WEFT_NONE;
  for (std::uint32_t i = 0; i < symbols_.size(); ++i) {
    const Symbol& s = symbols_[i];
    if (s.op == op && s.a == a && s.b == b && s.k == k) return i;
  }
  Symbol s{.op = op, .a = a, .b = b, .k = k};
  std::int64_t max;
  const std::int64_t max_b = binary ? symbols_[b].max : 0;
  if (!combine(op, symbols_[a].max, max_b, k, &max)) max = kMaxSize;
  s.max = std::clamp<std::int64_t>(max, 0, kMaxSize);
  const std::string right = binary ? symbols_[b].name : std::to_string(k);
  const bool sum = op == WEFT_SYM_ADD || op == WEFT_SYM_ADD_CONST;
  const std::string& left = symbols_[a].name;
  s.name = sum                        ? "(" + left + (k < 0 ? "" : "+") + right + ")"
           : op == WEFT_SYM_DIV_CONST ? "(" + left + "/" + right + ")"
                                      : left + "*" + right;
  symbols_.push_back(std::move(s));
  return static_cast<std::uint32_t>(symbols_.size() - 1);
}

Result<std::int64_t> SymbolTable::add(std::int64_t x, std::int64_t y) {
  if (x >= 0 && y >= 0) {
    std::int64_t sum;
    if (__builtin_add_overflow(x, y, &sum) || sum > kMaxSize)
      return invalid("{} + {} overflows", x, y);
    return sum;
  }
  if (x >= 0) std::swap(x, y);
  const std::uint32_t op = y >= 0 ? WEFT_SYM_ADD_CONST : WEFT_SYM_ADD;
  WEFT_TRY(std::uint32_t id, derive(op, id_of(x), y >= 0 ? WEFT_NONE : id_of(y), y >= 0 ? y : 0));
  return dim_of(id);
}

bool SymbolTable::same_elements(const Dims& a, const Dims& b) const {
  const Product pa = product(symbols_, a), pb = product(symbols_, b);
  return !pa.huge && !pb.huge && pa.constant == pb.constant && pa.factors == pb.factors;
}

bool SymbolTable::valid(std::int64_t dim) const {
  return dim >= 0 ? dim <= kMaxSize : static_cast<std::uint64_t>(~dim) < symbols_.size();
}
std::int64_t SymbolTable::max(std::int64_t dim) const {
  return dim >= 0 ? dim : symbols_[id_of(dim)].max;
}
std::string SymbolTable::text(std::int64_t dim) const {
  return dim >= 0 ? std::to_string(dim) : valid(dim) ? symbols_[id_of(dim)].name : "?";
}
std::string SymbolTable::text(const Dims& dims) const {
  std::string s = "[";
  for (std::size_t i = 0; i < dims.size(); ++i) s += (i ? "," : "") + text(dims[i]);
  return s + "]";
}

std::uint32_t find_symbol(const Graph& graph, std::string_view name) {
  for (std::uint32_t i = 0; i < graph.symbols.size(); ++i) {
    if (graph.symbols[i].op == WEFT_SYM_FREE && graph.symbols[i].name == name) return i;
  }
  return WEFT_NONE;
}

Status derive_sizes(const Graph& graph, std::span<std::int64_t> sizes) {
  for (std::size_t i = 0; i < graph.symbols.size(); ++i) {
    const Symbol& s = graph.symbols[i];
    std::int64_t& size = sizes[i];
    if (s.op != WEFT_SYM_FREE) {
      const bool binary = s.op == WEFT_SYM_MUL || s.op == WEFT_SYM_ADD;
      if (s.a >= i || (binary && s.b >= i)) {
        return invalid("graph {}: symbol {} depends on a later one", graph.name, s.name);
      }
      if (!combine(s.op, sizes[s.a], binary ? sizes[s.b] : 0, s.k, &size)) {
        return error(Code::kOutOfRange, "graph {}: symbol {} overflows", graph.name, s.name);
      }
    }
    if (size < 0 || size > s.max) {
      return error(Code::kOutOfRange, "graph {}: symbol {} is {}, expected 0 to {}", graph.name,
                   s.name, size, s.max);
    }
  }
  return {};
}

Result<std::vector<std::int64_t>> resolve_symbols(const Graph& graph, const FreeSizes& free) {
  std::vector<std::int64_t> sizes(graph.symbols.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const Symbol& s = graph.symbols[i];
    if (s.op != WEFT_SYM_FREE) continue;
    const auto it = free.find(s.name);
    if (it == free.end()) return invalid("graph {}: symbol {} has no size", graph.name, s.name);
    sizes[i] = it->second;
  }
  WEFT_CHECK_OK(derive_sizes(graph, sizes));
  return sizes;
}

}  // namespace weft
