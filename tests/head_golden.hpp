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

/// Fails where the backend gives other rows than transformers, of each text alone or of all in one step.
inline void expect_head(Engine& engine, const std::string& backend, const std::filesystem::path& file) {
  const FamilyGolden golden = read_family_golden(file);
  const testing_files::TempFolder folder;
  write_folder(golden, folder.path());
  const std::string role = golden.json["role"];
  LoadOptions options{.backend = backend, .precision = "exact", .roles = {role}, .sequences = 4};
  options.strict_device = true;
  auto model = Model::load(engine, folder.path(), options);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const auto session = std::move((*model)->new_session()).value();
  const auto texts = golden.json["texts"].get<std::vector<std::vector<int32_t>>>();
  std::vector<std::vector<float>> want;
  std::vector<float> all;  // whose deviation is that of every text: one may have a single row of few labels
  std::vector<StepItem> items;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    want.push_back(unpack(golden.json["rows"][i]));
    all.insert(all.end(), want[i].begin(), want[i].end());
    items.push_back({0, texts[i], role != "classify-sequence"});
  }
  const auto expect = [&](std::size_t text, std::span<const float> rows, int64_t width) -> Status {
    EXPECT_EQ(width, golden.json["width"].get<int64_t>());
    EXPECT_LE(max_difference(rows, want[text]), 1e-3 * deviation(all)) << "text " << text;
    return {};
  };
  EXPECT_TRUE(run_texts(*session, items, expect).ok());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto alone = [&](std::size_t, std::span<const float> rows, int64_t width) { return expect(i, rows, width); };
    EXPECT_TRUE(run_texts(*session, {&items[i], 1}, alone).ok());
  }
}

}  // namespace weft::test
