// Flaws that were published of programs that read what weft reads, each tried on weft.
#pragma once

#include <gtest/gtest.h>

#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "tests/hostile_files.hpp"
#include "weft/status.hpp"

namespace weft::testing_cases {

/// One published flaw. The comment beside each says how weft fares, and why.
struct PublicCase {
  std::string id;    // as published, with '_' for '-', so that it can name a test
  std::string flaw;  // of which program, and what
  std::function<Status(const testing_files::TempFolder&)> attempt;  // gives weft the same, in an empty folder
  std::string answer;  // a part of the refusal; empty: weft takes it, which does no harm
};

inline void PrintTo(const PublicCase& c, std::ostream* out) { *out << c.flaw; }
inline std::string id_of(const testing::TestParamInfo<PublicCase>& info) { return info.param.id; }

/// Tries the case: weft answers within seconds, and refuses in one line that says why.
inline void try_case(const PublicCase& c) {
  const testing_files::TempFolder folder;
  const std::clock_t start = std::clock();
  const Status s = c.attempt(folder);
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 20) << c.flaw;
  EXPECT_EQ(s.ok(), c.answer.empty()) << c.flaw << ": " << s.message();
  EXPECT_NE(s.message().find(c.answer), std::string_view::npos) << c.flaw << ": " << s.message();
  EXPECT_EQ(s.message().find_first_of("\n\r\x1b"), std::string_view::npos) << s.message();
}

}  // namespace weft::testing_cases
