#include <stdexcept>

#include "table.hpp"

TEST_PLUGIN_QUERY { throw std::runtime_error("query"); }
