// Weights in several tensors: their values as floats and as blocks, and which tensors are refused.
#include <gtest/gtest.h>

#include <deque>

#include "core/weights/fake_plugins.hpp"
#include "core/weights/param_reader.hpp"

namespace weft {
namespace {

using namespace testing_weights;

constexpr int64_t N = 8, K = 64, kGroup = 32;
int code(int64_t n, int64_t k) { return static_cast<int>((3 * n + 5 * k) % 16); }
int zero(int64_t n, int64_t g) { return static_cast<int>((n + 7 * g) % 16); }
float scale(int64_t n, int64_t g) { return static_cast<float>(1 + n) * (g == 0 ? 0.5f : 4.0f); }

/// Tensors 0 to 3: GPTQ's codes, zeros (less one), scales, and groups of equal size: odd columns are in group 0. 4:
/// groups of unequal size. 5: too few i32. 6: [N,K] i8. 7: a scale for each of its rows. 8: a group that does not
/// exist.
class QuantisedTest : public testing::Test {
 protected:
  QuantisedTest() {
    std::string bytes;
    std::deque<Described> all;
    const auto add = [&](uint32_t dtype, std::vector<int64_t> dims, const auto& values) {
      const std::size_t size = values.size() * sizeof values[0];
      all.emplace_back("t" + std::to_string(all.size()), dtype, dims, bytes.size(), size);
      bytes.append(reinterpret_cast<const char*>(values.data()), size);
    };
    std::vector<uint32_t> words(K / 8 * N), zeros(2 * N / 8), few(4, 0);
    for (int64_t k = 0; k < K; ++k) {
      for (int64_t n = 0; n < N; ++n)
        words[static_cast<std::size_t>(k / 8 * N + n)] |= static_cast<uint32_t>(code(n, k)) << (k % 8 * 4);
    }
    std::vector<float> scales;
    for (int64_t g = 0; g < 2; ++g) {
      for (int64_t n = 0; n < N; ++n) {
        zeros[static_cast<std::size_t>(g)] |= static_cast<uint32_t>((zero(n, g) + 15) % 16) << (n * 4);
        scales.push_back(scale(n, g));
      }
    }
    std::vector<int32_t> even, uneven, outside(K, 2);
    for (int32_t k = 0; k < K; ++k) even.push_back(k % 2 == 0), uneven.push_back(k >= 30);
    std::vector<int8_t> plain;
    for (int i = 0; i < N * K; ++i) plain.push_back(static_cast<int8_t>(i % 256 - 128));
    add(WEFT_I32, {K / 8, N}, words), add(WEFT_I32, {2, N / 8}, zeros), add(WEFT_F32, {2, N}, scales),
        add(WEFT_I32, {K}, even);
    add(WEFT_I32, {K}, uneven), add(WEFT_I32, {4}, few), add(WEFT_I8, {N, K}, plain),
        add(WEFT_F32, {N, 1}, std::vector<float>(scales.begin(), scales.begin() + N));
    add(WEFT_I32, {K}, outside);
    folder_.write("data.bin", bytes);
    checkpoint_ = open_described(folder_, all);
  }

