#include "plugins/backends/vulkan/account.hpp"

namespace weft::vulkan {
namespace {

uint64_t bytes_of(const Format& format, int64_t elements) {
  const Planes planes = planes_of(format, static_cast<uint64_t>(elements));
  return planes.low + planes.high + planes.scale;
}
uint64_t bytes_of(const sdk::View& v) { return static_cast<uint64_t>(v.size()) * bytes_of_element(v); }
/// So many elements of a state.
uint64_t bytes_of(const sdk::StateView& s, int64_t elements) {
  return static_cast<uint64_t>(elements) * (s.dtype->id == WEFT_F32 ? 4 : 2);
}

/// Entries of a state that attention meets: all that its table, input 3, has room for.
int64_t positions(const Dispatch& d) { return d.in[3].size() * d.integer("block_tokens", 1); }

uint64_t read(const Dispatch& d, std::string_view op, std::size_t i) {
  if (!d.has(i)) return 0;
  if (d.states[i] != nullptr) {
    if (op == "attention") return bytes_of(*d.states[i], positions(d) * d.states[i]->entry_elems);
    return op == "gather" ? bytes_of(*d.states[i], d.out[0].size()) : 0;
  }
  if (op == "gather" && i == 0) return bytes_of(*d.weights[0].format, d.out[0].size());
  return d.in[i].dtype == WEFT_F32 ? bytes_of(*d.weights[i].format, d.in[i].size()) : bytes_of(d.in[i]);
}

uint64_t products(const Dispatch& d, std::string_view op) {
  if (op == "attention") {
    const int64_t table = d.in[3].dims[0] * d.in[3].dims[1];
    if (table == 0) return 0;
    // A token meets its own sequence's.
    const int64_t of_one = positions(d) / d.in[3].dims[0];
    return static_cast<uint64_t>((d.in[0].size() + d.out[0].size()) * of_one);
  }
  uint64_t n = 0;
  if (op == "linear" || op == "gated_mlp" || op == "matmul") {
    for (std::size_t i = 1; i < d.in.size(); ++i) {
      if (d.has(i) && d.in[i].rank() == 2) n += static_cast<uint64_t>(d.in[0].dims[0] * d.in[i].size());
    }
  }
  return n;
}

}  // namespace

void account(const Dispatch& d, std::string_view op) {
  uint64_t in = 0, out = 0;
  for (std::size_t i = 0; i < d.in.size(); ++i) in += read(d, op, i);
  for (const sdk::View& v : d.out) {
    if (d.out_state == nullptr) out += bytes_of(v);
  }
  if (d.out_state != nullptr && d.in.size() > 2) out += bytes_of(*d.out_state, d.in[2].size());
  sdk::log(WEFT_LOG_INFO, "weft.vulkan", "account " + std::string(op) + " dispatches " +
           std::to_string(d.recorded()) + " read " + std::to_string(in) + " written " + std::to_string(out) +
           " products " + std::to_string(products(d, op)));
}

}  // namespace weft::vulkan
