// The n-th allocation fails, for each n until all goes well: finding plugins, opening a checkpoint, loading a model and
// a step end with RESOURCE_EXHAUSTED or std::bad_alloc and never with a crash, and what is tried afterwards succeeds.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "core/base/status_abi.hpp"
#include "core/model/model.hpp"
#include "core/runtime/paged_table.hpp"
#include "core/runtime/slot_table.hpp"
#include "tests/counting_new.hpp"
#include "tests/hostile_files.hpp"
#include "tests/opaque/opaque.hpp"

namespace weft {
namespace {

using testing_memory::fail_at;

const std::string kGolden = WEFT_SOURCE_DIR "/tests/golden/llama/";

EngineOptions options(uint32_t threads) {
  EngineOptions o;
  o.use_environment = false;
  o.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"};
  o.threads = threads;
  return o;
}

/// How a try ended: no allocation failed; one failed, with an error or without; or std::bad_alloc was thrown.
enum class Outcome { kFine, kStatus, kThrown };

template <class F>
Outcome with_failure(uint64_t n, bool all_after, F&& f) {
  Status s;
  bool thrown = false;
  fail_at(n, all_after);
  try {
    s = f();
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  const bool failed = testing_memory::has_failed();
  fail_at(0, false);
  if (thrown) return Outcome::kThrown;
  // Some work, such as a log line, is left out without an error when memory is short.
  if (s.ok()) return failed ? Outcome::kStatus : Outcome::kFine;
  if (failed) return Outcome::kStatus;
  ADD_FAILURE() << "allocation " << n << " did not fail, but: " << s.message();
  return Outcome::kFine;
}

/// Tries n = 1, 2, ... up to `dense` and then every `stride`-th n, until no allocation fails.
template <class F>
void try_all(uint64_t dense, uint64_t stride, F&& f) {
  for (bool all_after : {false, true}) {
    int thrown = 0, statuses = 0;
    for (uint64_t n = 1;; n += n < dense ? 1 : stride) {
      const Outcome o = with_failure(n, all_after, f);
      if (o == Outcome::kFine) break;
      (o == Outcome::kThrown ? thrown : statuses) += 1;
    }
    testing::Test::RecordProperty(all_after ? "thrown_when_all_fail" : "thrown_when_one_fails", thrown);
    testing::Test::RecordProperty(all_after ? "statuses_when_all_fail" : "statuses_when_one_fails", statuses);
  }
}

TEST(OutOfMemoryHost, Making_a_host_and_its_threads) {
  try_all(UINT64_MAX, 1, [] {
    Host host(4, nullptr);
    return Status();
  });
}

TEST(OutOfMemoryHost, Finding_plugins_and_opening_them) {
  const auto run = []() -> Status {
    auto engine = Engine::create(options(1));
    if (!engine.ok()) return engine.status();
    (*engine)->converters(), (*engine)->architectures();
    return (*engine)->open_devices("").status();
  };
  const Status whole = run();
  ASSERT_TRUE(whole.ok()) << whole.message();
  try_all(500, 7, run);
  ASSERT_TRUE(run().ok());
}

class WithEngine : public testing::Test {
 protected:
  std::shared_ptr<Engine> engine_ = std::move(Engine::create(options(1))).value();
};
class OutOfMemory : public WithEngine, public testing::WithParamInterface<const char*> {};

TEST_P(OutOfMemory, Opening_a_checkpoint) {
  ASSERT_TRUE(engine_->open_checkpoint(kGolden + GetParam()).ok());
  try_all(2000, 11, [&] { return engine_->open_checkpoint(kGolden + GetParam()).status(); });
  ASSERT_TRUE(engine_->open_checkpoint(kGolden + GetParam()).ok());
}

/// Loads a model and makes a step of 3 ids, then one of `more` ids if there are any.
Status load_and_step(Engine& engine, const std::string& path, const std::string& backend = "reference",
                     std::size_t more = 0) {
  auto model = Model::load(engine, path, {.backend = backend, .kv = "f32", .context = 16});
  if (!model.ok()) return model.status();
  auto session = (*model)->new_session();
  if (!session.ok()) return session.status();
  auto s = (*session)->open();
  if (!s.ok()) return s.status();
  const std::vector<int32_t> ids = {1, 2, 3}, others(more, 4);
  const StepItem item{*s, ids, false}, next{*s, others, false};
  const Status first = (*session)->step({&item, 1}).status();
  return first.ok() && more > 0 ? (*session)->step({&next, 1}).status() : first;
}

TEST_P(OutOfMemory, Loading_a_model_and_one_step) {
  const auto run = [&] { return load_and_step(*engine_, kGolden + GetParam()); };
  const Status whole = run();
  ASSERT_TRUE(whole.ok()) << whole.message();
  try_all(100, 23, run);
  ASSERT_TRUE(run().ok());
}

TEST_P(OutOfMemory, Loading_a_model_and_two_steps_on_the_cpu_backend) {
  const auto run = [&] { return load_and_step(*engine_, kGolden + GetParam(), "cpu", 10); };
  const Status whole = run();
  ASSERT_TRUE(whole.ok()) << whole.message();
  try_all(100, 23, run);
  ASSERT_TRUE(run().ok());
}

TEST_P(OutOfMemory, Loading_a_model_and_two_steps_on_a_device_with_memory_of_its_own) {
  const test::OpaqueEngine there(R"("late_us": 0)");  // whose end expects that nothing is kept
  const auto run = [&] { return load_and_step(there.engine(), kGolden + GetParam(), "opaque", 10); };
  const Status whole = run();
  ASSERT_TRUE(whole.ok()) << whole.message();
  try_all(100, 23, run);
  ASSERT_TRUE(run().ok());
}

TEST(OutOfMemoryStatus, Still_says_of_a_wait_that_it_is_not_over) {
  for (const Code code : {Code::kDeadlineExceeded, Code::kAborted}) {
    fail_at(1, true);
    weft_status* made = to_abi(code, "a message that is too long to be kept in the string itself");
    fail_at(0, false);
    EXPECT_EQ(from_abi(made).code(), code == Code::kAborted ? Code::kResourceExhausted : code);
  }
}

TEST(OutOfMemoryTables, Advance_without_memory_after_they_have_reserved) {
  IdPool blocks(64), rows(SlotTable::kRows);
  PagedTable paged(blocks, 16, 32);
  SlotTable slots(rows);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(paged.reserve(5).ok() && slots.reserve().ok());
    fail_at(1, true);
    EXPECT_NO_THROW((paged.advance(5), slots.advance(5))) << i;
    fail_at(0, false);
  }
}

/// Where the layers are: with the host, or on two devices with memory of their own.
class OutOfMemoryForks : public testing::TestWithParam<const char*> {};

TEST_P(OutOfMemoryForks, A_step_that_fails_changes_no_sequence_and_is_right_when_it_is_done_again) {
  const test::OpaqueEngine there(R"("when_asked": 1)");
  const auto model = there.load(kGolden + "llama1", "", GetParam());
  ASSERT_TRUE(model.ok()) << model.status().message();
  const std::vector<int32_t> common(18, 7), one = {5}, other = {6};
  std::vector<float> expected, got;
  got.reserve(2 * static_cast<std::size_t>((*model)->vocab_size()));
  uint64_t n = 0;  // none fails
  for (Outcome outcome = Outcome::kStatus; n < 2 || outcome != Outcome::kFine; ++n) {
    auto session = (*model)->new_session().value();
    const SequenceId first = session->open().value();
    const StepItem before{first, common, false};
    ASSERT_TRUE(session->step({&before, 1}).ok());
    const StepItem items[] = {{first, one, false}, {session->fork(first).value(), other, false}};
    const auto step = [&]() -> Status {
      WEFT_TRY(const StepRows rows, session->step(items));
      got.assign(rows.data, rows.data + rows.rows * rows.width);
      return {};
    };
    got.clear();
    outcome = with_failure(n, false, step);
    if (n == 0) expected = got;
    if (got.empty()) {
      for (const StepItem& item : items) EXPECT_EQ(*session->length(item.sequence), 18) << n;
      if (n % 2 == 0) continue;  // the session ends at once: no work may be left
      const Status again = step();
      ASSERT_TRUE(again.ok()) << n << ": " << again.message();
    }
    EXPECT_EQ(got, expected) << n;
  }
  EXPECT_GT(n, 20u);
}

INSTANTIATE_TEST_SUITE_P(Layers, OutOfMemoryForks, testing::Values("reference:0-1", "opaque:0:0,opaque:1:1"));

/// An allocator of the host whose n-th allocation, on any thread, fails.
struct Scarce {
  std::atomic<uint64_t> left{0};
  std::atomic<bool> failed{false};

