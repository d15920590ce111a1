#include "plugins/backends/vulkan/store.hpp"

#include <algorithm>

#include "plugins/backends/vulkan/ops.hpp"
#include "plugins/backends/vulkan/timeline.hpp"

namespace weft::vulkan {
namespace {

// Bytes that small weights share at most. Larger: more is lost at a slab's end; smaller: more allocations, of which
// some drivers have 4,096.
constexpr uint64_t kSlab = uint64_t{64} << 20;
// Bytes on their way to the device at once. Larger: more of the host's memory; smaller: more waiting.
constexpr uint64_t kStaging = uint64_t{16} << 20;

/// What a parameter is stored as here. Other ops than products and gather read f32 alone.
uint32_t dtype_of(const weft_param& p) {
  constexpr uint32_t kReadAsStored = WEFT_USE_GATHER | WEFT_USE_MATMUL | WEFT_USE_MATMUL_T;
  return is_stored(p.dtype) && (p.uses & ~kReadAsStored) == 0 ? p.dtype : uint32_t{WEFT_F32};
}

/// As take() gives it out.
uint64_t padded(uint64_t bytes) { return (bytes + 255) / 256 * 256; }

uint64_t bytes_of(const weft_param& p) {
  uint64_t elements = 0;
  const std::string_view name = sdk::view(p.name);
  if (__builtin_mul_overflow(p.rows, p.row_elems, &elements) || !countable(elements, dtype_of(p)))
    sdk::fail(WEFT_UNIMPLEMENTED, "parameter " + std::string(name) + " has " + std::to_string(p.rows) + " rows of " +
                                      std::to_string(p.row_elems) + " elements: more than shaders count");
  return elements * (dtype_of(p) == WEFT_F32 ? 4 : 2);
}

}  // namespace

/// Two pieces of staging memory, one of which is filled while the other is copied.
class Store::Upload {
 public:
  explicit Upload(Store& store) : store_(store), line_(*store.device) {}

  void bring(uint64_t i, const weft_param& info, Weight weight, const Piece& piece) {
    const uint64_t element = weight.dtype == WEFT_F32 ? 4 : 2, row = info.row_elems * element;
    if (row == 0) return;
    const uint64_t at_once = std::max<uint64_t>(1, kStaging / row);
    for (uint64_t r = 0; r < info.rows; r += at_once) {
      const uint64_t rows = std::min(at_once, info.rows - r), bytes = rows * row;
      Memory& staging = staging_[given_ % 2];
      if (given_ >= 2) line_.reach(given_ - 1);
      if (staging.bytes() < bytes) staging = Memory(*store_.device, bytes, Memory::Of::kHost);
      weft_slab slab{};
      slab.plane[0] = staging.host(), slab.row_pitch[0] = row, slab.col_pitch[0] = element;
      sdk::check(store_.params_.read(store_.params_.ctx, i, weight.dtype, r, rows, &slab));
      store_.params_.done(store_.params_.ctx, i, r, rows);
      auto work = line_.begin();
      const VkBufferCopy copy{0, piece.offset + r * row, bytes};
      store_.device->api.vkCmdCopyBuffer(work->commands, staging.buffer(), piece.buffer, 1, &copy);
      line_.submit(std::move(work), 0, ++given_);
    }
  }
  void wait() {
    if (given_ > 0) line_.reach(given_);
  }

 private:
  Store& store_;
  Memory staging_[2];
  Timeline line_;
  uint64_t given_ = 0;
};

weft_param Store::info(uint64_t i) const {
  weft_param info{};
  info.hdr = WEFT_HDR(weft_param, key);
  sdk::check(params_.info(params_.ctx, i, &info));
  return info;
}

Store::Key Store::key_of(uint64_t i, const weft_param& info) {
  const bool tied = info.key[0] != 0 || info.key[1] != 0;
  return {info.key[0], info.key[1], tied ? 0 : i, dtype_of(info)};
}

Store::Piece Store::take(uint64_t bytes, uint64_t still_to_come) {
  if (slabs_.empty() || used_ + bytes > slabs_.back().bytes()) {
    slabs_.emplace_back(*device, std::max(bytes, std::min(still_to_come, kSlab)), Memory::Of::kDevice);
    used_ = 0;
  }
  const Memory& slab = slabs_.back();
  const Piece piece{slab.buffer(), used_, slab.address() + used_};
  used_ += bytes;
  return piece;
}

void Store::load(const std::vector<uint64_t>& wanted) {
  const std::lock_guard lock(mutex_);
  std::map<Key, uint64_t> coming;  // to one of its parameters
  uint64_t bytes = 0;
  for (const uint64_t i : wanted) {
    const weft_param p = info(i);
    const Key key = key_of(i, p);
    if (there_.contains(key) || !coming.try_emplace(key, i).second) continue;
    if (__builtin_add_overflow(bytes, padded(bytes_of(p)), &bytes))
      sdk::fail(WEFT_RESOURCE_EXHAUSTED, "the size of all parameters overflows");
  }
  Upload upload(*this);
  std::map<Key, Weight> come;
  for (const auto& [key, i] : coming) {
    const weft_param p = info(i);
    const uint64_t own = padded(bytes_of(p));
    const Piece piece = take(own, bytes);
    bytes -= own;
    const Weight weight{piece.at, dtype_of(p)};
    upload.bring(i, p, weight, piece);
    come.emplace(key, weight);
  }
  upload.wait();
  there_.merge(come);
}

Store::Weight Store::weight(uint64_t i) {
  const std::lock_guard lock(mutex_);
  return there_.at(key_of(i, info(i)));
}

}  // namespace weft::vulkan
