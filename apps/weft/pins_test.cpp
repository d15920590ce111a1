#include "apps/weft/pins.hpp"

#include <gtest/gtest.h>

namespace weft::app {
namespace {

const std::string kA(64, 'a'), kB(64, 'b');

std::string pinned(const std::string& text, const std::map<std::string, std::string>& pins) {
  const auto edited = with_pins(text, "weft.json", pins);
  EXPECT_TRUE(edited.ok()) << edited.status().message();
  return edited.ok() ? *edited : "";
}

TEST(Pins, Go_where_there_is_no_file_no_plugins_or_no_pin) {
  EXPECT_EQ(pinned("", {{"a", kA}}),
            "{\n  \"plugins\": {\n    \"pin\": {\n      \"a\": \"" + kA + "\"\n    }\n  }\n}\n");
  EXPECT_EQ(pinned("{}", {{"a", kA}}), R"({"plugins": {"pin": {"a": ")" + kA + R"("}}})");
  EXPECT_EQ(pinned("{\n}\n", {{"a", kA}}), "{\n  \"plugins\": {\"pin\": {\"a\": \"" + kA + "\"}}\n}\n");
  EXPECT_EQ(pinned(R"({"plugins": {}, "ctx": 5})", {{"a", kA}}),
            R"({"plugins": {"pin": {"a": ")" + kA + R"("}}, "ctx": 5})");
  EXPECT_EQ(pinned("{\n    \"plugins\": { // those\n        \"paths\": []\n    }\n}", {{"a", kA}}),
            "{\n    \"plugins\": { // those\n        \"pin\": {\"a\": \"" + kA +
                "\"},\n        \"paths\": []\n    }\n}");
}

TEST(Pins, Are_replaced_and_taken_away_and_all_else_stays) {
  const std::string text = "// {\"plugins\"\n{\"ctx\": 1, /* } */ \"plugins\": {\"pin\": {\"x\\u0041\": \"" + kA +
                           "\", \"b\": \"" + kB + "\"}, \"options\": {\"o\": {\"pin\": [\"}\", {\"b\": 1}]}}}} // end";
  const auto with = [&](const std::string& inside) {
    return "// {\"plugins\"\n{\"ctx\": 1, /* } */ \"plugins\": {\"pin\": {" + inside +
           "}, \"options\": {\"o\": {\"pin\": [\"}\", {\"b\": 1}]}}}} // end";
  };
  EXPECT_EQ(pinned(text, {{"b", kA}}), with("\"x\\u0041\": \"" + kA + "\", \"b\": \"" + kA + "\""));
  EXPECT_EQ(pinned(text, {{"xA", kB}}), with("\"x\\u0041\": \"" + kB + "\", \"b\": \"" + kB + "\""));
  EXPECT_EQ(pinned(text, {{"b", ""}}), with("\"x\\u0041\": \"" + kA + "\""));
  EXPECT_EQ(pinned(text, {{"xA", ""}}), with(" \"b\": \"" + kB + "\""));
  EXPECT_EQ(pinned(text, {{"xA", ""}, {"b", ""}}), with(""));
  EXPECT_EQ(pinned(text, {{"none", ""}}), text);
  EXPECT_EQ(pinned("{}", {{"none", ""}}), "{}");
}

TEST(Pins, Of_lines_are_put_and_taken_in_whole_lines) {
  const std::string one = "{\n  \"plugins\": {\n    \"pin\": {\n      \"a\": \"" + kA + "\"\n    }\n  }\n}\n";
  const std::string two = "{\n  \"plugins\": {\n    \"pin\": {\n      \"b\": \"" + kB + "\",\n      \"a\": \"" + kA +
                          "\"\n    }\n  }\n}\n";
  EXPECT_EQ(pinned(one, {{"b", kB}}), two);
  EXPECT_EQ(pinned(two, {{"b", ""}}), one);
  EXPECT_EQ(pinned(pinned(two, {{"a", ""}}), {{"b", ""}}), "{\n  \"plugins\": {\n    \"pin\": {\n    }\n  }\n}\n");
}

TEST(Pins, Of_a_text_that_is_no_weft_json_are_refused_with_its_error) {
  for (const char* text : {"{", "[]", "{\"plugins\": 1}", "{\"plugins\": {\"pin\": []}}", "{\"thraeds\": 1}"}) {
    const auto edited = with_pins(text, "/etc/weft.json", {{"a", kA}});
    ASSERT_FALSE(edited.ok()) << text;
    EXPECT_TRUE(edited.status().message().starts_with("/etc/weft.json: ")) << edited.status().message();
  }
}

TEST(Pins, Of_the_last_of_equal_keys_count) {
  const std::string text = R"({"plugins": {"pin": 1}, "plugins": {"pin": {"a": ")" + kA + R"("}}})";
  EXPECT_EQ(pinned(text, {{"a", kB}}), R"({"plugins": {"pin": 1}, "plugins": {"pin": {"a": ")" + kB + R"("}}})");
}

}  // namespace
}  // namespace weft::app
