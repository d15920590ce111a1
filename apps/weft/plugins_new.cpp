// weft plugins new: the project of a plugin to begin with.
#include <filesystem>

#include "apps/weft/output.hpp"
#include "apps/weft/plugin_commands.hpp"
#include "apps/weft/skeleton.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "core/plugins/own_folder.hpp"

namespace weft::app {
namespace {

struct Options {
  Project project{"", "", "com.example"};
  std::string folder;
  bool json = false;
};

/// What CMake is told to find the SDK: the prefix that weft lies in, where that has it.
std::string prefix() {
  std::error_code failed;
  const std::filesystem::path bin = own_folder();
  if (bin.empty() || !std::filesystem::exists(bin / WEFT_SDK_FROM_BIN, failed)) return "<where weft is installed>";
  return bin.parent_path().string();
}

Status make(const Options& o) {
  WEFT_CHECK_OK(check_names(o.project));
  const std::string folder = o.folder.empty() ? o.project.name : o.folder;
  WEFT_TRY(const std::vector<std::string> files, write_project(o.project, folder));
  if (o.json)
    return print(json_text({{"folder", folder}, {"id", o.project.id()}, {"files", files}}, 2) + "\n");
  return print(fmt::format("{0}: {1}\nbuild and test it:\n  cmake -S {0} -B {0}/build -DCMAKE_PREFIX_PATH={2} && cmake "
                           "--build {0}/build && ctest --test-dir {0}/build\nthe source says what is to be filled in\n",
                           one_line(folder), fmt::join(files, ", "), prefix()));
}

}  // namespace

void add_plugins_new(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command =
      commands.add("plugins new", "write the project of a plugin to begin with", [o] { return make(*o); });
  Option& kind = command.add("KIND", &o->project.kind, "what the plugin is");
  kind.required = true, kind.choices.assign(std::begin(kSkeletons), std::end(kSkeletons));
  command.add("NAME", &o->project.name, "what it is called: its id is VENDOR.NAME").required = true;
  command.add("-o,--output", &o->folder, "the folder to write, ./NAME unless given").value = "FILE";
  command.add("--vendor", &o->project.vendor, "a domain of yours, turned round; com.example unless given");
  command.add("--c", &o->project.c, "C99 against the headers of the ABI, not C++20 with the SDK");
  command.add("--json", &o->json, "machine-readable output");
}

}  // namespace weft::app
