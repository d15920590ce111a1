#include "tests/opaque/plugin/weights.hpp"
#include "weft/sdk/strided.hpp"

#include <array>


namespace opaque {

using weft::sdk::check, weft::sdk::guard, weft::sdk::fail, weft::sdk::strided;

Weights::Weights(const weft_params* host, Account& account)
    : host_(host), account_(account), there_(host->count) {
  table_.hdr = WEFT_HDR(weft_params, done);
  table_.ctx = this, table_.count = host->count;
  table_.info = [](void* self, uint64_t i, weft_param* out) noexcept {
    const Weights& w = *static_cast<Weights*>(self);
    weft_status* failed = w.host_->info(w.host_->ctx, i, out);
    out->dtype = WEFT_F32;
    return failed;
  };
  table_.map = [](void* self, uint64_t i, uint64_t row, uint64_t* rows, weft_slab* out) noexcept {
    return guard(weft::sdk::host_slot(), [&] {
      const Weights& w = *static_cast<Weights*>(self);
      const weft_param info = w.info(i);
      *rows = info.rows - row;
      out->plane[0] = const_cast<float*>(w.rows(i, row));
      out->row_pitch[0] = info.row_elems * sizeof(float), out->col_pitch[0] = sizeof(float);
    });
  };
  table_.read = [](void*, uint64_t, uint32_t, uint64_t, uint64_t, const weft_slab*) noexcept {
    return weft::sdk::make_status(WEFT_UNIMPLEMENTED, "all weights can be mapped");
  };
  table_.done = [](void*, uint64_t, uint64_t, uint64_t) noexcept {};
}

namespace {

template <class F>
void each_param(const weft_graph& graph, const F& f) {
  for (uint32_t v = 0; v < graph.n_values; ++v) {
    const weft_value& value = strided(graph.values, graph.value_stride, v);
    if (value.kind == WEFT_PARAM) f(value.index);
  }
  for (uint32_t b = 0; b < graph.n_bodies; ++b) each_param(*graph.bodies[b], f);
}

uint64_t bytes_of(const weft_param& param) { return param.rows * param.row_elems * sizeof(float); }

}  // namespace

void Weights::load(const weft_graph& graph) {
  each_param(graph, [&](uint32_t i) { load(i); });
}

uint64_t Weights::bytes_of(const weft_params& host, const weft_graph& graph) {
  std::map<std::array<uint64_t, 3>, uint64_t> all;  // by what makes a weight one: its key, or its index
  each_param(graph, [&](uint32_t i) {
    const weft_param param = info(host, i);
    const bool tied = param.key[0] != 0 || param.key[1] != 0;
    all[{param.key[0], param.key[1], tied ? 0 : i}] = opaque::bytes_of(param);
  });
  uint64_t sum = 0;
  for (const auto& [what, bytes] : all) sum += bytes;
  return sum;
}

weft_param Weights::info(const weft_params& host, uint64_t i) {
  weft_param info{};
  info.hdr = WEFT_HDR(weft_param, key);
  check(host.info(host.ctx, i, &info));
  return info;
}

void Weights::load(uint64_t i) {
  if (there_.at(i) != nullptr) return;
  const weft_param param = info(i);
  const bool tied = param.key[0] != 0 || param.key[1] != 0;
  if (tied) there_[i] = tied_[{param.key[0], param.key[1]}];
  if (there_[i] != nullptr) return;
  auto bytes = std::make_shared<Bytes>(account_, opaque::bytes_of(param));
  weft_slab slab{};
  slab.plane[0] = bytes->data();
  slab.row_pitch[0] = param.row_elems * sizeof(float), slab.col_pitch[0] = sizeof(float);
  check(host_->read(host_->ctx, i, WEFT_F32, 0, param.rows, &slab));
  host_->done(host_->ctx, i, 0, param.rows);
  if (tied) tied_[{param.key[0], param.key[1]}] = bytes;
  there_[i] = std::move(bytes);
}

const float* Weights::rows(uint64_t i, uint64_t first) const {
  if (there_.at(i) == nullptr) fail(WEFT_INTERNAL, "a weight that no compiled graph names");
  return reinterpret_cast<const float*>(there_[i]->data()) + first * info(i).row_elems;
}

}  // namespace opaque
