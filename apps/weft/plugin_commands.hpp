// The commands of `weft plugins`, which all_commands() adds behind it.
#pragma once

#include "apps/weft/options.hpp"

namespace weft::app {

void add_plugins_new(Commands& commands);
void add_plugins_install(Commands& commands);  // plugins add, plugins remove

}  // namespace weft::app
