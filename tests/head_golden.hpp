// Goldens of heads and of hidden states in the families' folders, and what a backend gives of them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "core/tasks/text_batches.hpp"
#include "tests/family_golden.hpp"
#include "tests/golden_model.hpp"
#include "tests/hostile_files.hpp"

namespace weft::test {

inline std::vector<std::filesystem::path> head_goldens() {
  std::vector<std::filesystem::path> all;
  for (const auto& family : std::filesystem::directory_iterator(WEFT_SOURCE_DIR "/models")) {
    std::error_code none;
    for (const auto& file : std::filesystem::directory_iterator(family.path() / "golden" / "heads", none))
      all.push_back(file.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

/// Fails where the backend gives other rows than transformers of the model at `path`.
inline void expect_head_of(
    Engine& engine, const std::string& backend, const FamilyGolden& golden, const std::filesystem::path& path) {
  const std::string role = golden.json["role"];
  LoadOptions options{.backend = backend, .precision = "exact", .roles = {role}, .sequences = 4};
  options.strict_device = true;
  auto model = Model::load(engine, path, options);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const auto session = std::move((*model)->new_session()).value();
  const auto texts = golden.json["texts"].get<std::vector<std::vector<int32_t>>>();
  std::vector<std::vector<float>> want;
  std::vector<float> all;  // whose deviation is that of every text: one may have a single row of few labels
  const Json types = golden.json.value("types", Json::array());  // of tokens; none: all are of the first
  std::vector<std::vector<int32_t>> typed;
  for (const Json& one : types) typed.push_back(one.get<std::vector<int32_t>>());
  std::vector<TokenInput> inputs;
  for (const std::vector<int32_t>& one : typed) inputs.push_back({"token_types", std::as_bytes(std::span(one))});
  std::vector<StepItem> items;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    want.push_back(unpack(golden.json["rows"][i]));
    all.insert(all.end(), want[i].begin(), want[i].end());
    items.push_back({0, texts[i], role != "classify-sequence"});
    if (!inputs.empty()) items.back().inputs = {&inputs[i], 1};
  }
  const auto expect = [&](std::size_t text, std::span<const float> rows, int64_t width) -> Status {
    EXPECT_EQ(width, golden.json["width"].get<int64_t>());
    EXPECT_LE(max_difference(rows, want[text]), 1e-3 * deviation(all)) << "text " << text;
    return {};
  };
  const Status together = run_texts(*session, items, expect);
  EXPECT_TRUE(together.ok()) << together.message();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto alone = [&](std::size_t, std::span<const float> rows, int64_t width) { return expect(i, rows, width); };
    EXPECT_TRUE(run_texts(*session, {&items[i], 1}, alone).ok());
  }
}

/// Fails where the backend gives other rows than transformers, of each text alone or of all in one step, from a folder
/// and, where the golden has one, from a GGUF file.
inline void expect_head(Engine& engine, const std::string& backend, const std::filesystem::path& file) {
  const FamilyGolden golden = read_family_golden(file);
  const testing_files::TempFolder folder;
  write_folder(golden, folder.path());
  expect_head_of(engine, backend, golden, folder.path());
  if (!golden.has_gguf()) return;
  write_gguf(golden, folder / "model.gguf");
  expect_head_of(engine, backend, golden, folder / "model.gguf");
}

}  // namespace weft::test
