// Any files in two folders of plugins: each manifest is listed once, one plugin of an id is taken at most, its library
// lies in its folder, and what is not taken says why.
#include "core/plugins/discovery.hpp"

#include <map>

#include "core/weights/fake_plugins.hpp"
#include "tests/fuzz/input_files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static const weft::testing_weights::TempFolder root;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t second = std::min(input.find("=== \n"), size);  // a name that is none parts the folders
  const std::string folders[] = {root.path() + "/first", root.path() + "/second"};
  weft::fuzz::write_input_files(folders[0], input.substr(0, second));
  weft::fuzz::write_input_files(folders[1], input.substr(std::min(second + 5, size)));
  std::map<std::string, int> listed, taken;
  for (const weft::Candidate& c : weft::discover({folders[0], folders[1]}, {}, {})) {
    const bool found = c.state == weft::PluginState::kFound;
    if (listed[c.manifest_path]++ > 0 || (found && taken[c.manifest.id]++ > 0)) std::abort();
    if (c.reason.empty() != found || c.reason.find('\n') != c.reason.npos) std::abort();
    const std::string folder = c.manifest_path.substr(0, c.manifest_path.rfind('/'));
    if (found && c.library_path.substr(0, c.library_path.rfind('/')) != folder) std::abort();
  }
  return 0;
}
