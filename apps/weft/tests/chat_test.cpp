// weft run on a terminal: turns, the kept cache, Ctrl-C.
#include <gtest/gtest.h>

#include "apps/weft/tests/process.hpp"
#include "core/base/json.hpp"

namespace weft::test {
namespace {

/// Long enough that an answer does not end by itself within a test.
std::vector<std::string> endless() {
  return {"run", chat_model(), "--greedy", "--ignore-eos", "--ctx", "1000000"};
}

Json object_in(const std::string& text) {
  const std::size_t at = text.find('{');
  auto parsed = parse_json(at == std::string::npos ? "" : text.substr(at));
  return parsed.ok() ? *parsed : Json::object();
}

TEST(Chat, Goes_on_from_the_kept_cache) {
  Terminal t({"run", chat_model(), "--greedy", "--max-tokens", "4", "--json"});
  ASSERT_NE(t.read_until("> "), "");
  t.type("Hello world\n");
  const Json first = object_in(t.read_until("}}"));
  ASSERT_NE(t.read_until("> "), "");
  t.type("Hello world\n");
  const Json second = object_in(t.read_until("}}"));
  ASSERT_NE(t.read_until("> "), "");
  ASSERT_TRUE(first.contains("timings") && second.contains("timings"));
  // The second prompt holds the first one and its answer; only what is new is read.
  EXPECT_LT(second["timings"]["prompt_tokens"].get<int>(), 2 * first["timings"]["prompt_tokens"].get<int>());
  t.type("\x04");
  EXPECT_EQ(t.finish().exit_code, 0);
}

TEST(Chat, Raw_lines_follow_each_other) {
  Terminal t({"run", chat_model(), "--raw", "--greedy", "--max-tokens", "1", "--ignore-eos", "--json"});
  for (int turn = 0; turn < 2; ++turn) {
    ASSERT_NE(t.read_until("> "), "");
    t.type("Hello\n");
    // In the second turn also the answer of the first, which no step has read yet.
    EXPECT_EQ(object_in(t.read_until("}}"))["timings"]["prompt_tokens"], turn + 1);
  }
}

TEST(Chat, Ctrl_C_cancels_the_answer_and_the_chat_goes_on) {
  Terminal t(endless());
  ASSERT_NE(t.read_until("> "), "");
  for (int turn = 0; turn < 2; ++turn) {
    t.type("Hello\n");
    ASSERT_NE(t.read_until("Hello\r\n"), "");  // the echo; the answer streams after it
    ASSERT_NE(t.read_until("a"), "");
    t.type("\x03");
    ASSERT_NE(t.read_until("\r\n> "), "") << turn;
  }
  t.type("\x04");
  EXPECT_EQ(t.finish().exit_code, 0);
}

TEST(Chat, Ctrl_C_twice_leaves_from_an_answer) {
  Terminal t(endless());
  ASSERT_NE(t.read_until("> "), "");
  t.type("Hello\n");
  ASSERT_NE(t.read_until("Hello\r\n"), "");
  t.type("\x03");
  ASSERT_NE(t.read_until("> "), "");
  t.type("\x03");
  EXPECT_EQ(t.finish().exit_code, 130);
}

TEST(Chat, Ctrl_C_twice_leaves_from_the_prompt) {
  Terminal t(endless());
  ASSERT_NE(t.read_until("> "), "");
  t.type("\x03");
  ASSERT_NE(t.read_until("Ctrl-C again"), "");
  ASSERT_NE(t.read_until("> "), "");
  t.type("\x03");
  EXPECT_EQ(t.finish().exit_code, 130);
}

TEST(Chat, Ctrl_C_ends_a_single_answer) {
  std::vector<std::string> command = endless();
  command.push_back("Hello");
  Terminal t(command);
  ASSERT_NE(t.read_until("blueprint"), "");  // the line before the answer
  ASSERT_NE(t.read_until("\n"), "");
  ASSERT_NE(t.read_until("a"), "");
  t.type("\x03");
  EXPECT_EQ(t.finish().exit_code, 130);
}

TEST(Chat, A_turn_that_exceeds_the_context_is_refused_and_the_chat_goes_on) {
  Terminal t({"run", chat_model(), "--greedy", "--ctx", "40", "--max-tokens", "2"});
  ASSERT_NE(t.read_until("> "), "");
  std::string line;
  for (int i = 0; i < 30; ++i) line += "Hello ";
  t.type(line + "\n");
  ASSERT_NE(t.read_until("weft: error: context limit"), "");
  ASSERT_NE(t.read_until("> "), "");
  t.type("\x04");
  EXPECT_EQ(t.finish().exit_code, 0);
}

TEST(Chat, Without_a_tokenizer_says_so) {
  Terminal t({"run", golden("llama/llama1")});
  EXPECT_NE(t.read_until("no tokenizer"), "");
  EXPECT_EQ(t.finish().exit_code, 1);
}

}  // namespace
}  // namespace weft::test
