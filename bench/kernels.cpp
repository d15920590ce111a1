// weft_kernels: the kernels of the cpu backend one by one, in one thread, as op/dtype/isa/shape. Options are
// Google Benchmark's: --benchmark_filter=multiply/q4_0 and so on.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "plugins/backends/cpu/isa.hpp"
#include "weft/abi/dtype.h"

namespace weft::cpu {
namespace {

using benchmark::State;

struct Blocks {
  const char* name;
  int64_t values, bytes;
};
constexpr Blocks kBlocks[] = {{"q4_0", 32, 18},   {"q4_1", 32, 20},   {"q5_0", 32, 22},   {"q5_1", 32, 24},
                              {"q8_0", 32, 34},   {"q2_k", 256, 84},  {"q3_k", 256, 110}, {"q4_k", 256, 144},
                              {"q5_k", 256, 176}, {"q6_k", 256, 210}, {"iq4_nl", 32, 18}, {"iq4_xs", 256, 136},
                              {"mxfp4", 32, 17}};

struct Float {
  const char* name;
  uint32_t dtype;
  int64_t bytes;
};
constexpr Float kFloats[] = {{"f32", WEFT_F32, 4}, {"f16", WEFT_F16, 2}, {"bf16", WEFT_BF16, 2}};

constexpr int64_t kMemory = 256 << 20;  // bytes of weights for measurements from memory; they must exceed every cache
constexpr int64_t kK = 2048;            // the columns of all weights
constexpr int64_t kMany = 128;          // the tokens of products with many

int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

/// Aligned memory. Its bytes are ordinary numbers in any float format (neither subnormal nor infinite), and valid codes
/// and scales in any block format.
class Bytes {
 public:
  explicit Bytes(int64_t n)
      : data_(static_cast<uint8_t*>(std::aligned_alloc(64, static_cast<std::size_t>(round_up(n, 64)))), std::free) {
    if (!data_) throw std::bad_alloc();
    uint32_t x = 1;
    for (int64_t i = 0; i < n; ++i) data_.get()[i] = static_cast<uint8_t>(0x20 | (x = x * 1664525 + 1013904223) >> 27);
  }
  uint8_t* get() const { return data_.get(); }
  template <typename T>
  T* as() const { return reinterpret_cast<T*>(data_.get()); }

