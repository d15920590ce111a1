// The line editor of a chat, on a terminal that can move its cursor.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <sstream>

#include "apps/weft/tests/process.hpp"
#include "core/base/json.hpp"

namespace weft::test {
namespace {

// The editor asks the terminal to mark pasted texts before it shows its prompt.
const std::string kPrompt = "\033[?2004h> ", kMore = "\033[?2004h. ";
const std::string kEnter = "\r", kLeft = "\033[D", kUp = "\033[A", kHome = "\033[H", kEnd = "\033[F";
const std::string kBackspace = "\x7f", kCtrlC = "\x03", kCtrlD = "\x04";

std::string pasted(const std::string& text) { return "\033[200~" + text + "\033[201~"; }

/// Chats that share one history.
class Editor : public testing::Test {
 protected:
  Given given(const std::string& terminal = "xterm") const {
    Given g;
    g.environment = {{"TERM", terminal}, {"XDG_STATE_HOME", state_.path("state")}};
    return g;
  }
  std::vector<std::string> chat() const {
    return {"run", chat_model(), "--greedy", "--ignore-eos", "--max-tokens", "1", "--ctx", "1000000"};
  }
  /// What a chat that is typed these keys takes for messages; /save and /bye are typed behind them.
  std::vector<std::string> messages(const std::vector<std::string>& keys) {
    Terminal t(chat(), given());
    for (const std::string& k : keys) {
      EXPECT_NE(t.read_until(kPrompt), "");
      t.type(k);
    }
    EXPECT_NE(t.read_until(kPrompt), "");
    t.type("/save " + state_.path("talk.json") + kEnter);
    EXPECT_NE(t.read_until(kPrompt), "");
    EXPECT_FALSE(t.echoes());
    t.type("/bye" + kEnter);
    EXPECT_EQ(t.finish().exit_code, 0);
    std::vector<std::string> contents;
    const Json saved = parse_json(read_file(state_.path("talk.json"))).value();
    for (const Json& m : saved) {
      if (m["role"] == "user") contents.push_back(m["content"].get<std::string>());
    }
    return contents;
  }
  std::string history() const { return state_.path("state/weft/history"); }
  using Messages = std::vector<std::string>;

