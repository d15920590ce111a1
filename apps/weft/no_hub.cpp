// The commands of the hub where weft is built without it.
#include "apps/weft/common.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

void add_missing(CLI::App& app, int& exit_code, const char* name) {
  auto* command = app.add_subcommand(name, "not in this build");
  command->allow_extras();
  command->callback([=, &exit_code] {
    finish(exit_code, [&] {
      return error(Code::kUnimplemented, "{}: this weft was built without hub/; give a folder or a file to the other commands", name);
    });
  });
}

}  // namespace

void add_pull(CLI::App& app, int& exit_code) { add_missing(app, exit_code, "pull"); }
void add_info(CLI::App& app, int& exit_code) { add_missing(app, exit_code, "info"); }
void add_login(CLI::App& app, int& exit_code) { add_missing(app, exit_code, "login"); }
void add_cache_commands(CLI::App& app, int& exit_code) {
  for (const char* name : {"list", "rm", "prune", "verify"}) add_missing(app, exit_code, name);
}

}  // namespace weft::app
