// Where a backend's store pulls parameters from: rows are mapped, decoded and requantised, by any thread.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <random>
#include <thread>

#include "core/weights/fake_plugins.hpp"
#include "core/weights/param_reader.hpp"

namespace weft {
namespace {

using namespace testing_weights;

int squares_decoded = 0;  // how often
/// A dtype of groups of 2x2 values in one plane, four bytes each: values 0 to 255; it has no encoder.
weft_status* decode_squares(void*, const weft_slab* src, uint64_t rows, uint64_t cols, float* dst) {
  ++squares_decoded;
  for (uint64_t r = 0; r < rows; ++r) {
    for (uint64_t c = 0; c < cols; ++c) {
      const auto* group =
          static_cast<const uint8_t*>(src->plane[0]) + r / 2 * src->row_pitch[0] + c / 2 * src->col_pitch[0];
      *dst++ = group[r % 2 * 2 + c % 2];
    }
  }
  return nullptr;
}
/// A dtype of groups of 4 values in a row, stored as bytes.
weft_status* decode_fours(void*, const weft_slab* src, uint64_t rows, uint64_t cols, float* dst) {
  for (uint64_t r = 0; r < rows; ++r) {
    for (uint64_t c = 0; c < cols; ++c)
      *dst++ = (static_cast<const uint8_t*>(src->plane[0]) + r * src->row_pitch[0])[c];
  }
  return nullptr;
}
weft_status* encode_fours(void*, const float* src, uint64_t rows, uint64_t cols, const weft_slab* dst) {
  for (uint64_t r = 0; r < rows; ++r) {
    for (uint64_t c = 0; c < cols; ++c)
      (static_cast<uint8_t*>(dst->plane[0]) + r * dst->row_pitch[0])[c] = static_cast<uint8_t>(*src++);
  }
  return nullptr;
}

/// Parameters made from tensors a ([4,6] f32, 0..23) and s ([4,4] squares): 0 "alias" is a; 1 "view" is a's rows 2 and
/// 0; 2 "stream" is 2a; 3 "tied" is tied to stream; 4 "square" is s; 5 "again" is tied to
/// stream too; 6 "computed" is 2s.
class ParamReaderTest : public testing::Test {
 protected:
  ParamReaderTest() {
    weft_dtype squares{};
    squares.hdr = {WEFT_END(weft_dtype, encode), 0};
    squares.name = to_str("squares"), squares.n_planes = 1, squares.plane[0] = {WEFT_PLANE_DATA, 2, 2, 4},
    squares.decode = decode_squares;
    squares_ = *known_.add(squares);
    weft_dtype fours = squares;
    fours.name = to_str("fours"), fours.plane[0] = {WEFT_PLANE_DATA, 1, 4, 4}, fours.decode = decode_fours,
    fours.encode = encode_fours;
    fours_ = *known_.add(fours);
    std::string bytes;
    for (int i = 0; i < 24; ++i) {
      const auto v = static_cast<float>(i);
      bytes.append(reinterpret_cast<const char*>(&v), 4);
    }
    for (char i = 0; i < 16; ++i) bytes.push_back(i);
    folder_.write("data.bin", bytes);
    FakeFormat format{[&](const weft_files&, const weft_format_sink& s) {
      const Described a("a", WEFT_F32, {4, 6}, 0, 96), b("s", squares_, {4, 4}, 96, 16);
      weft_status* failed = s.tensor(s.ctx, &a.raw);
      return failed ? failed : s.tensor(s.ctx, &b.raw);
    }, {}};
    auto c = open_fake(folder_, format, known_);
    EXPECT_TRUE(c.ok()) << c.status().message();
    const std::vector<ParamDecl> params{
        {"alias", {4, 6}, 1}, {"view", {2, 6}, 0}, {"stream", {4, 6}, 1}, {"tied", {4, 6}, 2}, {"square", {4, 4}, 0},
        {"again", {4, 6}, 4}, {"computed", {4, 4}, 0}};
    auto plan = plan_with(**c, params, [](const weft_plan& p) {
      weft_status* failed = map_to(p, "alias", {stored(0)});
      if (!failed)
        failed = map_to(p, "view", {stored(0), slice(0, 2, 1), stored(0), slice(0, 0, 1), join(WEFT_X_CONCAT, 2, 0)});
      if (!failed) failed = map_to(p, "stream", {stored(0), scalar(WEFT_X_SCALE, 2)});
      if (!failed) failed = p.tie(p.ctx, to_str("tied"), to_str("stream"));
      if (!failed) failed = p.tie(p.ctx, to_str("again"), to_str("stream"));
      if (!failed) failed = map_to(p, "square", {stored(1)});
      if (!failed) failed = map_to(p, "computed", {stored(1), scalar(WEFT_X_SCALE, 2)});
      return failed;
    });
    EXPECT_TRUE(plan.ok()) << plan.status().message();
    reader_ = std::make_unique<ParamReader>(*c, std::move(*plan), params);
    table_ = reader_->abi();
  }

