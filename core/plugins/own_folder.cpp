#include "core/plugins/own_folder.hpp"

#include <dlfcn.h>
#include <link.h>
#include <sys/stat.h>

#include <filesystem>
#include <string_view>

namespace weft {
namespace {

namespace fs = std::filesystem;

/// The running program. The kernel calls one that was removed or replaced "NAME (deleted)", and a file of that very
/// name may be there: what does not lie at its name any more counts as unknown.
fs::path program_file() {
  constexpr char kSelf[] = "/proc/self/exe";
  std::error_code failed;
  const fs::path file = fs::read_symlink(kSelf, failed);
  struct stat running {}, named {};
  if (failed || stat(kSelf, &running) != 0 || stat(file.c_str(), &named) != 0) return {};
  return running.st_dev == named.st_dev && running.st_ino == named.st_ino ? file : fs::path();
}

/// What the loader opened to map this code. A name with a slash in it is that of a file, and a relative one still is
/// while the library is being loaded; a name without one says nothing about a place.
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
[[maybe_unused]] const std::string& asked_while_loading = own_folder();  // before the host can change its directory
}

}  // namespace weft
