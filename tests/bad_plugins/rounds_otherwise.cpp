// A constructor of the library changes how floats are rounded.
#include <cfenv>

#include "table.hpp"

namespace {

[[maybe_unused]] const int failed = std::fesetround(FE_TOWARDZERO);

}  // namespace

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.rounds_otherwise");
  return &table;
}
