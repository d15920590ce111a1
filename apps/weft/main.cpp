// The weft command. Exit codes: 0, 1 (an error, one line on stderr), 2 (usage), 130 (cancelled).
#include <cstdio>
#include <new>
#include <sstream>

#include "apps/weft/common.hpp"
#include "apps/weft/output.hpp"

namespace weft::app {
namespace {

/// The command whose arguments are wrong, for "see weft COMMAND --help".
std::string help_of(const CLI::App& app) {
  const auto used = app.get_subcommands();
  return used.empty() ? "weft --help" : "weft " + used.front()->get_name() + " --help";
}

std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& e) {
  const auto rest = app.remaining();
  if (!app.get_subcommands().empty() || rest.empty()) return e.what();
  std::string known;
  for (const CLI::App* command : app.get_subcommands({})) known += (known.empty() ? "" : ", ") + command->get_name();
  return "\"" + rest.front() + "\" is not a command, known are " + known;
}

int run_command(int argc, char** argv) {
  CLI::App app("weft: any checkpoint, any blueprint, any hardware", "weft");
  app.require_subcommand(1);
  app.set_version_flag("--version", "weft " WEFT_VERSION);
  int exit_code = 0;
  add_run(app, exit_code);
  add_logits(app, exit_code);
  add_embed(app, exit_code);
  add_classify(app, exit_code);
  add_tokenize(app, exit_code);
  add_template(app, exit_code);
  add_inspect(app, exit_code);
  add_plugins(app, exit_code);
  add_bench(app, exit_code);
  add_pull(app, exit_code);
  add_cache_commands(app, exit_code);
  add_info(app, exit_code);
  add_login(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help, --version
    std::ostringstream text;
    app.exit(e, text, text);
    finish(exit_code, [&] { return print(text.str()); });
  } catch (const CLI::ParseError& e) {
    print_error(what_is_wrong(app, e) + " (see " + help_of(app) + ")");
    return 2;
  }
  return exit_code;
}

}  // namespace
}  // namespace weft::app

int main(int argc, char** argv) {
  weft::app::prepare_standard_streams();
  try {
    return weft::app::run_command(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("weft: error: out of memory\n", stderr);
  } catch (const std::exception& e) {
    weft::app::print_error(e.what());
  } catch (...) {
    std::fputs("weft: error: an unknown exception\n", stderr);
  }
  return 1;
}
