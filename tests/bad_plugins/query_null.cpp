#include "table.hpp"

TEST_PLUGIN_QUERY { return nullptr; }
