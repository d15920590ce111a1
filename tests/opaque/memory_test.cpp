// Devices with little memory: what does not fit is said with what it is, what is free and what takes most; what fits
// runs.
#include "tests/opaque/opaque.hpp"

namespace weft::test {
namespace {

const std::string kLlama = WEFT_SOURCE_DIR "/tests/golden/llama/llama1";

Result<std::shared_ptr<Model>> load(const OpaqueEngine& there, uint64_t cache = 0, int64_t sequences = 3,
                                    const std::string& path = kLlama) {
  LoadOptions o;
  o.backend = "opaque", o.precision = "exact", o.context = 64, o.sequences = sequences, o.cache_bytes = cache;
  o.step_tokens = 64;
  return Model::load(there.engine(), path, o);
}

uint64_t free_bytes(const OpaqueEngine& there) { return device_info(there.devices()[0]->table(), 0)->mem_free; }

std::string memory(uint64_t bytes) { return "\"memory\": " + std::to_string(bytes); }

/// What the weights and a session of a model take.
struct Needs {
  uint64_t weights, session;
};
Needs needs(const std::string& path = kLlama) {
  const OpaqueEngine there;
  const uint64_t all = free_bytes(there);
  const auto model = load(there, 0, 3, path);
  const uint64_t loaded = free_bytes(there);
  const auto session = (*model)->new_session();
  return {all - loaded, loaded - free_bytes(there)};
}

TEST(LittleMemory, Weights_that_do_not_fit_are_refused) {
  const OpaqueEngine there(memory(needs().weights - 4));
  const auto model = load(there);
  EXPECT_EQ(model.status().code(), Code::kResourceExhausted);
  EXPECT_NE(model.status().message().find("the device is full"), std::string_view::npos) << model.status().message();
}

/// Plays in sessions of devices that have ever more memory, and expects errors or right logits.
void expect_errors_or_right_logits(const std::string& path) {
  const Needs need = needs(path);
  std::vector<float> expected;
  {
    const OpaqueEngine there;
    expected = played(**load(there, 0, 3, path));
  }
  int ran = 0, full = 0, refused = 0;
  for (uint64_t more = 0; more <= need.session * 5 / 4; more += std::max<uint64_t>(need.session / 40, 1)) {
    const OpaqueEngine there(memory(need.weights + more));
    const auto model = load(there, 0, 3, path);
    ASSERT_TRUE(model.ok()) << model.status().message();
    auto session = (*model)->new_session();
    if (!session.ok()) {
      const std::string text(session.status().message());
      EXPECT_EQ(session.status().code(), Code::kResourceExhausted) << text;
      const bool blocks = text.find("the states of one sequence take ") != text.npos;
      const bool buffer = text.find("values of graph step on opaque:0 take ") != text.npos;  // never of states
      EXPECT_TRUE(blocks || buffer) << text;
      ++refused;
      continue;
    }
    Play play(**session);
    const Status s = play.run();
    if (s.ok()) {
      EXPECT_EQ(play.logits(), expected);
      ++ran;
      continue;
    }
    EXPECT_EQ(s.code(), Code::kResourceExhausted) << s.message();  // fewer blocks than the play takes
    EXPECT_TRUE(std::equal(play.logits().begin(), play.logits().end(), expected.begin()));
    ++full;
  }
  EXPECT_GT(ran, 5);
  EXPECT_GT(refused, 5);
  testing::Test::RecordProperty("full", full);
}

TEST(LittleMemory, A_session_fits_or_says_what_does_not_and_what_does_runs_right) {
  expect_errors_or_right_logits(kLlama);
}

TEST(LittleMemory, A_session_with_windows_fits_or_says_what_does_not_and_what_does_runs_right) {
  if (family_goldens("gemma3_text.v4").empty()) GTEST_SKIP() << "the family's folder is gone";
  const WrittenModel model("gemma3_text.v4");
  expect_errors_or_right_logits(model.path());
}

TEST(LittleMemory, An_error_says_what_is_needed_what_is_free_and_what_takes_most) {
  const Needs need = needs();
  std::string text;
  for (uint64_t less = 512; less < need.session && text.find("most of it") == text.npos; less += 512) {
    const OpaqueEngine there(memory(need.weights + need.session - less));
    text = (*load(there))->new_session().status().message();
  }
  for (const char* part :
       {"values of graph step on opaque:0 take ", " are free; most of it have ", "the device is full"})
    EXPECT_NE(text.find(part), text.npos) << text;
}

TEST(LittleMemory, A_full_cache_changes_no_sequence_and_has_room_again_when_one_is_closed) {
  const OpaqueEngine there;
  const auto model = load(there, 100'000);  // two sequences of 60 tokens fit, and not three
  ASSERT_TRUE(model.ok()) << model.status().message();
  auto session = (*model)->new_session();
  ASSERT_TRUE(session.ok()) << session.status().message();
  const std::vector<int32_t> ids(60, 7);
  std::vector<SequenceId> open;
  Status s;
  while (s.ok() && open.size() < 3) {
    open.push_back(*(*session)->open());
    const StepItem item{open.back(), ids, false};
    s = (*session)->step({&item, 1}).status();
  }
  ASSERT_EQ(s.code(), Code::kResourceExhausted) << s.message();
  EXPECT_EQ(*(*session)->length(open.back()), 0);
  ASSERT_TRUE((*session)->close(open.front()).ok());
  const StepItem item{open.back(), ids, false};
  EXPECT_TRUE((*session)->step({&item, 1}).ok());
}

TEST(LittleMemory, Layers_go_where_they_fit) {
  if (family_goldens("gemma3_text.v4").empty()) GTEST_SKIP() << "the family's folder is gone";
  const WrittenModel written("gemma3_text.v4");
  std::vector<float> expected;
  std::set<std::set<std::string>> seen;
  for (uint64_t bytes = 1 << 24; bytes >= 1 << 14; bytes = bytes * 3 / 4) {
    const OpaqueEngine there(memory(bytes));
    const auto model = there.load(written.path(), "opaque:0,opaque:1,reference", "auto");
    ASSERT_TRUE(model.ok()) << bytes << ": " << model.status().message();
    if (expected.empty()) expected = played(**there.load(written.path(), "reference"));
    EXPECT_EQ(played(**model), expected) << bytes;
    seen.insert(backends(**model));
  }
  EXPECT_TRUE(seen.count({"opaque:0"}));
  EXPECT_TRUE(seen.count({"opaque:0", "opaque:1"}));
  EXPECT_TRUE(seen.count({"opaque:0", "opaque:1", "reference"}));
  EXPECT_TRUE(seen.count({"reference"}));
}

TEST(LittleMemory, No_buffer_is_larger_than_the_device_can_make) {
  for (const auto& [options, expected] : {std::pair(R"("max_buffer": 8192)", "the buffers of opaque:0 have at most 8"),
                                          std::pair(R"("max_buffer": 16384)", "opaque:0 has buffers of at most 16")}) {
    const OpaqueEngine small(options);  // too small for a state, then for the logits
    const auto model = load(small);
    ASSERT_TRUE(model.ok()) << model.status().message();
    const auto refused = (*model)->new_session();
    EXPECT_EQ(refused.status().code(), Code::kResourceExhausted);
    EXPECT_NE(refused.status().message().find(expected), std::string_view::npos) << refused.status().message();
  }

  const OpaqueEngine there(R"("max_buffer": 32768)");  // the states of 200 sequences would take more
  const auto many = load(there, 0, 200);
  ASSERT_TRUE(many.ok()) << many.status().message();
  EXPECT_FALSE(played(**many).empty());
}

}  // namespace
}  // namespace weft::test
