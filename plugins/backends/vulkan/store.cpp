#include "plugins/backends/vulkan/store.hpp"

#include <algorithm>
#include <cstring>

#include "plugins/backends/vulkan/ops.hpp"
#include "plugins/backends/vulkan/timeline.hpp"

namespace weft::vulkan {
namespace {

// Bytes that small weights share at most. Larger: more is lost at a slab's end; smaller: more allocations, of which
// some drivers have 4,096.
constexpr uint64_t kSlab = uint64_t{64} << 20;
// Bytes on their way to the device at once. Larger: more of the host's memory; smaller: more waiting.
constexpr uint64_t kStaging = uint64_t{16} << 20;

/// As take() gives it out.
uint64_t padded(uint64_t bytes) { return (bytes + 255) / 256 * 256; }

}  // namespace

/// Two pieces of staging memory, one of which is filled while the other is copied or unpacked.
class Store::Upload {
 public:
  explicit Upload(Store& store) : store_(store), line_(*store.device) {}

  void bring(uint64_t i, const weft_param& info, const Format& format, const Layout& layout, const Piece& piece) {
    const uint64_t row = info.row_elems / format.values * format.bytes;
    if (row == 0) return;
    // Blocks of 4 rows fill whole words of any plane.
    const uint64_t at_once = std::max<uint64_t>(4, kStaging / row / 4 * 4);
    for (uint64_t r = 0; r < info.rows; r += at_once) {
      const uint64_t rows = std::min(at_once, info.rows - r), bytes = rows * row;
      Side& side = next(bytes);
      stage(i, info, format, r, rows, side.staging.host());
      auto work = line_.begin();
      if (format.values == 1) {
        copy(*work, side.staging, piece.buffer, piece.offset + r * row, bytes);
      } else {
        if (side.blocks.bytes() < bytes) side.blocks = Memory(*store_.device, bytes, Memory::Of::kDevice);
        copy(*work, side.staging, side.blocks.buffer(), 0, bytes);
        work->barrier();
        unpack(*work, format, layout, piece, side.blocks.address(), r * info.row_elems, rows * info.row_elems);
      }
      line_.submit(std::move(work), 0, ++given_);
    }
  }
  void bring_order(const int32_t* order, uint64_t columns, const Piece& piece, uint64_t offset) {
    Side& side = next(columns * 4);
    std::memcpy(side.staging.host(), order, columns * 4);
    auto work = line_.begin();
    copy(*work, side.staging, piece.buffer, piece.offset + offset, columns * 4);
    line_.submit(std::move(work), 0, ++given_);
  }
  void wait() {
    if (given_ > 0) line_.reach(given_);
  }

 private:
  struct Side {
    Memory staging, blocks;
  };
  /// A side that nothing uses any more, with room for so much.
  Side& next(uint64_t bytes) {
    Side& side = sides_[given_ % 2];
    if (given_ >= 2) line_.reach(given_ - 1);
    if (side.staging.bytes() < bytes) side.staging = Memory(*store_.device, bytes, Memory::Of::kHost);
    return side;
  }
  /// Rows as they are stored, or in f32, one behind the other.
  void stage(uint64_t i, const weft_param& info, const Format& format, uint64_t first, uint64_t rows, uint8_t* to) {
    const weft_params& params = store_.params_;
    const uint64_t bytes = info.row_elems / format.values * format.bytes;
    weft_slab slab{};
    bool mapped = format.values > 1;
    for (uint64_t r = 0, n = 0; mapped && r < rows; r += n) {
      sdk::check(params.map(params.ctx, i, first + r, &n, &slab));
      n = std::min(n, rows - r);
      mapped = n > 0;
      for (uint64_t j = 0; j < n; ++j)
        std::memcpy(to + (r + j) * bytes, static_cast<const uint8_t*>(slab.plane[0]) + j * slab.row_pitch[0], bytes);
    }
    if (!mapped) {
      slab = {};
      slab.plane[0] = to, slab.row_pitch[0] = bytes, slab.col_pitch[0] = format.bytes;
      const uint32_t as = format.code == Code::kF32 ? uint32_t{WEFT_F32} : info.dtype;
      sdk::check(params.read(params.ctx, i, as, first, rows, &slab));
    }
    params.done(params.ctx, i, first, rows);
  }
  void copy(Work& work, const Memory& from, VkBuffer to, uint64_t offset, uint64_t bytes) {
    const VkBufferCopy region{0, offset, bytes};
    store_.device->api.vkCmdCopyBuffer(work.commands, from.buffer(), to, 1, &region);
  }
  /// Blocks to planes, from element `first` of the tensor on.
  static void unpack(Work& work, const Format& f, const Layout& layout, const Piece& piece, VkDeviceAddress blocks,
                     uint64_t first, uint64_t elements) {
    Dispatch d;
    d.work = &work;
    const Planes begin = planes_of(f, first), all = planes_of(f, elements);
    const auto plane = [&](uint64_t offset, uint64_t bytes, const Field& field, uint32_t more) {
      const struct {
        VkDeviceAddress to, from;
        uint32_t n, blocks;
      } push{piece.at + offset, blocks, static_cast<uint32_t>(bytes / 4), static_cast<uint32_t>(elements / f.values)};
      d.each(Shader::kPack, {f.values, f.bytes, field.bits, field.offset, field.span, field.stride, more}, push,
             push.n);
    };
    plane(begin.low, all.low, f.low, 0);
    if (f.high.bits > 0) plane(layout.high + begin.high, all.high, f.high, 0);
    plane(layout.scale + begin.scale, all.scale, {f.scale_bytes[0], f.scale_bytes[1], f.scale_bytes[2], 0},
          scale_stride(f));
  }

