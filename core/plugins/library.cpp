#include "core/plugins/library.hpp"

#define BOOST_DLL_USE_STD_FS
#include <dlfcn.h>

#include <boost/dll/shared_library.hpp>
#include <filesystem>
#include <mutex>
#include <vector>

#include "core/base/error.hpp"

namespace weft {

Result<weft_plugin_query_fn> open_plugin_library(const std::string& absolute_path) {
  static std::mutex one_at_a_time;
  std::lock_guard lock(one_at_a_time);
  try {
    namespace dll = boost::dll;
    static auto& mapped = *new std::vector<dll::shared_library>;  // never destroyed: see the header
    mapped.emplace_back(std::filesystem::path(absolute_path), dll::load_mode::rtld_now | dll::load_mode::rtld_local);
    const dll::shared_library& library = mapped.back();
    if (!library.has(WEFT_PLUGIN_QUERY_SYMBOL)) {
      return error(Code::kNotFound, "exports no {}", WEFT_PLUGIN_QUERY_SYMBOL);
    }
    return &library.get<const weft_plugin*(uint32_t, uint32_t)>(WEFT_PLUGIN_QUERY_SYMBOL);
  } catch (const std::exception& e) {
    return error(Code::kFailedPrecondition, "cannot be opened: {}", e.what());
  }
}

std::string own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code failed;
  const auto path = std::filesystem::canonical(info.dli_fname, failed);
  return failed ? std::string() : path.parent_path().string();
}

}  // namespace weft
