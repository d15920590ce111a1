// Options, devices that are not there, and memory that runs out: an error says what, and what comes afterwards works.
#include <dlfcn.h>
#include <execinfo.h>

#include <cstring>

#include "plugins/backends/vulkan/on_device.hpp"
#include "tests/counting_new.hpp"
#include "tests/opaque/opaque.hpp"

namespace weft::test {
namespace {

using testing_memory::fail_at;

void expect_in(const std::string& part, const Status& s) {
  EXPECT_NE(s.message().find(part), std::string_view::npos) << "expected \"" << part << "\": " << s.message();
}

TEST(VulkanOptions, Are_refused_by_name_when_they_are_not_known_or_not_possible) {
  for (const auto& [options, expected] :
       {std::pair(R"("warp": 1)",
                  "unknown option \"warp\", known are account, devices, memory, pipelines, validate and without"),
        std::pair(R"("pipelines": true)", "option pipelines: expected the absolute path of a folder"),
        std::pair(R"("pipelines": "here")", "option pipelines: expected the absolute path of a folder"),
        std::pair(R"("devices": 0)", "option devices: expected 1 to 8"),
        std::pair(R"("devices": 9)", "option devices: expected 1 to 8"),
        std::pair(R"("without": "fp16")", "option without: expected a list of names"),
        std::pair(R"("without": [16])", "option without: expected a list of names"),
        std::pair(R"("without": ["fp16", "fp17"])", "no feature of a device is called \"fp17\", known are fp16, int8"),
        std::pair(R"("memory": 0)", "option memory: expected bytes, 1 or more"),
        std::pair(R"("memory": "8G")", "option memory: expected bytes"),
        std::pair(R"("validate": 1)", "option validate: expected true or false")})
    expect_in(expected, vulkan_engine(options)->open_devices("vulkan").status());
}

TEST(VulkanDevices, That_are_not_there_are_an_error_that_says_why_and_others_serve) {
  // The loader reads it when an instance is made.
  const char* const before = std::getenv("VK_ICD_FILENAMES");
  const std::string kept = before != nullptr ? before : "";
  setenv("VK_ICD_FILENAMES", "/nonexistent", 1);
  const auto engine = vulkan_engine();
  const Status s = engine->open_devices("vulkan").status();
  before != nullptr ? setenv("VK_ICD_FILENAMES", kept.c_str(), 1) : unsetenv("VK_ICD_FILENAMES");
  EXPECT_EQ(s.code(), Code::kNotFound);
  expect_in("vulkan has no device here: ", s);
  expect_in("this machine has no Vulkan ", s);
  EXPECT_TRUE(engine->open_devices("").ok());
}

TEST(VulkanDevices, Are_not_taken_unless_they_are_named) {
  const auto engine = vulkan_engine();
  for (const std::string list : {"", "reference"}) {
    const auto devices = engine->open_devices(list);
    ASSERT_TRUE(devices.ok()) << devices.status().message();
    for (const auto& device : *devices) EXPECT_NE(device->table().name(), "vulkan") << list;
  }
}

TEST_F(OnVulkan, Of_a_name_that_no_device_has_the_error_says_so) {
  expect_in("vulkan has no device \"warp\"", engine().open_devices("vulkan:warp").status());
}

TEST_F(OnVulkan, Memory_that_the_option_does_not_allow_is_said_with_sizes_and_less_runs) {
  const auto full = vulkan_engine(R"("memory": 4096)");
  const auto refused = load_on(*full, kLlama);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), Code::kResourceExhausted);
  expect_in("4096 that the options of weft.vulkan allow", refused.status());
  const auto info = device_info(full->open_devices("vulkan").value()[0]->table(), 0);
  EXPECT_EQ(info->mem_total, 4096u);

  bool ran = false;
  for (uint64_t bytes = 1 << 14; !ran && bytes <= 1 << 26; bytes *= 2) {
    const auto there = vulkan_engine("\"memory\": " + std::to_string(bytes));
    const auto model = load_on(*there, kLlama);
    const auto session = model.ok() ? (*model)->new_session().status() : model.status();
    ran = session.ok() && played(**model) == played(**load_on(engine(), kLlama));
    if (!session.ok()) {
      EXPECT_EQ(session.code(), Code::kResourceExhausted) << session.message();
    }
  }
  EXPECT_TRUE(ran);
}

/// Whether the loader, a layer or a driver asks for memory: they may not survive to get none.
bool in_a_driver() {
  void* frames[256];
  const int n = backtrace(frames, 256);
  return std::any_of(frames, frames + n, [](void* frame) {
    Dl_info where;
    if (dladdr(frame, &where) == 0 || where.dli_fname == nullptr) return false;
    return std::strstr(where.dli_fname, "libvulkan") || std::strstr(where.dli_fname, "libVkLayer");
  });
}

TEST_F(OnVulkan, Loading_a_model_and_two_steps_survive_each_allocation_that_fails) {
  const Status whole = run(engine());
  ASSERT_TRUE(whole.ok()) << whole.message();
  testing_memory::spare(in_a_driver);
  int failed = 0;
  bool any = true;
  for (uint64_t n = 1; any; n += n < 40 ? 1 : 211) {
    Status s;
    fail_at(n, false);
    try {
      s = run(engine());
    } catch (const std::bad_alloc&) {
    }
    any = testing_memory::has_failed();
    fail_at(0, false);
    EXPECT_TRUE(s.ok() || any) << n << ": " << s.message();
    failed += s.ok() ? 0 : 1;
  }
  testing_memory::spare(nullptr);
  EXPECT_GT(failed, 20);
  EXPECT_TRUE(run(engine()).ok());
}

}  // namespace
}  // namespace weft::test