  Store& store_;
  Side sides_[2];
  Timeline line_;
  uint64_t given_ = 0;
};

weft_param Store::info(uint64_t i) const {
  weft_param info{};
  info.hdr = WEFT_HDR(weft_param, key);
  sdk::check(params_.info(params_.ctx, i, &info));
  return info;
}

const Format& Store::format_here(uint64_t i, const weft_param& p) const {
  const weft_dtype* dtype = sdk::host().dtype_info(sdk::host().ctx, p.dtype);
  const Format* format = dtype != nullptr ? format_of(sdk::view(dtype->name)) : nullptr;
  if (format == nullptr || p.rank < 2) return *format_of("f32");
  uint32_t read = WEFT_USE_GATHER | WEFT_USE_EXPERT;  // uses in which shaders read the format
  if (format->values == 1) read |= WEFT_USE_MATMUL | WEFT_USE_MATMUL_T;
  if (p.rank == 2) read |= WEFT_USE_MATMUL_T;
  const bool fits = (p.uses & ~read) == 0;
  bool by_expert = false;  // whether matrices of one tensor have orders of their own, which shaders do not read
  for (uint64_t row = 0; fits && format->values > 1 && p.rank > 2 && row < p.rows && !by_expert;
       row += static_cast<uint64_t>(p.dims[p.rank - 2]))
    by_expert = order(i, row) != nullptr;
  return fits && !by_expert ? *format : *format_of("f32");
}

const int32_t* Store::order(uint64_t i, uint64_t row) const {
  const int32_t* order = nullptr;
  if (WEFT_HAS(&params_, weft_params, order)) sdk::check(params_.order(params_.ctx, i, row, &order));
  return order;
}

Store::Key Store::key_of(uint64_t i, const weft_param& info, const Format& format) {
  const bool tied = info.key[0] != 0 || info.key[1] != 0;
  return {info.key[0], info.key[1], tied ? 0 : i, packed(format)};
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

Store::Layout Store::layout_of(const weft_param& p, const Format& format, bool ordered) {
  uint64_t elements = 0;
  if (__builtin_mul_overflow(p.rows, p.row_elems, &elements) || !countable(elements, format))
    sdk::fail(WEFT_UNIMPLEMENTED, "parameter " + std::string(sdk::view(p.name)) + " has " + std::to_string(p.rows) +
                                      " rows of " + std::to_string(p.row_elems) +
                                      " elements: more than shaders count");
  const Planes planes = planes_of(format, elements);
  Layout l;
  l.high = padded(planes.low), l.scale = l.high + padded(planes.high), l.order = l.scale + padded(planes.scale);
  l.bytes = l.order + (ordered ? padded(p.row_elems * 4) : 0);
  return l;
}

std::map<Store::Key, Store::Coming> Store::missing(const std::vector<uint64_t>& wanted, uint64_t& bytes) const {
  std::map<Key, Coming> coming;
  for (const uint64_t i : wanted) {
    const weft_param p = info(i);
    const Format& format = format_here(i, p);
    const Key key = key_of(i, p, format);
    if (there_.contains(key) || coming.contains(key)) continue;
    const int32_t* order_here = format.values > 1 ? order(i, 0) : nullptr;
    const Layout layout = layout_of(p, format, order_here != nullptr);
    coming.emplace(key, Coming{i, &format, order_here, layout});
    if (__builtin_add_overflow(bytes, layout.bytes, &bytes))
      sdk::fail(WEFT_RESOURCE_EXHAUSTED, "the size of all parameters overflows");
  }
  return coming;
}

uint64_t Store::bytes(const std::vector<uint64_t>& wanted) {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  missing(wanted, bytes);
  return bytes;
}

void Store::load(const std::vector<uint64_t>& wanted) {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  const std::map<Key, Coming> coming = missing(wanted, bytes);
  Upload upload(*this);
  std::map<Key, Weight> come;
  for (const auto& [key, c] : coming) {
    const weft_param p = info(c.i);
    const Piece piece = take(c.layout.bytes, bytes);
    bytes -= c.layout.bytes;
    Weight weight{piece.at, piece.at + c.layout.high, piece.at + c.layout.scale, 0, c.format};
    upload.bring(c.i, p, *c.format, c.layout, piece);
    if (c.order != nullptr) {
      weight.order = piece.at + c.layout.order;
      upload.bring_order(c.order, p.row_elems, piece, c.layout.order);
    }
    come.emplace(key, weight);
  }
  upload.wait();
  there_.merge(come);
}

Weight Store::weight(uint64_t i) {
  const std::lock_guard lock(mutex_);
  const weft_param p = info(i);
  return there_.at(key_of(i, p, format_here(i, p)));
}

}  // namespace weft::vulkan
