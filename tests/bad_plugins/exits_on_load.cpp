// A constructor of the library ends the process, as if all were well.
#include <cstdlib>

#include "table.hpp"

namespace {

struct Ends {
  Ends() { std::_Exit(0); }
};
[[maybe_unused]] const Ends ends;

}  // namespace

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.exits_on_load");
  return &table;
}
