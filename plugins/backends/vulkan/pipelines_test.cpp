// What a driver has kept of pipelines comes back in the next process, and nothing else does.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "plugins/backends/vulkan/fake_driver/on_fake_driver.hpp"
#include "tests/opaque/opaque.hpp"

namespace weft::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHead = 96, kDriversHeader = sizeof(VkPipelineCacheHeaderVersionOne);

class KeptPipelines : public OnFakeDriver {
 protected:
  void SetUp() override {
    OnFakeDriver::SetUp();
    driver().pipelines = payload_;
  }
  std::string folder() const { return folder_.path() + "/a/folder"; }
  std::string options() const { return R"("pipelines": ")" + folder() + "\""; }
  /// Makes the pipelines of a model; what the driver was given of an earlier time.
  std::vector<uint8_t> given() {
    driver().kept.clear();
    const Status s = run(*vulkan_engine(options()));
    EXPECT_TRUE(s.ok()) << s.message();
    return driver().kept;
  }
  /// What the driver is given when the device is opened.
  std::vector<uint8_t> given_when_opened() {
    driver().kept.clear();
    const Status s = vulkan_engine(options())->open_devices("vulkan").status();
    EXPECT_TRUE(s.ok()) << s.message();
    return driver().kept;
  }
  std::string file() const {
    std::string found;
    for (const auto& entry : fs::directory_iterator(folder())) {
      EXPECT_EQ(found, "") << "more than one file";
      found = entry.path();
    }
    return found;
  }
  std::string content() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& text) const { std::ofstream(file(), std::ios::binary | std::ios::trunc) << text; }

  const std::vector<uint8_t> payload_ = {1, 2, 3, 4, 5, 6, 7};

 private:
  testing_files::TempFolder folder_;
};

TEST_F(KeptPipelines, Are_written_when_the_device_is_closed_and_given_to_the_driver_of_the_next_process) {
  EXPECT_TRUE(given().empty());
  struct stat what;
  ASSERT_EQ(stat(file().c_str(), &what), 0);
  EXPECT_EQ(what.st_mode & 0777, 0600u);
  EXPECT_EQ(fs::file_size(file()), kHead + kDriversHeader + payload_.size());
  const std::vector<uint8_t> again = given_when_opened();
  ASSERT_EQ(again.size(), kDriversHeader + payload_.size());
  EXPECT_TRUE(std::equal(payload_.begin(), payload_.end(), again.begin() + kDriversHeader));
}

TEST_F(KeptPipelines, Stay_as_they_are_while_the_driver_adds_nothing_and_are_replaced_once_it_does) {
  given();
  const auto when = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(file(), when);
  given();
  EXPECT_EQ(fs::last_write_time(file()), when);
  driver().pipelines.push_back(8);
  given();
  EXPECT_NE(fs::last_write_time(file()), when);
  EXPECT_EQ(given_when_opened().size(), kDriversHeader + payload_.size() + 1);
}

TEST_F(KeptPipelines, Are_not_given_where_any_byte_of_the_file_is_another_or_it_is_shorter_or_longer) {
  given();
  const std::string good = content();
  std::vector<std::string> bad = {"", "x", good + "x", good.substr(0, good.size() - 1), good.substr(0, kHead),
                                  std::string(1 << 20, 'w')};
  for (std::size_t i = 0; i < good.size(); ++i) {
    bad.push_back(good);
    bad.back()[i] = static_cast<char>(bad.back()[i] ^ 1);
  }
  for (const std::string& text : bad) {
    write(text);
    EXPECT_TRUE(given_when_opened().empty()) << text.size();
  }
  EXPECT_TRUE(given().empty());
  EXPECT_EQ(content(), good);  // it was replaced
  EXPECT_FALSE(given_when_opened().empty());
}

TEST_F(KeptPipelines, Of_another_driver_are_not_given) {
  given();
  driver().properties = [](auto& p) { p.properties.driverVersion ^= 1; };
  EXPECT_TRUE(given_when_opened().empty());
  driver().properties = [](auto& p) {
    auto* const eleven = in_chain<VkPhysicalDeviceVulkan11Properties>(
        p, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES);
    if (eleven != nullptr) eleven->driverUUID[3] ^= 1;
  };
  EXPECT_TRUE(given_when_opened().empty());
}

TEST_F(KeptPipelines, Are_not_given_where_others_may_write_them_or_the_file_is_a_link) {
  given();
  const std::string at = file(), good = content();
  ASSERT_EQ(chmod(at.c_str(), 0620), 0);
  EXPECT_TRUE(given_when_opened().empty());
  const testing_files::TempFolder other;
  fs::rename(at, other.path() + "/file");
  fs::create_symlink(other.path() + "/file", at);
  EXPECT_TRUE(given().empty());
  EXPECT_FALSE(fs::is_symlink(at));
  EXPECT_EQ(content(), good);
}

TEST_F(KeptPipelines, Are_made_anew_where_the_folder_cannot_be_written_and_a_warning_says_so) {
  std::vector<std::string> warnings;
  {
    const testing_files::TempFolder there;
    std::ofstream(there.path() + "/file") << "no folder";
    const auto engine = vulkan_engine(R"("pipelines": ")" + there.path() + "/file\"",
                                      [&](uint32_t level, std::string_view, std::string_view text) {
                                        if (level >= WEFT_LOG_WARN) warnings.emplace_back(text);
                                      });
    EXPECT_TRUE(run(*engine).ok());
  }
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], testing::StartsWith("pipelines are not kept: cannot make /"));
}

TEST_F(KeptPipelines, Are_not_kept_where_no_option_says_so_or_the_driver_has_none) {
  driver().pipelines.clear();
  EXPECT_TRUE(given().empty());
  EXPECT_FALSE(fs::exists(folder()));
  driver().pipelines = payload_;
  EXPECT_TRUE(run(*vulkan_engine()).ok());
  EXPECT_FALSE(fs::exists(folder()));
}

TEST_F(KeptPipelines, Do_not_come_in_the_way_of_calls_that_fail) {
  for (const std::string function : {"vkCreatePipelineCache", "vkGetPipelineCacheData"}) {
    driver().fail(function, 1, VK_ERROR_OUT_OF_HOST_MEMORY);
    const Status s = run(*vulkan_engine(options()));
    EXPECT_EQ(s.ok(), function == "vkGetPipelineCacheData") << s.message();
    EXPECT_EQ(driver().failed(), function);
    EXPECT_EQ(driver().left(), "");
  }
}

}  // namespace
}  // namespace weft::test
