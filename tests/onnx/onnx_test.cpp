// Each node test of ONNX runs on every backend, or stands in reasons.txt with what weft lacks for it.
#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/conformance/conformance.hpp"
#include "tests/onnx/case_run.hpp"

namespace weft::onnx {
namespace {

const std::vector<PreparedCase>& prepared_cases() {
  static const std::vector<PreparedCase> prepared = [] {
    std::vector<PreparedCase> all;
    for (const Case& c : all_cases()) all.push_back(prepare(c));
    return all;
  }();
  return prepared;
}

/// How many cases reasons.txt says are refused for each key, or run.
std::map<std::string, std::size_t> read_counts() {
  std::ifstream file(WEFT_SOURCE_DIR "/tests/onnx/reasons.txt");
  std::map<std::string, std::size_t> counts;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream text(line);
    std::size_t count = 0;
    std::string bar, key, reason;
    text >> count >> bar >> std::ws;
    std::getline(text, key, '|');
    std::getline(text, reason);
    key.erase(key.find_last_not_of(' ') + 1);
    EXPECT_TRUE(bar == "|" && count > 0 && reason.size() > 1) << "not \"COUNT | KEY | REASON\": " << line;
    EXPECT_TRUE(counts.emplace(key, count).second) << "twice: " << key;
  }
  return counts;
}

const std::map<std::string, std::size_t>& stated_counts() {
  static const std::map<std::string, std::size_t> counts = read_counts();
  return counts;
}

/// "run", what the case is refused with, or "case NAME" where reasons.txt has that and weft gives something else.
std::string key_of(const PreparedCase& p) {
  if (!p.refused.empty()) return p.refused;
  const std::string key = "case " + p.of->name;
  return stated_counts().contains(key) && !verdict(p, "reference").empty() ? key : "run";
}

TEST(Onnx, Each_case_runs_or_has_a_reason_and_each_reason_has_its_cases) {
  std::map<std::string, std::vector<std::string>> by_key;
  for (const PreparedCase& p : prepared_cases()) by_key[key_of(p)].push_back(p.of->name);
  const std::map<std::string, std::size_t>& stated = stated_counts();
  for (const auto& [key, names] : by_key) {
    const auto found = stated.find(key);
    std::string some;
    for (std::size_t i = 0; i < names.size() && i < 8; ++i) some += " " + names[i];
    EXPECT_TRUE(found != stated.end() && found->second == names.size())
        << "reasons.txt has not the line \"" << names.size() << " | " << key << " | ...\"; cases:" << some;
  }
  for (const auto& [key, count] : stated) {
    EXPECT_TRUE(by_key.contains(key)) << "no case is refused for \"" << key << "\": take it out of reasons.txt";
  }
}

WEFT_CONFORMANCE(OnnxOn);

TEST_P(OnnxOn, Cases_give_what_onnx_expects) {
  std::size_t ran = 0;
  for (const PreparedCase& p : prepared_cases()) {
    if (!p.refused.empty() || stated_counts().contains("case " + p.of->name)) continue;
    ++ran;
    const std::string wrong = verdict(p, GetParam());
    EXPECT_EQ(wrong, "") << p.of->name;
  }
  EXPECT_GT(ran, 0u);
  for (const char* op :
       {"activation", "softmax", "layer_norm", "rms_norm", "rope", "attention", "causal_conv", "scan"}) {
    EXPECT_TRUE(conformance::ops_run().contains(op)) << "no case is written with " << op;
  }
}

/// What compares results must be able to fail.
TEST(Onnx, A_case_with_another_expectation_fails) {
  const auto found = std::ranges::find(prepared_cases(), "add", [](const PreparedCase& p) { return p.of->name; });
  ASSERT_NE(found, prepared_cases().end());
  Json row = *found->of->row;
  std::swap(row.at("outputs").at(0).at(1), row.at("inputs").at(0).at(1));
  const Case other{.name = "other", .row = &row, .tensors = found->of->tensors};
  EXPECT_NE(verdict(prepare(other), "reference"), "");
}

/// 1 - 2^-12 is halfway between two f16, of which 1 is the even one. The other is within the tolerance of ONNX.
TEST(Onnx, A_cast_to_the_odd_one_of_two_nearest_f16_fails) {
  const Json tensors_of_file = Json::parse(R"([["f32", [], 0], ["f16", [], 4], ["f16", [], 6]])");
  const Tensors tensors(tensors_of_file, {'\x00', '\xf0', '\x7f', '\x3f', '\x00', '\x3c', '\xff', '\x3b'});
  Json row = Json::parse(R"({"ops": ["Cast"], "dtypes": ["f16", "f32"], "opset": 24, "rtol": 1e-3, "atol": 1e-7,
                             "inputs": [[0, 0]], "outputs": [[1, 1]], "nodes": [["Cast", [0], [1], {"to": 10}]]})");
  const Case rounded{.name = "rounded", .row = &row, .tensors = &tensors};
  EXPECT_EQ(verdict(prepare(rounded), "reference"), "");
  row.at("outputs").at(0).at(1) = 2;
  EXPECT_NE(verdict(prepare(rounded), "reference"), "");
}

}  // namespace
}  // namespace weft::onnx
