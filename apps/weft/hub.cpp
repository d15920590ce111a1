#include "apps/weft/hub.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"

namespace weft::app {

void add_hub_options(Command& command, HubOptions& o) {
  command.add("--config", &o.config, "weft.json to use instead of the user's").value = "FILE";
  command.add("--json", &o.json, "machine-readable output");
}

Result<hub::Settings> hub_settings(const HubOptions& o) {
  WEFT_TRY(const Config config, load_config(o.config, read_environment()));
  Json options = Json::object();
  if (const auto given = config.options.find("weft.hub"); given != config.options.end()) {
    WEFT_TRY(options, parse_json(given->second));
  }
  return hub::read_settings([](std::string_view name) { return std::string(variable(std::string(name))); }, options);
}

void print_warning(const std::string& message) {
  Progress::step_aside();
  std::fprintf(stderr, "weft: warning: %s\n", shown(message).c_str());
}

void exit_on_interrupt() {
  struct sigaction before {};
  if (sigaction(SIGINT, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) return;
  std::signal(SIGINT, [](int) {
    [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, "\n", 1);
    _exit(130);
  });
}

}  // namespace weft::app
