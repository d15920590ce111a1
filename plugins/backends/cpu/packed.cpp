#include "plugins/backends/cpu/packed.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif
#include <algorithm>
#include <thread>

namespace weft::cpu {
namespace {

/// How many panels give their source pages back together. With more, a slab waits longer for its last panel.
constexpr int64_t kSlab = 32;
/// To keep all panels of a weight at their second use would make that token slow, so each stretch of memory is kept at
/// one of the next kSteps uses. With more steps more tokens repack; a larger stretch makes the tokens less equal, a
/// smaller one fills fewer huge pages and slabs at a time.
constexpr uintptr_t kSteps = 2, kStretch = 64u << 20;

uint64_t product(uint64_t a, uint64_t b) {
  uint64_t bytes = 0;
  if (__builtin_mul_overflow(a, b, &bytes)) sdk::fail(WEFT_RESOURCE_EXHAUSTED, "a packed weight's size overflows");
  return bytes;
}

/// Asks the kernel for huge pages: packing then has fewer page faults, and products miss the TLB less. It may decline.
void ask_for_huge_pages([[maybe_unused]] uint8_t* data, [[maybe_unused]] uint64_t bytes) {
#if defined(__linux__)
  constexpr uintptr_t kHuge = 2u << 20;
  const auto begin = (reinterpret_cast<uintptr_t>(data) + kHuge - 1) / kHuge * kHuge,
             end = (reinterpret_cast<uintptr_t>(data) + bytes) / kHuge * kHuge;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace

PackedWeight::PackedWeight(const sdk::Weight& weight, const Format& format, int64_t rows)
    : weight_(weight),
      format_(format),
      rows_(rows),
      panels_((rows + kPanel - 1) / kPanel),
      slabs_((panels_ + kSlab - 1) / kSlab),
      bytes_(format.panel_bytes(static_cast<int64_t>(weight.cols))) {
  const uint64_t matrices = weight.rows / static_cast<uint64_t>(rows),
                 panels = product(matrices, static_cast<uint64_t>(panels_));
  const uint64_t bytes = product(panels, static_cast<uint64_t>(bytes_));
  data_ = sdk::HostArray<uint8_t>(bytes);
  ask_for_huge_pages(data_.data(), bytes);
  states_ = std::make_unique<State[]>(panels);
  const uint64_t slabs = matrices * static_cast<uint64_t>(slabs_);
  missing_ = std::make_unique<std::atomic<int64_t>[]>(slabs);
  for (uint64_t s = 0; s < slabs; ++s)
    missing_[s] = std::min(kSlab, panels_ - static_cast<int64_t>(s) % slabs_ * kSlab);
}

const uint8_t* PackedWeight::panel(int64_t matrix, int64_t p) {
  const int64_t i = matrix * panels_ + p;
  std::atomic<uint8_t>& stage = states_[static_cast<std::size_t>(i)].stage;
  uint8_t* data = data_.data() + i * bytes_;
  for (;;) {
    uint8_t seen = stage.load(std::memory_order_acquire);
    if (seen == 2) return data;
    if (seen == 1 || !stage.compare_exchange_strong(seen, 1)) {
      std::this_thread::yield();
      continue;
    }
    try {
      pack(matrix, p, data);
    } catch (...) {  // another thread may try
      stage.store(0, std::memory_order_release);
      throw;
    }
    stage.store(2, std::memory_order_release);
    count(matrix, p);
  }
}

const uint8_t* PackedWeight::panel(int64_t matrix, int64_t p, uint8_t* scratch) {
  const int64_t i = matrix * panels_ + p;
  State& state = states_[static_cast<std::size_t>(i)];
  const uintptr_t step = reinterpret_cast<uintptr_t>(data_.data() + i * bytes_) / kStretch % kSteps;
  if (state.stage.load(std::memory_order_relaxed) != 0 || state.uses.load(std::memory_order_relaxed) > step)
    return panel(matrix, p);
  state.uses.fetch_add(1, std::memory_order_relaxed);
  pack(matrix, p, scratch);
  return scratch;
}

/// Gives back the source of a slab when this was its last panel.
void PackedWeight::count(int64_t matrix, int64_t p) {
  if (--missing_[static_cast<std::size_t>(matrix * slabs_ + p / kSlab)] > 0) return;
  const int64_t first = p / kSlab * kSlab * kPanel;
  weight_.release(static_cast<uint64_t>(matrix * rows_ + first),
                  static_cast<uint64_t>(std::min(kSlab * kPanel, rows_ - first)));
}

void PackedWeight::pack(int64_t matrix, int64_t p, uint8_t* to) {
  const uint8_t* rows[kPanel] = {};
  const int64_t first = matrix * rows_ + p * kPanel, n = std::min(kPanel, rows_ - p * kPanel);
  sdk::HostArray<uint8_t> blocks;
  if (!weight_.in_place()) {
    const weft_host& h = sdk::host();
    const weft_plane& plane = h.dtype_info(h.ctx, weight_.dtype)->plane[0];
    const uint64_t pitch = weight_.cols / plane.cols * plane.bytes;
    blocks = sdk::HostArray<uint8_t>(pitch * kPanel);
    weight_.read(weight_.dtype, static_cast<uint64_t>(first), static_cast<uint64_t>(n), blocks.data(), pitch);
    for (int64_t r = 0; r < n; ++r) rows[r] = blocks.data() + static_cast<uint64_t>(r) * pitch;
  }
  for (int64_t r = 0; r < n && weight_.in_place(); ++r) rows[r] = weight_.row[static_cast<std::size_t>(first + r)];
  format_.pack(rows, static_cast<int64_t>(weight_.cols), to);
}

}  // namespace weft::cpu