  static Program dequant(const std::vector<uint32_t>& tensors, const std::vector<int64_t>& arg, double times = 1) {
    Program p;
    for (uint32_t t : tensors) p.push_back(stored(t));
    p.push_back(list(WEFT_X_DEQUANT, arg));
    p.back().n_in = static_cast<uint32_t>(tensors.size()), p.back().scalar = times;
    return p;
  }
  static Program gptq(const std::vector<uint32_t>& tensors) {
    return dequant(tensors, {WEFT_QUANT_GPTQ, N, K, 4, kGroup, 1});
  }
  Result<Plan> plan(const Program& program, std::vector<int64_t> dims) const {
    return plan_with(*checkpoint_, {{"w", std::move(dims), 0}}, [&](const weft_plan& p) {
      weft_status* failed = map_to(p, "w", program);
      for (uint32_t i = 0; i < checkpoint_->tensors().size() && !failed; ++i)
        failed = p.ignore(p.ctx, i, to_str("test"));
      return failed;
    });
  }
  std::unique_ptr<ParamReader> reader_of(const Program& program, std::vector<int64_t> dims) const {
    auto made = plan(program, dims);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return std::make_unique<ParamReader>(checkpoint_, std::move(*made), std::vector<ParamDecl>{{"w", dims, 0}});
  }
  static std::vector<float> floats(const ParamReader& s, uint64_t row, uint64_t rows) {
    std::vector<float> v(rows * K);
    weft_slab slab{};
    slab.plane[0] = v.data(), slab.row_pitch[0] = K * 4;
    const Status status = from_abi(s.abi()->read(s.abi()->ctx, 0, WEFT_F32, row, rows, &slab));
    EXPECT_TRUE(status.ok()) << status.message();
    return v;
  }
  static weft_param info(const ParamReader& s) {
    weft_param p{};
    p.hdr.struct_size = WEFT_END(weft_param, key);
    EXPECT_TRUE(from_abi(s.abi()->info(s.abi()->ctx, 0, &p)).ok());
    return p;
  }
  /// Rows read as stored, decoded, and with their columns put back where `order` says.
  std::vector<float> through_blocks(const ParamReader& s, uint64_t rows) const {
    const weft_dtype& d = *dtypes().find(info(s).dtype);
    const uint64_t pitch = K / d.plane[0].cols * d.plane[0].bytes;
    std::vector<uint8_t> bytes(rows * pitch);
    weft_slab slab{};
    slab.plane[0] = bytes.data(), slab.row_pitch[0] = pitch;
    EXPECT_TRUE(from_abi(s.abi()->read(s.abi()->ctx, 0, d.id, 0, rows, &slab)).ok());
    std::vector<float> read(rows * K), out(rows * K);
    EXPECT_EQ(d.decode(d.self, &slab, rows, K, read.data()), nullptr);
    for (uint64_t r = 0; r < rows; ++r) {
      const int32_t* order = nullptr;
      EXPECT_TRUE(from_abi(s.abi()->order(s.abi()->ctx, 0, r, &order)).ok());
      for (uint64_t j = 0; j < K; ++j) out[r * K + (order ? static_cast<uint64_t>(order[j]) : j)] = read[r * K + j];
    }
    return out;
  }

