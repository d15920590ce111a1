#include "apps/weft/needs.hpp"

#include <unistd.h>

#include "core/base/bytes_text.hpp"
#include "core/base/checked.hpp"

namespace weft::app {
namespace {

constexpr uint64_t kProgramBytes = 64 << 20;  // code, tokenizer, and what the sizes below leave out

uint64_t cache_bytes(const Blueprint& b) {
  uint64_t sum = 0;
  for (const State& s : b.main().states) {
    const bool paged = s.group < b.main().groups.size() && b.main().groups[s.group].kind == WEFT_GROUP_PAGED;
    const auto values = checked_elements(s.dims);
    sum += values.value_or(0) * (paged ? 2 * static_cast<uint64_t>(b.writer->context()) : 4);
  }
  return sum;
}

}  // namespace

uint64_t parameter_count(const Blueprint& b) {
  uint64_t parameters = 0;
  for (std::size_t p = 0; p < b.params.size(); ++p) {
    if (b.plan.tied_to[p] == p) parameters += checked_elements(b.params[p].dims).value_or(0);
  }
  return parameters;
}

std::string count_text(uint64_t n) {
  const auto d = static_cast<double>(n);
  if (n >= 1000000000) return fmt::format("{:.2f} billion", d / 1e9);
  return n >= 1000000 ? fmt::format("{:.1f} million", d / 1e6) : std::to_string(n);
}

Needs needs_of(const Checkpoint& checkpoint, const Blueprint& b) {
  Needs n{};
  n.weights = checkpoint.stored_bytes(), n.cache = cache_bytes(b);
  n.all = n.weights + n.cache + n.weights / 20 + kProgramBytes;
  n.machine = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
  return n;
}

std::string needs_text(const Needs& n, int64_t context) {
  return fmt::format("about {}: weights {}, cache of {} tokens {}; this machine has {}", bytes_text(n.all),
                     bytes_text(n.weights), context, bytes_text(n.cache), bytes_text(n.machine));
}

}  // namespace weft::app
