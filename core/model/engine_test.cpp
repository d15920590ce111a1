// Which of the build's backends an engine opens.
#include "core/model/engine.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace weft
