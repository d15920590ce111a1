// An interface whose tables have a name and a function.
#pragma once

#include "weft/abi/plugin.h"

namespace test_plugin {

struct Named {
  weft_interface head;
  weft_str name;
  void (*act)();
};

}  // namespace test_plugin
