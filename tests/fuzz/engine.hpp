// The engine that targets share which open whole checkpoints, with the plugins of the build, and what holds of errors.
#pragma once

#include <cstdlib>

#include "core/model/engine.hpp"

namespace weft::fuzz {

inline Engine& engine() {
  static const std::shared_ptr<Engine> shared = [] {
    EngineOptions options;
    options.use_environment = false;
    options.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"};
    options.threads = 1;
    return std::move(Engine::create(std::move(options))).value();
  }();
  return *shared;
}

/// An error says something, in one line.
inline void check_message(const Status& s) {
  if (!s.ok() && (s.message().empty() || s.message().find('\n') != std::string_view::npos)) std::abort();
}

}  // namespace weft::fuzz
