// Backends that lie: what the core was promised and does not get is an error that names it, and no crash.
#include "tests/opaque/opaque.hpp"

namespace weft::test {
namespace {

const std::string kLlama = WEFT_SOURCE_DIR "/tests/golden/llama/llama1";

struct Lie {
  const char *text, *expected;  // in the error
};

class Lies : public testing::TestWithParam<Lie> {};

TEST_P(Lies, Are_refused_by_name_and_leave_nothing_behind) {
  const OpaqueEngine there(std::string(R"("lies": ")") + GetParam().text + "\"");
  Status s;
  if (const auto model = there.load(kLlama); model.ok()) {
    s = (*model)->new_session().status();
  } else {
    s = model.status();
  }
  EXPECT_TRUE(s.code() == Code::kInternal || s.code() == Code::kAborted) << s.message();
  EXPECT_NE(s.message().find(GetParam().expected), std::string_view::npos) << s.message();
  EXPECT_NE(s.message().find("weft.test.opaque"), std::string_view::npos) << s.message();
}

TEST(Tables, Without_a_function_of_every_backend_are_refused_with_their_plugin) {
  for (const std::string function : {"compile", "device_info"}) {
    const OpaqueEngine there(R"("lies": "no )" + function + "\"");
    const Status s = there.load(kLlama).status();
    EXPECT_EQ(s.code(), Code::kNotFound);
    const std::string refused = "weft.test.opaque offers it and is refused: its table of weft.backend/0 has no ";
    EXPECT_NE(s.message().find(refused + "function " + function), std::string_view::npos) << s.message();
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, Lies,
    testing::Values(
        Lie{"align", "an alignment of 24"}, Lie{"block size", "state_layout says 18446744073709551615 bytes"},
        Lie{"block alignment", "aligned to 3"}, Lie{"nothing in device_open", "device_open gave nothing"},
        Lie{"nothing in store_new", "store_new gave nothing"}, Lie{"nothing in compile", "compile gave nothing"},
        Lie{"nothing in buffer_new", "buffer_new gave nothing"},
        Lie{"nothing in timeline_new", "timeline_new gave nothing"},
        Lie{"nothing in instance_new", "instance_new gave nothing"},
        Lie{"rubbish in device_open", "device_open: refused"}, Lie{"rubbish in store_new", "store_new: refused"},
        Lie{"rubbish in compile", "compile: refused"}, Lie{"rubbish in buffer_new", "buffer_new: refused"},
        Lie{"rubbish in timeline_new", "timeline_new: refused"},
        Lie{"rubbish in instance_new", "instance_new: refused"}, Lie{"no transfer", "the table has no transfer"},
        Lie{"no timeline_wait", "the table has no timeline_wait"},
        Lie{"time without memory", "the table has no buffer_new"}, Lie{"short", "the table has no buffer_new"}),
    [](const auto& info) {
      std::string name = info.param.text;
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

}  // namespace
}  // namespace weft::test
