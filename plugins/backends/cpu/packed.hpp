// Block-quantised weights as panels, packed when first used.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "plugins/backends/cpu/isa.hpp"
#include "weft/sdk/interpreter.hpp"

namespace weft::cpu {

/// [any-thread] The panels of a weight that holds matrices of [rows, cols] one after the other. The first thread that
/// asks for a panel packs and keeps it; once all panels of a slab are kept, their source pages may leave memory.
class PackedWeight {
 public:
  PackedWeight(const sdk::Weight& weight, const Format& format, int64_t rows);
  const uint8_t* panel(int64_t matrix, int64_t p);
  /// As panel(), but the first uses of a panel pack it to `scratch` [panel_bytes], which needs no new pages: the first
  /// token comes sooner, and the tokens after it share the cost of keeping the panels.
  const uint8_t* panel(int64_t matrix, int64_t p, uint8_t* scratch);
  int64_t panel_bytes() const { return bytes_; }

 private:
  struct State {
    std::atomic<uint8_t> stage{0};  // 0 as stored, 1 being packed, 2 packed
    std::atomic<uint8_t> uses{0};   // how often the panel was packed to scratch
  };
  void pack(int64_t matrix, int64_t p, uint8_t* to);
  void count(int64_t matrix, int64_t p);

  const sdk::Weight& weight_;
  const Format& format_;
  int64_t rows_, panels_, slabs_, bytes_;  // rows, panels and slabs of a matrix; bytes of a panel
  sdk::HostArray<uint8_t> data_;
  std::unique_ptr<State[]> states_;
  std::unique_ptr<std::atomic<int64_t>[]> missing_;  // panels not yet kept, by slab of all matrices
};

}  // namespace weft::cpu
