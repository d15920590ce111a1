// Goldens of tasks (tests/golden/tasks), each of which has a run for each tokenizer.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "tests/family_golden.hpp"
#include "tests/hostile_files.hpp"

namespace weft::test {

inline const std::filesystem::path kTaskGoldens = std::filesystem::path(WEFT_SOURCE_DIR) / "tests/golden/tasks";

/// The runs of a golden.
inline Json task_golden(const std::string& name) {
  auto read = parse_json(testing_files::read_file(kTaskGoldens / (name + ".json")));
  EXPECT_TRUE(read.ok()) << name;
  return read.ok() ? std::move(*read) : Json::array();
}

/// A run, and the model's folder as it describes it.
struct TaskRun {
  Json golden;
  testing_files::TempFolder folder;

  explicit TaskRun(Json run) : golden(std::move(run)) {
    FamilyGolden model;
    model.json = golden;
    write_folder(model, folder.path());
    const std::string tokenizer = golden["tokenizer"].get<std::string>() + ".tokenizer.json";
    folder.write("tokenizer.json", testing_files::read_file(kTaskGoldens / tokenizer));
    folder.write("tokenizer_config.json", golden["tokenizer_config"].dump());
  }
  /// Changes a key of config.json or tokenizer_config.json; null removes it.
  void change(const char* file, const char* key, const Json& value) const {
    Json config = golden[std::string(file) == "config.json" ? "config" : "tokenizer_config"];
    value.is_null() ? void(config.erase(key)) : void(config[key] = value);
    folder.write(file, config.dump());
  }
  const Json& rows() const { return golden["rows"]; }
  std::vector<std::string_view> texts(const char* key) const {
    std::vector<std::string_view> out;
    for (const Json& row : rows()) out.emplace_back(row[key].get_ref<const std::string&>());
    return out;
  }
};

/// As pipelines print it, but for scores, which are compared with a limit.
inline Json without_scores(Json value) {
  if (value.is_array()) {
    for (Json& v : value) v = without_scores(std::move(v));
  } else if (value.is_object()) {
    value.erase("score");
  }
  return Json(SortedJson::parse(value.dump()));  // keys in order of the alphabet
}

}  // namespace weft::test
