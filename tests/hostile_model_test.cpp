// Whole models that are cut, flipped, contradict themselves or shrink while they run.
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/hostile_engine.hpp"
#include "tests/sanitizers.hpp"

namespace weft::test {
namespace {

class DamagedModel : public testing::TestWithParam<const char*> {
 protected:
  DamagedModel() {
    original_ = read_file(kGolden / GetParam());
    name_ = fs::path(GetParam()).filename().string();
    if (name_ == "model.safetensors") fs::copy(kGolden / "llama1/config.json", folder_.path());
  }
  std::string handle() const { return name_ == "model.safetensors" ? folder_.path() : folder_ / name_; }
  std::string original_, name_;
  TempFolder folder_;
};

TEST_P(DamagedModel, Cut_anywhere_it_is_refused) {
  for (std::size_t i = 0; i < original_.size(); i += 64) {
    folder_.write(name_, std::string_view(original_).substr(0, i));
    EXPECT_FALSE(open_within(handle(), i).ok()) << "cut at " << i;
  }
}

TEST_P(DamagedModel, With_a_byte_of_its_header_flipped_it_loads_or_is_refused) {
  const std::size_t header = std::min<std::size_t>(original_.size(), 8192);
  int loaded = 0;
  for (std::size_t i = 0; i < header; i += 64) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = original_;
      flipped[i] = static_cast<char>(flipped[i] ^ 1 << bit);
      folder_.write(name_, flipped);
      if (!open_within(handle(), flipped.size()).ok() || bit > 1) continue;
      auto model = Model::load(engine(), handle(), {.backend = "reference", .kv = "f32", .context = 16});
      if (!model.ok()) {
        EXPECT_EQ(model.status().message().find('\n'), std::string_view::npos) << model.status().message();
        continue;
      }
      ++loaded;
      auto session = std::move((*model)->new_session()).value();
      const std::vector<int32_t> ids{1, 2, 3};
      const StepItem item{*session->open(), ids, false};
      (void)session->step({&item, 1});
    }
  }
  RecordProperty("loaded", loaded);
}

INSTANTIATE_TEST_SUITE_P(Files, DamagedModel,
                         testing::Values("llama1/model.safetensors", "gguf_f32/model.gguf", "gguf_q8_0/model.gguf"),
                         [](const auto& info) { return fs::path(info.param).parent_path().string(); });

class HostileModel : public testing::Test {
 protected:
  HostileModel() {
    fs::copy(kGolden / "llama1/config.json", folder_.path());
    fs::copy(kGolden / "llama1/model.safetensors", folder_.path());
  }
  Status load() {
    return Model::load(engine(), folder_.path(), {.backend = "reference", .kv = "f32", .context = 32}).status();
  }
  /// Replaces `from` by `to` in config.json or in the weights' header (where both need the same length), loads, and
  /// expects an error with all parts of `because`. Then it restores the file.
  void refused(const std::string& name, const std::string& from, const std::string& to,
               const std::vector<std::string>& because) {
    std::string changed = read_file(kGolden / "llama1" / name);
    const std::size_t at = changed.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    changed.replace(at, from.size(), to);
    folder_.write(name, changed);
    const Status s = load();
    ASSERT_FALSE(s.ok()) << to;
    for (const std::string& part : because)
      EXPECT_NE(s.message().find(part), std::string_view::npos) << s.message() << "\nlacks: " << part;
    EXPECT_EQ(s.message().find('\n'), std::string_view::npos) << s.message();
    fs::copy_file(kGolden / "llama1" / name, folder_ / name, fs::copy_options::overwrite_existing);
  }
  TempFolder folder_;
};

TEST_F(HostileModel, Tensors_that_are_missing_or_of_another_shape_are_named) {
  ASSERT_TRUE(load().ok()) << load().message();
  refused("model.safetensors", "model.norm.weight", "model.norm.wait__", {"model.norm.weight", "model.norm.wait__"});
  refused("model.safetensors", "\"shape\":[96,32]", "\"shape\":[32,96]", {"[32,96]", "[96,32]", "model.safetensors"});
  refused("config.json", "\"vocab_size\": 96", "\"vocab_size\": 95", {"[96,32]", "[95,32]"});
  refused("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", {"model.layers.2."});
  refused("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", {"model.layers.1."});
}

