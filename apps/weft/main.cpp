// The weft command. Exit codes: 0, 1 (an error, one line on stderr), 2 (usage).
#include <cstdio>

#include "apps/weft/common.hpp"

int main(int argc, char** argv) {
  CLI::App app("weft: any checkpoint, any blueprint, any hardware", "weft");
  app.require_subcommand(1);
  app.set_version_flag("--version", "weft 0.1.0");
  int exit_code = 0;
  weft::app::add_run(app, exit_code);
  weft::app::add_logits(app, exit_code);
  weft::app::add_tokenize(app, exit_code);
  weft::app::add_template(app, exit_code);
  weft::app::add_inspect(app, exit_code);
  weft::app::add_plugins(app, exit_code);
  weft::app::add_bench(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help, --version
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    std::fprintf(stderr, "weft: error: %s (see weft --help)\n", e.what());
    return 2;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "weft: error: out of memory\n");
    return 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "weft: error: %s\n", e.what());
    return 1;
  }
  return exit_code;
}
