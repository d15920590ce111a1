// A constructor of the library reads where nothing is.
#include "table.hpp"

namespace {

volatile int* volatile nowhere = nullptr;
[[maybe_unused]] const int read = *nowhere;

}  // namespace

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.crashes_on_load");
  return &table;
}