  const TemporaryFolder state_;
};

TEST_F(Editor, Keys_edit_the_line) {
  EXPECT_EQ(messages({"Helo" + kLeft + "l" + kEnter}), Messages{"Hello"});
  EXPECT_EQ(messages({"world" + kHome + "Hello " + kEnd + "!" + kEnter}), Messages{"Hello world!"});
  EXPECT_EQ(messages({"world\x01Hello \x05!\n"}), Messages{"Hello world!"});              // Ctrl-A, Ctrl-E, Ctrl-J
  EXPECT_EQ(messages({"Hello there world\x17" "all" + kEnter}), Messages{"Hello there all"});  // Ctrl-W
  EXPECT_EQ(messages({"Hello\x15world" + kEnter}), Messages{"world"});                    // Ctrl-U
  EXPECT_EQ(messages({"Hello world\x01\033[C\x0b" + kEnter}), Messages{"H"});              // Ctrl-K
}

TEST_F(Editor, Characters_of_any_width_are_edited_whole) {
  EXPECT_EQ(messages({"ä語🙂" + kBackspace + kBackspace + "é" + kEnter}), Messages{"äé"});
  EXPECT_EQ(messages({"a語b🙂" + kLeft + kLeft + kBackspace + kEnter}), Messages{"ab🙂"});
  // A combining accent is a character of its own, which Backspace takes off first.
  EXPECT_EQ(messages({"e\u0301" + kBackspace + kEnter}), Messages{"e"});
}

TEST_F(Editor, The_cursor_stands_where_wide_characters_end) {
  Terminal t(chat(), given());
  ASSERT_NE(t.read_until(kPrompt), "");
  t.type("語🙂e\u0301x" + kLeft);
  // Column 1 is the first: two of the prompt, twice two, one and one, then one back.
  EXPECT_NE(t.read_until("\033[8G"), "");
}

TEST_F(Editor, A_pasted_text_of_several_lines_is_one_message) {
  EXPECT_EQ(messages({pasted("one\rtwo\rthree") + kEnter}), Messages{"one\ntwo\nthree"});
  EXPECT_EQ(messages({pasted("one\ntwo\r\n\r\nthree\n") + kEnter}), Messages{"one\ntwo\n\nthree"});
  EXPECT_EQ(messages({"look: " + pasted("\tone\rtwo") + " end" + kEnter}), Messages{"look: \tone\ntwo end"});
  EXPECT_EQ(messages({pasted("/help\rme") + kEnter}), Messages{"/help\nme"});
}

TEST_F(Editor, Alt_Enter_begins_a_new_line_and_quotes_span_lines) {
  EXPECT_EQ(messages({"one\033\rtwo" + kEnter}), Messages{"one\ntwo"});
  Terminal t(chat(), given());
  ASSERT_NE(t.read_until(kPrompt), "");
  t.type("\"\"\"one" + kEnter);
  ASSERT_NE(t.read_until(kMore), "");
  t.type("\"\"\"" + kEnter);
  ASSERT_NE(t.read_until("the answer is cut"), "");
  EXPECT_EQ(messages({kUp + kEnter}), Messages{"one"});
}

TEST_F(Editor, A_line_of_ten_thousand_bytes_is_whole) {
  std::string line;
  for (int i = 0; line.size() < 10000; ++i) line += "w" + std::to_string(i) + " ";
  line += "end";
  EXPECT_EQ(messages({line + kEnter}), Messages{line});
  EXPECT_EQ(messages({pasted(line) + kEnter}), Messages{line});
}

TEST_F(Editor, The_history_is_kept_for_the_next_chat_and_for_the_user_alone) {
  messages({"first" + kEnter, pasted("second\rof two lines") + kEnter});
  struct stat at {};
  ASSERT_EQ(stat(history().c_str(), &at), 0);
  EXPECT_EQ(at.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(state_.path("state/weft").c_str(), &at), 0);
  EXPECT_EQ(at.st_mode & 0777, 0700u);
  // The last two entries are /bye and /save.
  EXPECT_EQ(messages({kUp + kUp + kUp + kEnter}), Messages{"second\nof two lines"});
  EXPECT_EQ(messages({"\x12" "fir" + kEnd + " again" + kEnter}), Messages{"first again"});  // Ctrl-R
}

TEST_F(Editor, The_history_keeps_the_order_of_what_was_typed_within_a_millisecond) {
  std::string typed, in_order;
  for (int i = 0; i < 100; ++i) {
    typed += "/unknown" + std::to_string(i) + kEnter;
    in_order += "/unknown" + std::to_string(i) + "\n";
  }
  Terminal t(chat(), given());
  ASSERT_NE(t.read_until(kPrompt), "");
  t.type(typed + "/bye" + kEnter);
  EXPECT_EQ(t.finish().exit_code, 0);
  std::string kept;
  std::istringstream lines(read_file(history()));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("/unknown")) kept += line + "\n";
  }
  EXPECT_EQ(kept, in_order);
}

TEST_F(Editor, The_history_is_bounded) {
  std::string entries;
  for (int i = 0; i < 3000; ++i) entries += "### 2026-01-01 00:00:00.000\nentry " + std::to_string(i) + "\n";
  messages({"hello" + kEnter});
  std::filesystem::remove(history());
  state_.write("state/weft/history", entries);
  messages({"hello" + kEnter, pasted("/help " + std::string(20000, 'x')) + kEnter});
  const std::string text = read_file(history());
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 2 * 1000);
  EXPECT_NE(text.find("\nhello\n"), text.npos);
  EXPECT_EQ(text.find("xxxxx"), text.npos);  // too long to be remembered
}

TEST_F(Editor, A_link_in_place_of_the_history_is_left_alone) {
  messages({"hello" + kEnter});
  std::filesystem::remove(history());
  const std::string other = state_.write("other", "mine");
  std::filesystem::create_symlink(other, history());
  EXPECT_EQ(messages({"secret" + kEnter}), Messages{"secret"});
  EXPECT_EQ(read_file(other), "mine");
}

