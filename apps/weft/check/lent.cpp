#include "apps/weft/check/lent.hpp"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <csignal>
#include <new>
#include <span>
#include <string>

namespace weft::app {
namespace {

constexpr std::size_t kBytes = 256 << 10;  // of a region; what is lent must fit
constexpr std::size_t kRegions = 4096;  // of a process; larger: more to look through on a fault

struct Region {
  std::string what;
  std::atomic<char*> begin{nullptr};  // null: the region is not used
  std::atomic<bool> reached{false};
};

// The handler reads them, so they are never freed.
std::array<Region, kRegions>& regions() {
  static auto& all = *new std::array<Region, kRegions>;
  return all;
}

void on_fault(int signal, siginfo_t* info, void*) {
  const auto* const address = static_cast<const char*>(info->si_addr);
  for (Region& r : regions()) {
    char* const begin = r.begin.load();
    if (begin == nullptr || address < begin || address >= begin + kBytes) continue;
    r.reached = true;
    if (mprotect(begin, kBytes, PROT_READ | PROT_WRITE) == 0) return;
  }
  std::signal(signal, SIG_DFL);  // the fault comes again, and ends the process
}

void take_handler() {
  static const bool taken = [] {
    struct sigaction action {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO;
    return sigaction(SIGSEGV, &action, nullptr) == 0;
  }();
  if (!taken) throw std::bad_alloc();
}

std::size_t next_region() {
  static std::size_t next = 0;
  if (next == kRegions) throw std::bad_alloc();
  return next++;
}

}  // namespace

Lent::Lent(std::string_view what) : region_(next_region()) {
  take_handler();
  Region& r = regions()[region_];
  r.what = what;
  void* const pages = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  r.begin = static_cast<char*>(pages);
}

void* Lent::take(std::size_t bytes, std::size_t align) {
  used_ = (used_ + align - 1) / align * align;
  if (bytes > kBytes - used_) throw std::bad_alloc();
  used_ += bytes;
  return regions()[region_].begin + (used_ - bytes);
}

void Lent::take_back() { mprotect(regions()[region_].begin, kBytes, PROT_NONE); }

void Lent::tell(Reporter& reporter) {
  for (const Region& r : regions()) {
    if (r.reached) reporter.breach("memory.lent", r.what + " is reached after the call has returned");
  }
}

const weft_graph* Lent::graph(const weft_graph& given) {
  weft_graph g = given;
  const auto texts = [&](const weft_str* from, uint32_t n) {
    weft_str* const to = copy(from, n);
    for (uint32_t i = 0; i < n; ++i) to[i] = text({from[i].data, from[i].size});
    return to;
  };
  g.name = text({given.name.data, given.name.size});
  weft_value* const values = copy(given.values, given.n_values);
  for (weft_value& v : std::span(values, given.n_values)) {
    v.name = text({v.name.data, v.name.size});
    v.dims = copy(v.dims, v.rank);
  }
  weft_node* const nodes = copy(given.nodes, given.n_nodes);
  for (weft_node& n : std::span(nodes, given.n_nodes)) {
    n.in = copy(n.in, n.n_in), n.out = copy(n.out, n.n_out);
  }
  weft_symbol* const symbols = copy(given.symbols, given.n_symbols);
  for (weft_symbol& s : std::span(symbols, given.n_symbols)) s.name = text({s.name.data, s.name.size});
  g.values = values, g.nodes = nodes, g.symbols = symbols;
  g.op_names = texts(given.op_names, given.n_ops);
  g.inputs = copy(given.inputs, given.n_inputs);
  g.outputs = copy(given.outputs, given.n_outputs);
  g.output_names = texts(given.output_names, given.n_outputs);
  return copy(g);
}

}  // namespace weft::app
