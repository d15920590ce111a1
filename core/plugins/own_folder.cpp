#include "core/plugins/own_folder.hpp"

#include <dlfcn.h>
#include <link.h>
#include <sys/stat.h>

#include <filesystem>
#include <string_view>

namespace weft {
namespace {

namespace fs = std::filesystem;

/// The path of the running program; empty if it is not certain. The kernel calls a program that was removed or replaced
/// "NAME (deleted)", and a file of exactly this name may exist; so a program that is no longer at its path counts as
/// unknown.
fs::path program_file() {
  constexpr char kSelf[] = "/proc/self/exe";
  std::error_code failed;
  const fs::path file = fs::read_symlink(kSelf, failed);
  struct stat running {}, named {};
  if (failed || stat(kSelf, &running) != 0 || stat(file.c_str(), &named) != 0) return {};
  return running.st_dev == named.st_dev && running.st_ino == named.st_ino ? file : fs::path();
}

/// The file that the loader opened to map this code. A name with a slash is a file's, and while the library is being
/// loaded a relative one is still valid. A name without a slash does not say where the file is.
fs::path code_file() {
  Dl_info info{};
  void* extra = nullptr;
  if (dladdr1(reinterpret_cast<void*>(&own_folder), &info, &extra, RTLD_DL_LINKMAP) == 0 || extra == nullptr) return {};
  const char* name = static_cast<const link_map*>(extra)->l_name;
  if (name == nullptr || *name == '\0') return program_file();  // dli_fname would be argv[0], which the caller chooses
  return std::string_view(name).find('/') == std::string_view::npos ? fs::path() : fs::path(name);
}

std::string find_own_folder() noexcept {
  try {
    std::error_code failed;
    const fs::path file = fs::canonical(code_file(), failed);
    return failed ? std::string() : file.parent_path().string();
  } catch (...) {
    return {};
  }
}

}  // namespace

const std::string& own_folder() {
  static const std::string& folder = *new std::string(find_own_folder());  // never destroyed: threads may outlive main
  return folder;
}

namespace {
// Asked before the host can change its directory.
[[maybe_unused]] const std::string& asked_while_loading = own_folder();
}

}  // namespace weft
