#include "plugins/backends/vulkan/features.hpp"

#include <algorithm>

namespace weft::vulkan {
namespace {

using S = FeatureStructs;
using Fields = std::vector<VkBool32*>;

struct Row {
  const char* name;
  const char* extension;  // that it comes with; null: with Vulkan 1.2
  Fields (*fields)(S&);   // all are true where the device has it; null: no struct says so
};

// In the order of Feature.
constexpr Row kRows[] = {
    {"fp16", nullptr, [](S& s) { return Fields{&s.twelve.shaderFloat16}; }},
    {"int8", nullptr, [](S& s) { return Fields{&s.twelve.shaderInt8}; }},
    {"int16", nullptr, [](S& s) { return Fields{&s.first.features.shaderInt16}; }},
    {"int64", nullptr, [](S& s) { return Fields{&s.first.features.shaderInt64}; }},
    {"storage8", nullptr, [](S& s) { return Fields{&s.twelve.storageBuffer8BitAccess}; }},
    {"storage16", nullptr, [](S& s) { return Fields{&s.eleven.storageBuffer16BitAccess}; }},
    {"dot", VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME,
     [](S& s) { return Fields{&s.dot.shaderIntegerDotProduct}; }},
    {"subgroups", nullptr, nullptr},
    {"subgroup_control", VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME,
     [](S& s) { return Fields{&s.subgroup_control.subgroupSizeControl, &s.subgroup_control.computeFullSubgroups}; }},
    {"coopmat", VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME,
     [](S& s) { return Fields{&s.coopmat.cooperativeMatrix, &s.twelve.vulkanMemoryModel}; }},
};
static_assert(std::size(kRows) == kFeatures);

Feature feature(std::size_t row) { return static_cast<Feature>(row); }

}  // namespace

std::string Features::text() const {
  std::string text;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    if (has(feature(i))) text += (text.empty() ? "" : ", ") + std::string(kRows[i].name);
  }
  return text;
}

Feature feature_of(std::string_view name) {
  Features known;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    if (kRows[i].name == name) return feature(i);
    known.set(feature(i), true);
  }
  sdk::refuse("no feature of a device is called \"" + std::string(name) + "\", known are " + known.text());
}

bool Extensions::has(std::string_view name) const {
  return std::any_of(all.begin(), all.end(), [&](const auto& e) { return e.extensionName == name; });
}

FeatureStructs::FeatureStructs(uint32_t version, const Extensions& extensions) {
  chain(first, eleven), chain(first, twelve);
  const bool newer = version >= VK_API_VERSION_1_3;
  if (newer || extensions.has(VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME)) chain(first, subgroup_control);
  if (newer || extensions.has(VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME)) chain(first, dot);
  if (extensions.has(VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME)) chain(first, coopmat);
}

Features FeatureStructs::found() {
  Features found;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    if (kRows[i].fields == nullptr) continue;
    const Fields fields = kRows[i].fields(*this);
    found.set(feature(i), std::all_of(fields.begin(), fields.end(), [](const VkBool32* f) { return *f != VK_FALSE; }));
  }
  return found;
}

void FeatureStructs::enable(const Features& features) {
  twelve.bufferDeviceAddress = twelve.timelineSemaphore = VK_TRUE;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    if (!features.has(feature(i)) || kRows[i].fields == nullptr) continue;
    for (VkBool32* const field : kRows[i].fields(*this)) *field = VK_TRUE;
  }
}

std::vector<const char*> extensions_for(const Features& features, const Extensions& extensions) {
  std::vector<const char*> needed;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    const char* const name = kRows[i].extension;
    if (features.has(feature(i)) && name != nullptr && extensions.has(name)) needed.push_back(name);
  }
  return needed;
}

}  // namespace weft::vulkan
