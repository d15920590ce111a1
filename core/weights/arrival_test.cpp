#include "core/weights/arrival.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "core/base/error.hpp"
#include "core/weights/fake_plugins.hpp"
#include "core/weights/param_reader.hpp"

namespace weft {
namespace {

using testing_weights::Described;
using testing_weights::TempFolder;

constexpr uint64_t kBytes = 1 << 16, kHead = 64;

/// A source that is fetching data.bin: the file is zeros at first, and then has as many bytes as the test lets come.
class Coming {
 public:
  explicit Coming(const TempFolder& folder)
      : path_(folder.path() + "/data.bin"), now_(folder.write("data.part", std::string(kBytes, '\0'))) {
    file_ = {{WEFT_END(weft_arriving_file, size), 0}, to_str(path_), to_str(now_), kBytes};
    table_ = {{WEFT_END(weft_arrival, release), 0}, this, &file_, 1, sizeof file_, await, complete, release};
  }
  Coming(const Coming&) = delete;
  Coming& operator=(const Coming&) = delete;

  std::unique_ptr<Arrival> arrival() {
    auto a = Arrival::take("test.source", &table_, nullptr,
                           [this](std::string_view line) { log_ += std::string(line) + "\n"; });
    return a.ok() ? std::move(*a) : nullptr;
  }
  void let_come(uint64_t to) {
    const std::string ones(to - front_, '\1');
    std::fstream out(now_, std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(front_));
    out << ones;
    out.close();
    std::lock_guard lock(mutex_);
    front_ = to;
    changed_.notify_all();
  }
  void end(Status status) {
    std::lock_guard lock(mutex_);
    status_ = std::move(status), over_ = true;
    changed_.notify_all();
  }
  uint64_t front() {
    std::lock_guard lock(mutex_);
    return front_;
  }
  bool released() const { return released_; }
  const std::string& log() const { return log_; }
  const std::string& path() const { return path_; }

 private:
  static weft_status* await(void* self, uint32_t, uint64_t offset, uint64_t bytes) {
    auto& c = *static_cast<Coming*>(self);
    std::unique_lock lock(c.mutex_);
    c.changed_.wait(lock, [&] { return c.over_ || c.front_ >= offset + bytes; });
    return to_abi(c.status_);
  }
  static weft_status* complete(void* self) {
    auto& c = *static_cast<Coming*>(self);
    std::unique_lock lock(c.mutex_);
    c.changed_.wait(lock, [&] { return c.over_; });
    return to_abi(c.status_);
  }
  static void release(void* self) { static_cast<Coming*>(self)->released_ = true; }

