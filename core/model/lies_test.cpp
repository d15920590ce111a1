// Blueprints and converters that lie: each is refused by name when the model is loaded.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/model/model.hpp"
#include "weft/sdk/architecture.hpp"
#include "weft/sdk/converter.hpp"
#include "weft/sdk/plugin.hpp"

namespace weft {
namespace {

/// What the plugin does wrong.
enum class Lie {
  kNone, kNoVocabulary, kNoContext, kTokenRows, kNarrow, kIntegers, kNoLogits, kTwins, kNoModel, kScore
};
Lie lie = Lie::kNone;

constexpr int64_t kVocab = 5;

/// The logits of a token are a one-hot vector.
class Liar : public sdk::Model {
 public:
  int64_t vocab_size() const override { return lie == Lie::kNoVocabulary ? 0 : kVocab; }
  int64_t max_context() const override { return lie == Lie::kNoContext ? 0 : 32; }
  std::vector<sdk::GraphInfo> graphs() const override {
    std::vector<sdk::GraphInfo> all{{"step", WEFT_ROLE_PREDICT_TOKENS}};
    if (lie == Lie::kTwins) all.push_back({"step", WEFT_ROLE_HIDDEN_STATES});
    return all;
  }
  void build(std::string_view, sdk::Graph& g) const override {
    const sdk::Dim T = g.symbol("T");
    std::vector<float> rows(kVocab * kVocab, 0.0f);
    for (std::size_t i = 0; i < kVocab; ++i) rows[i * kVocab + i] = 1;
    sdk::Tensor x = g.gather(g.constant(rows, {kVocab, kVocab}), g.input("tokens", WEFT_I32, {T}));
    if (lie != Lie::kTokenRows) x = g.gather(x, g.input("rows", WEFT_I32, {g.symbol("R")}));
    if (lie == Lie::kNarrow) x = g.slice(x, 1, 0, 3);
    if (lie == Lie::kIntegers) x = g.cast(x, WEFT_I32);
    g.output(lie == Lie::kNoLogits ? "hidden" : "logits", x);
  }
};

std::unique_ptr<sdk::Model> make(const sdk::Json&, int64_t) { return std::make_unique<Liar>(); }

struct Converter {
  static uint32_t probe(const sdk::Checkpoint&) { return lie == Lie::kScore ? 250 : 100; }
  static sdk::Identity identify(const sdk::Checkpoint&) { return {"liar", "{}"}; }
  static void plan(const sdk::Checkpoint&, const sdk::Json&, const std::vector<sdk::Param>&, const sdk::Plan&) {}
};

struct Plugin {
  static constexpr std::string_view kId = "test.liar", kVersion = "1", kVendor = "test";
  explicit Plugin(const sdk::Json&) {
    table_ = sdk::architecture_table<&make>("liar");
    if (lie == Lie::kNoModel)
      table_.open = [](void*, const weft_json*, int64_t, void**) noexcept -> weft_status* { return nullptr; };
  }
  const void* interface(std::string_view id, uint32_t n) {
    if (n > 0) return nullptr;
    if (id == WEFT_ARCHITECTURE_INTERFACE) return &table_;
    return id == WEFT_CONVERTER_INTERFACE ? &converter_ : nullptr;
  }

 private:
  weft_architecture table_{};
  weft_converter converter_ = sdk::converter_table<Converter>("liar.hf");
};

class Lies : public testing::Test {
 protected:
  Lies() {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "model.safetensors", std::ios::binary).write("\2\0\0\0\0\0\0\0{}", 10);
    std::ofstream(folder_ / "config.json") << R"({"model_type": "liar"})";
  }
  ~Lies() override { std::filesystem::remove_all(folder_), lie = Lie::kNone; }

  Status load(Lie what) const {
    lie = what;
    auto engine = Engine::create({.config_text = "{}",
                                  .plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"},
                                  .use_environment = false,
                                  .static_plugins = {&sdk::plugin_table<Plugin>},
                                  .threads = 1});
    EXPECT_TRUE(engine.ok()) << engine.status().message();
    return Model::load(**engine, folder_.string(), {.backend = "reference"}).status();
  }
  void expect(Lie what, const char* message) const {
    const Status s = load(what);
    EXPECT_FALSE(s.ok());
    EXPECT_NE(s.message().find(message), std::string_view::npos) << s.message();
    EXPECT_NE(s.message().find("test.liar"), std::string_view::npos) << s.message();
  }

  const std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / "weft_lies";
};

TEST_F(Lies, The_truth_is_loaded) {
  const Status s = load(Lie::kNone);
  EXPECT_TRUE(s.ok()) << s.message();
}

TEST_F(Lies, Sizes_that_no_model_has_are_refused) {
  expect(Lie::kNoVocabulary, "a vocabulary of 0");
  expect(Lie::kNoContext, "a context of 0");
}

TEST_F(Lies, Logits_that_are_not_a_row_for_each_wanted_token_are_refused) {
  for (const Lie what : {Lie::kTokenRows, Lie::kNarrow, Lie::kIntegers}) expect(what, "expected f32 [R, 5]");
  expect(Lie::kNoLogits, "predicts tokens and gives no logits");
}

TEST_F(Lies, Tables_that_cannot_be_are_refused) {
  expect(Lie::kTwins, "expected names that differ");
  expect(Lie::kNoModel, "open said OK and gave no model");
  expect(Lie::kScore, "scores 250, expected 0 to 100");
}

}  // namespace
}  // namespace weft
