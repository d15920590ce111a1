// What an unknown library says of itself.
#pragma once

#include <chrono>
#include <string>

#include "core/base/json.hpp"
#include "weft/status.hpp"

namespace weft::app {

struct Probed {
  Json known;         // id, version, vendor, abi and offers, as far as the library told them
  std::string wrong;  // how it broke; empty: it did not
};

/// Opens the library in a child process and asks what it is. The error: no child could be made.
Result<Probed> probe_library(const std::string& absolute_path, std::chrono::milliseconds limit);

}  // namespace weft::app
