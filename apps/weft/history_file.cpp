#include "apps/weft/history_file.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace weft::app {
namespace {

constexpr off_t kMostBytes = 64 << 20;  // a larger file was not written by weft and is left alone

/// Makes the folders that are missing, as the XDG specification wants them.
bool make_folders(const std::filesystem::path& folder) {
  std::filesystem::path so_far;
  for (const auto& part : folder) {
    so_far /= part;
    if (mkdir(so_far.c_str(), 0700) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES) return false;
  }
  struct stat at {};
  return stat(folder.c_str(), &at) == 0 && S_ISDIR(at.st_mode);
}

}  // namespace

std::string history_file() {
  const char *state = std::getenv("XDG_STATE_HOME"), *home = std::getenv("HOME");
  std::filesystem::path folder;
  if (state != nullptr && state[0] == '/') {
    folder = state;
  } else if (home != nullptr && home[0] == '/') {
    folder = std::filesystem::path(home) / ".local/state";
  } else {
    return "";
  }
  folder /= "weft";
  if (!make_folders(folder)) return "";
  const std::string file = folder / "history";
  struct stat at {};
  if (lstat(file.c_str(), &at) != 0) return errno == ENOENT ? file : "";
  return S_ISREG(at.st_mode) && at.st_size <= kMostBytes ? file : "";
}

}  // namespace weft::app
