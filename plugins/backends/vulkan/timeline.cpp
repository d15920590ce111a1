#include "plugins/backends/vulkan/timeline.hpp"

#include <algorithm>

namespace weft::vulkan {
namespace {

// The least size of memory that work lends. Larger: sessions that copy little hold more; smaller: more allocations.
constexpr uint64_t kSlab = uint64_t{1} << 18;

}  // namespace

Work::Work(Device& d) : device(d) {
  VkCommandPoolCreateInfo info{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
  info.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT;
  info.queueFamilyIndex = device.facts.queue_family;
  must(device.api.vkCreateCommandPool(device.handle, &info, nullptr, &pool), "vkCreateCommandPool");
  VkCommandBufferAllocateInfo buffer{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
  buffer.commandPool = pool, buffer.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY, buffer.commandBufferCount = 1;
  const VkResult made = device.api.vkAllocateCommandBuffers(device.handle, &buffer, &commands);
  if (made != VK_SUCCESS) device.api.vkDestroyCommandPool(device.handle, pool, nullptr);
  must(made, "vkAllocateCommandBuffers");
  const auto name = [] { return "work of a timeline"; };
  device.call(VK_OBJECT_TYPE_COMMAND_POOL, pool, name), device.call(VK_OBJECT_TYPE_COMMAND_BUFFER, commands, name);
}

Work::~Work() { device.api.vkDestroyCommandPool(device.handle, pool, nullptr); }

void Work::begin(bool again) {
  after.clear();
  slab_ = 0, used_ = 0;
  must(device.api.vkResetCommandPool(device.handle, pool, 0), "vkResetCommandPool");
  VkCommandBufferBeginInfo info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  if (!again) info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  must(device.api.vkBeginCommandBuffer(commands, &info), "vkBeginCommandBuffer");
}

Work::Lent Work::lend(uint64_t bytes) {
  bytes = (bytes + 15) / 16 * 16;
  while (slab_ < slabs_.size() && used_ + bytes > slabs_[slab_].bytes()) ++slab_, used_ = 0;
  if (slab_ == slabs_.size()) slabs_.emplace_back(device, std::max(bytes, kSlab), Memory::Of::kHost), used_ = 0;
  const Memory& slab = slabs_[slab_];
  const Lent lent{slab.host() + used_, slab.buffer(), used_, slab.address() + used_};
  used_ += bytes;
  return lent;
}

void Work::barrier() {
  VkMemoryBarrier memory{VK_STRUCTURE_TYPE_MEMORY_BARRIER};
  constexpr VkPipelineStageFlags kStages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
  memory.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
  memory.dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                         VK_ACCESS_TRANSFER_WRITE_BIT;
  device.api.vkCmdPipelineBarrier(commands, kStages, kStages, 0, 1, &memory, 0, nullptr, 0, nullptr);
}

Timeline::Timeline(Device& d) : device(d) {
  VkSemaphoreTypeCreateInfo type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO};
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  VkSemaphoreCreateInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
  info.pNext = &type;
  must(device.api.vkCreateSemaphore(device.handle, &info, nullptr, &semaphore_), "vkCreateSemaphore");
  device.call(VK_OBJECT_TYPE_SEMAPHORE, semaphore_, [] { return "timeline"; });
}

Timeline::~Timeline() {
  device.rest();
  running_.clear(), idle_.clear();
  device.api.vkDestroySemaphore(device.handle, semaphore_, nullptr);
}

std::shared_ptr<Work> Timeline::begin(bool keep) {
  std::shared_ptr<Work> work;
  {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) {
      idle_.reserve(++made_);  // so that rest() needs no memory
    } else {
      work = std::move(idle_.back()), idle_.pop_back();
    }
  }
  if (work == nullptr) work = std::make_shared<Work>(device);
  work->kept = keep;
  work->begin(keep);
  work->barrier();  // work that does not wait for what was given before still comes behind it
  return work;
}

void Timeline::end(Work& work) {
  // What the host is to see: all that was written.
  VkMemoryBarrier memory{VK_STRUCTURE_TYPE_MEMORY_BARRIER};
  memory.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
  memory.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
  device.api.vkCmdPipelineBarrier(work.commands,
                                  VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                                  VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &memory, 0, nullptr, 0, nullptr);
  must(device.api.vkEndCommandBuffer(work.commands), "vkEndCommandBuffer");
}

void Timeline::submit(std::shared_ptr<Work> work, uint64_t wait, uint64_t signal) {
  if (!work->kept) end(*work);
  const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
  VkTimelineSemaphoreSubmitInfo values{VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO};
  values.waitSemaphoreValueCount = wait != 0, values.pWaitSemaphoreValues = &wait;
  values.signalSemaphoreValueCount = signal != 0, values.pSignalSemaphoreValues = &signal;
  VkSubmitInfo info{VK_STRUCTURE_TYPE_SUBMIT_INFO};
  info.pNext = &values;
  info.commandBufferCount = 1, info.pCommandBuffers = &work->commands;
  info.pWaitDstStageMask = &stage, info.pWaitSemaphores = info.pSignalSemaphores = &semaphore_;
  info.waitSemaphoreCount = wait != 0, info.signalSemaphoreCount = signal != 0;
  if (signal != 0) {
    const std::lock_guard lock(mutex_);
    work->signal = signal, work->running = true;
    running_.push_back(work);  // before the device has it: memory may run out here
    try {
      device.submit(info, VK_NULL_HANDLE);
    } catch (...) {
      work->running = false;
      running_.pop_back();
      throw;
    }
    return;
  }
  VkFence fence = VK_NULL_HANDLE;
  const VkFenceCreateInfo fence_info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  must(device.api.vkCreateFence(device.handle, &fence_info, nullptr, &fence), "vkCreateFence");
  device.call(VK_OBJECT_TYPE_FENCE, fence, [] { return "end of work that signals nothing"; });
  try {
    device.submit(info, fence);
    must(device.api.vkWaitForFences(device.handle, 1, &fence, VK_TRUE, UINT64_MAX), "vkWaitForFences");
  } catch (...) {
    device.rest();  // the device may have the work
    device.api.vkDestroyFence(device.handle, fence, nullptr);
    throw;
  }
  device.api.vkDestroyFence(device.handle, fence, nullptr);
  for (const auto& f : work->after) f();
  const std::lock_guard lock(mutex_);
  rest(std::move(work));
}

bool Timeline::wait(uint64_t value, uint64_t timeout_ns) {
  VkSemaphoreWaitInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO};
  info.semaphoreCount = 1, info.pSemaphores = &semaphore_, info.pValues = &value;
  const VkResult result = device.api.vkWaitSemaphores(device.handle, &info, timeout_ns);
  // Whether the work is over is not known where memory runs out.
  if (result == VK_TIMEOUT || result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY)
    return false;
  must(result, "vkWaitSemaphores");
  finish(value);
  return true;
}

void Timeline::reach(uint64_t value) {
  if (!wait(value, UINT64_MAX)) sdk::fail(WEFT_RESOURCE_EXHAUSTED, "vkWaitSemaphores: a memory is full");
}

void Timeline::finish(uint64_t value) {
  const std::lock_guard lock(mutex_);
  while (!running_.empty() && running_.front()->signal <= value) {
    const std::shared_ptr<Work> work = std::move(running_.front());
    running_.pop_front();
    rest(work);
    for (const auto& f : work->after) f();  // what it throws is of this work alone
  }
}

void Timeline::rest(std::shared_ptr<Work> work) {
  work->running = false;
  if (!work->kept) idle_.push_back(std::move(work));
}

void Timeline::give_back(std::shared_ptr<Work> work) {
  const std::lock_guard lock(mutex_);
  work->kept = false;
  if (!work->running) idle_.push_back(std::move(work));
}

}  // namespace weft::vulkan
