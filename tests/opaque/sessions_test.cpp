// What sessions do on opaque devices gives what it gives on the reference, whose kernels these have: bit by bit.
#include <fmt/format.h>

#include <thread>

#include "core/graph/layers.hpp"
#include "tests/opaque/opaque.hpp"

namespace weft::test {
namespace {

const std::string kLlama = WEFT_SOURCE_DIR "/tests/golden/llama/llama1";

/// Windows beside full attention, slots beside pages, experts with sinks, an encoder, and a recurrence.
const char* const kModels[] = {"gemma3_text.v4", "jamba.v4", "gpt_oss.v4", "t5.v1_1", "rwkv.v4"};

/// Each way to give the first layers of a model to one device and the others to another: "opaque:0:0-1,cpu:2-3".
std::vector<std::string> splits(const Model& model, const char* first, const char* second) {
  const int64_t layers = layer_count(model.new_session().value()->graph().graph());
  EXPECT_GE(layers, 2);
  std::vector<std::string> all;
  for (int64_t cut = 1; cut < layers; ++cut)
    all.push_back(fmt::format("{}:0-{},{}:{}-{}", first, cut - 1, second, cut, layers - 1));
  return all;
}

class Sessions : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (family_goldens(GetParam()).empty()) GTEST_SKIP() << "the family's folder is gone";
  }
};

TEST_P(Sessions, Give_what_the_reference_gives_whatever_the_device_can) {
  const WrittenModel model(GetParam());
  std::vector<float> expected;
  for (const char* options : {R"("seed": 1)", R"("seed": 2, "when_asked": 1)", R"("step": 2)", R"("unified": 1)",
                              R"("step": 2, "unified": 1, "align": 4096)", R"("align": 4, "seed": 3)"}) {
    const OpaqueEngine there(options);
    const auto loaded = there.load(model.path());
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    EXPECT_EQ(backends(**loaded), std::set<std::string>{"opaque:0"});
    if (expected.empty()) {
      const auto plain = there.load(model.path(), "reference");
      ASSERT_TRUE(plain.ok()) << plain.status().message();
      expected = played(**plain);
      ASSERT_FALSE(expected.empty());
    }
    EXPECT_EQ(played(**loaded), expected) << options;
  }
}

TEST_P(Sessions, Give_the_same_where_the_reference_runs_what_the_device_refuses) {
  const WrittenModel model(GetParam());
  for (const char* options : {R"("refuses": ["softmax", "attention", "mul"])", R"("refuses": ["matmul"], "unified": 1)",
                              R"("refuses": ["rms_norm", "add"], "step": 2)",
                              R"("refuses": ["scatter", "mul"])"}) {
    const OpaqueEngine there(options);
    const auto mixed = there.load(model.path(), "opaque,reference"), plain = there.load(model.path(), "reference");
    ASSERT_TRUE(mixed.ok() && plain.ok()) << mixed.status().message() << plain.status().message();
    std::set<std::string> taken = backends(**mixed);
    taken.erase("cpu");  // it may run whole what the reference would have to open
    EXPECT_EQ(taken, (std::set<std::string>{"opaque:0", "reference"})) << options;
    const std::vector<float> got = played(**mixed), expected = played(**plain);
    EXPECT_LE(max_difference(got, expected), 1e-5 * deviation(expected)) << options;  // composites are opened
  }
}

TEST_P(Sessions, Give_the_same_wherever_the_layers_are_cut) {
  const WrittenModel written(GetParam());
  const OpaqueEngine there;
  const auto plain = there.load(written.path(), "reference");
  ASSERT_TRUE(plain.ok()) << plain.status().message();
  const std::vector<float> expected = played(**plain);
  for (const auto& [first, second] :
       {std::pair("opaque:0", "opaque:1"), std::pair("reference", "opaque:2"), std::pair("opaque:1", "reference")}) {
    for (const std::string& split : splits(**plain, first, second)) {
      const auto model = there.load(written.path(), "", split);
      ASSERT_TRUE(model.ok()) << split << ": " << model.status().message();
      EXPECT_EQ(backends(**model), (std::set<std::string>{first, second}));
      EXPECT_EQ(played(**model), expected) << split;
    }
  }
}

