// weft run on a terminal: turns, the kept cache, Ctrl-C.
#include <gtest/gtest.h>

#include <fstream>

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
  auto parsed = parse_json(at == std::string::npos ? "" : text.substr(at, text.rfind('}') + 1 - at));
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

/// Types a line and gives what the terminal shows, from its echo to the next prompt.
std::string say(Terminal& t, const std::string& line) {
  t.type(line + "\n");
  return t.read_until("\r\n> ");
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Chat, Greets_in_words_that_users_know) {
  Terminal t({"run", chat_model(), "--ctx", "200"});
  const std::string greeting = t.read_until("> ");
  EXPECT_TRUE(has(greeting, "weft: model.gguf, ") && has(greeting, " MB, on ")) << greeting;
  EXPECT_TRUE(has(greeting, "context 200 tokens; /help for commands")) << greeting;
  EXPECT_FALSE(has(greeting, "blueprint")) << greeting;
}

TEST(Chat, Commands_are_obeyed_and_unknown_ones_refused_but_paths_are_messages) {
  Terminal t({"run", chat_model(), "--greedy", "--ignore-eos", "--max-tokens", "2"});
  ASSERT_NE(t.read_until("> "), "");
  EXPECT_TRUE(has(say(t, "/help"), "/regen"));
  EXPECT_TRUE(has(say(t, "/hlep"), "weft: error: /hlep is no command of the chat; did you mean /help?"));
  EXPECT_TRUE(has(say(t, "/zzzzzz"), "a blank before it makes it a message"));
  EXPECT_TRUE(has(say(t, "/regen"), "there is no message yet"));
  EXPECT_TRUE(has(say(t, "/etc/passwd"), "the answer is cut by --max-tokens 2"));
  EXPECT_TRUE(has(say(t, " /help"), "the answer is cut by --max-tokens 2"));
  t.type("/bye\n");
  EXPECT_EQ(t.finish().exit_code, 0);
}

TEST(Chat, Messages_are_saved_loaded_and_answered_again) {
  const TemporaryFolder folder;
  const std::string file = folder.path("talk.json");
  Terminal t({"run", chat_model(), "--greedy", "--ignore-eos", "--max-tokens", "2"});
  ASSERT_NE(t.read_until("> "), "");
  say(t, "Hello");
  EXPECT_TRUE(has(say(t, "/save " + file), "talk.json: 2 messages"));
  const Json first = parse_json(read_file(file)).value();
  EXPECT_EQ(first[0]["content"], "Hello");
  EXPECT_EQ(first[1]["role"], "assistant");
  say(t, "/clear"), say(t, "/system Be brief.");
  EXPECT_TRUE(has(say(t, "/save " + folder.path("b.json")), ": 1 message"));
  EXPECT_EQ(parse_json(read_file(folder.path("b.json"))).value()[0]["role"], "system");
  EXPECT_TRUE(has(say(t, "/load " + file), "talk.json: 2 messages"));
  EXPECT_TRUE(has(say(t, "/regen"), "cut by"));
  say(t, "/save " + file);
  EXPECT_EQ(parse_json(read_file(file)).value(), first);
  folder.write("bad.json", R"([{"role": "user"}])");
  EXPECT_TRUE(has(say(t, "/load " + folder.path("bad.json")), "bad.json: has a message without"));
  EXPECT_TRUE(has(say(t, "/load"), "needs the name of a FILE"));
}

TEST(Chat, Set_changes_the_options_of_answers) {
  Terminal t({"run", chat_model(), "--ignore-eos", "--max-tokens", "1", "--json"});
  ASSERT_NE(t.read_until("> "), "");
  say(t, "/set max-tokens 3"), say(t, "/set greedy true"), say(t, "/set seed 7");
  Json answer = object_in(say(t, "Hello"));
  EXPECT_EQ(answer["ids"].size(), 3u);
  EXPECT_EQ(answer["seed"], 7);
  EXPECT_TRUE(has(say(t, "/set max-tokens -1"), "max-tokens"));
  EXPECT_TRUE(has(say(t, "/set tmp 1"), "did you mean temp?"));
  EXPECT_TRUE(has(say(t, "/set temp"), "expected /set OPTION VALUE"));
  answer = object_in(say(t, "Hello"));
  EXPECT_EQ(answer["ids"].size(), 3u);
}

