// Which of the build's backends an engine opens, and which converter reads a checkpoint.
#include "core/model/engine.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "core/base/status_abi.hpp"
#include "core/model/model.hpp"
#include "weft/abi/converter.h"

namespace weft {
namespace {

class Devices : public testing::Test {
 protected:
  std::vector<std::string> names(const std::string& list) {
    std::vector<std::string> names;
    auto devices = engine->open_devices(list);
    EXPECT_TRUE(devices.ok()) << devices.status().message();
    for (const auto& d : devices.ok() ? *devices : std::vector<std::shared_ptr<Device>>()) names.push_back(d->name());
    return names;
  }
  bool loaded(const std::string& id) {
    for (const Candidate& c : engine->plugins().report()) {
      if (c.manifest.id == id) return c.state == PluginState::kLoaded;
    }
    return false;
  }

  std::shared_ptr<Engine> engine =
      *Engine::create({.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"}, .use_environment = false, .threads = 1});
};

using Names = std::vector<std::string>;

TEST_F(Devices, Cpu_comes_first_and_the_reference_last) { EXPECT_EQ(names(""), (Names{"cpu", "reference"})); }

TEST_F(Devices, Those_named_come_before_the_fallbacks) {
  EXPECT_EQ(names("reference"), (Names{"reference", "cpu"}));
  EXPECT_EQ(names("cpu:portable"), (Names{"cpu", "reference"}));
}

TEST_F(Devices, A_plugins_id_names_its_backend_and_adds_it_once) {
  EXPECT_EQ(names("weft.reference"), (Names{"reference", "cpu"}));
  EXPECT_EQ(names("weft.cpu:portable"), (Names{"cpu", "reference"}));
}

TEST_F(Devices, Openblas_stays_closed_until_it_is_named) {
  names(""), names("cpu"), names("reference");
  EXPECT_FALSE(loaded("weft.openblas"));
  if (!engine->open_devices("openblas").ok()) GTEST_SKIP() << "it was not built";
  EXPECT_TRUE(loaded("weft.openblas"));
  EXPECT_EQ(names(""), (Names{"cpu", "reference"}));
}

TEST_F(Devices, A_name_that_no_backend_has_is_refused_with_those_there_are) {
  const auto devices = engine->open_devices("reference,none");
  ASSERT_FALSE(devices.ok());
  const std::string message(devices.status().message());
  EXPECT_NE(message.find("no backend is called \"none\""), message.npos) << message;
  EXPECT_NE(message.find("cpu"), message.npos) << message;
}

/// A folder with a checkpoint that has no tensors.
class EmptyCheckpoint {
 public:
  EmptyCheckpoint() : path_(std::filesystem::path(testing::TempDir()) / "weft_empty_checkpoint") {
    std::filesystem::create_directories(path_);
    std::ofstream(path_ / "model.safetensors", std::ios::binary).write("\2\0\0\0\0\0\0\0{}", 10);
  }
  ~EmptyCheckpoint() { std::filesystem::remove_all(path_); }
  EmptyCheckpoint(const EmptyCheckpoint&) = delete;
  EmptyCheckpoint& operator=(const EmptyCheckpoint&) = delete;
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST_F(Devices, A_checkpoint_keeps_the_engine_that_opened_it) {
  const EmptyCheckpoint folder;
  auto checkpoint = *engine->open_checkpoint(folder.path());
  const std::weak_ptr<Engine> watched = engine;
  engine.reset();
  EXPECT_FALSE(watched.expired());
  EXPECT_NE(checkpoint->dtypes().find("bf16"), WEFT_NONE);
  checkpoint.reset();
  EXPECT_TRUE(watched.expired());
}

/// A plugin of three converters that claim every checkpoint with these scores; each says which one it is when chosen.
std::array<uint32_t, 3> scores;
const weft_plugin* three_converters(uint32_t, uint32_t) noexcept {
  static const auto converter = [](uint32_t& score) {
    return weft_converter{{WEFT_END(weft_converter, plan), 0},
                          &score,
                          nullptr,
                          to_str("claims"),
                          [](void* self, const weft_checkpoint*, uint32_t* out) noexcept -> weft_status* {
                            *out = *static_cast<uint32_t*>(self);
                            return nullptr;
                          },
                          [](void* self, const weft_checkpoint*, const weft_string_sink*,
                             const weft_string_sink*) noexcept {
                            const uint32_t score = *static_cast<uint32_t*>(self);
                            return to_abi(Code::kUnimplemented, "chosen with " + std::to_string(score));
                          },
                          [](void*, const weft_checkpoint*, const weft_json*, const weft_param_info*, uint32_t,
                             uint32_t, const weft_plan*) noexcept -> weft_status* { return nullptr; }};
  };
  static const std::array<weft_converter, 3> converters = {converter(scores[0]), converter(scores[1]),
                                                           converter(scores[2])};
  static const weft_plugin table = {{WEFT_END(weft_plugin, get_interface), 0},
                                    WEFT_ABI_MAJOR,
                                    WEFT_ABI_MINOR,
                                    to_str("test.three"),
                                    to_str("1.0.0"),
                                    to_str("test"),
                                    [](const weft_host*, const weft_json*, void** self) noexcept -> weft_status* {
                                      *self = nullptr;
                                      return nullptr;
                                    },
                                    [](void*) noexcept {},
                                    [](void*, weft_str id, uint32_t n) noexcept -> const void* {
                                      const bool asked = to_view(id) == WEFT_CONVERTER_INTERFACE && n < 3;
                                      return asked ? &converters[n] : nullptr;
                                    }};
  return &table;
}

TEST(Converters, The_highest_score_wins_also_where_lower_ones_are_equal) {
  const EmptyCheckpoint folder;
  auto engine = *Engine::create({.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"},
                                 .use_environment = false,
                                 .static_plugins = {three_converters},
                                 .threads = 1});
  const auto chosen = [&](std::array<uint32_t, 3> given) {
    scores = given;
    auto checkpoint = engine->open_checkpoint(folder.path());
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status().message();
    return checkpoint.ok() ? std::string(make_blueprint(*engine, **checkpoint, {}).status().message()) : "";
  };
  for (const auto& given : {std::array<uint32_t, 3>{50, 50, 100}, {50, 100, 50}, {100, 50, 50}}) {
    const std::string message = chosen(given);
    EXPECT_NE(message.find("chosen with 100"), message.npos) << message;
  }
  for (const auto& given : {std::array<uint32_t, 3>{50, 100, 100}, {100, 50, 100}, {100, 100, 100}}) {
    const std::string message = chosen(given);
    EXPECT_NE(message.find("claim it alike"), message.npos) << message;
  }
}

}  // namespace
}  // namespace weft