  TempFolder folder_;
  std::shared_ptr<Checkpoint> checkpoint_;
};

std::vector<float> expected(int64_t first, int64_t rows, const std::function<int64_t(int64_t)>& group) {
  std::vector<float> v;
  for (int64_t n = first; n < first + rows; ++n) {
    for (int64_t k = 0; k < K; ++k)
      v.push_back(scale(n, group(k)) * static_cast<float>(code(n, k) - zero(n, group(k))));
  }
  return v;
}

TEST_F(QuantisedTest, Codes_scales_and_zeros_make_values_and_blocks) {
  const auto s = reader_of(gptq({0, 1, 2}), {N, K});
  const auto group = [](int64_t k) { return k / kGroup; };
  EXPECT_EQ(floats(*s, 0, N), expected(0, N, group));
  EXPECT_EQ(floats(*s, 3, 2), expected(3, 2, group));
  EXPECT_EQ(to_view(dtypes().find(info(*s).dtype)->name), "int4_b32");
  EXPECT_EQ(through_blocks(*s, N), expected(0, N, group));
  EXPECT_NE(s->explain(0).find("int4_b32"), std::string::npos);
  uint64_t rows = 9;
  weft_slab slab{};
  ASSERT_TRUE(from_abi(s->abi()->map(s->abi()->ctx, 0, 0, &rows, &slab)).ok());
  EXPECT_EQ(rows, 0u);
  s->abi()->done(s->abi()->ctx, 0, 0, 4), s->abi()->done(s->abi()->ctx, 0, 4, 4);  // the dropped pages are read again
  EXPECT_EQ(floats(*s, 0, N), expected(0, N, group));
}

TEST_F(QuantisedTest, Columns_in_any_order_of_groups_are_read_group_by_group) {
  const auto s = reader_of(gptq({0, 1, 2, 3}), {N, K});
  const auto group = [](int64_t k) { return int64_t{k % 2 == 0}; };
  EXPECT_EQ(floats(*s, 0, N), expected(0, N, group));
  EXPECT_EQ(to_view(dtypes().find(info(*s).dtype)->name), "int4_b32");
  EXPECT_EQ(through_blocks(*s, N), expected(0, N, group));
}

TEST_F(QuantisedTest, Uneven_groups_are_read_as_floats) {
  const auto s = reader_of(gptq({0, 1, 2, 4}), {N, K});
  EXPECT_EQ(info(*s).dtype, uint32_t{WEFT_F32});
  EXPECT_EQ(floats(*s, 0, N), expected(0, N, [](int64_t k) { return int64_t{k >= 30}; }));
}

TEST_F(QuantisedTest, Rows_are_sliced_and_stacked_as_stored) {
  Program p = gptq({0, 1, 2});
  p.push_back(slice(0, 2, 3));
  const auto s = reader_of(p, {3, K});
  EXPECT_EQ(through_blocks(*s, 3), expected(2, 3, [](int64_t k) { return k / kGroup; }));
  // Two matrices, each with its own order.
  Program both = gptq({0, 1, 2, 3});
  const Program other = gptq({0, 1, 2});
  both.insert(both.end(), other.begin(), other.end());
  both.push_back(join(WEFT_X_STACK, 2, 0));
  const auto stacked = reader_of(both, {2, N, K});
  std::vector<float> all = expected(0, N, [](int64_t k) { return int64_t{k % 2 == 0}; });
  const std::vector<float> second = expected(0, N, [](int64_t k) { return k / kGroup; });
  all.insert(all.end(), second.begin(), second.end());
  EXPECT_EQ(to_view(dtypes().find(info(*stacked).dtype)->name), "int4_b32");
  EXPECT_EQ(through_blocks(*stacked, 2 * N), all);
  // One matrix whose rows have two orders can only be read as floats.
  both.back() = join(WEFT_X_CONCAT, 2, 0);
  const auto mixed = reader_of(both, {2 * N, K});
  EXPECT_EQ(info(*mixed).dtype, uint32_t{WEFT_F32});
  EXPECT_EQ(floats(*mixed, 0, 2 * N), all);
}

TEST_F(QuantisedTest, Integers_with_a_scale_a_row_are_read_in_eight_bits) {
  const auto s = reader_of(dequant({6, 7}, {WEFT_QUANT_SCALED, N, K, 1, K}, 0.25), {N, K});
  std::vector<float> all;
  for (int i = 0; i < N * K; ++i) all.push_back(0.25f * scale(i / K, 0) * static_cast<float>(i % 256 - 128));
  EXPECT_EQ(floats(*s, 0, N), all);
  EXPECT_EQ(to_view(dtypes().find(info(*s).dtype)->name), "int8_b64");
  EXPECT_EQ(through_blocks(*s, N), all);
}

TEST_F(QuantisedTest, Tensors_that_do_not_fit_are_named) {
  const auto refused = [&](const Program& program, std::string_view part) {
    const Status s = plan(program, {N, K}).status();
    EXPECT_FALSE(s.ok()) << part;
    EXPECT_NE(s.message().find(part), std::string_view::npos) << s.message();
  };
  refused(gptq({5, 1, 2}), "t5");
  refused(gptq({0, 5, 2}), "t5");
  refused(gptq({0, 1, 7}), "t7");
  refused(gptq({0, 1, 2, 5}), "t5");
  refused(gptq({0, 1, 2, 8}), "group 2 of 2");
  refused(gptq({0, 1}), "2 tensors");
  refused(dequant({0, 1, 2}, {WEFT_QUANT_GPTQ, N, K, 9, kGroup, 1}), "argument 3");
  refused(dequant({0, 1, 2}, {WEFT_QUANT_GPTQ, N, K, 4, 0, 1}), "argument 4");
  refused(dequant({0, 1, 2}, {WEFT_QUANT_GPTQ, N, K, 4, 16, 1}), "t1");
  refused(dequant({0, 1, 2}, {99, N, K}), "99");
  refused(dequant({0, 1, 2}, {WEFT_QUANT_GPTQ, -1, K}), "shape");
  refused(dequant({0, 1, 2}, {WEFT_QUANT_GPTQ, int64_t{1} << 39, int64_t{1} << 39}), "shape");
  refused(dequant({0, 1, 2}, {WEFT_QUANT_GPTQ}), "shape");
  refused(dequant({6, 7}, {WEFT_QUANT_SCALED, N, K, 2, K}), "t7");
  refused(dequant({7, 7}, {WEFT_QUANT_SCALED, N, K, 1, K}), "t7");
  refused(dequant({6, 7}, {WEFT_QUANT_MXFP4, N, K}), "t6");
  refused(dequant({6, 7, 7}, {WEFT_QUANT_BNB4, N, K, 64}), "t6");
  refused(dequant({5, 7}, {WEFT_QUANT_PACKED, N, K, 4, K, 0}), "t5");
  Program computed = {stored(7), scalar(WEFT_X_SCALE, 2), stored(7),
                      list(WEFT_X_DEQUANT, {WEFT_QUANT_SCALED, N, K, 1, K})};
  computed.back().n_in = 2;
  refused(computed, "computed");
}

}  // namespace
}  // namespace weft
