// What the commands of the hub share.
#pragma once

#include "apps/weft/common.hpp"
#include "hub/pull.hpp"

namespace weft::app {

struct HubOptions {
  std::string config;
  bool json = false;
};
void add_hub_options(Command& command, HubOptions& options);

/// From the environment and plugins.options."weft.hub" of weft.json.
Result<hub::Settings> hub_settings(const HubOptions& options);
/// A warning on standard error.
void print_warning(const std::string& message);
/// From here on Ctrl-C ends the process at once, with 130: what has come lies on disk and counts.
void exit_on_interrupt();

}  // namespace weft::app
