#include "plugins/backends/vulkan/settings.hpp"

#include <string>

namespace weft::vulkan {
namespace {

constexpr int64_t kMostDevices = 8;  // more than tests need, and as one digit part of no other's name

Features features_of(const sdk::Json& names) {
  if (!names.is_array()) sdk::refuse("option without: expected a list of names of features");
  Features found;
  for (uint64_t i = 0; i < names.size(); ++i) {
    if (!names.at(i).is_string()) sdk::refuse("option without: expected a list of names of features");
    found.set(feature_of(names.at(i).string()), true);
  }
  return found;
}

}  // namespace

Settings::Settings(const sdk::Json& options) {
  for (uint64_t i = 0; i < options.size(); ++i) {
    const std::string_view key = options.key(i);
    const sdk::Json value = options[key];
    if (key == "validate") {
      if (!value.is_bool()) sdk::refuse("option validate: expected true or false");
      validate = value.integer() != 0;
    } else if (key == "account") {
      if (!value.is_bool()) sdk::refuse("option account: expected true or false");
      account = value.integer() != 0;
    } else if (key == "memory") {
      if (!value.is_integer() || value.integer() <= 0) sdk::refuse("option memory: expected bytes, 1 or more");
      memory = static_cast<uint64_t>(value.integer());
    } else if (key == "devices") {
      if (!value.is_integer() || value.integer() < 1 || value.integer() > kMostDevices)
        sdk::refuse("option devices: expected 1 to " + std::to_string(kMostDevices));
      devices = static_cast<uint32_t>(value.integer());
    } else if (key == "pipelines") {
      if (!value.is_string() || !value.string().starts_with('/'))
        sdk::refuse("option pipelines: expected the absolute path of a folder");
      pipelines = value.string();
    } else if (key == "without") {
      without = features_of(value);
    } else {
      sdk::refuse("unknown option \"" + std::string(key) +
                  "\", known are account, devices, memory, pipelines, validate and without");
    }
  }
}

}  // namespace weft::vulkan
