// The files that the build has made, and how shells take them.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "apps/weft/common.hpp"
#include "apps/weft/manual/markdown.hpp"
#include "apps/weft/option_text.hpp"

namespace weft::app {
namespace {

const std::string kFolder = WEFT_MANUAL_FOLDER;

std::string made(const std::string& name) {
  std::ifstream in(kFolder + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

std::string output_of(const std::string& command) {
  std::string out;
  std::FILE* pipe = popen(command.c_str(), "r");
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return out;
}

bool there_is(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

/// What bash completes `line` to, a word a line.
std::string completed(const std::string& line) {
  const std::string script = "source " + kFolder + "/weft.bash; PATH=" WEFT_COMMAND_FOLDER ":$PATH; COMP_LINE=\"" +
                             line + "\"; COMP_POINT=${#COMP_LINE}; _weft; printf \"%s\\n\" \"${COMPREPLY[@]}\"";
  return output_of("bash --norc -c '" + script + "'");
}

TEST(Manual, Page_has_every_command_and_option) {
  const std::string page = made("weft.1");
  for (const Command& command : all_commands().all) {
    EXPECT_TRUE(has(page, ".SS \\fBweft " + command.name + "\\fR")) << command.name;
    for (const Option& option : command.options) {
      if (is_argument(option)) continue;
      for (const std::string& name : names_of(option))
        EXPECT_TRUE(has(page, "\\fB" + replaced(name, "-", "\\-") + "\\fR")) << command.name << ' ' << name;
    }
  }
}

TEST(Manual, Page_has_the_variables_settings_files_and_codes_of_the_reference) {
  std::ifstream in(WEFT_SOURCE_DIR "/docs/reference.md");
  const std::string reference{std::istreambuf_iterator<char>(in), {}}, page = made("weft.1");
  for (const char* name : {"WEFT_CONFIG", "XDG_STATE_HOME", "HF_TOKEN", "no_proxy", "plugins.pin", "kv"}) {
    EXPECT_TRUE(has(reference, "`" + std::string(name) + "`")) << name;
    EXPECT_TRUE(has(page, "\\fB" + std::string(name) + "\\fR")) << name;
  }
  EXPECT_TRUE(has(page, ".TP\n130\nCancelled by Ctrl\\-C.\n"));
  EXPECT_TRUE(has(page, "\\fB~/.local/state/weft/history\\fR"));
  EXPECT_FALSE(has(page, "](") || has(page, "`") || has(page, "…"));
}

TEST(Manual, Page_is_as_groff_wants_it) {
  if (!there_is("groff")) GTEST_SKIP() << "no groff here";
  EXPECT_EQ(output_of("groff -man -ww -z " + kFolder + "/weft.1 2>&1"), "");
}

TEST(Manual, Reads_tables_under_their_heading_alone) {
  const std::string text =
      "## A\n\n## B\nwords\n\n| x | y |\n|---|---|\n| 1 | a \\| b |\n\nA note\nof two lines.\n\n## C\n";
  EXPECT_FALSE(table_of(text, "## A").ok());
  const Table table = table_of(text, "## B").value();
  EXPECT_EQ(table.head, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(table.rows, (std::vector<std::vector<std::string>>{{"1", "a | b"}}));
  EXPECT_EQ(table.note, "A note of two lines.");
  EXPECT_FALSE(table_of("## B\n| x | y |\n|---|---|\n| 1 |\n", "## B").ok());
}

TEST(Completion, Of_bash_gives_commands_options_and_closed_values) {
  EXPECT_EQ(completed("weft ins"), "inspect\n");
  EXPECT_TRUE(has(completed("weft "), "run\n") && has(completed("weft "), "help\n"));
  EXPECT_EQ(completed("weft help emb"), "embed\n");
  EXPECT_EQ(completed("weft plugins n"), "new\n");
  EXPECT_EQ(completed("weft help plugins re"), "remove\n");
  EXPECT_EQ(completed("weft plugins --js"), "--json\n");
  EXPECT_EQ(completed("weft plugins new --v"), "--vendor\n");
  EXPECT_EQ(completed("weft plugins add --v"), "\n");
  EXPECT_EQ(completed("weft plugins new to"), "tokenizer\n");
  EXPECT_FALSE(has(completed("weft "), " new"));
  EXPECT_EQ(completed("weft run m.gguf --max"), "--max-tokens\n");
  EXPECT_EQ(completed("weft run --kv f"), "f16\nf32\n");
  EXPECT_EQ(completed("weft run --kv=q"), "q8_0\n");
  EXPECT_EQ(completed("weft run --seed "), "\n");
  EXPECT_EQ(completed("weft pull --kv "), "\n");  // it has no such option
}

TEST(Completion, Of_bash_gives_models_of_the_cache) {
  for (const Command& command : all_commands().all) {
    if (command.name == "list" && command.takes_anything) GTEST_SKIP() << "this weft has no cache";
  }
  const std::string cache = testing::TempDir() + "weft-manual-cache";
  std::filesystem::create_directories(cache + "/models--acme--tiny/snapshots/" + std::string(40, 'a'));
  setenv("HF_HUB_CACHE", cache.c_str(), 1);
  // bash takes what stands behind the colon for the word.
  EXPECT_EQ(completed("weft run hf://ac"), "//acme/tiny\n");
  EXPECT_EQ(completed("weft run h"), "hf://acme/tiny\n");
  std::filesystem::remove_all(cache);
}

TEST(Completion, Is_sound_in_each_shell_that_is_here) {
  EXPECT_EQ(output_of("bash -n " + kFolder + "/weft.bash 2>&1"), "");
  if (there_is("zsh")) {
    EXPECT_EQ(output_of("zsh -n " + kFolder + "/_weft 2>&1"), "");
  }
  if (!there_is("fish")) return;
  EXPECT_EQ(output_of("fish -n " + kFolder + "/weft.fish 2>&1"), "");
  const std::string of_kv =
      output_of("fish --no-config -c 'source " + kFolder + "/weft.fish; complete -C \"weft run --kv q\"' 2>&1");
  EXPECT_EQ(of_kv.substr(0, 4), "q8_0");
  const std::string of_plugins = output_of("fish --no-config -c 'source " + kFolder +
                                           "/weft.fish; complete -C \"weft plugins n\"; complete -C \"weft plugins new "
                                           "--v\"' 2>&1");
  EXPECT_EQ(of_plugins.substr(0, 3), "new");
  EXPECT_TRUE(has(of_plugins, "--vendor") && !has(of_plugins, "--verbose")) << of_plugins;
}

}  // namespace
}  // namespace weft::app