TEST(Chat, Set_changes_where_answers_stop) {
  Terminal t({"run", chat_model(), "--greedy", "--ignore-eos", "--max-tokens", "8", "--json"});
  ASSERT_NE(t.read_until("> "), "");
  const std::string whole = object_in(say(t, "Hello"))["text"];
  ASSERT_GT(whole.size(), 3u);
  const std::string end = whole.substr(2, 1);
  say(t, "/clear"), say(t, "/set stop " + end), say(t, "/set ignore-eos false"), say(t, "/set ignore-eos true");
  Json answer = object_in(say(t, "Hello"));
  EXPECT_EQ(answer["text"], whole.substr(0, whole.find(end)));
  EXPECT_EQ(answer["stop"], "stop");
  say(t, "/clear"), say(t, "/set stop");
  EXPECT_EQ(object_in(say(t, "Hello"))["text"], whole);
}

TEST(Chat, A_message_of_several_lines_stands_between_quotes) {
  const Outcome one = weft({"run", chat_model(), "Hello\n\nworld", "--max-tokens", "0", "--json"});
  const Json expected = parse_json(one.out).value();
  Terminal t({"run", chat_model(), "--max-tokens", "0", "--json"});
  ASSERT_NE(t.read_until("> "), "");
  t.type("\"\"\"Hello\n\nworld\n\"\"\"\n");
  EXPECT_EQ(object_in(t.read_until("}}"))["timings"]["prompt_tokens"], expected["timings"]["prompt_tokens"]);
}

TEST(Chat, A_full_context_leaves_out_the_oldest_turns_and_says_so_once) {
  const TemporaryFolder folder;
  Terminal t({"run", chat_model(), "--greedy", "--ignore-eos", "--max-tokens", "4", "--ctx", "120", "--system",
              "Hello"});
  ASSERT_NE(t.read_until("> "), "");
  std::string shown;
  for (int i = 0; i < 12; ++i) shown += say(t, "Hello");
  EXPECT_FALSE(has(shown, "error")) << shown;
  const std::size_t told = shown.find("the oldest turns are left out");
  ASSERT_NE(told, std::string::npos) << shown;
  EXPECT_EQ(shown.find("the oldest turns are left out", told + 1), std::string::npos);
  say(t, "/save " + folder.path("talk.json"));
  const Json messages = parse_json(read_file(folder.path("talk.json"))).value();
  EXPECT_EQ(messages[0]["role"], "system");
  EXPECT_EQ(messages[1]["role"], "user");
  EXPECT_LT(messages.size(), 25u);
}

TEST(Chat, Turns_of_more_text_than_a_prompt_may_have_are_left_out_too) {
  const TemporaryFolder folder;
  std::string much;
  while (much.size() < 500'000) much += "Hello ";
  Json messages = Json::array();
  for (int i = 0; i < 5; ++i) {
    messages.push_back({{"role", "user"}, {"content", much}});
    messages.push_back({{"role", "assistant"}, {"content", "Hello"}});
  }
  std::ofstream(folder.path("talk.json")) << messages.dump();
  Terminal t({"run", chat_model(), "--greedy", "--ignore-eos", "--max-tokens", "4", "--ctx", "120"});
  ASSERT_NE(t.read_until("> "), "");
  EXPECT_TRUE(has(say(t, "/load " + folder.path("talk.json")), "10 messages"));
  const std::string shown = say(t, "Hello");
  EXPECT_FALSE(has(shown, "error")) << shown;
  EXPECT_TRUE(has(shown, "the oldest turns are left out")) << shown;
}

TEST(Chat, Without_a_template_the_oldest_turns_are_left_out_too) {
  const std::vector<std::string> raw = {"run", chat_model(), "--raw", "--greedy", "--ignore-eos", "--max-tokens", "4"};
  std::vector<std::string> small = raw;
  small.insert(small.end(), {"--ctx", "24"});
  Terminal t(small);
  ASSERT_NE(t.read_until("> "), "");
  std::string shown;
  for (int i = 0; i < 8; ++i) shown += say(t, "Hello");
  EXPECT_FALSE(has(shown, "error")) << shown;
  EXPECT_TRUE(has(shown, "the oldest turns are left out")) << shown;
  std::string much;
  for (int i = 0; i < 30; ++i) much += "Hello ";
  EXPECT_TRUE(has(say(t, much), "weft: error: context limit"));
  EXPECT_FALSE(has(say(t, "Hello"), "error"));
  shown = say(t, "/regen");
  EXPECT_TRUE(has(shown, "cut by")) << shown;
}

TEST(Chat, An_answer_that_meets_the_end_of_the_context_is_marked) {
  Terminal t({"run", chat_model(), "--greedy", "--ignore-eos", "--ctx", "60"});
  ASSERT_NE(t.read_until("> "), "");
  EXPECT_TRUE(has(say(t, "Hello"), "the answer is cut, the context of 60 tokens is full"));
  EXPECT_TRUE(has(say(t, "Hello"), "the oldest turns are left out"));
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
