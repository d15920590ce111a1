// weft embed: texts line by line.
#include <gtest/gtest.h>

#include <cmath>

#include "apps/weft/tests/process.hpp"
#include "core/base/json.hpp"
#include "tests/family_golden.hpp"
#include "tests/hostile_files.hpp"

namespace weft::test {
namespace {

class EmbedCommand : public testing::Test {
 protected:
  EmbedCommand() {
    write_folder(read_family_golden(WEFT_SOURCE_DIR "/tests/golden/embed/bert.json"), folder.path());
    folder.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\ndog\n");
  }
  Outcome lines(const std::string& input) const { return weft({"embed", folder.path(), "--jsonl"}, {.input = input}); }
  const testing_files::TempFolder folder;
};

TEST_F(EmbedCommand, Lines_are_answered_in_their_order_whatever_their_lengths) {
  std::string input;
  std::vector<std::size_t> words;
  for (std::size_t i = 0; i < 300; ++i) {
    words.push_back(i * 7 % 20);
    input += '"';
    for (std::size_t w = 0; w < words.back(); ++w) input += "cat ";
    input += i == 299 ? "\"" : "\"\n";  // the last line may lack its end
  }
  const Outcome o = lines(input);
  ASSERT_EQ(o.exit_code, 0) << o.err;
  std::size_t at = 0;
  for (const std::size_t n : words) {
    const std::size_t end = o.out.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    const Json answer = parse_json(o.out.substr(at, end - at)).value();
    EXPECT_EQ(answer["ids"].size(), n + 2);
    EXPECT_EQ(answer["embedding"].size(), 32u);
    at = end + 1;
  }
  EXPECT_EQ(at, o.out.size());
  EXPECT_EQ(lines("").out, "");
}

TEST_F(EmbedCommand, Several_texts_are_answered_as_lines_are_and_are_rows_of_one_tensor) {
  const std::string answers = weft({"embed", folder.path(), "the cat", "dog"}).out;
  EXPECT_EQ(answers, lines("\"the cat\"\n\"dog\"\n").out);
  EXPECT_EQ(answers, weft({"embed", folder.path(), "--lines"}, {.input = "the cat\ndog\n"}).out);
  const std::string file = folder.path() + "/out.safetensors";
  ASSERT_EQ(weft({"embed", folder.path(), "the cat", "dog", "-o", file}).exit_code, 0);
  EXPECT_NE(read_file(file).find(R"("shape":[2,32])"), std::string::npos);
}

TEST_F(EmbedCommand, A_line_that_is_wrong_is_named_after_the_good_ones_are_answered) {
  const std::string good = lines("\"the cat\"\n").out;
  for (const char* bad : {"[1]", "\"cat", "7"}) {
    const Outcome o = lines("\"the cat\"\n\"the cat\"\n" + std::string(bad) + "\n\"dog\"\n");
    EXPECT_EQ(o.exit_code, 1);
    EXPECT_NE(o.err.find("standard input, line 3: "), std::string::npos) << o.err;
    EXPECT_EQ(o.out, good + good) << bad;
  }
}

TEST_F(EmbedCommand, Who_asks_line_by_line_gets_each_answer_before_the_next_line) {
  Terminal t({"embed", folder.path(), "--jsonl"});
  for (const char* text : {"\"the cat\"\n", "\"dog\"\n"}) {
    t.type(text);
    EXPECT_NE(t.read_until("\"embedding\":"), "") << text;
  }
  t.type("\x04");
  EXPECT_EQ(t.finish().exit_code, 0);
}

std::vector<double> vector_of(const std::string& line) {
  return parse_json(line.substr(0, line.find('\n'))).value()["embedding"].get<std::vector<double>>();
}

TEST_F(EmbedCommand, Plain_lines_give_what_json_lines_give) {
  const Outcome plain = weft({"embed", folder.path(), "--lines"}, {.input = "the cat\n\ndog\n"});
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(plain.out, lines("\"the cat\"\n\"\"\n\"dog\"\n").out);
  EXPECT_EQ(weft({"embed", folder.path(), "--lines", "--jsonl"}, {.input = ""}).exit_code, 2);
}

TEST_F(EmbedCommand, Vectors_are_cut_and_then_scaled) {
  const auto embed = [&](std::vector<std::string> more) {
    std::vector<std::string> all{"embed", folder.path(), "the cat"};
    all.insert(all.end(), more.begin(), more.end());
    return vector_of(weft(all).out);
  };
  const std::vector<double> whole = embed({}), cut = embed({"--dimensions", "5"}),
                            scaled = embed({"--dimensions", "5", "--normalize"}), first = embed({"--pooling", "cls"});
  ASSERT_EQ(cut.size(), 5u);
  double squares = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(cut[i], whole[i]);
    squares += cut[i] * cut[i];
  }
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(scaled[i], cut[i] / std::sqrt(squares), 1e-6);
  EXPECT_NE(first, whole);
  const Outcome too_many = weft({"embed", folder.path(), "the cat", "--dimensions", "33"});
  EXPECT_EQ(too_many.exit_code, 1);
  EXPECT_NE(too_many.err.find("33 dimensions of a vector that has 32"), std::string::npos) << too_many.err;
  EXPECT_EQ(weft({"embed", folder.path(), "the cat", "--pooling", "median"}).exit_code, 2);
}

TEST_F(EmbedCommand, A_prompt_goes_before_each_text_and_an_unknown_name_lists_those_that_there_are) {
  folder.write("config_sentence_transformers.json", R"({"prompts": {"query": "the ", "document": ""}})");
  const auto out = [&](std::vector<std::string> more) {
    std::vector<std::string> all{"embed", folder.path()};
    all.insert(all.end(), more.begin(), more.end());
    return weft(all).out;
  };
  const std::string both = out({"the cat"});
  EXPECT_EQ(out({"cat", "--prompt-name", "query"}), both);
  EXPECT_EQ(out({"cat", "--prompt", "the "}), both);
  EXPECT_EQ(out({"the cat", "--prompt-name", "document"}), both);
  const Outcome none = weft({"embed", folder.path(), "cat", "--prompt-name", "title"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_NE(none.err.find("no prompt is called \"title\"; the model's are: document, query"), std::string::npos)
      << none.err;
}

TEST_F(EmbedCommand, A_file_gets_the_answers_or_a_tensor_and_none_is_left_after_an_error) {
  const std::string input = "\"the cat\"\n\"dog\"\n", file = folder / "out.jsonl", tensors = folder / "out.safetensors";
  const auto to = [&](const std::string& path, const std::string& text) {
    return weft({"embed", folder.path(), "--jsonl", "-o", path}, {.input = text});
  };
  EXPECT_EQ(to(file, input).out, "");
  EXPECT_EQ(testing_files::read_file(file), lines(input).out);
  EXPECT_EQ(to(tensors, input).exit_code, 0);
  const std::string bytes = testing_files::read_file(tensors);
  EXPECT_NE(bytes.find(R"({"embedding":{"dtype":"F32","shape":[2,32])"), std::string::npos);
  EXPECT_EQ(to(folder / "bad.jsonl", input + "7\n").exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(folder / "bad.jsonl"));
  EXPECT_EQ(to(folder / "nowhere/out", input).exit_code, 1);
}

}  // namespace
}  // namespace weft::test
