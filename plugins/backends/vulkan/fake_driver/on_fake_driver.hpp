// For tests: engines whose Vulkan device is that of the driver for tests.
#pragma once

#include <dlfcn.h>

#include "plugins/backends/vulkan/fake_driver/driver.hpp"
#include "plugins/backends/vulkan/on_device.hpp"

namespace weft::test {

/// The driver, whose library stays loaded so that it remembers; null: it is not there.
inline FakeDriver* fake_driver() {
  static FakeDriver* const driver = [] {
    setenv("VK_ICD_FILENAMES", WEFT_FAKE_DRIVER_MANIFEST, 1);
    unsetenv("WEFT_VULKAN_VALIDATE");  // the layer takes work for given whose vkQueueSubmit has failed
    void* const library = dlopen(WEFT_FAKE_DRIVER, RTLD_NOW | RTLD_LOCAL);
    return library == nullptr ? nullptr
                              : reinterpret_cast<FakeDriverFunction>(dlsym(library, kFakeDriverSymbol))();
  }();
  return driver;
}

class OnFakeDriver : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(fake_driver(), nullptr) << dlerror();
    const Status there = vulkan_engine()->open_devices("vulkan").status();
    if (!there.ok()) GTEST_SKIP() << there.message();
  }
  void TearDown() override {
    driver().reset();
    EXPECT_EQ(driver().left(), "");
    EXPECT_EQ(driver().misuses(), 0u);
  }
  static FakeDriver& driver() { return *fake_driver(); }
  /// What a device that the driver has changed says of itself.
  static std::string description() {
    const auto engine = vulkan_engine();
    const std::vector<ListedDevice> devices = engine->devices().value();
    for (const ListedDevice& device : devices) {
      if (device.backend == "vulkan") return device.info.description;
    }
    return "no device";
  }
};

}  // namespace weft::test
