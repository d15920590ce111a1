#include "plugins/backends/vulkan/transfer.hpp"

#include <algorithm>
#include <cstring>

namespace weft::vulkan {
namespace {

const Memory& memory_of(const weft_buffer* buffer) { return *reinterpret_cast<const Memory*>(buffer); }

}  // namespace

void transfer(Timeline& line, const weft_transfer& t) {
  const Device& device = line.device;
  // Host memory is read during the call, and written once the device is done. What is read may be what work before
  // `wait` writes there, so this waits for it.
  const bool from_host = std::any_of(t.regions, t.regions + t.n_regions, [](const weft_region& r) {
    return r.from == nullptr && r.from_host != nullptr;
  });
  if (from_host && t.when.wait != 0) line.reach(t.when.wait);
  auto work = line.begin();
  for (uint32_t i = 0; i < t.n_regions; ++i) {
    const weft_region& r = t.regions[i];
    if (r.bytes == 0) continue;
    if (r.from == nullptr && r.from_host == nullptr) {
      device.api.vkCmdFillBuffer(work->commands, memory_of(r.to).buffer(), r.to_offset, r.bytes, 0);
      continue;
    }
    VkBufferCopy copy{r.from_offset, r.to_offset, r.bytes};
    VkBuffer from = VK_NULL_HANDLE, to = VK_NULL_HANDLE;
    if (r.from != nullptr) from = memory_of(r.from).buffer();
    if (r.to != nullptr) to = memory_of(r.to).buffer();
    if (r.from == nullptr) {
      const Work::Lent lent = work->lend(r.bytes);
      std::memcpy(lent.host, r.from_host, r.bytes);
      from = lent.buffer, copy.srcOffset = lent.offset;
    }
    if (r.to == nullptr) {
      const Work::Lent lent = work->lend(r.bytes);
      to = lent.buffer, copy.dstOffset = lent.offset;
      work->after.push_back([at = lent.host, r] { std::memcpy(r.to_host, at, r.bytes); });
    }
    device.api.vkCmdCopyBuffer(work->commands, from, to, 1, &copy);
  }
  line.submit(std::move(work), t.when.wait, t.when.signal);
}

}  // namespace weft::vulkan