  HostServices services() {
    HostServices s;
    s.ctx = this;
    s.alloc = [](void* self, uint64_t bytes, uint64_t align) -> void* {
      auto& scarce = *static_cast<Scarce*>(self);
      if (scarce.left == 0 || --scarce.left != 0) return std::aligned_alloc(align, (bytes + align - 1) / align * align);
      scarce.failed = true;
      return nullptr;
    };
    s.free = [](void*, void* p, uint64_t, uint64_t) { std::free(p); };
    return s;
  }
};

TEST_P(OutOfMemory, What_backends_ask_of_the_host_and_do_not_get_is_said_and_nothing_is_kept) {
  for (const char* backend : {"cpu", "cpu:portable", "openblas", "reference"}) {
    Scarce scarce;
    EngineOptions o = options(2);
    o.services = scarce.services();
    const auto engine = std::move(Engine::create(std::move(o))).value();
    const auto run = [&] { return load_and_step(*engine, kGolden + GetParam(), backend, 10); };
    ASSERT_TRUE(run().ok());
    const uint64_t kept = engine->host().allocated_bytes();
    uint64_t n = 0;
    do {
      scarce.failed = false, scarce.left = ++n;
      const Status s = run();
      EXPECT_EQ(s.ok(), !scarce.failed) << backend << ", allocation " << n << ": " << s.message();
      if (!s.ok()) {
        EXPECT_EQ(s.code(), Code::kResourceExhausted) << s.message();
      }
      EXPECT_EQ(engine->host().allocated_bytes(), kept) << backend << ", allocation " << n;
    } while (scarce.failed);
    EXPECT_GT(n, 10u) << backend;
    scarce.left = 0;
  }
}

using OutOfMemoryText = WithEngine;
TEST_F(OutOfMemoryText, Loading_a_model_with_a_tokenizer_and_its_configuration) {
  const testing_files::TempFolder folder;
  for (const char* name : {"config.json", "model.safetensors"}) {
    std::filesystem::copy(kGolden + "llama1/" + name, folder / name);
  }
  std::filesystem::copy(WEFT_SOURCE_DIR "/core/text/testdata/llama2.json", folder / "tokenizer.json");
  folder.write("generation_config.json", R"({"eos_token_id": [2, 3], "nested": {"a": [{}]}})");
  folder.write("tokenizer_config.json", R"({"bos_token": {"content": "<s>"}, "eos_token": "</s>",
    "chat_template": [{"name": "other", "template": "x"}, {"name": "default", "template": "{{ messages }}"}]})");
  const auto run = [&] { return load_and_step(*engine_, folder.path()); };
  const Status whole = run();
  ASSERT_TRUE(whole.ok()) << whole.message();
  try_all(100, 101, run);
  ASSERT_TRUE(run().ok());
}

INSTANTIATE_TEST_SUITE_P(Files, OutOfMemory, testing::Values("llama1", "gguf_q8_0/model.gguf"), [](const auto& info) {
  return std::string(info.param).substr(0, 5);
});

}  // namespace
}  // namespace weft
