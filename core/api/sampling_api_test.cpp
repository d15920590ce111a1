// Whose sampling holds (the host's, the model's or weft's), and the seed.
#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include "api_testing.hpp"
#include "core/base/json.hpp"
#include "tests/hostile_files.hpp"
#include "weft/weft.hpp"

namespace {

using namespace weft::api_test;
using weft::Json;
using weft::detail::take;
using weft::testing_files::TempFolder, weft::testing_files::raw, weft::testing_files::read_file;

struct Log {
  std::vector<std::string> lines;
  static void add(void* self, uint32_t level, weft_str, weft_str message) {
    if (level >= WEFT_LOG_WARN) static_cast<Log*>(self)->lines.emplace_back(message.data, message.size);
  }
};

/// The sampling that holds for a generation of the model, with options that `change` has changed.
Json in_force(const std::string& path, Log* log = nullptr,
              const std::function<void(weft_generate_options&)>& change = {}) {
  weft_runtime_options r = isolated();
  if (log != nullptr) r.ctx = log, r.log = Log::add;
  const Loaded l(path, r);
  weft_generate_options o = WEFT_INIT(weft_generate_options);
  if (change) change(o);
  const int32_t prompt[] = {1, 2, 3};
  weft_generation* g = nullptr;
  if (!good(weft_generation_new(l.session, l.sequence, prompt, 3, &o, &g))) return {};
  weft_text text{};
  EXPECT_TRUE(good(weft_generation_sampling(g, &text)));
  Json json = weft::parse_json(take(text)).value();
  EXPECT_EQ(json["seed"]["value"], weft_generation_seed(g));
  weft_generation_free(g);
  return json;
}

/// A copy of a model's folder with this generation_config.json.
struct Folder : TempFolder {
  explicit Folder(const std::string& generation_config) {
    std::filesystem::copy(kWindowed, path(), std::filesystem::copy_options::recursive);
    write("generation_config.json", generation_config);
  }
};

std::string pair(const std::string& key, uint32_t type, const std::string& value) {
  return raw<uint64_t>(key.size()) + key + raw(type) + value;
}
std::string f32(const std::string& key, float v) { return pair("general.sampling." + key, 6, raw(v)); }
std::string i32(const std::string& key, int32_t v) { return pair("general.sampling." + key, 5, raw(v)); }
std::string text(const std::string& key, const std::string& v) {
  return pair("general.sampling." + key, 8, raw<uint64_t>(v.size()) + v);
}

/// A GGUF file with additional metadata, put before its own.
struct GgufWith : TempFolder {
  explicit GgufWith(const std::vector<std::string>& pairs) {
    std::string file = read_file(kGguf), more;
    for (const std::string& p : pairs) more += p;
    // And as many bytes as keep the data aligned.
    const std::string padding = pair("test.padding", 8, raw<uint64_t>(0));
    const std::size_t bytes = (more.size() + padding.size() + 31) / 32 * 32 - more.size() - padding.size();
    more += pair("test.padding", 8, raw<uint64_t>(bytes) + std::string(bytes, ' '));
    uint64_t count = 0;
    std::memcpy(&count, &file[16], sizeof count);
    count += pairs.size() + 1;
    std::memcpy(&file[16], &count, sizeof count);
    write("model.gguf", file.insert(24, more));
  }
  std::string model() const { return *this / "model.gguf"; }
};

void expect_from_model(const Json& json, const std::string& setting, double value) {
  EXPECT_NEAR(json[setting]["value"].get<double>(), value, 1e-6) << setting;
  EXPECT_EQ(json[setting]["from"], "model") << setting;
}

TEST(SamplingApi, Each_key_of_a_folders_generation_config_is_in_force) {
  const std::map<std::string, double> values = {{"temperature", 0.6}, {"top_k", 20}, {"top_p", 0.9}, {"min_p", 0.1},
      {"typical_p", 0.7}, {"repetition_penalty", 1.25}, {"presence_penalty", 0.5}, {"frequency_penalty", 0.25}};
  for (const auto& [key, value] : values) {
    const Folder folder(R"({"do_sample": true, ")" + key + "\": " + Json(value).dump() + "}");
    const Json json = in_force(folder.path());
    expect_from_model(json, key, value);
    for (const auto& [other, ignored] : values) {
      if (other != key) {
        EXPECT_EQ(json[other]["from"], "weft") << other;
      }
    }
  }
}

TEST(SamplingApi, Each_key_of_a_ggufs_metadata_is_in_force) {
  const GgufWith file({f32("temp", 0.6f), i32("top_k", 20), f32("top_p", 0.9f), f32("min_p", 0.1f),
                       f32("penalty_repeat", 1.25f), i32("penalty_last_n", 32)});
  Log log;
  const Json json = in_force(file.model(), &log);
  expect_from_model(json, "temperature", 0.6);
  expect_from_model(json, "top_k", 20);
  expect_from_model(json, "top_p", 0.9);
  expect_from_model(json, "min_p", 0.1);
  expect_from_model(json, "repetition_penalty", 1.25);
  expect_from_model(json, "penalty_window", 32);
  EXPECT_TRUE(log.lines.empty()) << log.lines[0];
}

