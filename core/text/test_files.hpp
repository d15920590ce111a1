// The files that tests of this folder read, by their paths from the root of the sources.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "core/base/json.hpp"

namespace weft::text_test {

inline std::string file(const std::string& path) {
  std::ifstream in(std::string(WEFT_SOURCE_DIR) + "/" + path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}
inline Json json(const std::string& path) {
  auto parsed = parse_json(file(path));
  EXPECT_TRUE(parsed.ok()) << path;
  return parsed.ok() ? *parsed : Json::object();
}

/// Paths below core/text/testdata and tests/golden.
inline std::string testdata(const std::string& name) { return "core/text/testdata/" + name; }
inline std::string golden(const std::string& name) { return "tests/golden/" + name; }

}  // namespace weft::text_test
