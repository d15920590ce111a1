// The validation layer looks on while models are loaded and run, and has nothing to say, in the end neither.
#include <gmock/gmock.h>

#include <mutex>

#include "plugins/backends/vulkan/on_device.hpp"
#include "tests/opaque/opaque.hpp"
#include "tests/sanitizers.hpp"

namespace weft::test {
namespace {

using testing::HasSubstr;

/// An engine that is validated, and what the plugin logs as errors.
class Validated : public OnVulkan {
 protected:
  void SetUp() override {
    OnVulkan::SetUp();
    if (IsSkipped()) return;
    const auto log = [this](uint32_t level, std::string_view from, std::string_view text) {
      const std::lock_guard lock(mutex_);
      if (level >= WEFT_LOG_ERROR && from == "weft.vulkan") errors_.emplace_back(text);
    };
    engine_ = vulkan_engine(R"("validate": true)", log);
    const Status there = engine_->open_devices("vulkan").status();
    if (!there.ok()) GTEST_SKIP() << there.message();
  }

  const LeaksAllowed the_layer_keeps_some_;
  std::mutex mutex_;
  std::vector<std::string> errors_;
  std::shared_ptr<Engine> engine_;
};

TEST_F(Validated, A_model_is_loaded_run_and_freed_without_an_error_and_leaves_nothing_behind) {
  {
    const auto model = load_on(*engine_, WEFT_SOURCE_DIR "/tests/golden/llama/llama1");
    ASSERT_TRUE(model.ok()) << model.status().message();
    EXPECT_FALSE(played(**model).empty());
  }
  engine_.reset();
  EXPECT_THAT(errors_, testing::IsEmpty());
}

TEST_F(Validated, What_is_left_when_the_device_is_closed_is_an_error_by_its_name) {
  static weft_buffer* left = nullptr;  // for good
  {
    const auto device = engine_->open_devices("vulkan").value()[0];
    ASSERT_TRUE(device->make("buffer_new", left, [&](weft_buffer** out) {
      return device->api().buffer_new(device->handle(), WEFT_MEMORY_DEVICE, 6000, out);
    }).ok());
  }
  engine_.reset();
  ASSERT_EQ(errors_.size(), 1u);
  EXPECT_THAT(errors_[0], HasSubstr("the validation layer says: "));
  EXPECT_THAT(errors_[0], HasSubstr("device's 6000 bytes"));
  EXPECT_THAT(errors_[0], HasSubstr("has not been destroyed"));
}

}  // namespace
}  // namespace weft::test
