#include "core/base/folder.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "core/base/error.hpp"

namespace weft {
namespace {

struct CloseFolder {
  void operator()(DIR* dir) const { closedir(dir); }
};

bool wanted(DIR* dir, const char* name, Entries which) {
  if (which == Entries::kAll) return std::strcmp(name, ".") != 0 && std::strcmp(name, "..") != 0;
  struct stat st {};
  return fstatat(dirfd(dir), name, &st, 0) == 0 && S_ISREG(st.st_mode);
}

}  // namespace

Result<std::vector<std::string>> list_folder(const std::string& folder, Entries which, std::size_t most) {
  const std::unique_ptr<DIR, CloseFolder> dir(opendir(folder.c_str()));
  if (!dir) return error(Code::kPermissionDenied, "{}: cannot be listed: {}", folder, std::strerror(errno));
  std::vector<std::string> names;
  while (const dirent* entry = readdir(dir.get())) {
    if (!wanted(dir.get(), entry->d_name, which)) continue;
    if (names.size() == most) return error(Code::kResourceExhausted, "{}: more than {} files", folder, most);
    names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace weft
