#include "core/plugins/library.hpp"

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
#include <filesystem>
#include <mutex>
#include <vector>

#include "core/base/error.hpp"

namespace weft {
namespace {

/// dlerror's message in the text of a Boost.DLL error, "... (dlerror system message: WORDS): Bad file descriptor".
std::string_view loaders_words(std::string_view what) {
  constexpr std::string_view kBefore = "dlerror system message: ", kAfter = "): ";
  const std::size_t begin = what.find(kBefore), end = what.rfind(kAfter);
  if (begin == what.npos || end == what.npos || end < begin) return what;
  return what.substr(begin + kBefore.size(), end - begin - kBefore.size());
}

}  // namespace

Result<weft_plugin_query_fn> open_plugin_library(const std::string& absolute_path) {
  static std::mutex one_at_a_time;
  std::lock_guard lock(one_at_a_time);
  try {
    namespace dll = boost::dll;
    static auto& mapped = *new std::vector<dll::shared_library>;  // never destroyed, see the header
    mapped.emplace_back(std::filesystem::path(absolute_path), dll::load_mode::rtld_now | dll::load_mode::rtld_local);
    const dll::shared_library& library = mapped.back();
    if (!library.has(WEFT_PLUGIN_QUERY_SYMBOL)) {
      return error(Code::kNotFound, "exports no {}", WEFT_PLUGIN_QUERY_SYMBOL);
    }
    return &library.get<const weft_plugin*(uint32_t, uint32_t)>(WEFT_PLUGIN_QUERY_SYMBOL);
  } catch (const std::exception& e) {
    return error(Code::kFailedPrecondition, "cannot be opened: {}", loaders_words(e.what()));
  }
}

}  // namespace weft