  Status read(uint64_t i, uint32_t as, uint64_t row, uint64_t rows, void* dst, uint64_t pitch) const {
    weft_slab slab{};
    slab.plane[0] = dst, slab.row_pitch[0] = pitch;
    return from_abi(table_->read(table_->ctx, i, as, row, rows, &slab));
  }
  std::vector<float> floats(uint64_t i, uint64_t row, uint64_t rows, uint64_t cols = 6) const {
    std::vector<float> v(rows * cols, -1);
    const Status s = read(i, WEFT_F32, row, rows, v.data(), cols * 4);
    EXPECT_TRUE(s.ok()) << s.message();
    return v;
  }

  TempFolder folder_;
  DtypeRegistry known_;
  uint32_t squares_ = 0, fours_ = 0;
  std::unique_ptr<ParamReader> reader_;
  const weft_params* table_ = nullptr;
};

TEST_F(ParamReaderTest, Reads_aliases_views_streams_and_ties) {
  EXPECT_EQ(floats(0, 1, 1), (std::vector<float>{6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(floats(1, 0, 2), (std::vector<float>{12, 13, 14, 15, 16, 17, 0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(floats(2, 3, 1), (std::vector<float>{36, 38, 40, 42, 44, 46}));
  EXPECT_EQ(floats(3, 3, 1), floats(2, 3, 1));
  for (const uint64_t i : {2, 3, 5}) {
    weft_param tied{};
    tied.hdr.struct_size = WEFT_END(weft_param, key);
    ASSERT_TRUE(from_abi(table_->info(table_->ctx, i, &tied)).ok());
    EXPECT_EQ(tied.key[1], 2u) << i;
    EXPECT_EQ(tied.uses, 7u) << i << ": the uses of all three";
  }
}

TEST_F(ParamReaderTest, Maps_give_one_piece_at_a_time_and_streams_none) {
  uint64_t rows = 99;
  weft_slab slab{};
  ASSERT_TRUE(from_abi(table_->map(table_->ctx, 1, 0, &rows, &slab)).ok());
  EXPECT_EQ(rows, 1u);
  EXPECT_EQ(*static_cast<const float*>(slab.plane[0]), 12);
  ASSERT_TRUE(from_abi(table_->map(table_->ctx, 0, 1, &rows, &slab)).ok());
  EXPECT_EQ(rows, 3u);
  ASSERT_TRUE(from_abi(table_->map(table_->ctx, 2, 0, &rows, &slab)).ok());
  EXPECT_EQ(rows, 0u);
}

/// How many pages of a mapping this process has in memory.
int resident_pages(const void* at, std::size_t bytes) {
  std::vector<uint64_t> pages(bytes / 4096);
  const auto size = static_cast<ssize_t>(pages.size() * sizeof(uint64_t));
  const int file = open("/proc/self/pagemap", O_RDONLY);
  const ssize_t got = pread(file, pages.data(), static_cast<std::size_t>(size),
                            static_cast<off_t>(reinterpret_cast<uintptr_t>(at) / 4096 * 8));
  close(file);
  if (got != size) return -1;
  return static_cast<int>(std::count_if(pages.begin(), pages.end(), [](uint64_t page) { return page >> 63 != 0; }));
}

TEST(ParamReaderPages, Leave_memory_with_the_last_of_rows_that_are_out_of_order) {
  constexpr int64_t kRows = 64, kCols = 256;  // four rows fit a page
  constexpr std::size_t kBytes = kRows * kCols * 4;
  const TempFolder folder;
  folder.write("data.bin", std::string(kBytes, 'x'));
  std::deque<Described> tensors;
  tensors.emplace_back("w", WEFT_F32, std::vector<int64_t>{kRows, kCols}, 0, kBytes);
  const auto checkpoint = open_described(folder, tensors);
  ASSERT_NE(checkpoint, nullptr);
  const std::vector<ParamDecl> params{{"backwards", {kRows, kCols}, 1}};
  auto plan = plan_with(*checkpoint, params, [](const weft_plan& p) {
    Program steps;
    for (int64_t row = kRows; row-- > 0;) steps.push_back(stored(0)), steps.push_back(slice(0, row, 1));
    steps.push_back(join(WEFT_X_CONCAT, kRows, 0));
    return map_to(p, "backwards", steps);
  });
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  ParamReader param(checkpoint, std::move(*plan), params);
  const weft_params* table = param.abi();
  uint64_t rows = 0;
  weft_slab last{};
  ASSERT_TRUE(from_abi(table->map(table->ctx, 0, kRows - 1, &rows, &last)).ok());
  std::vector<float> all(kRows * kCols);
  weft_slab to{};
  to.plane[0] = all.data(), to.row_pitch[0] = kCols * 4;
  ASSERT_TRUE(from_abi(table->read(table->ctx, 0, WEFT_F32, 0, kRows, &to)).ok());
  EXPECT_EQ(resident_pages(last.plane[0], kBytes), 16);
  for (uint64_t row = 0; row < kRows; ++row) table->done(table->ctx, 0, row, 1);
  EXPECT_EQ(resident_pages(last.plane[0], kBytes), 0);
}

TEST_F(ParamReaderTest, Rows_and_parameters_outside_are_refused) {
  float out[24];
  EXPECT_EQ(read(0, WEFT_F32, 4, 1, out, 24).code(), Code::kOutOfRange);
  EXPECT_EQ(read(0, WEFT_F32, 0, 5, out, 24).code(), Code::kOutOfRange);
  EXPECT_EQ(read(0, WEFT_F32, UINT64_MAX, 2, out, 24).code(), Code::kOutOfRange);
  EXPECT_EQ(read(0, WEFT_F32, 2, UINT64_MAX, out, 24).code(), Code::kOutOfRange);
  EXPECT_EQ(read(7, WEFT_F32, 0, 1, out, 24).code(), Code::kOutOfRange);
  EXPECT_TRUE(read(0, WEFT_F32, 4, 0, out, 24).ok());
  EXPECT_FALSE(read(0, WEFT_F32, 0, 1, nullptr, 24).ok());
  uint64_t rows = 0;
  weft_slab slab{};
  weft_param info{};
  info.hdr.struct_size = WEFT_END(weft_param, key);
  EXPECT_FALSE(from_abi(table_->map(table_->ctx, 0, 4, &rows, &slab)).ok());
  EXPECT_FALSE(from_abi(table_->map(table_->ctx, UINT64_MAX, 0, &rows, &slab)).ok());
  EXPECT_FALSE(from_abi(table_->info(table_->ctx, 7, &info)).ok());
  table_->done(table_->ctx, 7, 0, 1);
  table_->done(table_->ctx, UINT64_MAX, 0, 1);
  table_->done(table_->ctx, 0, UINT64_MAX, UINT64_MAX);
}

TEST_F(ParamReaderTest, Reads_as_every_dtype_that_encodes_and_refuses_the_others) {
  int encoders = 0;
  for (uint32_t as = 0; as < 80; ++as) {
    const weft_dtype* dtype = known_.find(as);
    std::vector<uint8_t> out(4 * 6 * 8 + 64, 0xee);
    const uint64_t pitch =
        dtype ? 6 / dtype->plane[0].cols * dtype->plane[0].bytes + 16 : 16;  // a gap follows each row
    const Status s = read(2, as, 1, 2, out.data(), pitch);
    if (dtype == nullptr || dtype->encode == nullptr) {
      EXPECT_EQ(s.code(), Code::kUnimplemented) << as;
      continue;
    }
    if (as == fours_) {
      EXPECT_EQ(s.code(), Code::kInvalidArgument) << s.message();  // 6 values are no whole groups of 4
      continue;
    }
    ASSERT_TRUE(s.ok()) << s.message();
    ++encoders;
    weft_slab slab{};
    slab.plane[0] = out.data(), slab.row_pitch[0] = pitch, slab.col_pitch[0] = dtype->plane[0].bytes;
    std::vector<float> back(12);
    ASSERT_EQ(dtype->decode(dtype->self, &slab, 2, 6, back.data()), nullptr);
    EXPECT_EQ(back, floats(2, 1, 2)) << as;
    EXPECT_EQ(out[pitch - 1], 0xee);
    EXPECT_EQ(out[2 * pitch - 16], 0xee);
  }
  EXPECT_EQ(encoders, 4);  // f32, f16, bf16, f64
}

TEST_F(ParamReaderTest, Groups_that_span_rows_are_read_from_any_row) {
  const std::vector<float> all = floats(4, 0, 4, 4);
  EXPECT_EQ(all, (std::vector<float>{0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15}));
  for (uint64_t row = 0; row < 4; ++row) {
    for (uint64_t n = 0; row + n <= 4; ++n) {
      const std::vector<float> some = floats(4, row, n, 4);
      EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin() + static_cast<std::ptrdiff_t>(row * 4)))
          << row << "+" << n;
    }
  }
  uint64_t rows = 99;
  weft_slab slab{};
  ASSERT_TRUE(from_abi(table_->map(table_->ctx, 4, 1, &rows, &slab)).ok());
  EXPECT_EQ(rows, 0u);
  ASSERT_TRUE(from_abi(table_->map(table_->ctx, 4, 2, &rows, &slab)).ok());
  EXPECT_EQ(rows, 2u);
  uint8_t out[16] = {};
  ASSERT_TRUE(read(4, fours_, 1, 2, out, 4).ok());
  EXPECT_EQ(out[0], 2);
  EXPECT_EQ(out[4], 8);
}

TEST_F(ParamReaderTest, Computed_values_are_kept_until_all_rows_are_done) {
  squares_decoded = 0;
  for (int round = 1; round <= 2; ++round) {
    for (uint64_t row = 0; row < 4; ++row) {
      EXPECT_EQ(floats(6, row, 1, 4)[0], std::vector<float>({0, 4, 16, 20})[row]);
      EXPECT_EQ(squares_decoded, round) << "row " << row;
      table_->done(table_->ctx, 6, row, 1);
    }
  }
}

TEST_F(ParamReaderTest, Many_threads_map_read_and_forget_at_once) {
  const std::vector<float> expected[] = {floats(0, 0, 4), floats(1, 0, 2), floats(2, 0, 4), floats(3, 0, 4)};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (int round = 0; round < 300; ++round) {
        const uint64_t i = random() % 4, most = i == 1 ? 2 : 4, row = random() % most, n = random() % (most - row) + 1;
        switch (random() % 3) {
          case 0: table_->done(table_->ctx, i, row, n); break;
          case 1: {
            uint64_t rows = 0;
            weft_slab slab{};
            EXPECT_TRUE(from_abi(table_->map(table_->ctx, i, row, &rows, &slab)).ok());
            if (rows > 0) { EXPECT_EQ(*static_cast<const float*>(slab.plane[0]), expected[i][row * 6]); }
            break;
          }
          default: {
            const std::vector<float> got = floats(i, row, n);
            EXPECT_TRUE(std::equal(got.begin(), got.end(), expected[i].begin() + static_cast<std::ptrdiff_t>(row * 6)));
          }
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_F(ParamReaderTest, A_file_that_shrank_is_data_loss_and_not_zeros) {
  ASSERT_EQ(truncate((folder_.path() + "/data.bin").c_str(), 0), 0);
  float out[24];
  EXPECT_EQ(read(0, WEFT_F32, 0, 4, out, 24).code(), Code::kDataLoss);
}

}  // namespace
}  // namespace weft
