#include "plugins/backends/vulkan/pipeline_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "plugins/backends/vulkan/shaders.hpp"
#include "weft/sdk/error.hpp"

namespace weft::vulkan {
namespace {

/// What a file begins with; the driver's data follow.
struct Head {
  char magic[8];
  uint64_t bytes, hash;  // of the data
  uint64_t shaders;      // a hash of their sources
  Build build;
  uint32_t reserved;
};
static_assert(sizeof(Head) == 8 + 3 * 8 + sizeof(Build) + 4, "it is compared and written as bytes, without gaps");

constexpr char kMagic[8] = {'w', 'e', 'f', 't', 'v', 'k', 'p', '1'};

/// FNV-1a: it finds what was not written whole.
uint64_t hash_of(const void* data, std::size_t bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < bytes; ++i)
    hash = (hash ^ static_cast<const uint8_t*>(data)[i]) * 0x100000001b3;
  return hash;
}

Head head_of(const Build& build, const std::vector<uint8_t>& data) {
  const std::string_view sources = sources_hash();
  Head head{{}, data.size(), hash_of(data.data(), data.size()), hash_of(sources.data(), sources.size()), build, 0};
  std::memcpy(head.magic, kMagic, sizeof kMagic);
  return head;
}

std::string path_of(const std::string& folder, const Build& build) {
  std::string path = folder + "/";
  for (const uint8_t byte : build.device) path += "0123456789abcdef"[byte >> 4], path += "0123456789abcdef"[byte & 15];
  return path + ".pipelines";
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

bool read_all(int fd, void* to, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes;) {
    const ssize_t n = read(fd, static_cast<uint8_t*>(to) + at, bytes - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

bool write_all(int fd, const void* from, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes;) {
    const ssize_t n = write(fd, static_cast<const uint8_t*>(from) + at, bytes - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

/// Whether the data begin with the header that Vulkan says they have for this driver.
bool is_drivers(const std::vector<uint8_t>& data, const Build& build) {
  VkPipelineCacheHeaderVersionOne header;
  if (data.size() <= sizeof header) return false;
  std::memcpy(&header, data.data(), sizeof header);
  return header.headerSize == sizeof header && header.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE &&
         header.vendorID == build.vendor_id && header.deviceID == build.device_id &&
         std::memcmp(header.pipelineCacheUUID, build.cache, VK_UUID_SIZE) == 0;
}

}  // namespace

std::vector<uint8_t> read_pipelines(const std::string& folder, const Build& build) {
  const Descriptor file(open(path_of(folder, build).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat what;
  if (file.get() < 0 || fstat(file.get(), &what) != 0 || !S_ISREG(what.st_mode)) return {};
  // The driver believes what it has kept: whoever may write it may run code here.
  if (what.st_uid != geteuid() || (what.st_mode & (S_IWGRP | S_IWOTH)) != 0) return {};
  const auto bytes = static_cast<uint64_t>(what.st_size);
  Head head;
  if (bytes < sizeof head || bytes - sizeof head > kMostPipelineBytes || !read_all(file.get(), &head, sizeof head))
    return {};
  std::vector<uint8_t> data(bytes - sizeof head);
  if (!read_all(file.get(), data.data(), data.size())) return {};
  const Head expected = head_of(build, data);
  if (std::memcmp(&head, &expected, sizeof head) != 0 || !is_drivers(data, build)) return {};
  return data;
}

void write_pipelines(const std::string& folder, const Build& build, const std::vector<uint8_t>& data) {
  const std::string path = path_of(folder, build);
  std::string beside = path + ".XXXXXX";
  const auto log = [&](const char* what) {
    sdk::log(WEFT_LOG_WARN, "weft.vulkan",
             "pipelines are not kept: " + std::string(what) + " " + beside + ": " + std::strerror(errno));
  };
  std::error_code ignored;  // then mkostemp fails
  std::filesystem::create_directories(folder, ignored);
  const Descriptor file(mkostemp(beside.data(), O_CLOEXEC));  // for this user alone
  if (file.get() < 0) return log("cannot make");
  const Head head = head_of(build, data);
  const char* failed = nullptr;
  if (!write_all(file.get(), &head, sizeof head) || !write_all(file.get(), data.data(), data.size()))
    failed = "cannot write";
  else if (rename(beside.c_str(), path.c_str()) != 0)
    failed = "cannot rename";
  if (failed == nullptr) return;
  log(failed);
  unlink(beside.c_str());
}

}  // namespace weft::vulkan
