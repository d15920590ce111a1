// It has no function supports.
#include "backend.hpp"

const std::string_view test_plugin::kBackendId = "test.backend_without_supports";

void test_plugin::spoil(weft_backend& table, Kernel&) {
  table.supports = nullptr;
}
