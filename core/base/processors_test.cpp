#include "core/base/processors.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace weft {
namespace {

namespace fs = std::filesystem;

class Processors : public testing::Test {
 protected:
  void SetUp() override {
    root = fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(root);
    all = usable_processors(root.string());  // there is no quota
    if (all < 2) GTEST_SKIP() << "one processor: no quota can be seen";
  }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  }
  uint32_t usable() const { return usable_processors(root.string()); }

  fs::path root;
  uint32_t all = 0;
};

TEST_F(Processors, A_quota_of_the_second_version_counts) {
  write("proc/self/cgroup", "0::/a/b\n");
  write("sys/fs/cgroup/a/b/cpu.max", "100000 100000\n");
  EXPECT_EQ(usable(), 1u);
}

TEST_F(Processors, Max_and_minus_one_are_no_quota) {
  write("proc/self/cgroup", "0::/a\n4:cpu,cpuacct:/b\n");
  write("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  write("sys/fs/cgroup/cpu,cpuacct/b/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/cpu,cpuacct/b/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(usable(), all);
}

TEST_F(Processors, A_quota_of_the_first_version_counts) {
  write("proc/self/cgroup", "5:cpuset:/\n4:cpu,cpuacct:/docker/x\n");
  write("sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us", "50000\n");
  write("sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(usable(), 1u);
}

TEST_F(Processors, A_group_above_and_the_root_of_a_container_count_too) {
  write("proc/self/cgroup", "0::/gone/from/here\n");
  write("sys/fs/cgroup/cpu.max", "100000 100000\n");
  EXPECT_EQ(usable(), 1u);
}

TEST_F(Processors, A_part_of_a_processor_counts_as_a_whole_one) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "110000 100000\n");
  EXPECT_EQ(usable(), 2u);
}

TEST_F(Processors, Nonsense_is_no_quota) {
  write("proc/self/cgroup", "nonsense\n0::\n:::\n");
  write("sys/fs/cgroup/cpu.max", "many few\n");
  EXPECT_EQ(usable(), all);
}

TEST_F(Processors, The_affinity_mask_counts) {
  uint32_t seen = 0;
  std::thread([&] {
    cpu_set_t mask;
    ASSERT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
    int first = 0;
    while (!CPU_ISSET(first, &mask)) ++first;
    CPU_ZERO(&mask);
    CPU_SET(first, &mask);
    ASSERT_EQ(sched_setaffinity(0, sizeof mask, &mask), 0);
    seen = usable();
  }).join();
  EXPECT_EQ(seen, 1u);
}

}  // namespace
}  // namespace weft
