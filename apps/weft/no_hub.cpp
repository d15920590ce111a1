// The commands of the hub where weft is built without it.
#include "apps/weft/common.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

void add_missing(Commands& commands, const char* name) {
  auto missing = [name]() -> Status {
    return error(Code::kUnimplemented,
                 "{}: this weft was built without hub/; give a folder or a file to the other commands", name);
  };
  commands.add(name, "not in this build", missing).takes_anything = true;
}

}  // namespace

void add_pull(Commands& commands) { add_missing(commands, "pull"); }
void add_info(Commands& commands) { add_missing(commands, "info"); }
void add_login(Commands& commands) { add_missing(commands, "login"); }
void add_cache_commands(Commands& commands) {
  for (const char* name : {"list", "rm", "prune", "verify"}) add_missing(commands, name);
}

}  // namespace weft::app
