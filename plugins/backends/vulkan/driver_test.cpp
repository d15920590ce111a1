// Drivers that fail, lie or lose their device: an error says what and where, nothing is left behind, and the host
// lives.
#include <gmock/gmock.h>

#include "plugins/backends/vulkan/fake_driver/on_fake_driver.hpp"
#include "tests/opaque/opaque.hpp"

namespace weft::test {
namespace {

using testing::AllOf, testing::AnyOf, testing::HasSubstr;

TEST_F(OnFakeDriver, Each_call_that_fails_is_an_error_that_names_it_and_nothing_is_left_behind) {
  for (const VkResult result : {VK_ERROR_OUT_OF_DEVICE_MEMORY, VK_ERROR_OUT_OF_HOST_MEMORY, VK_ERROR_UNKNOWN}) {
    int failed = 0;
    bool any = true;
    for (uint64_t n = 1; any; n += n < 80 ? 1 : 37) {
      driver().fail("", n, result);
      const Status s = run(*vulkan_engine());
      const std::string which = driver().failed() + ", call " + std::to_string(n);
      any = !driver().failed().empty();
      EXPECT_EQ(driver().left(), "") << result << " of " << which << ": " << s.message();
      if (s.ok()) continue;
      ++failed;
      EXPECT_TRUE(any) << which << ": " << s.message();
      EXPECT_THAT(std::string(s.message()), AnyOf(HasSubstr("vk"), HasSubstr("bytes that are asked for"),
                                                  HasSubstr("this machine has no Vulkan ")));
    }
    EXPECT_GT(failed, 60) << result;
  }
}

TEST_F(OnFakeDriver, A_model_whose_load_or_step_has_failed_once_runs_when_it_is_tried_again) {
  const auto engine = vulkan_engine();
  const auto keep = engine->open_devices("vulkan");
  ASSERT_TRUE(run(*engine).ok());
  bool any = true;
  for (uint64_t n = 1; any; n += n < 80 ? 1 : 13) {
    driver().fail("", n, VK_ERROR_OUT_OF_DEVICE_MEMORY);
    (void)run(*engine);
    const std::string which = driver().failed();
    any = !which.empty();
    driver().fail("", 0, VK_SUCCESS);
    const Status again = run(*engine);
    EXPECT_TRUE(again.ok()) << which << ", call " << n << ": " << again.message();
  }
}

TEST_F(OnFakeDriver, Pipelines_that_the_driver_refuses_are_named) {
  driver().fail("vkCreateComputePipelines", 3, VK_ERROR_UNKNOWN);
  const Status s = run(*vulkan_engine());
  EXPECT_EQ(s.code(), Code::kInternal);
  EXPECT_THAT(std::string(s.message()), AllOf(HasSubstr("vkCreateComputePipelines of "), HasSubstr("(64, "),
                                              HasSubstr("): VkResult -13")));
}

TEST_F(OnFakeDriver, After_a_device_is_lost_the_model_runs_elsewhere_and_there_once_it_is_loaded_again) {
  const auto engine = vulkan_engine();
  const auto plain = load_on(*engine, kLlama, "reference");
  const std::vector<float> expected = played(**plain);
  for (const std::string function : {"vkQueueSubmit", "vkWaitSemaphores"}) {
    for (const uint64_t n : {1, 4}) {
      const auto model = load_on(*engine, kLlama);
      ASSERT_TRUE(model.ok()) << model.status().message();
      driver().fail(function, n, VK_ERROR_DEVICE_LOST);
      const auto session = (*model)->new_session();
      Status s = session.status();
      if (s.ok()) {
        Play play(**session);
        EXPECT_EQ(play.run().code(), Code::kUnavailable);
        s = play.first_failure();
      }
      ASSERT_EQ(driver().failed(), function);
      EXPECT_EQ(s.code(), Code::kUnavailable) << function << " " << n << ": " << s.message();
      EXPECT_THAT(std::string(s.message()), HasSubstr("is gone"));
      EXPECT_THAT(std::string(s.message()), HasSubstr("the device is lost"));
      EXPECT_EQ((*model)->new_session().status().code(), Code::kUnavailable);
      EXPECT_EQ(played(**load_on(*engine, kLlama, "reference")), expected);
      const auto again = load_on(*engine, kLlama);  // while the lost one is still there
      ASSERT_TRUE(again.ok()) << again.status().message();
      EXPECT_LE(max_difference(played(**again), expected), 1e-3 * deviation(expected));
    }
  }
}

TEST_F(OnFakeDriver, A_device_that_is_lost_while_a_model_is_loaded_is_an_error_and_the_next_load_succeeds) {
  const auto engine = vulkan_engine();
  for (const std::string function : {"vkQueueSubmit", "vkWaitSemaphores"}) {
    driver().fail(function, 1, VK_ERROR_DEVICE_LOST);
    EXPECT_EQ(load_on(*engine, kLlama).status().code(), Code::kUnavailable) << function;
    EXPECT_TRUE(load_on(*engine, kLlama).ok()) << function;
  }
}

TEST_F(OnFakeDriver, A_device_below_what_is_needed_says_what_it_lacks_and_is_not_opened) {
  const auto lacks = [&](const std::string& expected, const auto& change) {
    change();
    EXPECT_THAT(description(), HasSubstr(expected));
    const Status s = vulkan_engine()->open_devices("vulkan").status();
    EXPECT_EQ(s.code(), Code::kUnimplemented);
    EXPECT_THAT(std::string(s.message()), HasSubstr(expected));
    driver().reset();
  };
  const auto limit = [&](uint32_t VkPhysicalDeviceLimits::*which, uint32_t value) {
    return [=] { driver().properties = [=](auto& p) { p.properties.limits.*which = value; }; };
  };
  const auto feature = [&](VkBool32 VkPhysicalDeviceVulkan12Features::*which) {
    return [=] {
      driver().features = [=](auto& f) {
        auto* const twelve = in_chain<VkPhysicalDeviceVulkan12Features>(
            f, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES);
        if (twelve != nullptr) twelve->*which = VK_FALSE;
      };
    };
  };
  lacks("it has Vulkan 1.1, expected 1.2 or later",
        [&] { driver().properties = [](auto& p) { p.properties.apiVersion = VK_API_VERSION_1_1; }; });
  lacks("its driver lacks the feature bufferDeviceAddress",
        feature(&VkPhysicalDeviceVulkan12Features::bufferDeviceAddress));
  lacks("its driver lacks the feature timelineSemaphore",
        feature(&VkPhysicalDeviceVulkan12Features::timelineSemaphore));
  lacks("its work groups have 128 invocations, expected 256",
        limit(&VkPhysicalDeviceLimits::maxComputeWorkGroupInvocations, 128));
  lacks("it takes 64 bytes of push constants, expected 128",
        limit(&VkPhysicalDeviceLimits::maxPushConstantsSize, 64));
}

TEST_F(OnFakeDriver, Subgroups_of_cards_and_their_limits_are_told) {
  for (const uint32_t size : {32, 64, 128}) {
    driver().properties = [&](auto& p) {
      p.properties.limits.maxComputeSharedMemorySize = size << 10;
      auto* const eleven = in_chain<VkPhysicalDeviceVulkan11Properties>(
          p, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES);
      if (eleven != nullptr) eleven->subgroupSize = size;
      auto* const sizes = in_chain<VkPhysicalDeviceSubgroupSizeControlProperties>(
          p, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES);
      if (sizes != nullptr) sizes->minSubgroupSize = size / 2, sizes->maxSubgroupSize = size;
    };
    const std::string n = std::to_string(size);
    EXPECT_THAT(description(), HasSubstr("subgroups of " + n + " (" + std::to_string(size / 2) + "-" + n + "), " + n +
                                         " KiB shared by a work group"));
  }
}

TEST_F(OnFakeDriver, A_device_whose_memory_the_host_cannot_reach_is_an_error_of_what_needs_that) {
  driver().memory = [](auto& m) {
    for (VkMemoryType& type : m.memoryProperties.memoryTypes) type.propertyFlags &= VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
  };
  EXPECT_THAT(description(), HasSubstr(", 0 of "));
  const Status s = run(*vulkan_engine());
  EXPECT_EQ(s.code(), Code::kResourceExhausted);
  EXPECT_THAT(std::string(s.message()), HasSubstr("no memory of the kind that is needed is there"));
}

TEST_F(OnFakeDriver, Features_without_their_extensions_are_not_there) {
  driver().hides = [](const std::string& extension) { return extension == "VK_EXT_subgroup_size_control"; };
  driver().properties = [](auto& p) { p.properties.apiVersion = VK_API_VERSION_1_2; };
  const std::string all = description();
  EXPECT_GT(all.find("subgroup_control"), all.find("; without ")) << all;
  EXPECT_TRUE(run(*vulkan_engine()).ok());
}

}  // namespace
}  // namespace weft::test
