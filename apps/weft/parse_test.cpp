// Commands of groups, on the command line and in its help.
#include "apps/weft/parse.hpp"

#include <gtest/gtest.h>

namespace weft::app {
namespace {

struct Groups : testing::Test {
  Groups() {
    commands.add("take", "take something", [] { return Status(); });
    commands.add("shelf", "tell of the shelf", [] { return Status(); }).add("--long", &flag, "tell more");
    Command& put = commands.add("shelf put", "put on the shelf", [] { return Status(); });
    put.add("THING", &thing, "what to put").required = true;
    put.add("--color", &color, "its color").choices = {"red", "blue"};
    commands.add("shelf drop", "take from the shelf", [] { return Status(); });
  }

  Result<Parsed> parsed(std::vector<std::string> words) {
    std::vector<char*> argv = {const_cast<char*>("weft")};
    for (std::string& word : words) argv.push_back(word.data());
    return parse(static_cast<int>(argv.size()), argv.data(), commands);
  }
  std::string command_of(std::vector<std::string> words) {
    const auto p = parsed(std::move(words));
    return p.ok() && p->command != nullptr ? p->command->name : std::string(p.status().message());
  }
  void expect_error(std::vector<std::string> words, const std::string& part) {
    const auto p = parsed(std::move(words));
    ASSERT_FALSE(p.ok());
    EXPECT_NE(p.status().message().find(part), std::string_view::npos) << p.status().message();
  }

  Commands commands;
  bool flag = false;
  std::string thing, color;
};

TEST_F(Groups, A_group_and_each_of_its_commands_are_called_by_their_words) {
  EXPECT_EQ(command_of({"shelf"}), "shelf");
  EXPECT_EQ(command_of({"shelf", "--long"}), "shelf");
  EXPECT_TRUE(flag);
  EXPECT_EQ(command_of({"shelf", "put", "cup", "--color", "red"}), "shelf put");
  EXPECT_EQ(thing, "cup");
  EXPECT_EQ(color, "red");
}

TEST_F(Groups, An_argument_may_be_called_as_a_command_is) {
  for (const char* word : {"drop", "put", "take", "shelf"}) {
    EXPECT_EQ(command_of({"shelf", "put", word}), "shelf put");
    EXPECT_EQ(thing, word);
  }
}

TEST_F(Groups, What_is_no_command_of_the_group_is_answered_with_those_that_are) {
  expect_error({"shelf", "pt"}, "\"shelf pt\" is not a command; did you mean shelf put? (see weft shelf --help)");
  expect_error({"shelf", "zzzzzzzz"}, "\"shelf zzzzzzzz\" is not a command, known are shelf put, shelf drop");
  expect_error({"zzzzzzzz"}, "known are take, shelf (see");
  expect_error({"shelf", "--long", "drop"}, "\"drop\" stands right behind shelf");
  expect_error({"shelf", "put", "cup", "--colour", "red"}, "weft shelf put has no option --colour; did you mean");
}

TEST_F(Groups, Help_tells_of_the_group_and_of_its_commands) {
  const std::string group = parsed({"shelf", "--help"})->text, put = parsed({"shelf", "put", "--help"})->text;
  EXPECT_NE(group.find("put on the shelf"), std::string::npos) << group;
  EXPECT_NE(put.find("THING"), std::string::npos) << put;
  EXPECT_EQ(parsed({"help", "shelf"})->text, group);
  EXPECT_EQ(parsed({"help", "shelf", "put"})->text, put);
  EXPECT_EQ(parsed({"--help"})->text.find("put on the shelf"), std::string::npos);
}

}  // namespace
}  // namespace weft::app
