#include "core/base/controls.hpp"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Controls, Escapes_are_shown_and_not_obeyed) {
  EXPECT_EQ(for_terminal("a\x1b]52;c;eA==\x07z"), "a\xEF\xBF\xBD]52;c;eA==\xEF\xBF\xBDz");
  EXPECT_EQ(for_terminal("\xC2\x9B" "31m \xC2\x9D"), "\xEF\xBF\xBD" "31m \xEF\xBF\xBD");  // CSI and OSC in C1
  EXPECT_EQ(for_terminal("\x9B" "31m \x7F \r"), "\xEF\xBF\xBD" "31m \xEF\xBF\xBD \xEF\xBF\xBD");
  EXPECT_EQ(for_terminal("line\n\tnext"), "line\n\tnext");
}

TEST(Controls, Text_is_shown_in_the_order_in_which_it_is_stored) {
  EXPECT_EQ(for_terminal("gpj\xE2\x80\xAE.exe \xE2\x81\xA6x\xE2\x81\xA9"),
            "gpj\xEF\xBF\xBD.exe \xEF\xBF\xBDx\xEF\xBF\xBD");
}

TEST(Controls, Other_text_stays_as_it_is) {
  // Among the bytes of these characters are 0x80 to 0x9F.
  const std::string text = "\xC3\x80 \xE4\xB8\x80 \xF0\x9F\x98\x80 \xD7\x90 \xE2\x80\x8F\xE2\x80\x9C";
  EXPECT_EQ(for_terminal(text), text);
  EXPECT_EQ(one_line(text), text);
}

TEST(Controls, A_line_of_a_message_stays_one_line) {
  EXPECT_EQ(one_line("a\nb\tc\x1b[1m\xC2\x9B\xE2\x80\xAE!"), "a b c [1m  !");
}

TEST(Controls, Cut_characters_at_the_end_are_kept) { EXPECT_EQ(one_line("a\xE2\x80"), "a\xE2 "); }

}  // namespace
}  // namespace weft
