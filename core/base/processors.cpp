#include "core/base/processors.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <thread>

namespace weft {
namespace {

uint32_t in_affinity_mask() {
  constexpr int kMost = 1 << 16;
  for (int n = 1024; n <= kMost; n *= 2) {  // the kernel's mask may be longer than glibc's
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> mask(CPU_ALLOC(static_cast<std::size_t>(n)),
                                                                [](cpu_set_t* m) { CPU_FREE(m); });
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(n));
    if (mask == nullptr) break;
    if (sched_getaffinity(0, bytes, mask.get()) == 0) return static_cast<uint32_t>(CPU_COUNT_S(bytes, mask.get()));
  }
  return std::thread::hardware_concurrency();
}

/// How many processors a quota allows, rounded up; 0: it does not limit them.
uint32_t whole(double quota, double period) {
  if (!(quota > 0) || !(period > 0) || quota / period >= 1e6) return 0;
  return static_cast<uint32_t>(std::ceil(quota / period));
}

uint32_t read_v2(const std::string& folder) {  // "max 100000" or "150000 100000"
  std::ifstream in(folder + "/cpu.max");
  double quota = 0, period = 0;
  return in >> quota >> period ? whole(quota, period) : 0;
}

uint32_t read_v1(const std::string& folder) {  // a quota of -1: none
  std::ifstream quota_in(folder + "/cpu.cfs_quota_us"), period_in(folder + "/cpu.cfs_period_us");
  double quota = 0, period = 0;
  return quota_in >> quota && period_in >> period ? whole(quota, period) : 0;
}

/// The least that the group at `path` and the groups above it allow. In a container the path may be the machine's; then
/// the container's own group is the mount itself, which is read last.
uint32_t least_of(uint32_t (*read)(const std::string&), const std::string& mount, std::string path) {
  uint32_t least = 0;
  for (;;) {
    const uint32_t n = read(mount + path);
    if (n != 0) least = least == 0 ? n : std::min(least, n);
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return least;
    path.resize(slash);
  }
}

uint32_t in_quota(const std::string& root) {
  std::ifstream groups(root + "/proc/self/cgroup");
  uint32_t least = 0;
  for (std::string line; std::getline(groups, line);) {  // hierarchy:controllers:path
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), path = line.substr(second + 1);
    const bool v2 = controllers.empty();
    if (!v2 && ("," + controllers + ",").find(",cpu,") == std::string::npos) continue;
    const std::string mount = root + "/sys/fs/cgroup" + (v2 ? "" : "/" + controllers);
    const uint32_t n = least_of(v2 ? read_v2 : read_v1, mount, path);
    if (n != 0) least = least == 0 ? n : std::min(least, n);
  }
  return least;
}

}  // namespace

uint32_t usable_processors(const std::string& root) {
  const uint32_t processors = std::max(1u, in_affinity_mask()), quota = in_quota(root);
  return quota == 0 ? processors : std::min(processors, quota);
}

}  // namespace weft
