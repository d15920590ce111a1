// How ops become dispatches: a kernel of the SDK records what the device is to do, and views have addresses on it.
#pragma once

#include <cstring>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "plugins/backends/vulkan/hazards.hpp"
#include "plugins/backends/vulkan/store.hpp"
#include "plugins/backends/vulkan/timeline.hpp"
#include "weft/sdk/call.hpp"
#include "weft/sdk/interpreter_program.hpp"
#include "weft/sdk/value_dtype.hpp"

namespace weft::vulkan {

/// What an element is stored as: the order of common.glsl's kStored constants.
enum class Stored : uint32_t { kF32 = 0, kF16 = 1, kBf16 = 2 };
/// Of a dtype that states may have.
bool is_stored(uint32_t dtype);
Stored stored_of(uint32_t dtype);
/// Whether shaders reach all elements of a tensor: they index words of 4 bytes with 31 bits, and elements with 32.
bool countable(uint64_t elements, const Format& format = *format_of("f32"));

/// Weights as shaders get them.
struct WeightPush {
  WeightPush(const Weight& w) : low(w.low), high(w.high), scale(w.scale) {}
  VkDeviceAddress low, high, scale;
};

/// Weights that stand for a tensor of f32.
inline Weight f32_at(VkDeviceAddress at) {
  Weight w;
  w.low = at;
  return w;
}

/// The dtype of a value: the order of elements.glsl, which begins as `Stored` does.
enum class Element : uint32_t { kF32 = 0, kF16 = 1, kBf16 = 2, kI32 = 3, kU8 = 4 };
uint32_t element_of(const sdk::View& v);
inline uint32_t bytes_of_element(const sdk::View& v) { return sdk::element_bytes(v.dtype); }

/// What a shader writes into the error word of a run: the order of common.glsl.
enum class Fault : uint32_t { kNone = 0, kOutside = 1, kDividedByZero = 2 };
[[noreturn]] void fail(Fault fault);

inline VkDeviceAddress address(const void* p) { return reinterpret_cast<VkDeviceAddress>(p); }
inline VkDeviceAddress address(const sdk::View& v) { return address(v.data); }
inline void* pointer(VkDeviceAddress at) { return reinterpret_cast<void*>(at); }

/// A node that is being recorded.
struct Dispatch : sdk::Call {
  const Facts* facts = nullptr;  // of the device
  Work* work = nullptr;          // null: nothing is recorded, only scratch memory is asked for
  std::function<VkDeviceAddress(uint64_t bytes)> scratch;  // memory until the node is done
  std::vector<Weight> weights;  // by input; of other inputs than parameters they are f32, as their views say
  const sdk::Program* body_program = nullptr;  // of a scan
  VkDeviceAddress error = 0;                   // of a word that gets a Fault
  // What the node reads and writes, and what the nodes before it did since the last barrier. Without hazards each
  // dispatch waits for all before it.
  std::vector<Span> reads, writes;
  Hazards* hazards = nullptr;
  bool together = false;  // the next dispatch does not depend on the node's last one

  /// Records a shader over `groups` work groups, or over as many as every device has, whose work is then strided.
  /// `size`: invocations of a group. It sees the writes of what was recorded before, but for `together`.
  template <class Push>
  void run(Shader shader, uint32_t size, std::vector<uint32_t> constants, const Push& push, uint64_t groups,
           uint64_t groups_y = 1) {
    static_assert(std::is_trivially_copyable_v<Push> && sizeof(Push) <= kPushBytes);
    constants.insert(constants.begin(), size);
    record({shader, std::move(constants)}, &push, sizeof push, groups, groups_y);
  }
  /// The same with an invocation for each of n elements.
  template <class Push>
  void each(Shader shader, std::vector<uint32_t> constants, const Push& push, uint64_t n) {
    run(shader, kInvocations, std::move(constants), push, (n + kInvocations - 1) / kInvocations);
  }
  /// Elements of 1, 2 or 4 bytes.
  void copy(VkDeviceAddress to, VkDeviceAddress from, int64_t elements, uint32_t bytes = 4);
  /// The same between elements of tensors, which may begin within words.
  void copy_elements(VkDeviceAddress to, int64_t to_begin, VkDeviceAddress from, int64_t from_begin, int64_t elements,
                     uint32_t bytes);

  uint32_t recorded() const { return recorded_; }  // dispatches

 private:
  static constexpr uint32_t kInvocations = 64;
  /// Records the barrier that the next dispatch needs.
  void order();
  void record(const Variant& variant, const void* push, uint32_t bytes, uint64_t groups, uint64_t groups_y);

  bool begun_ = false;
  uint32_t recorded_ = 0;
};

/// n, which is the size of a tensor or of a part of one, as shaders take it.
inline uint32_t u32(int64_t n) { return static_cast<uint32_t>(n); }

/// x repeated to dims along its axes of size 1, in scratch memory; x itself where those are its dims.
sdk::View stretched(Dispatch& d, const sdk::View& x, const std::vector<int64_t>& dims);

/// The kernels of all ops that the backend runs.
sdk::Kernels all_kernels();

using Record = void (*)(Dispatch&);
void add(sdk::Kernels& kernels, const std::string& op, Record record);
void add_elementwise(sdk::Kernels& kernels);
void add_layout(sdk::Kernels& kernels);
void add_indexing(sdk::Kernels& kernels);
void add_products(sdk::Kernels& kernels);
void add_rows(sdk::Kernels& kernels);
void add_attention(sdk::Kernels& kernels);
void add_experts(sdk::Kernels& kernels);
void add_conv(sdk::Kernels& kernels);
void add_ssm(sdk::Kernels& kernels);
void add_scan(sdk::Kernels& kernels);

/// Attention over paged states in all its forms, also such as attention.comp does not do.
void paged_attention(Dispatch& d);

/// The number that shaders have for an activation; absent: none.
uint32_t activation_of(std::string_view kind);

}  // namespace weft::vulkan