TEST(SamplingApi, A_gguf_without_such_metadata_is_sampled_as_weft_does) {
  const Json json = in_force(kGguf);
  for (const auto& [name, setting] : json.items()) {
    EXPECT_EQ(setting["from"], name == "seed" ? "random" : "weft") << name;
  }
}

TEST(SamplingApi, A_generation_config_beside_a_gguf_is_another_models) {
  const GgufWith file({});
  file.write("generation_config.json", R"({"temperature": 0.1})");
  EXPECT_EQ(in_force(file.model())["temperature"]["from"], "weft");
}

TEST(SamplingApi, A_ggufs_penalty_looks_as_far_back_as_llama_cpps_and_top_k_below_zero_is_all) {
  const Json json = in_force(GgufWith({f32("penalty_repeat", 1.5f), i32("top_k", -1)}).model());
  expect_from_model(json, "penalty_window", 64);
  expect_from_model(json, "top_k", 0);
}

TEST(SamplingApi, Methods_of_the_model_that_are_not_there_are_warned_of_by_name) {
  Log log;
  in_force(GgufWith({i32("mirostat", 2), f32("xtc_probability", 0.5f), text("sequence", "temperature;top_k")}).model(),
           &log);
  ASSERT_EQ(log.lines.size(), 1u);
  for (const char* name : {"mirostat 2", "xtc_probability 0.5", "sampler_order"})
    EXPECT_NE(log.lines[0].find(name), std::string::npos) << log.lines[0];
  Log quiet;
  in_force(GgufWith({i32("mirostat", 0),
                     text("sequence", "penalties;dry;top_n_sigma;top_k;typ_p;top_p;min_p;xtc;temperature")})
               .model(),
           &quiet);
  EXPECT_TRUE(quiet.lines.empty()) << quiet.lines[0];
  Log folder_log;
  in_force(Folder(R"({"num_beams": 4, "temperature": -3})").path(), &folder_log);
  ASSERT_EQ(folder_log.lines.size(), 2u);
  EXPECT_NE(folder_log.lines[0].find("temperature is -3"), std::string::npos) << folder_log.lines[0];
  EXPECT_NE(folder_log.lines[1].find("num_beams 4"), std::string::npos) << folder_log.lines[1];
}

TEST(SamplingApi, What_the_host_sets_goes_before_what_the_model_says) {
  const Folder folder(R"({"temperature": 0.6, "top_k": 20})");
  const Json json = in_force(folder.path(), nullptr, [](weft_generate_options& o) { o.temperature = 0.8, o.seed = 5; });
  EXPECT_EQ(json["temperature"], Json({{"value", 0.8}, {"from", "given"}}));
  EXPECT_EQ(json["seed"], Json({{"value", 5}, {"from", "given"}}));
  expect_from_model(json, "top_k", 20);
}

TEST(SamplingApi, A_model_that_does_not_sample_says_the_same_for_every_seed) {
  const Folder folder(R"({"do_sample": false, "temperature": 1.9, "top_k": 0})");
  weft_generate_options o = WEFT_INIT(weft_generate_options);
  o.ignore_eos = 1, o.max_tokens = 8;
  std::set<std::vector<int32_t>> texts, sampled;
  for (o.seed = 1; o.seed < 5; ++o.seed) {
    texts.insert(Loaded(folder.path()).generate(o));
    weft_generate_options hot = o;
    hot.temperature = 1.9;
    sampled.insert(Loaded(folder.path()).generate(hot));
  }
  EXPECT_EQ(texts.size(), 1u);
  EXPECT_EQ(*texts.begin(), Loaded(kWindowed).generate(greedy(8)));
  EXPECT_GT(sampled.size(), 1u);
}

TEST(SamplingApi, A_repetition_penalty_of_the_model_changes_the_answer) {
  weft_generate_options o = greedy(10);
  EXPECT_NE(Loaded(Folder(R"({"repetition_penalty": 3.0})").path()).generate(o), Loaded(kWindowed).generate(o));
}

TEST(SamplingApi, Seeds_differ_unless_one_is_given_and_what_was_drawn_makes_the_text_again) {
  const auto runtime = weft::Runtime::create({.threads = 1, .plugin_folders = {kPlugins[0]}, .use_environment = false});
  const auto lm = weft::CausalLM::from_preset(kGguf, {.backend = "reference"}, *runtime);
  ASSERT_TRUE(lm.ok()) << lm.status().message();
  weft::Sampling hot{.max_tokens = 12, .temperature = 3, .top_k = 0, .top_p = 1, .min_p = 0};
  weft::Pieces first = lm->complete("hello", hot), second = lm->complete("hello", hot);
  ASSERT_TRUE(first.all().ok() && second.all().ok());
  EXPECT_NE(first.seed(), second.seed());
  EXPECT_NE(first.ids(), second.ids());
  hot.seed = first.seed();
  weft::Pieces again = lm->complete("hello", hot);
  ASSERT_TRUE(again.all().ok());
  EXPECT_EQ(again.seed(), first.seed());
  EXPECT_EQ(again.ids(), first.ids());
  EXPECT_EQ(weft::parse_json(*again.sampling_json()).value()["seed"]["from"], "given");
}

}  // namespace
