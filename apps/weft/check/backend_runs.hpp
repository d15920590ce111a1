// What a device does with a small graph.
#pragma once

#include <memory>

#include "apps/weft/check/opened.hpp"
#include "core/device/device.hpp"

namespace weft::app {

/// Checks the rules of running: a graph is compiled and run, on several threads, without memory, and with arguments
/// that are taken back.
void check_runs(const std::shared_ptr<Device>& device, Ready& plugin, Reporter& reporter);

}  // namespace weft::app