 private:
  std::unique_ptr<uint8_t, void (*)(void*)> data_;
};

/// One buffer for all measurements, since filling it takes longer than most of them.
const Bytes& memory() {
  static const Bytes all(kMemory);
  return all;
}

void set_rates(State& state, int64_t operations, int64_t bytes) {
  if (operations > 0) {
    state.counters["op"] =
        benchmark::Counter(static_cast<double>(operations), benchmark::Counter::kIsIterationInvariantRate);
  }
  state.SetBytesProcessed(state.iterations() * bytes);
}

/// The addresses of n rows that lie one after the other.
std::vector<const uint8_t*> rows_at(const uint8_t* data, int64_t n, int64_t bytes) {
  std::vector<const uint8_t*> rows;
  for (int64_t r = 0; r < n; ++r) rows.push_back(data + r * bytes);
  return rows;
}

struct Quantized {
  Bytes q, low, d, sum, sum32;
  QuantTokens tokens;
  Quantized(int64_t n, int halves)
      : q(n * kK),
        low(n * kK),
        d(n * kK / 4),
        sum(n * kK / 4),
        sum32(n * kK / 8),
        tokens{q.as<int8_t>(), halves == 2 ? low.as<int8_t>() : nullptr, d.as<float>(), sum.as<float>(),
               sum32.as<float>(), n} {}
};

void pack(State& state, const Isa& isa, const Blocks& blocks) {
  const Format& format = *isa.quants.format(blocks.name);
  const int64_t row = kK / blocks.values * blocks.bytes;
  const Bytes stored(kPanel * row), panel(format.panel_bytes(kK));
  const auto rows = rows_at(stored.get(), kPanel, row);
  for (auto _ : state) {
    format.pack(rows.data(), kK, panel.get());
    benchmark::ClobberMemory();
  }
  set_rates(state, 0, kPanel * row);
}

/// Packs n panels, all of the same rows, one after the other. Returns the bytes from one to the next.
int64_t pack_all(const Format& format, const Blocks& blocks, uint8_t* panels, int64_t n) {
  const int64_t row = kK / blocks.values * blocks.bytes, bytes = round_up(format.panel_bytes(kK), 64);
  const Bytes stored(kPanel * row);
  const auto rows = rows_at(stored.get(), kPanel, row);
  for (int64_t p = 0; p < n; ++p) format.pack(rows.data(), kK, panels + p * bytes);
  return bytes;
}

/// n quantized tokens, whose activations are all 1.
template <class Quantize>
Quantized quantized(const Quantize& quantize, int64_t n, int halves) {
  Quantized x(n, halves);
  const std::vector<float> ones(kK, 1);
  for (int64_t t = 0; t < n; ++t) quantize(ones.data(), kK, x.tokens, t);
  return x;
}

/// Products with n tokens: of panels that come from memory, or of kFewPanels panels that stay in the cache.
void multiply(State& state, const Isa& isa, const Blocks& blocks, int halves, int64_t n, bool from_memory) {
  const Format& format = *isa.quants.format(blocks.name);
  const Bytes out(n * kFewPanels * kPanel * 4);
  const int64_t pairs = from_memory ? kMemory / round_up(format.panel_bytes(kK), 64) / kFewPanels : 1;
  const int64_t panels = pairs * kFewPanels;
  const int64_t bytes = pack_all(format, blocks, memory().get(), panels);
  const Quantized x = quantized(isa.quants.quantize, n, halves);
  for (auto _ : state) {
    for (int64_t p = 0; p < panels; p += kFewPanels) {
      const uint8_t* packed[kFewPanels];
      for (int i = 0; i < kFewPanels; ++i) packed[i] = memory().get() + (p + i) * bytes;
      const Panels w{&format, packed, nullptr, 0, kFewPanels, kFewPanels * static_cast<int>(kPanel), kK};
      format.multiply(w, x.tokens, out.as<float>(), kFewPanels * kPanel);
    }
    benchmark::ClobberMemory();
  }
  set_rates(state, 2 * panels * kPanel * kK * n, panels * bytes);
}

/// Products with n tokens of kPanels panels that stay in the cache.
void multiply_many(State& state, const Isa& isa, const Blocks& blocks, int halves, int64_t n) {
  const Format& format = *isa.quants.format(blocks.name);
  const int64_t bytes = pack_all(format, blocks, memory().get(), kPanels);
  const uint8_t* packed[kPanels];
  for (int i = 0; i < kPanels; ++i) packed[i] = memory().get() + i * bytes;
  const Panels w{&format, packed, nullptr, 0, kPanels, kPanels * static_cast<int>(kPanel), kK};
  const Bytes scratch(isa.scratch(kK, n)), out(n * kPanels * kPanel * 4);
  const bool own = halves == 2 && isa.halves_many != nullptr;
  const Quantized x = quantized(own ? isa.quantize_many : isa.quants.quantize, n, halves);
  const auto many = own ? isa.halves_many : format.multiply_many;
  for (auto _ : state) {
    many(w, x.tokens, out.as<float>(), scratch.get());
    benchmark::ClobberMemory();
  }
  set_rates(state, 2 * n * kPanels * kPanel * kK, kPanels * bytes);
}

void float_few(State& state, const Isa& isa, const Float& f, int n, bool from_memory) {
  const int64_t row = kK * f.bytes, panels = from_memory ? kMemory / (kPanel * row) : 1;
  const auto rows = rows_at(memory().get(), panels * kPanel, row);
  const Bytes x(n * kK * 4), out(kPanel * n * 4);
  for (auto _ : state) {
    for (int64_t p = 0; p < panels; ++p)
      isa.float_few(f.dtype, rows.data() + p * kPanel, kPanel, kK, x.as<float>(), n, out.as<float>());
    benchmark::ClobberMemory();
  }
  set_rates(state, 2 * panels * kPanel * kK * n, panels * kPanel * row);
}

/// Products of kPanels panels with many tokens in f32 or bf16. The panels are rows of floats `f`, or packed `blocks`.
void many(State& state, const Isa& isa, const Float* f, const Blocks* blocks, bool bf16) {
  const int64_t row = f != nullptr ? kK * f->bytes : kK / blocks->values * blocks->bytes;
  const Bytes stored(kPanels * kPanel * row), x(kMany * kK * 4), acc(kMany * kPanels * kPanel * 4),
      scratch(isa.scratch(kK, kMany));
  const auto rows = rows_at(stored.get(), kPanels * kPanel, row);
  Panels w{nullptr, nullptr, rows.data(), f != nullptr ? f->dtype : 0, kPanels, kPanels * kPanel, kK};
  std::vector<Bytes> panels;
  std::vector<const uint8_t*> packed;
  if (blocks != nullptr) {
    w.format = isa.quants.format(blocks->name);
    for (int p = 0; p < kPanels; ++p) {
      panels.emplace_back(w.format->panel_bytes(kK));
      w.format->pack(rows.data() + p * kPanel, kK, panels.back().get());
      packed.push_back(panels.back().get());
    }
    w.packed = packed.data();
  }
  for (auto _ : state) {
    if (bf16) {
      isa.bf16_many(w, x.as<uint16_t>(), kMany, acc.as<float>(), scratch.get());
    } else {
      isa.float_many(w, {x.as<float>(), kMany, acc.as<float>(), kPanels * kPanel, nullptr, -1, acc.as<float>()},
                     scratch.get());
    }
    benchmark::ClobberMemory();
  }
  set_rates(state, 2 * kPanels * kPanel * kK * kMany, kPanels * kPanel * row);
}

/// Attention of one head of 64 dims: kKeys keys and m queries that see all of them.
void attend(State& state, const Isa& isa, const Float& f, int64_t m, bool few) {
  constexpr int64_t kD = 64;
  const Bytes stored(2 * kKeys * kD * f.bytes), q(m * kD * 4), acc(m * kD * 4), score(kKeys * round_up(m, kKeys) * 4),
      top(m * 4), total(m * 4);
  const auto rows = rows_at(stored.get(), 2 * kKeys, kD * f.bytes);
  const Entries keys{rows.data(), 0, kD, f.dtype}, values{rows.data() + kKeys, 0, kD, f.dtype};
  const KeyTile tile{keys, values, keys, values, kKeys, 0, nullptr, nullptr};
  const Queries queries{q.as<float>(), m, m, kD, kD, 0, top.as<float>(), total.as<float>(), acc.as<float>(),
                        score.as<float>(), nullptr, nullptr};
  for (auto _ : state) {
    (few ? isa.attend_few : isa.attend_many)(queries, tile);
    benchmark::ClobberMemory();
  }
  set_rates(state, 4 * m * kKeys * kD, 2 * kKeys * kD * f.bytes);
}

/// A kernel that reads `bytes` and needs nothing but a call.
void simple(State& state, int64_t bytes, const std::function<void()>& call) {
  for (auto _ : state) {
    call();
    benchmark::ClobberMemory();
  }
  set_rates(state, 0, bytes);
}

void add(const std::string& name, std::function<void(State&)> run) {
  benchmark::RegisterBenchmark(name.c_str(), std::move(run))->Unit(benchmark::kMicrosecond);
}

void add_blocks(const Isa& isa) {
  const std::string at = std::string("/") + isa.name + "/";
  for (const Blocks& b : kBlocks) {
    if (isa.quants.format(b.name) == nullptr) continue;
    const std::string dtype = std::string("/") + b.name + at;
    add("pack" + dtype + "16x2048", [&](State& s) { pack(s, isa, b); });
    for (int halves : {1, 2}) {
      const std::string end = "/halves:" + std::to_string(halves);
      for (int64_t n : {1, 4, kFew}) {
        const std::string tokens = "/n:" + std::to_string(n) + end;
        add("multiply" + dtype + "memory" + tokens,
            [&isa, &b, halves, n](State& s) { multiply(s, isa, b, halves, n, true); });
        add("multiply" + dtype + "16x2048" + tokens,
            [&isa, &b, halves, n](State& s) { multiply(s, isa, b, halves, n, false); });
      }
      add("multiply_many" + dtype + "64x2048/n:128" + end,
          [&isa, &b, halves](State& s) { multiply_many(s, isa, b, halves, kMany); });
    }
    add("float_many" + dtype + "64x2048/n:128", [&](State& s) { many(s, isa, nullptr, &b, false); });
    if (isa.bf16_many != nullptr)
      add("bf16_many" + dtype + "64x2048/n:128", [&](State& s) { many(s, isa, nullptr, &b, true); });
  }
}

void add_floats(const Isa& isa) {
  const std::string at = std::string("/") + isa.name + "/";
  for (const Float& f : kFloats) {
    const std::string dtype = std::string("/") + f.name + at;
    for (int n : {1, 4, kFew}) {
      add("float_few" + dtype + "memory/n:" + std::to_string(n),
          [&isa, &f, n](State& s) { float_few(s, isa, f, n, true); });
      add("float_few" + dtype + "16x2048/n:" + std::to_string(n),
          [&isa, &f, n](State& s) { float_few(s, isa, f, n, false); });
    }
    add("float_many" + dtype + "64x2048/n:128", [&](State& s) { many(s, isa, &f, nullptr, false); });
    if (isa.bf16_many != nullptr)
      add("bf16_many" + dtype + "64x2048/n:128", [&](State& s) { many(s, isa, &f, nullptr, true); });
    for (int64_t m : {1, 4, 8})
      add("attend_few" + dtype + "64x64/n:" + std::to_string(m),
          [&isa, &f, m](State& s) { attend(s, isa, f, m, true); });
    if (f.dtype == WEFT_F32) add("attend_many" + dtype + "64x64/n:96", [&](State& s) { attend(s, isa, f, 96, false); });
  }
}

void add_rows(const Isa& isa) {
  constexpr int64_t kN = 8192;
  static const Bytes a(kN * 4), b(kN * 4), c(kN * 4);
  static const Quantized tokens[2] = {Quantized(1, 1), Quantized(1, 2)};
  const std::string at = std::string("/") + isa.name + "/";
  for (int halves : {1, 2}) {
    add("quantize/f32" + at + "2048/halves:" + std::to_string(halves), [&isa, halves](State& s) {
      simple(s, kK * 4, [&] { isa.quants.quantize(a.as<float>(), kK, tokens[halves - 1].tokens, 0); });
    });
  }
  add("rms_norm/f32" + at + "2048", [&](State& s) {
    simple(s, kK * 4, [&] { isa.rms_norm(a.as<float>(), b.as<float>(), kK, 1e-5f, c.as<float>()); });
  });
  add("rope/f32" + at + "32x64", [&](State& s) {
    simple(s, kK * 4,
           [&] { isa.rope(a.as<float>(), b.as<float>(), b.as<float>() + 32, 32, 64, 32, false, c.as<float>()); });
  });
  for (int i = 0; i < static_cast<int>(std::size(kActivations)); ++i) {
    add("gate_" + std::string(kActivations[i]) + "/f32" + at + "8192", [&isa, i](State& s) {
      simple(s, 2 * kN * 4, [&] { isa.activate(i, a.as<float>(), b.as<float>(), kN, c.as<float>()); });
    });
  }
  for (const Float& f : kFloats) {
    const std::string dtype = std::string("/") + f.name + at;
    add("widen" + dtype + "8192",
        [&](State& s) { simple(s, kN * f.bytes, [&] { isa.widen(f.dtype, a.get(), kN, c.as<float>()); }); });
    add("narrow" + dtype + "8192",
        [&](State& s) { simple(s, kN * 4, [&] { isa.narrow(f.dtype, a.as<float>(), kN, c.get()); }); });
  }
}

}  // namespace
}  // namespace weft::cpu

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const char* name : {"portable", "dotprod", "avx2", "avxvnni", "avx512", "amx"}) {
    const weft::cpu::Isa* isa = weft::cpu::choose(name);
    if (isa == nullptr) continue;
    weft::cpu::add_blocks(*isa);
    weft::cpu::add_floats(*isa);
    weft::cpu::add_rows(*isa);
  }
  benchmark::RunSpecifiedBenchmarks();
}
