// Plugins that were built out of tree against the installed SDK run a model that nothing here knows.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/model/engine.hpp"
#include "core/model/model.hpp"
#include "tests/family_golden.hpp"
#include "tests/golden_checkpoint.hpp"
#include "tests/hostile_files.hpp"

namespace weft {
namespace {

namespace fs = std::filesystem;

const std::string kCheckpoint = WEFT_SOURCE_DIR "/tests/third_party/checkpoint";
const std::string kBuiltIn = WEFT_BINARY_DIR "/lib/weft/plugins";

/// An engine whose weft.json names the folder of the third party's plugins; no environment is read.
std::shared_ptr<Engine> engine_with(const std::string& plugins) {
  const fs::path folder = fs::path(testing::TempDir()) / "third_party";
  fs::create_directories(folder);
  const std::string config = (folder / "weft.json").string();
  std::ofstream(config) << "{\n  // as a user would write it\n  \"plugins\": {\"paths\": [\"" << plugins << "\"]}\n}\n";
  auto engine = Engine::create({.config_path = config, .plugin_paths = {kBuiltIn}, .use_environment = false, .threads = 2});
  EXPECT_TRUE(engine.ok()) << engine.status().message();
  return *engine;
}

void expect_golden_logits(Engine& engine, const Model& model, const fs::path& folder) {
  const test::Golden golden = test::read_golden(engine, folder);
  auto session = std::move(model.new_session()).value();
  const StepItem item{*session->open(), golden.ids, true};
  auto logits = session->step({&item, 1});
  ASSERT_TRUE(logits.ok()) << logits.status().message();
  const std::span<const float> ours(logits->data, static_cast<std::size_t>(logits->rows * logits->width));
  EXPECT_LE(test::max_difference(ours, golden.logits), 1e-3 * test::deviation(golden.logits)) << folder;
}

TEST(ThirdParty, A_backend_with_matmul_alone_an_unknown_family_and_its_converter_give_the_right_logits) {
  auto engine = engine_with(WEFT_EXAMPLE_PLUGINS);
  auto model = Model::load(*engine, kCheckpoint, {.backend = "acme", .kv = "f32"});
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_NE((*model)->summary().find("backend acme+"), std::string::npos) << (*model)->summary();
  EXPECT_NE((*model)->summary().find("com.acme.family"), std::string::npos) << (*model)->summary();

  expect_golden_logits(*engine, **model, kCheckpoint);
}

TEST(ThirdParty, Strict_device_names_the_op_that_the_backend_refuses) {
  auto engine = engine_with(WEFT_EXAMPLE_PLUGINS);
  auto model = Model::load(*engine, kCheckpoint, {.backend = "acme", .strict_device = true});
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.status().message().find("acme"), std::string_view::npos) << model.status().message();
}

TEST(ThirdParty, A_backend_with_matmul_alone_runs_every_composite_of_the_llama_family_through_its_body) {
  auto engine = engine_with(WEFT_EXAMPLE_PLUGINS);
  for (const char* name : {"llama/llama31_rope", "llama/llama_biases", "llama/llama_yarn", "mistral/mistral_window"}) {
    const fs::path folder = fs::path(WEFT_SOURCE_DIR) / "tests/golden" / name;
    auto model = Model::load(*engine, folder.string(), {.backend = "acme", .kv = "f32", .context = 64});
    ASSERT_TRUE(model.ok()) << model.status().message();
    expect_golden_logits(*engine, **model, folder);
  }
}

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Writes each tensor of a safetensors file of f32 into `folder`, as numpy.save would.
void write_arrays(const fs::path& file, const testing_files::TempFolder& folder) {
  const std::string bytes = bytes_of(file);
  uint64_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof size);
  const Json header = parse_json(std::string_view(bytes).substr(8, size)).value();
  for (const auto& [name, tensor] : header.items()) {
    if (name == "__metadata__") continue;
    std::string shape;
    for (const Json& dim : tensor["shape"]) shape += std::to_string(dim.get<int64_t>()) + ",";
    std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
    text.resize(117, ' ');
    const auto begin = tensor["data_offsets"][0].get<uint64_t>(), end = tensor["data_offsets"][1].get<uint64_t>();
    folder.write(name + ".npy", std::string("\x93NUMPY\x01\0\x76\0", 10) + text + "\n" +
                                    bytes.substr(8 + size + begin, end - begin));
  }
}

TEST(ThirdParty, A_format_of_a_few_lines_reads_the_same_model) {
  const testing_files::TempFolder folder;
  fs::copy_file(kCheckpoint + "/config.json", folder / "config.json");
  write_arrays(kCheckpoint + "/model.safetensors", folder);
  auto engine = engine_with(WEFT_EXAMPLE_PLUGINS);
  auto model = Model::load(*engine, folder.path(), {.backend = "acme", .kv = "f32"});
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_NE((*model)->summary().find("acme_npy"), std::string::npos) << (*model)->summary();
  expect_golden_logits(*engine, **model, kCheckpoint);

  for (const char* header : {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", "{'descr': '<f4'}",
                             "{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (1"}) {
    std::string file("\x93NUMPY\x01\0\0\0", 10);
    file[8] = static_cast<char>(std::strlen(header));
    const testing_files::TempFolder bad;
    bad.write("t.npy", file + header + std::string(4, '\0'));
    EXPECT_FALSE(engine->open_checkpoint(bad.path()).ok()) << header;
  }
}

TEST(ThirdParty, A_family_of_a_few_lines_gives_the_logits_of_transformers) {
  const test::FamilyGolden golden = test::read_family_golden(test::family_goldens("starcoder2.v4").at(0));
  const testing_files::TempFolder folder;
  test::write_folder(golden, folder.path());
  // The family's names for the same model are as long.
  const std::pair<std::string, std::string> names[] = {
      {"starcoder2", "acme_dense"}, {"mlp.c_fc", "mlp.wide"}, {"mlp.c_proj", "mlp.narrow"}};
  for (const char* name : {"config.json", "model.safetensors"}) {
    std::string bytes = bytes_of(folder / name);
    for (const auto& [from, to] : names) {
      for (std::size_t at = 0; (at = bytes.find(from, at)) != bytes.npos;) bytes.replace(at, from.size(), to);
    }
    folder.write(name, bytes);
  }
  auto engine = engine_with(WEFT_EXAMPLE_PLUGINS);
  auto model = Model::load(*engine, folder.path(), {.backend = "reference", .kv = "f32"});
  ASSERT_TRUE(model.ok()) << model.status().message();
  auto session = std::move((*model)->new_session()).value();
  const StepItem item{*session->open(), golden.ids, true};
  auto logits = session->step({&item, 1});
  ASSERT_TRUE(logits.ok()) << logits.status().message();
  EXPECT_LE(test::max_difference({logits->data, golden.logits.size()}, golden.logits),
            1e-4 * test::deviation(golden.logits));
}

TEST(ThirdParty, Without_its_plugins_the_model_is_refused_with_the_families_there_are) {
  auto engine = engine_with("/nowhere");
  auto model = Model::load(*engine, kCheckpoint, {});
  ASSERT_FALSE(model.ok());
  for (const char* part : {"acme_lm", "llama", "mistral", "CONTRIBUTING.md"}) {
    EXPECT_NE(model.status().message().find(part), std::string_view::npos) << model.status().message();
  }
}

}  // namespace
}  // namespace weft
