// The n-th call is refused, the n-th job fails, or the device is lost, for each n in the life of a model: sessions stay
// as they were, the same step gives the right logits afterwards, and nothing is kept.
#include "tests/opaque/opaque.hpp"

namespace weft::test {
namespace {

using opaque::Fault;

const std::string kLlama = WEFT_SOURCE_DIR "/tests/golden/llama/llama1";

/// Where a model lies, and how the device works.
struct Setting {
  const char* name;
  const char* golden;  // null: llama1
  const char* options;
  const char* backend;
  const char* layers;
};
const Setting kSettings[] = {
    {"One", nullptr, R"("late_us": 5)", "opaque", ""},
    {"OneWithoutTime", nullptr, R"("late_us": 5, "step": 2)", "opaque", ""},
    {"OneWhenAsked", nullptr, R"("late_us": 5, "when_asked": 1, "unified": 1)", "opaque", ""},
    {"TwoAndTheHost", "gemma3_text.v4", R"("late_us": 5)", "", "opaque:0:0,reference:1,opaque:1:2-3"},
    {"SlotsOnTwo", "jamba.v4", R"("late_us": 5, "seed": 7)", "", "opaque:0:0-1,opaque:1:2-3"},
    {"EncoderOnTwo", "t5.v1_1", R"("late_us": 5)", "", "opaque:2:0,opaque:1:1"},
};

class Faults : public testing::TestWithParam<Setting> {
 protected:
  void SetUp() override {
    if (GetParam().golden != nullptr && !written_) GTEST_SKIP() << "the family's folder is gone";
  }
  Result<std::shared_ptr<Model>> load() const {
    return there_.load(written_ ? written_->path() : kLlama, GetParam().backend, GetParam().layers);
  }
  /// Has the n-th call or job go wrong for n = 1, 2, ... until none does: f() then runs to its end without.
  template <class F>
  void for_each_n(Fault fault, const F& f) {
    for (uint64_t n = 1;; ++n) {
      there_.watch().plan(fault, n);
      f(n);
      const std::string struck = there_.watch().struck();
      there_.watch().calm();
      if (struck.empty()) {
        RecordProperty("tried", static_cast<int>(n));
        EXPECT_GT(n, 3u);
        return;
      }
      ASSERT_FALSE(HasFailure()) << "fault " << n << ": " << struck;
      ASSERT_LT(n, 5000u);
    }
  }

  const std::optional<WrittenModel> written_ = make_written();
  const OpaqueEngine there_{GetParam().options};

 private:
  static std::optional<WrittenModel> make_written() {
    if (GetParam().golden == nullptr || family_goldens(GetParam().golden).empty()) return std::nullopt;
    return std::optional<WrittenModel>(std::in_place, GetParam().golden);
  }
};

TEST_P(Faults, A_model_that_does_not_load_leaves_nothing_behind_and_loads_afterwards) {
  for_each_n(Fault::kCallRefused, [&](uint64_t n) {
    const Status s = load().status();
    const std::string struck = there_.watch().struck();
    EXPECT_EQ(s.ok(), struck.empty()) << n;
    if (!s.ok()) {
      EXPECT_EQ(s.code(), Code::kAborted) << s.message();
      EXPECT_NE(s.message().find(struck + " was refused as planned"), std::string_view::npos) << s.message();
    }
    EXPECT_EQ(there_.watch().live(), (std::array<int64_t, 6>{})) << "load " << n;
  });
  const auto model = load();
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(played(**model).size() % static_cast<std::size_t>((*model)->vocab_size()), 0u);
}

TEST_P(Faults, A_step_that_fails_changes_no_sequence_and_is_right_when_it_is_done_again) {
  const auto model = load();
  ASSERT_TRUE(model.ok()) << model.status().message();
  const std::vector<float> expected = played(**model);
  ASSERT_FALSE(expected.empty());
  const auto live = there_.watch().live();
  int failed = 0;
  for (const Fault fault : {Fault::kCallRefused, Fault::kJobFails}) {
    for_each_n(fault, [&](uint64_t n) {
      auto session = (*model)->new_session();
      if (!session.ok()) {
        EXPECT_EQ(session.status().code(), Code::kAborted) << session.status().message();
        EXPECT_EQ(there_.watch().live(), live) << "session " << n;
        return;
      }
      Play play(**session);
      const Status s = play.run();
      EXPECT_TRUE(s.ok()) << "fault " << n << ": " << s.message();
      EXPECT_EQ(play.logits(), expected) << "fault " << n;
      EXPECT_EQ(play.first_failure().ok(), there_.watch().struck().empty()) << "fault " << n;
      if (play.first_failure().ok()) return;
      EXPECT_NE(play.first_failure().message().find("as planned"), std::string_view::npos)
          << "what failed first is the reason: " << play.first_failure().message();
      ++failed;
    });
    EXPECT_EQ(there_.watch().live(), live);
  }
  EXPECT_GT(failed, 10);
}

TEST_P(Faults, A_device_that_is_lost_is_named_and_a_model_that_is_loaded_again_runs) {
  std::vector<float> expected;
  {
    const auto model = load();
    ASSERT_TRUE(model.ok()) << model.status().message();
    expected = played(**model);
  }
  for (const Fault fault : {Fault::kLostAtCall, Fault::kLostAtJob}) {
    for_each_n(fault, [&](uint64_t n) {
      const auto model = load();
      if (!model.ok()) {
        EXPECT_EQ(model.status().code(), Code::kUnavailable) << model.status().message();
        return;
      }
      auto session = (*model)->new_session();
      if (!session.ok()) {
        EXPECT_EQ(session.status().code(), Code::kUnavailable) << session.status().message();
        return;
      }
      Play play(**session);
      const Status s = play.run();
      EXPECT_EQ(s.ok(), there_.watch().struck().empty()) << "fault " << n << ": " << s.message();
      if (s.ok()) {
        EXPECT_EQ(play.logits(), expected);
        return;
      }
      for (const Status& failure : {play.first_failure(), s}) {
        EXPECT_EQ(failure.code(), Code::kUnavailable) << failure.message();
        EXPECT_TRUE(failure.message().starts_with("device opaque:")) << failure.message();
        EXPECT_TRUE(failure.message().ends_with("; load the model again")) << failure.message();
      }
      there_.watch().calm();
      const auto again = load();  // while the old one is still there
      ASSERT_TRUE(again.ok()) << again.status().message();
      EXPECT_EQ(played(**again), expected);
    });
    EXPECT_EQ(there_.watch().live(), (std::array<int64_t, 6>{}));
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, Faults, testing::ValuesIn(kSettings),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace weft::test