TEST_P(Sessions, Give_the_same_but_for_rounding_wherever_the_layers_are_cut_between_a_device_and_the_cpu) {
  const WrittenModel written(GetParam());
  const OpaqueEngine there;
  if (!there.engine().open_devices("cpu").ok()) GTEST_SKIP() << "the backend was not built";
  const auto plain = there.load(written.path(), "reference");
  ASSERT_TRUE(plain.ok()) << plain.status().message();
  const std::vector<float> expected = played(**plain);
  for (const auto& [first, second] : {std::pair("opaque:0", "cpu"), std::pair("cpu", "opaque:1")}) {
    for (const std::string& split : splits(**plain, first, second)) {
      const auto model = there.load(written.path(), "", split);
      ASSERT_TRUE(model.ok()) << split << ": " << model.status().message();
      EXPECT_EQ(backends(**model).size(), 2u) << split;
      EXPECT_LE(max_difference(played(**model), expected), 1e-3 * deviation(expected)) << split;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Sessions, testing::ValuesIn(kModels), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(Forks, Copy_the_whole_of_a_block_that_was_full_before_a_rollback) {
  const OpaqueEngine there(R"("align": 4)");  // blocks have no bytes that are spare
  std::vector<std::vector<float>> all;
  for (const char* backend : {"reference", "opaque"}) {
    const auto model = there.load(kLlama, backend);
    ASSERT_TRUE(model.ok()) << model.status().message();
    auto session = (*model)->new_session().value();
    const SequenceId full = session->open().value();
    const std::vector<int32_t> two_blocks(32, 7), more = {5, 6, 7};
    const StepItem first{full, two_blocks, true};
    ASSERT_TRUE(session->step({&first, 1}).ok());
    const SequenceId fork = session->fork(full).value();
    ASSERT_TRUE(session->rollback(fork, 20).ok());
    const StepItem items[] = {{fork, more, true}, {full, more, true}};
    const auto rows = session->step(items);
    ASSERT_TRUE(rows.ok()) << rows.status().message();
    all.emplace_back(rows->data, rows->data + rows->rows * rows->width);
  }
  EXPECT_EQ(all[0], all[1]);
}

TEST(Forks, That_fail_leave_no_work_behind_when_their_session_ends_at_once) {
  const OpaqueEngine there(R"("when_asked": 1)");  // what nobody waits for is never over; its end finds that
  const auto model = there.load(kLlama, "", "opaque:0:0,opaque:1:1");
  ASSERT_TRUE(model.ok()) << model.status().message();
  const std::vector<int32_t> common(18, 7), one = {5};
  using opaque::Fault;
  for (const auto& [fault, given_up] :
       {std::pair(Fault::kCallRefused, false), std::pair(Fault::kJobFails, false), std::pair(Fault::kJobFails, true)}) {
    bool struck = true;
    for (uint64_t n = 1; struck; ++n) {
      auto session = (*model)->new_session().value();
      const StepItem first{session->open().value(), common, false};
      ASSERT_TRUE(session->step({&first, 1}).ok());
      const StepItem items[] = {{first.sequence, one, false}, {session->fork(first.sequence).value(), one, false}};
      int asked = 0;
      const GoOn go_on = [&, last = given_up ? 2 : 0] {
        return ++asked == last ? Status(Code::kCancelled, "enough") : Status();
      };
      there.watch().plan(fault, n);
      const bool ok = session->step(items, 0, go_on).ok();
      struck = !there.watch().struck().empty();
      there.watch().calm();
      EXPECT_EQ(ok, !struck && !given_up) << n;
    }
  }
}

TEST(Cancelling, A_step_that_is_given_up_between_its_parts_changes_nothing) {
  const OpaqueEngine there;
  const auto model = there.load(kLlama, "", "opaque:0:0,reference:1");
  ASSERT_TRUE(model.ok()) << model.status().message();
  auto session = (*model)->new_session().value();
  const std::vector<int32_t> tokens = {5, 6, 7};
  std::vector<float> expected;
  int parts = 0;
  for (int most = 0; most == 0 || most <= parts; ++most) {  // at first none is given up
    const SequenceId sequence = session->open().value();
    const StepItem item{sequence, tokens, false};
    int asked = 0;
    const GoOn go_on = [&] { return ++asked == most ? Status(Code::kCancelled, "enough") : Status(); };
    auto rows = session->step({&item, 1}, 0, go_on);
    if (most == 0) parts = asked;
    if (most > 0) {
      EXPECT_EQ(rows.status().message(), "enough");
      EXPECT_EQ(*session->length(sequence), 0);
      rows = session->step({&item, 1});
    }
    ASSERT_TRUE(rows.ok()) << rows.status().message();
    const std::vector<float> got(rows->row(0).begin(), rows->row(0).end());
    if (most == 0) expected = got;
    EXPECT_EQ(got, expected);
    ASSERT_TRUE(session->close(sequence).ok());
  }
  EXPECT_GE(parts, 2);
}

TEST(Cancelling, A_step_that_throws_between_its_parts_changes_nothing_and_leaves_no_work_behind) {
  const OpaqueEngine there(R"("when_asked": 1)");  // what nobody waits for is never over; its end finds that
  const auto model = there.load(kLlama, "", "opaque:0:0,opaque:1:1");
  ASSERT_TRUE(model.ok()) << model.status().message();
  const std::vector<int32_t> tokens = {5, 6, 7};
  for (int last = 1; last <= 2; ++last) {
    auto session = (*model)->new_session().value();
    const StepItem item{session->open().value(), tokens, false};
    int asked = 0;
    const GoOn go_on = [&]() -> Status { return ++asked == last ? throw std::bad_alloc() : Status(); };
    EXPECT_THROW((void)session->step({&item, 1}, 0, go_on), std::bad_alloc);
    EXPECT_EQ(*session->length(item.sequence), 0);
  }
}

TEST(ManySessions, Share_a_device_and_do_not_mix) {
  const OpaqueEngine there;
  const auto model = there.load(kLlama, "", "opaque:0:0,opaque:1:1"), plain = there.load(kLlama, "reference");
  ASSERT_TRUE(model.ok() && plain.ok()) << model.status().message();
  const std::vector<float> expected = played(**plain);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3; ++i) EXPECT_EQ(played(**model), expected);
    });
  }
  for (std::thread& t : threads) t.join();
}

TEST(Devices, Are_found_by_index_and_by_part_of_their_name_and_are_shared_by_models) {
  const OpaqueEngine there;
  EXPECT_EQ(there.devices("opaque:1")[0]->info().name, "Opaque Green");
  EXPECT_EQ(there.devices("opaque:blue")[0]->name(), "opaque:2");
  const auto ambiguous = there.engine().open_devices("opaque:opaque");
  EXPECT_EQ(ambiguous.status().code(), Code::kInvalidArgument);
  EXPECT_NE(ambiguous.status().message().find("opaque:1 (Opaque Green)"), std::string_view::npos);
  EXPECT_EQ(there.engine().open_devices("opaque:3").status().code(), Code::kNotFound);
  const auto one = there.load(kLlama), two = there.load(kLlama);
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(there.watch().live()[static_cast<std::size_t>(opaque::Kind::kDevice)], 1);
}

TEST(Devices, Are_not_taken_unless_they_are_named) {
  const OpaqueEngine there;
  for (const auto& device : there.devices("")) EXPECT_NE(device->table().name(), "opaque");
  for (const auto& device : there.devices("reference")) EXPECT_NE(device->table().name(), "opaque");
}

}  // namespace
}  // namespace weft::test
