#include "plugins/backends/vulkan/fake_driver/state.hpp"

namespace weft::test {

DriverState& state() {
  static DriverState* const state = new DriverState;  // never destroyed: the loader may call as late as it likes
  return *state;
}

void DriverState::reset() {
  const std::lock_guard lock(mutex_);
  calls_left_ = 0, failed_.clear();
  properties = {}, features = {}, memory = {}, hides = {};
  pipelines.clear(), kept.clear();
}

void DriverState::fail(const std::string& function, uint64_t n, VkResult result) {
  const std::lock_guard lock(mutex_);
  function_ = function, calls_left_ = n, result_ = result, failed_.clear();
}

std::string DriverState::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

std::string DriverState::left() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [kind, handles] : objects_) {
    if (!handles.empty()) text += (text.empty() ? "" : ", ") + std::to_string(handles.size()) + " " + kind;
  }
  return text;
}

uint64_t DriverState::misuses() const {
  const std::lock_guard lock(mutex_);
  return misuses_;
}

std::optional<VkResult> DriverState::fate(const char* function, VkDevice device) {
  const std::lock_guard lock(mutex_);
  if (calls_left_ == 0 || (!function_.empty() && function_ != function) || --calls_left_ > 0) return std::nullopt;
  failed_ = function;
  if (result_ == VK_ERROR_DEVICE_LOST && device != VK_NULL_HANDLE) lost_.insert(device);
  return result_;
}

bool DriverState::lost(VkDevice device) const {
  const std::lock_guard lock(mutex_);
  return lost_.contains(device);
}

void DriverState::made(const char* kind, const void* handle) {
  const std::lock_guard lock(mutex_);
  objects_[kind].insert(handle);
}

void DriverState::destroyed(const char* kind, const void* handle) {
  const std::lock_guard lock(mutex_);
  if (objects_[kind].erase(handle) == 0) ++misuses_;
  if (std::string(kind) != "VkDevice") return;
  std::erase_if(lost_, [&](VkDevice device) { return device == handle; });
  std::erase_if(queues_, [&](const auto& q) { return q.second == handle; });
}

void DriverState::add_queue(VkQueue queue, VkDevice device) {
  const std::lock_guard lock(mutex_);
  queues_[queue] = device;
}

VkDevice DriverState::device_of(VkQueue queue) const {
  const std::lock_guard lock(mutex_);
  const auto it = queues_.find(queue);
  return it != queues_.end() ? it->second : VK_NULL_HANDLE;
}

}  // namespace weft::test
