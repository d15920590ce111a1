#include "plugins/backends/vulkan/pipelines.hpp"

#include <span>

#include "plugins/backends/vulkan/device.hpp"
#include "plugins/backends/vulkan/pipeline_file.hpp"

namespace weft::vulkan {

std::string Variant::text() const {
  std::string text = name_of(shader);
  for (std::size_t i = 0; i < constants.size(); ++i) text += (i == 0 ? "(" : ", ") + std::to_string(constants[i]);
  return constants.empty() ? text : text + ")";
}

Pipelines::Pipelines(Device& device) : device_(device) {
  try {
    const VkPushConstantRange push{VK_SHADER_STAGE_COMPUTE_BIT, 0, kPushBytes};
    VkPipelineLayoutCreateInfo info{VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};
    info.pushConstantRangeCount = 1, info.pPushConstantRanges = &push;
    must(device.api.vkCreatePipelineLayout(device.handle, &info, nullptr, &layout_), "vkCreatePipelineLayout");
    device.call(VK_OBJECT_TYPE_PIPELINE_LAYOUT, layout_, [] { return "layout of all pipelines"; });
    make_cache();
  } catch (...) {
    destroy();
    throw;
  }
}

Pipelines::~Pipelines() {
  try {
    keep();
  } catch (...) {  // memory ran out: the next process makes them anew
  }
  destroy();
}

void Pipelines::destroy() {
  for (const auto& [variant, pipeline] : there_) device_.api.vkDestroyPipeline(device_.handle, pipeline, nullptr);
  device_.api.vkDestroyPipelineCache(device_.handle, cache_, nullptr);
  device_.api.vkDestroyPipelineLayout(device_.handle, layout_, nullptr);
}

void Pipelines::make_cache() {
  if (device_.pipeline_folder.empty()) return;
  kept_ = read_pipelines(device_.pipeline_folder, device_.facts.build);
  VkPipelineCacheCreateInfo info{VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
  info.initialDataSize = kept_.size(), info.pInitialData = kept_.data();
  must(device_.api.vkCreatePipelineCache(device_.handle, &info, nullptr, &cache_), "vkCreatePipelineCache");
  device_.call(VK_OBJECT_TYPE_PIPELINE_CACHE, cache_, [] { return "cache of pipelines"; });
}

void Pipelines::keep() const {
  if (cache_ == VK_NULL_HANDLE || there_.empty()) return;
  std::size_t bytes = 0;
  if (device_.api.vkGetPipelineCacheData(device_.handle, cache_, &bytes, nullptr) != VK_SUCCESS) return;
  if (bytes <= sizeof(VkPipelineCacheHeaderVersionOne) || bytes > kMostPipelineBytes) return;
  std::vector<uint8_t> data(bytes);
  if (device_.api.vkGetPipelineCacheData(device_.handle, cache_, &bytes, data.data()) != VK_SUCCESS) return;
  data.resize(bytes);
  if (data != kept_) write_pipelines(device_.pipeline_folder, device_.facts.build, data);
}

VkPipeline Pipelines::get(const Variant& variant) {
  const std::lock_guard lock(mutex_);
  const auto [it, fresh] = there_.try_emplace(variant, VK_NULL_HANDLE);
  if (it->second == VK_NULL_HANDLE) it->second = made(variant);
  return it->second;
}

VkPipeline Pipelines::made(const Variant& variant) const {
  // What may run out of memory comes before the module.
  std::vector<VkSpecializationMapEntry> entries;
  for (uint32_t i = 0; i < variant.constants.size(); ++i) entries.push_back({i, i * 4, 4});
  const std::string name = variant.text(), function = "vkCreateComputePipelines of " + name;
  const std::span<const uint32_t> code = code_of(variant.shader);
  VkShaderModuleCreateInfo module_info{VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};
  module_info.codeSize = code.size_bytes(), module_info.pCode = code.data();
  VkShaderModule module = VK_NULL_HANDLE;
  must(device_.api.vkCreateShaderModule(device_.handle, &module_info, nullptr, &module), "vkCreateShaderModule");
  const VkSpecializationInfo constants{static_cast<uint32_t>(entries.size()), entries.data(),
                                       variant.constants.size() * 4, variant.constants.data()};
  VkComputePipelineCreateInfo info{VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO};
  info.layout = layout_;
  info.stage = {VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO};
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = module, info.stage.pName = "main", info.stage.pSpecializationInfo = &constants;
  VkPipeline pipeline = VK_NULL_HANDLE;
  const VkResult result =
      device_.api.vkCreateComputePipelines(device_.handle, cache_, 1, &info, nullptr, &pipeline);
  device_.api.vkDestroyShaderModule(device_.handle, module, nullptr);
  must(result, function.c_str());
  device_.call(VK_OBJECT_TYPE_PIPELINE, pipeline, [&] { return name; });
  return pipeline;
}

}  // namespace weft::vulkan