TEST_F(Editor, Ctrl_C_takes_back_the_line_and_leaves_when_pressed_twice_without_one) {
  EXPECT_EQ(messages({"not this" + kCtrlC, "this" + kEnter}), Messages{"this"});
  Terminal t(chat(), given());
  ASSERT_NE(t.read_until(kPrompt), "");
  t.type(kCtrlC);
  ASSERT_NE(t.read_until("Ctrl-C again, or Ctrl-D, leaves"), "");
  ASSERT_NE(t.read_until(kPrompt), "");
  t.type("half a line" + kCtrlC);
  ASSERT_NE(t.read_until(kPrompt), "");  // which makes the next one the first again
  t.type(kCtrlC);
  ASSERT_NE(t.read_until("Ctrl-C again, or Ctrl-D, leaves"), "");
  ASSERT_NE(t.read_until(kPrompt), "");
  t.type(kCtrlC);
  EXPECT_EQ(t.finish().exit_code, 130);
}

TEST_F(Editor, Ctrl_C_stops_an_answer_and_the_chat_goes_on) {
  Terminal t({"run", chat_model(), "--greedy", "--ignore-eos", "--ctx", "1000000"}, given());
  ASSERT_NE(t.read_until(kPrompt), "");
  t.type("Hello" + kEnter);
  ASSERT_NE(t.read_until("\033[?2004l"), "");  // the editor is done
  ASSERT_NE(t.read_until("a"), "");
  EXPECT_TRUE(t.echoes());
  t.type(kCtrlC);
  ASSERT_NE(t.read_until(kPrompt), "");
  t.type(kCtrlD);
  EXPECT_EQ(t.finish().exit_code, 0);
}

TEST_F(Editor, Ctrl_D_leaves_from_an_empty_line_alone) {
  EXPECT_EQ(messages({"xab" + kHome + kCtrlD + kEnter}), Messages{"ab"});
  Terminal t(chat(), given());
  ASSERT_NE(t.read_until(kPrompt), "");
  t.type(kCtrlD);
  const Outcome o = t.finish();
  EXPECT_EQ(o.exit_code, 0);
  EXPECT_NE(o.out.find("\033[?2004l"), o.out.npos);
}

TEST_F(Editor, The_terminal_is_restored_when_a_signal_ends_the_chat) {
  for (int signal : {SIGTERM, SIGHUP, SIGQUIT}) {
    Terminal t(chat(), given());
    ASSERT_NE(t.read_until(kPrompt), "");
    t.type("half a");
    ASSERT_NE(t.read_until("half a"), "");
    EXPECT_FALSE(t.echoes());
    kill(t.process(), signal);
    EXPECT_NE(t.read_until("\033[?2004l"), "");
    const Outcome o = t.finish();
    EXPECT_EQ(o.signal, signal);
  }
}

TEST_F(Editor, Tab_completes_commands_settings_and_files) {
  EXPECT_EQ(messages({"/sys\tBe brief." + kEnter, "/set max-t\t1" + kEnter, "/he\t" + kEnter, "x" + kEnter}),
            Messages{"x"});
  messages({"saved" + kEnter});
  EXPECT_EQ(messages({"/load " + state_.path("talk.j") + "\t" + kEnter}), Messages{"saved"});
  Terminal t(chat(), given());
  ASSERT_NE(t.read_until(kPrompt), "");
  t.type("/set m\t");
  EXPECT_NE(t.read_until("max-tokens"), "");
  EXPECT_NE(t.read_until("min-p"), "");
}

TEST_F(Editor, A_terminal_that_cannot_move_its_cursor_gets_none) {
  Terminal t(chat(), given("dumb"));
  EXPECT_EQ(t.read_until("> ").find('\033'), std::string::npos);
  t.type("Hello\n");
  ASSERT_NE(t.read_until("the answer is cut"), "");
  ASSERT_NE(t.read_until("> "), "");
  t.type(kCtrlD);
  EXPECT_EQ(t.finish().exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(history()));
}

}  // namespace
}  // namespace weft::test
