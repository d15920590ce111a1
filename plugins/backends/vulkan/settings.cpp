#include "plugins/backends/vulkan/settings.hpp"

#include <string>

namespace weft::vulkan {

Settings::Settings(const sdk::Json& options) {
  for (uint64_t i = 0; i < options.size(); ++i) {
    const std::string_view key = options.key(i);
    const sdk::Json value = options[key];
    if (key == "validate") {
      if (!value.is_bool()) sdk::refuse("option validate: expected true or false");
      validate = value.integer() != 0;
    } else if (key == "memory") {
      if (!value.is_integer() || value.integer() <= 0) sdk::refuse("option memory: expected bytes, 1 or more");
      memory = static_cast<uint64_t>(value.integer());
    } else {
      sdk::refuse("unknown option \"" + std::string(key) + "\", known are validate and memory");
    }
  }
}

}  // namespace weft::vulkan
