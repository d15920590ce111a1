// What tests of hostile files share: an engine whose plugins are loaded, and checkpoints that are opened within bounds.
#pragma once

#include <gtest/gtest.h>

#include "core/model/model.hpp"
#include "tests/counting_new.hpp"
#include "tests/hostile_files.hpp"

namespace weft::test {

using namespace testing_files;

inline const fs::path kGolden = fs::path(WEFT_SOURCE_DIR) / "tests/golden/llama";

inline Engine& engine() {
  static std::shared_ptr<Engine> shared = [] {
    EngineOptions options;
    options.use_environment = false;
    options.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"};
    options.threads = 2;
    auto made = std::move(Engine::create(std::move(options))).value();
    // Loads the plugins, so that their memory is not counted later.
    (void)made->open_checkpoint((kGolden / "llama1").string());
    return made;
  }();
  return *shared;
}

/// Opens a checkpoint of `bytes` bytes. Opening it may take 1 MB and 64 times its size; an error is one short line that
/// names the folder.
inline Result<std::shared_ptr<Checkpoint>> open_within(const std::string& path, uint64_t bytes) {
  Engine& e = engine();
  const uint64_t before = testing_memory::live_bytes();
  testing_memory::reset_peak();
  auto c = e.open_checkpoint(path);
  EXPECT_LE(testing_memory::peak_bytes() - before, (1u << 20) + 64 * bytes);
  if (!c.ok()) {
    const std::string message(c.status().message());
    EXPECT_EQ(message.find_first_of("\n\r\x1b"), std::string::npos) << message;
    EXPECT_LT(message.size(), 4096u);
    const std::string folder = fs::is_directory(path) ? path : fs::path(path).parent_path().string();
    EXPECT_NE(message.find(folder), std::string::npos) << message;
    EXPECT_NE(c.status().code(), Code::kInternal) << message;
  }
  return c;
}

}  // namespace weft::test