  std::string path_, now_, log_;
  weft_arriving_file file_{};
  weft_arrival table_{};
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t front_ = 0;
  bool over_ = false, released_ = false;
  Status status_;
};

/// Reads a head of kHead bytes. The tensors "early" and "late" are in the first half and at the end.
template <bool by_head>
weft_status* read(void*, const weft_files* files, weft_str entry, const weft_format_sink* sink) {
  uint32_t file = 0;
  const uint8_t* data = nullptr;
  uint64_t size = 0;
  auto* map = by_head ? files->map_arriving : files->map;
  if (weft_status* s = map(files->ctx, entry, &file, &data, &size)) return s;
  if (weft_status* s = by_head ? files->await(files->ctx, file, 0, kHead) : nullptr) return s;
  if (data[kHead - 1] != 1 || size != kBytes) return to_abi(Code::kDataLoss, "the head is not there");
  for (const auto& [name, offset] : {std::pair("early", kHead), std::pair("late", kBytes - 1024)}) {
    const Described t(name, WEFT_F32, {16, 16}, offset, 1024);
    if (weft_status* s = sink->tensor(sink->ctx, &t.raw)) return s;
  }
  return nullptr;
}

/// Reads a head of kHead bytes: a weight of 64 rows of 960 bytes, and before it a scale for each row.
weft_status* read_quantised(void*, const weft_files* files, weft_str entry, const weft_format_sink* sink) {
  uint32_t file = 0;
  const uint8_t* data = nullptr;
  uint64_t size = 0;
  if (weft_status* s = files->map_arriving(files->ctx, entry, &file, &data, &size)) return s;
  if (weft_status* s = files->await(files->ctx, file, 0, kHead)) return s;
  const Described scales("scales", WEFT_F32, {64, 1}, kHead, 256);
  const Described codes("codes", WEFT_I8, {64, 960}, kHead + 256, 61440);
  if (weft_status* s = sink->tensor(sink->ctx, &scales.raw)) return s;
  return sink->tensor(sink->ctx, &codes.raw);
}

template <auto reader>
Result<std::shared_ptr<Checkpoint>> open_with(const std::string& path, std::unique_ptr<Arrival> arrival) {
  static const weft_format table = {
      {WEFT_END(weft_format, read), 0},
      nullptr,
      nullptr,
      to_str("fake"),
      [](void*, const weft_files*, uint32_t* score, const weft_string_sink* entry) -> weft_status* {
        *score = 50;
        entry->set(entry->ctx, to_str("data.bin"));
        return nullptr;
      },
      reader};
  return Checkpoint::open(path, {{"test.fake", &table, nullptr}}, testing_weights::dtypes(), std::move(arrival));
}
template <bool by_head>
Result<std::shared_ptr<Checkpoint>> open(const std::string& path, std::unique_ptr<Arrival> arrival) {
  return open_with<read<by_head>>(path, std::move(arrival));
}

TEST(Arrival, A_checkpoint_opens_with_the_head_of_its_file_and_waits_for_each_tensor) {
  const TempFolder folder;
  Coming coming(folder);
  coming.let_come(kHead);
  {
    auto c = open<true>(coming.path(), coming.arrival());
    ASSERT_TRUE(c.ok()) << c.status().message();
    coming.let_come(kBytes / 2);
    ASSERT_TRUE((*c)->slab((*c)->tensors()[0], 0, 16).ok());
    std::thread source([&] {
      coming.let_come(kBytes);
      coming.end({});
    });
    const auto late = (*c)->slab((*c)->tensors()[1], 0, 16);
    ASSERT_TRUE(late.ok());
    EXPECT_EQ(static_cast<const uint8_t*>(late->plane[0])[1023], 1) << "it is read before it has come";
    EXPECT_TRUE((*c)->complete().ok());
    source.join();
    EXPECT_TRUE((*c)->slab((*c)->tensors()[1], 15, 1).ok());
    EXPECT_EQ(coming.log(), "data.bin: its tensors are read\n");
    EXPECT_FALSE(coming.released());
  }
  EXPECT_TRUE(coming.released());
}

TEST(Arrival, A_weight_in_several_tensors_is_planned_before_it_comes_and_waits_for_each_row) {
  using namespace testing_weights;
  constexpr uint64_t kSomeRows = kHead + 256 + 10 * 960;
  const TempFolder folder;
  Coming coming(folder);
  coming.let_come(kHead);
  auto c = open_with<read_quantised>(coming.path(), coming.arrival());
  ASSERT_TRUE(c.ok()) << c.status().message();
  std::promise<void> planned, some_read;
  std::thread source([&] {
    planned.get_future().wait_for(std::chrono::seconds(5));
    coming.let_come(kSomeRows);
    some_read.get_future().wait_for(std::chrono::seconds(5));
    coming.let_come(kBytes), coming.end({});
  });
  const std::vector<ParamDecl> params{{"w", {64, 960}, 0}};
  auto plan = plan_with(**c, params, [](const weft_plan& p) {
    weft_xnode dequant = list(WEFT_X_DEQUANT, {WEFT_QUANT_SCALED, 64, 960, 1, 960});
    dequant.n_in = 2, dequant.scalar = 1;
    return map_to(p, "w", {stored(1), stored(0), dequant});
  });
  EXPECT_EQ(coming.front(), kHead) << "the plan waits for the weights";
  planned.set_value();
  EXPECT_TRUE(plan.ok()) << plan.status().message();
  if (plan.ok()) {
    const ParamReader reader(*c, std::move(*plan), params);
    float row[960] = {};
    weft_slab slab{};
    slab.plane[0] = row, slab.row_pitch[0] = sizeof row;
    EXPECT_EQ(reader.abi()->read(reader.abi()->ctx, 0, WEFT_F32, 9, 1, &slab), nullptr);
    EXPECT_GT(row[959], 0) << "a row is read before it has come";
    EXPECT_EQ(coming.front(), kSomeRows) << "the first rows wait for all";
    row[959] = 0;
    some_read.set_value();
    EXPECT_EQ(reader.abi()->read(reader.abi()->ctx, 0, WEFT_F32, 63, 1, &slab), nullptr);
    EXPECT_GT(row[959], 0);
  }
  source.join();
}

TEST(Arrival, A_format_that_needs_the_whole_file_waits_for_it) {
  const TempFolder folder;
  Coming coming(folder);
  std::thread source([&] { coming.let_come(kHead), coming.let_come(kBytes), coming.end({}); });
  const auto c = open<false>(folder.path(), coming.arrival());
  EXPECT_EQ(coming.front(), kBytes);
  EXPECT_TRUE(c.ok()) << c.status().message();
  source.join();
}

TEST(Arrival, What_ends_badly_is_an_error_for_those_who_wait_and_for_those_who_have_read) {
  const TempFolder folder;
  Coming coming(folder);
  coming.let_come(kBytes / 2);
  auto c = open<true>(coming.path(), coming.arrival());
  ASSERT_TRUE(c.ok()) << c.status().message();
  ASSERT_TRUE((*c)->slab((*c)->tensors()[0], 0, 16).ok());
  coming.end(error(Code::kDataLoss, "the hash is wrong"));
  EXPECT_EQ((*c)->slab((*c)->tensors()[1], 0, 16).status().code(), Code::kDataLoss);
  EXPECT_EQ((*c)->complete().code(), Code::kDataLoss);
}

TEST(Arrival, A_file_that_cannot_be_mapped_while_it_comes_is_waited_for) {
  const TempFolder folder;
  Coming coming(folder);
  coming.let_come(kBytes);
  // The file is renamed between the fetch of its bytes and the end of the fetch.
  std::filesystem::rename(folder.path() + "/data.part", coming.path());
  coming.end({});
  EXPECT_TRUE(open<true>(folder.path(), coming.arrival()).ok());
}

TEST(Arrival, A_table_that_is_too_short_is_refused) {
  weft_arrival table{};
  table.hdr.struct_size = WEFT_END(weft_arrival, await);
  EXPECT_EQ(Arrival::take("test.source", &table, nullptr, nullptr).status().code(), Code::kInternal);
}

}  // namespace
}  // namespace weft
