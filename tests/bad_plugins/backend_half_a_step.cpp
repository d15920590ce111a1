// It has one of the three functions of a device with time of its own.
#include "backend.hpp"

const std::string_view test_plugin::kBackendId = "test.backend_half_a_step";

void test_plugin::spoil(weft_backend& table, Kernel&) {
  table.timeline_free = [](weft_timeline*) {};
}
