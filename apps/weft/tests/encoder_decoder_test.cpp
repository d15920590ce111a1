// weft run and weft logits with an encoder-decoder: text to text.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "apps/weft/tests/process.hpp"
#include "tests/family_golden.hpp"

namespace weft::test {
namespace {

class EncoderDecoder : public testing::Test {
 protected:
  EncoderDecoder() {
    for (const auto& file : family_goldens("t5.v1_1")) {  // none where the family is gone
      golden = read_family_golden(file);
      write_folder(golden, folder.path());
      folder.write("tokenizer.json", tokenizer());
    }
  }
  void SetUp() override {
    if (golden.encoder_ids.empty()) GTEST_SKIP() << "the family is gone";
  }
  /// Words w3, w4 ... are the ids 3, 4 ...; a text ends with </s>.
  static std::string tokenizer() {
    Json vocab = {{"<pad>", 0}, {"</s>", 1}, {"<unk>", 2}};
    for (int i = 3; i < 48; ++i) vocab["w" + std::to_string(i)] = i;
    const auto special = [](int id, const char* text) {
      return Json{{"id", id},        {"content", text}, {"special", true},    {"single_word", false},
                  {"lstrip", false}, {"rstrip", false}, {"normalized", false}};
    };
    const Json end = {{"SpecialToken", {{"id", "</s>"}, {"type_id", 0}}}};
    const Json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
    return Json{{"version", "1.0"},
                {"added_tokens", {special(0, "<pad>"), special(1, "</s>"), special(2, "<unk>")}},
                {"normalizer", nullptr},
                {"pre_tokenizer", {{"type", "WhitespaceSplit"}}},
                {"post_processor",
                 {{"type", "TemplateProcessing"},
                  {"single", {text, end}},
                  {"pair", Json::array()},
                  {"special_tokens", {{"</s>", {{"id", "</s>"}, {"ids", {1}}, {"tokens", {"</s>"}}}}}}}},
                {"decoder", nullptr},
                {"model", {{"type", "WordLevel"}, {"vocab", vocab}, {"unk_token", "<unk>"}}}}
        .dump();
  }
  static Json json(const Outcome& o) {
    EXPECT_EQ(o.exit_code, 0) << o.err;
    auto parsed = parse_json(o.out);
    EXPECT_TRUE(parsed.ok()) << o.out;
    return parsed.ok() ? *parsed : Json::object();
  }
  std::vector<std::string> run(std::vector<std::string> more) const {
    more.insert(more.begin(),
                {"run", folder.path(), "--json", "--greedy", "--precision", "exact", "--max-tokens", "12"});
    return more;
  }

  TemporaryFolder folder;
  FamilyGolden golden;
};

TEST_F(EncoderDecoder, Run_answers_the_ids_that_the_encoder_reads) {
  const Json r = json(weft(run({"--ids", joined(golden.encoder_ids), "--ignore-eos"})));
  EXPECT_EQ(r["ids"], Json(golden.greedy));
  EXPECT_EQ(r["stop"], "length");
  EXPECT_EQ(r["timings"]["prompt_tokens"], golden.encoder_ids.size());
}

TEST_F(EncoderDecoder, Run_answers_a_text_that_the_tokenizer_ends) {
  const Json text = json(weft(run({"w7 w9 w11"}))), ids = json(weft(run({"--ids", "7,9,11,1"})));
  const Json bare = json(weft(run({"--ids", "7,9,11"})));
  EXPECT_EQ(text["timings"]["prompt_tokens"], 4);
  EXPECT_EQ(text["ids"], ids["ids"]);
  EXPECT_NE(text["ids"], bare["ids"]);
  EXPECT_FALSE(text["text"].get<std::string>().empty());
}

TEST_F(EncoderDecoder, Run_stops_at_the_end_of_the_text) {
  const std::vector<std::string> arguments = run({"--ids", joined(golden.encoder_ids)});
  Json config = golden.json["config"];
  config["eos_token_id"] = golden.greedy[2];
  folder.write("config.json", config.dump());
  const Json r = json(weft(arguments));
  EXPECT_EQ(r["stop"], "eos");
  EXPECT_EQ(r["ids"], Json(std::vector<int32_t>(golden.greedy.begin(), golden.greedy.begin() + 2)));
}

TEST_F(EncoderDecoder, A_chat_answers_each_line_by_itself) {
  const std::string answer = json(weft(run({"w7 w9"})))["text"];
  Terminal terminal({"run", folder.path(), "--greedy", "--precision", "exact", "--max-tokens", "12"});
  for (const char* line : {"w7 w9\r", "w20 w21 w22\r", "w7 w9\r"}) {
    EXPECT_NE(terminal.read_until("> "), "");
    terminal.type(line);
    if (std::string_view(line) == "w7 w9\r") {
      EXPECT_NE(terminal.read_until(answer), "") << answer;
    }
  }
  terminal.type("\x04");
  EXPECT_EQ(terminal.finish().exit_code, 0);
}

TEST_F(EncoderDecoder, Logits_are_those_of_the_start_token_and_of_what_follows_it) {
  const std::vector<int32_t> after(golden.ids.begin() + 1, golden.ids.end());
  for (const bool more : {false, true}) {
    std::vector<std::string> arguments{"logits", folder.path(), "--ids", joined(golden.encoder_ids), "-o",
                                       folder.path("l.safetensors"), "--json"};
    if (more) arguments.insert(arguments.end(), {"--decoder-ids", joined(after)});
    const std::size_t rows = more ? golden.ids.size() : 1;
    EXPECT_EQ(json(weft(arguments))["shape"], Json({rows, 48}));
    const std::string file = read_file(folder.path("l.safetensors"));
    std::vector<float> logits(rows * 48);
    ASSERT_GE(file.size(), logits.size() * 4);
    std::memcpy(logits.data(), file.data() + file.size() - logits.size() * 4, logits.size() * 4);
    for (std::size_t i = 0; i < logits.size(); ++i) ASSERT_NEAR(logits[i], golden.logits[i], 1e-3) << i;
  }
  const Outcome other =
      weft({"logits", chat_model(), "--ids", "1", "--decoder-ids", "2", "-o", folder.path("x.safetensors")});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_NE(other.err.find("--decoder-ids"), std::string::npos) << other.err;
}

TEST_F(EncoderDecoder, Bench_measures_reading_and_writing) {
  const Json r = json(weft({"bench", folder.path(), "-p", "8", "-n", "4", "-r", "1", "--json"}));
  ASSERT_EQ(r.size(), 2u);
  EXPECT_EQ(r[0]["test"], "pp8");
  EXPECT_EQ(r[1]["test"], "tg4");
  EXPECT_GT(r[1]["tok_s"], 0);
}

}  // namespace
}  // namespace weft::test
