// weft embed: texts line by line.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace weft::test