TEST_F(HostileModel, Graphs_of_many_more_layers_than_there_are_tensors_are_not_written) {
  std::string many = read_file(kGolden / "llama1/config.json");
  const std::string two = "\"num_hidden_layers\": 2";
  many.replace(many.find(two), two.size(), "\"num_hidden_layers\": 4096");
  std::string unknown = many;
  const std::string known = "\"model_type\": \"llama\"";
  ASSERT_NE(unknown.find(known), std::string::npos);
  unknown.replace(unknown.find(known), known.size(), "\"model_type\": \"zzz\"");
  for (const std::string& config : {many, unknown}) {
    folder_.write("config.json", config);
    const std::clock_t start = std::clock();
    EXPECT_FALSE(load().ok());
    EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 10 * test::kSlowdown);
  }
  EXPECT_NE(load().message().find("\"zzz\""), std::string_view::npos) << load().message();
}

TEST_F(HostileModel, A_config_of_empty_objects_is_refused_before_it_takes_many_times_its_size) {
  std::string values = "{\"x\":[";
  for (int i = 0; i < 2000000; ++i) values += "{},";
  folder_.write("config.json", values + "{}]}");
  EXPECT_NE(load().message().find("JSON of more than 1000000 keys and values"), std::string_view::npos)
      << load().message();
}

TEST_F(HostileModel, Configs_that_cannot_be_are_refused) {
  for (const char* number : {"1e999", "-1e999", "0x20", "1.", ".5"}) {
    refused("config.json", "\"rms_norm_eps\": 1e-06", std::string("\"rms_norm_eps\": ") + number,
            {"config.json", "line ", "column "});
  }
  for (const char* number : {"NaN", "Infinity", "-Infinity"}) {
    refused("config.json", "\"rms_norm_eps\": 1e-06", std::string("\"rms_norm_eps\": ") + number, {"rms_norm_eps"});
  }
  for (const char* number :
       {"0", "-1", "1e30", "9223372036854775807", "18446744073709551616", "null", "\"32\"", "[]", "1.5", "true"}) {
    for (const char* key : {"hidden_size\": 32", "num_attention_heads\": 4", "num_hidden_layers\": 2",
                            "vocab_size\": 96", "intermediate_size\": 40"}) {
      const std::string from(key);
      refused("config.json", from, from.substr(0, from.find(':') + 2) + number, {});
    }
  }
  refused("config.json", "\"silu\"", "\"frob\"", {"frob"});
  refused("config.json", "\"hidden_size\"",
          "\"rope_scaling\": {\"rope_type\": \"spiral\", \"factor\": 2}, \"hidden_size\"", {"spiral"});
  refused("config.json", "\"model_type\": \"llama\"", "\"model_type\": \"warp\"", {"warp", "llama"});
  refused("config.json", "\"model_type\": \"llama\"", "\"model_type\": 7", {"llama"});
  refused("config.json", "\"model_type\"", "\"quantization_config\": {}, \"model_type\"", {"quantization_config"});
  folder_.write("config.json", "");
  EXPECT_FALSE(load().ok());
  folder_.write("config.json", "[]");
  EXPECT_FALSE(load().ok());
  folder_.write("config.json", std::string(1000000, '['));
  EXPECT_FALSE(load().ok());
  fs::remove(folder_ / "config.json");
  EXPECT_FALSE(load().ok());
}

TEST_F(HostileModel, A_file_that_shrinks_fails_the_step_and_not_the_host) {
  auto model = Model::load(engine(), folder_.path(), {.backend = "reference", .kv = "f32", .context = 32});
  ASSERT_TRUE(model.ok()) << model.status().message();
  auto session = std::move((*model)->new_session()).value();
  fs::resize_file(folder_ / "model.safetensors", 5000);
  const std::vector<int32_t> ids{1, 2, 3};
  const StepItem item{*session->open(), ids, false};
  const auto logits = session->step({&item, 1});
  ASSERT_FALSE(logits.ok());
  EXPECT_EQ(logits.status().code(), Code::kDataLoss) << logits.status().message();
  EXPECT_NE(logits.status().message().find("model.safetensors"), std::string_view::npos) << logits.status().message();
}

TEST_F(HostileModel, A_file_that_shrinks_while_steps_run_is_noticed) {
  auto model = Model::load(engine(), folder_.path(), {.backend = "reference", .kv = "f32", .context = 4096});
  ASSERT_TRUE(model.ok()) << model.status().message();
  auto session = std::move((*model)->new_session()).value();
  const SequenceId s = *session->open();
  std::atomic<bool> cut{false};
  std::thread other([&] {
    usleep(2000);
    fs::resize_file(folder_ / "model.safetensors", 5000);
    cut = true;
  });
  Status failed;
  for (int i = 0; i < 4000 && failed.ok(); ++i) {
    const bool was_cut = cut;
    const std::vector<int32_t> ids{i % 96};
    const StepItem item{s, ids, false};
    failed = session->step({&item, 1}).status();
    if (was_cut) break;
  }
  other.join();
  EXPECT_EQ(failed.code(), Code::kDataLoss) << failed.message();
}

}  // namespace
}  // namespace weft::test
