// For tests: engines with the plugin, and models on its first device.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "core/model/model.hpp"

namespace weft::test {

/// An engine whose plugin weft.vulkan has these options, as JSON members: "\"memory\": 65536". WEFT_VULKAN_VALIDATE in
/// the environment of the test adds "validate".
inline std::shared_ptr<Engine> vulkan_engine(std::string options = "", LogSink log = {}) {
  const auto add = [&](const std::string& key, const std::string& value) {
    if (options.find(key) == options.npos) options += (options.empty() ? "\"" : ", \"") + key + "\": " + value;
  };
  if (std::getenv("WEFT_VULKAN_VALIDATE") != nullptr) add("validate", "true");
  EngineOptions o;
  o.use_environment = false;
  o.config_text = R"({"plugins": {"options": {"weft.vulkan": {)" + options + "}}}}";
  o.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"};
  o.threads = 2;
  o.log = std::move(log);
  return std::move(Engine::create(std::move(o))).value();
}

/// The model in `path` at exact precision, with 3 sequences of 64 tokens.
inline Result<std::shared_ptr<Model>> load_on(Engine& engine, const std::string& path,
                                              const std::string& backend = "vulkan", const std::string& layers = "",
                                              const std::string& kv = "") {
  LoadOptions o;
  o.backend = backend, o.layers = layers, o.kv = kv, o.precision = "exact", o.context = 64, o.sequences = 3;
  o.strict_device = layers.empty() && backend.find(',') == std::string::npos;
  return Model::load(engine, path, o);
}

inline const std::string kLlama = WEFT_SOURCE_DIR "/tests/golden/llama/llama1";

/// A model is loaded and makes two steps.
inline Status run(Engine& engine) {
  WEFT_TRY(const auto model, load_on(engine, kLlama));
  WEFT_TRY(const auto session, model->new_session());
  WEFT_TRY(const SequenceId s, session->open());
  const std::vector<int32_t> first(10, 4), second = {5};
  for (const auto* ids : {&first, &second}) {
    const StepItem item{s, *ids, false};
    WEFT_CHECK_OK(session->step({&item, 1}).status());
  }
  return {};
}

/// Tests that are skipped where there is no Vulkan device, and say why.
class OnVulkan : public testing::Test {
 protected:
  void SetUp() override {
    const auto devices = engine().open_devices("vulkan");
    if (!devices.ok()) GTEST_SKIP() << devices.status().message();
  }
  /// The same for all tests of a program, with its device open, so that pipelines are made once.
  static Engine& engine() {
    static const Kept kept;
    return *kept.engine;
  }

 private:
  /// Made with the driver, so that it ends before the driver's own globals do.
  struct Kept {
    std::shared_ptr<Engine> engine = vulkan_engine();
    Result<std::vector<std::shared_ptr<Device>>> devices = engine->open_devices("vulkan");
  };
};

}  // namespace weft::test
