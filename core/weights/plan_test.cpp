// The plan language: what it computes, what it refuses, and that rows moved as stored equal the rows that evaluating
// gives.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "core/weights/fake_plugins.hpp"
#include "core/weights/row_map.hpp"

namespace weft {
namespace {

using namespace testing_weights;

/// Stored tensors 0 and 1: [4,6] f32, 0..23 and 100..123; 2: [2,6] f32, 200..; 3: [6] f32, 300..; 4: [] f32, 400; 5:
/// [0,6] f32; 6: [4,6] f16, 0..23; 7: [0,2^61] u8.
class PlanTest : public testing::Test {
 protected:
  PlanTest() {
    std::string bytes;
    std::deque<Described> all;
    auto add = [&](std::vector<int64_t> dims, float first) {
      const uint64_t n = *checked(dims);
      all.emplace_back(std::to_string(all.size()), WEFT_F32, dims, bytes.size(), n * 4);
      for (uint64_t i = 0; i < n; ++i) {
        const float v = first + static_cast<float>(i);
        bytes.append(reinterpret_cast<const char*>(&v), 4);
      }
    };
    add({4, 6}, 0), add({4, 6}, 100), add({2, 6}, 200), add({6}, 300), add({}, 400), add({0, 6}, 0);
    all.emplace_back("6", WEFT_F16, std::vector<int64_t>{4, 6}, bytes.size(), 48);
    for (int i = 0; i < 24; ++i) {  // exact: below 2048
      const uint16_t h = half(i);
      bytes.append(reinterpret_cast<const char*>(&h), 2);
    }
    all.emplace_back("7", WEFT_U8, std::vector<int64_t>{0, int64_t{1} << 61}, bytes.size(), 0);
    folder_.write("data.bin", bytes);
    checkpoint_ = open_described(folder_, all);
  }
  static std::optional<uint64_t> checked(const std::vector<int64_t>& dims) {
    uint64_t n = 1;
    for (int64_t d : dims) n *= static_cast<uint64_t>(d);
    return n;
  }
  static uint16_t half(int i) {
    if (i == 0) return 0;
    int exponent = 0;
    while ((i >> (exponent + 1)) != 0) ++exponent;
    return static_cast<uint16_t>((exponent + 15) << 10 | ((i - (1 << exponent)) << (10 - exponent)));
  }

  /// The plan of one parameter "p" with these dims; all other tensors are ignored.
  Result<Plan> plan(const Program& program, std::vector<int64_t> dims) {
    return plan_with(*checkpoint_, {{"p", std::move(dims), 0}}, [&](const weft_plan& p) -> weft_status* {
      if (weft_status* failed = map_to(p, "p", program)) return failed;
      return ignore_all(p);
    });
  }
  weft_status* ignore_all(const weft_plan& p) const {
    for (uint32_t i = 0; i < checkpoint_->tensors().size(); ++i) {
      if (weft_status* failed = p.ignore(p.ctx, i, to_str("test"))) return failed;
    }
    return nullptr;
  }
  std::vector<float> values(const Program& program, std::vector<int64_t> dims) {
    auto made = plan(program, std::move(dims));
    EXPECT_TRUE(made.ok()) << made.status().message();
    if (!made.ok()) return {};
    auto v = evaluate(*made->values[0], *checkpoint_);
    EXPECT_TRUE(v.ok()) << v.status().message();
    return v.ok() ? *v : std::vector<float>();
  }
  /// Expects a refusal while the program is read, where the parameter's shape does not matter.
  void refused(const Program& program, const char* because = "") {
    auto made = plan(program, {1});
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.status().message().find("expects"), std::string_view::npos) << made.status().message();
    EXPECT_NE(made.status().message().find(because), std::string_view::npos) << made.status().message();
  }

  TempFolder folder_;
  std::shared_ptr<Checkpoint> checkpoint_;
};

TEST_F(PlanTest, Every_operation_computes_what_its_name_says) {
  using F = std::vector<float>;
  EXPECT_EQ(values({stored(3)}, {6}), F({300, 301, 302, 303, 304, 305}));
  EXPECT_EQ(values({stored(4)}, {}), F({400}));
  EXPECT_EQ(values({stored(2), slice(0, 1, 1)}, {1, 6}), F({206, 207, 208, 209, 210, 211}));
  EXPECT_EQ(values({stored(2), slice(1, 4, 2)}, {2, 2}), F({204, 205, 210, 211}));
  EXPECT_EQ(values({stored(2), slice(0, 1, 1), stored(2), slice(0, 0, 1), join(WEFT_X_CONCAT, 2, 1)}, {1, 12}),
            F({206, 207, 208, 209, 210, 211, 200, 201, 202, 203, 204, 205}));
  EXPECT_EQ(values({stored(3), slice(0, 0, 2), stored(3), slice(0, 4, 2), join(WEFT_X_STACK, 2, 1)}, {2, 2}),
            F({300, 304, 301, 305}));
  EXPECT_EQ(values({stored(3), slice(0, 0, 2), stored(3), slice(0, 4, 2), join(WEFT_X_STACK, 2, 0)}, {2, 2}),
            F({300, 301, 304, 305}));
  EXPECT_EQ(values({stored(4), stored(4), join(WEFT_X_STACK, 2, 0)}, {2}), F({400, 400}));
  EXPECT_EQ(values({stored(2), slice(1, 0, 2), list(WEFT_X_PERMUTE, {1, 0})}, {2, 2}), F({200, 206, 201, 207}));
  EXPECT_EQ(values({stored(3), list(WEFT_X_RESHAPE, {2, 3}), list(WEFT_X_PERMUTE, {1, 0})}, {3, 2}),
            F({300, 303, 301, 304, 302, 305}));
  EXPECT_EQ(values({stored(4), stored(4), step(WEFT_X_ADD, 2)}, {}), F({800}));
  EXPECT_EQ(values({stored(4), stored(4), step(WEFT_X_MUL, 2)}, {}), F({160000}));
  EXPECT_EQ(values({stored(4), scalar(WEFT_X_SCALE, 0.5)}, {}), F({200}));
  EXPECT_EQ(values({stored(4), scalar(WEFT_X_OFFSET, 1)}, {}), F({401}));
  EXPECT_EQ(values({stored(4), cast(WEFT_F16)}, {}), F({400}));
  EXPECT_EQ(values({stored(6), slice(0, 3, 1)}, {1, 6}), F({18, 19, 20, 21, 22, 23}));
  EXPECT_EQ(values({stored(5)}, {0, 6}), F());
  EXPECT_EQ(values({stored(5), list(WEFT_X_RESHAPE, {6, 0})}, {6, 0}), F());
  EXPECT_EQ(values({stored(0), slice(1, 2, 0)}, {4, 0}), F());
}

TEST_F(PlanTest, Shapes_that_do_not_fit_are_refused) {
  refused({stored(0), slice(2, 0, 1)}, "slice");
  refused({stored(0), slice(0, 3, 2)}, "slice");
  refused({stored(0), slice(0, -1, 2)}, "slice");
  refused({stored(0), slice(0, 0, -1)}, "slice");
  refused({stored(0), slice(0, INT64_MAX, INT64_MAX)}, "slice");
  refused({stored(0), slice(UINT32_MAX, 0, 1)}, "slice");
  refused({stored(4), slice(0, 0, 1)}, "slice");
  refused({stored(0), step(WEFT_X_SLICE)}, "slice");
  refused({stored(0), stored(2), join(WEFT_X_CONCAT, 2, 1)}, "concat");
  refused({stored(0), stored(3), join(WEFT_X_CONCAT, 2, 0)}, "concat");
  refused({stored(0), stored(1), join(WEFT_X_CONCAT, 2, 2)}, "concat");
  refused({stored(4), stored(4), join(WEFT_X_CONCAT, 2, 0)}, "concat");
  refused({stored(0), stored(2), join(WEFT_X_STACK, 2, 0)}, "stack");
  refused({stored(0), stored(1), join(WEFT_X_STACK, 2, 3)}, "stack");
  refused({stored(4), list(WEFT_X_RESHAPE, {1, 1, 1, 1, 1, 1, 1, 1}), join(WEFT_X_STACK, 1, 0)}, "stack");
  refused({stored(0), list(WEFT_X_RESHAPE, {5, 5})}, "reshape");
  refused({stored(0), list(WEFT_X_RESHAPE, {-4, -6})}, "reshape");
  refused({stored(0), list(WEFT_X_RESHAPE, {-1, 24})}, "reshape");
  refused({stored(0), list(WEFT_X_RESHAPE, {})}, "reshape");
  refused({stored(0), list(WEFT_X_PERMUTE, {0, 0})}, "permute");
  refused({stored(0), list(WEFT_X_PERMUTE, {0})}, "permute");
  refused({stored(0), list(WEFT_X_PERMUTE, {0, 2})}, "permute");
  refused({stored(0), list(WEFT_X_PERMUTE, {-1, 0})}, "permute");
  refused({stored(0), stored(2), step(WEFT_X_ADD, 2)}, "add");
  refused({stored(0), stored(3), step(WEFT_X_MUL, 2)}, "mul");
}

TEST_F(PlanTest, Sizes_that_overflow_are_refused_also_where_there_are_no_elements) {
  refused({stored(7), stored(7), stored(7), stored(7), stored(7), join(WEFT_X_CONCAT, 5, 1)}, "overflow");
  refused({stored(7), list(WEFT_X_RESHAPE, {0, INT64_MAX, INT64_MAX})}, "reshape");
  Program many(8, stored(7));
  many.push_back(join(WEFT_X_STACK, 8, 0));
  refused(many, "overflow");
}

TEST_F(PlanTest, Programs_that_are_not_whole_are_refused) {
  refused({}, "leaves 0");
  refused({stored(0), stored(1)}, "leaves 2");
  refused({slice(0, 0, 1)}, "operands missing");
  refused({stored(0), step(WEFT_X_ADD, 2)}, "operands missing");
  refused({stored(0), join(WEFT_X_CONCAT, 0, 0)}, "operands missing");
  refused({stored(0), join(WEFT_X_CONCAT, UINT32_MAX, 0)}, "operands missing");
  refused({stored(8)}, "no stored tensor 8");
  refused({stored(WEFT_NONE)}, "no stored tensor");
  refused({stored(0), list(WEFT_X_RESHAPE, {1, 1, 1, 1, 1, 1, 1, 1, 24})}, "9 arguments");
  refused({stored(0), step(99)}, "unknown operation 99");
  refused({stored(0), step(0)}, "unknown operation 0");
  refused({stored(0), cast(63)}, "unknown dtype 63");
  refused(Program(4097, stored(0)), "4097 steps");
  Program deep{stored(0)};
  deep.insert(deep.end(), 100, scalar(WEFT_X_SCALE, 1));
  refused(deep, "in a row");
}

TEST_F(PlanTest, A_program_that_is_missing_or_strided_too_narrow_is_refused) {
  const Program program{stored(0), stored(1)};
  for (uint32_t stride : {0u, 8u, 100u, uint32_t{sizeof(weft_xnode)} - 1, uint32_t{sizeof(weft_xnode)} + 4}) {
    EXPECT_FALSE(plan_with(*checkpoint_, {{"p", {4, 6}, 0}}, [&](const weft_plan& p) {
      return p.map(p.ctx, to_str("p"), program.data(), 1, stride);
    }).ok()) << stride;
  }
  EXPECT_FALSE(plan_with(*checkpoint_, {{"p", {4, 6}, 0}}, [&](const weft_plan& p) {
    return p.map(p.ctx, to_str("p"), nullptr, 3, sizeof(weft_xnode));
  }).ok());
}

TEST_F(PlanTest, A_result_of_another_shape_names_tensor_and_parameter) {
  auto made = plan({stored(0)}, {6, 4});
  ASSERT_FALSE(made.ok());
  for (const char* part : {"data.bin", "tensor 0", "[4,6]", "parameter p", "[6,4]"}) {
    EXPECT_NE(made.status().message().find(part), std::string_view::npos) << made.status().message();
  }
}

TEST_F(PlanTest, Coverage_lists_both_sides) {
  auto made = plan_with(*checkpoint_, {{"p", {4, 6}, 0}, {"orphan", {4, 6}, 0}},
                        [&](const weft_plan& p) { return map_to(p, "p", {stored(0)}); });
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.status().message().find("without a tensor: orphan"), std::string_view::npos)
      << made.status().message();
  EXPECT_NE(made.status().message().find("without a use: 1, 2, 3"), std::string_view::npos) << made.status().message();
  std::vector<ParamDecl> many;
  for (int i = 0; i < 40; ++i) many.push_back({"p" + std::to_string(i), {1}, 0});
  made = plan_with(*checkpoint_, many, [&](const weft_plan& p) { return ignore_all(p); });
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.status().message().find("and 30 more"), std::string_view::npos) << made.status().message();
}

TEST_F(PlanTest, A_parameter_is_mapped_once_or_tied_once_and_must_exist) {
  auto with = [&](std::function<weft_status*(const weft_plan&)> f) {
    return plan_with(*checkpoint_, {{"p", {4, 6}, 0}, {"q", {4, 6}, 0}}, [&](const weft_plan& p) {
      free_abi(ignore_all(p));
      weft_status* failed = map_to(p, "p", {stored(0)});
      return failed ? failed : f(p);
    });
  };
  EXPECT_TRUE(with([](const auto& p) { return map_to(p, "q", {stored(0)}); }).ok());
  EXPECT_FALSE(with([](const auto& p) { return map_to(p, "p", {stored(1)}); }).ok());
  EXPECT_FALSE(with([](const auto& p) { return map_to(p, "absent", {stored(1)}); }).ok());
  EXPECT_FALSE(with([](const auto& p) { return p.map(p.ctx, {nullptr, 4}, nullptr, 0, 0); }).ok());
  EXPECT_FALSE(with([](const auto& p) { return p.tie(p.ctx, to_str("p"), to_str("q")); }).ok());
  EXPECT_FALSE(with([](const auto& p) { return p.tie(p.ctx, to_str("absent"), to_str("p")); }).ok());
  EXPECT_FALSE(with([](const auto& p) {
    free_abi(p.tie(p.ctx, to_str("q"), to_str("p")));
    return map_to(p, "q", {stored(1)});
  }).ok());
  EXPECT_FALSE(with([](const auto& p) {
    free_abi(p.tie(p.ctx, to_str("q"), to_str("p")));
    return p.tie(p.ctx, to_str("q"), to_str("q"));
  }).ok());
  EXPECT_FALSE(with([](const auto& p) { return p.ignore(p.ctx, 8, to_str("why")); }).ok());
}

TEST_F(PlanTest, Ties_lead_to_a_mapped_parameter_of_the_same_shape) {
  const std::vector<ParamDecl> params{{"a", {4, 6}, 0}, {"b", {4, 6}, 0}, {"c", {4, 6}, 0}, {"d", {2, 6}, 0}};
  auto ties = [&](std::vector<std::pair<const char*, const char*>> pairs) {
    return plan_with(*checkpoint_, params, [&](const weft_plan& p) {
      free_abi(ignore_all(p));
      weft_status* failed = map_to(p, "d", {stored(2)});
      for (auto [name, other] : pairs) {
        if (failed == nullptr)
          failed = other[0] == '*' ? map_to(p, name, {stored(0)}) : p.tie(p.ctx, to_str(name), to_str(other));
      }
      return failed;
    });
  };
  auto chain = ties({{"a", "b"}, {"b", "c"}, {"c", "*"}});
  ASSERT_TRUE(chain.ok()) << chain.status().message();
  EXPECT_EQ(chain->tied_to, (std::vector<uint32_t>{2, 2, 2, 3}));
  EXPECT_EQ(chain->values[0], chain->values[2]);
  EXPECT_FALSE(ties({{"a", "b"}, {"b", "a"}, {"c", "*"}}).ok());
  EXPECT_FALSE(ties({{"a", "a"}, {"b", "*"}, {"c", "*"}}).ok());
  EXPECT_FALSE(ties({{"a", "b"}, {"b", "c"}, {"c", "a"}}).ok());
  EXPECT_FALSE(ties({{"a", "absent"}, {"b", "*"}, {"c", "*"}}).ok());
  EXPECT_FALSE(ties({{"a", "d"}, {"b", "*"}, {"c", "*"}}).ok());
}

TEST_F(PlanTest, A_converter_that_throws_is_reported_by_its_id) {
  auto made = plan_with(*checkpoint_, {}, [](const weft_plan&) -> weft_status* { throw 7; });
  EXPECT_EQ(made.status().code(), Code::kInternal);
  EXPECT_NE(made.status().message().find("test.fake"), std::string_view::npos);
}

/// The rows that the runs name, decoded.
std::vector<float> through_runs(const std::vector<RowRun>& runs, const Checkpoint& c) {
  std::vector<float> out;
  uint64_t row = 0;
  for (const RowRun& run : runs) {
    EXPECT_EQ(run.row, row);
    row += run.count;
    const StoredTensor& t = c.tensors()[run.stored];
    const weft_slab slab = *c.slab(t, run.stored_row, run.count);
    const weft_dtype& d = *c.dtypes().find(t.dtype);
    std::vector<float> piece(run.count * t.cols());
    EXPECT_EQ(d.decode(d.self, &slab, run.count, t.cols(), piece.data()), nullptr);
    out.insert(out.end(), piece.begin(), piece.end());
  }
  return out;
}

TEST_F(PlanTest, Row_maps_say_what_evaluating_gives) {
  std::mt19937 random(1);
  auto below = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
  int mapped = 0;
  for (int round = 0; round < 2000; ++round) {
    struct Item {
      Program program;
      std::vector<int64_t> dims;
    };
    const uint32_t first = below(2) ? 6 : below(6);  // only the f16 tensor, or any f32 tensor
    auto leaf = [&] {
      const uint32_t s = first == 6 ? 6 : below(6);
      return Item{{stored(s)}, checkpoint_->tensors()[s].dims};
    };
    Item x = leaf();
    for (int ops = below(5); ops > 0; --ops) {
      const auto rank = static_cast<uint32_t>(x.dims.size());
      switch (below(4)) {
        case 0: {
          if (rank == 0) break;
          const uint32_t axis = below(rank);
          const int64_t start = below(static_cast<uint64_t>(x.dims[axis]) + 1),
                        size = below(static_cast<uint64_t>(x.dims[axis] - start) + 1);
          x.program.push_back(slice(axis, start, size));
          x.dims[axis] = size;
          break;
        }
        case 1: {
          std::vector<int64_t> axes(rank), dims(rank);
          for (uint32_t i = 0; i < rank; ++i) axes[i] = i;
          std::shuffle(axes.begin(), axes.end() - (rank > 0 && below(2)), random);
          for (uint32_t i = 0; i < rank; ++i) dims[i] = x.dims[static_cast<std::size_t>(axes[i])];
          x.program.push_back(list(WEFT_X_PERMUTE, axes));
          x.dims = dims;
          break;
        }
        case 2: {
          if (rank == 0 || rank > 4) break;
          const uint32_t axis = below(rank + 1);
          const bool concat = axis < rank && below(2);
          const Program twin = x.program;
          x.program.insert(x.program.end(), twin.begin(), twin.end());
          x.program.push_back(join(concat ? WEFT_X_CONCAT : WEFT_X_STACK, 2, axis));
          if (concat) {
            x.dims[axis] *= 2;
          } else {
            x.dims.insert(x.dims.begin() + axis, 2);
          }
          break;
        }
        default: {  // merges or splits the first axes
          if (rank < 2) break;
          std::vector<int64_t> dims(x.dims.begin() + 1, x.dims.end());
          dims[0] *= x.dims[0];
          if (below(2) && dims[0] % 2 == 0) dims[0] /= 2, dims.insert(dims.begin(), 2);
          x.program.push_back(list(WEFT_X_RESHAPE, dims));
          x.dims = dims;
        }
      }
    }
    auto made = plan(x.program, x.dims);
    ASSERT_TRUE(made.ok()) << made.status().message();
    const auto runs = row_map(*made->values[0], *checkpoint_);
    if (!runs) continue;
    ++mapped;
    auto expected = evaluate(*made->values[0], *checkpoint_);
    ASSERT_TRUE(expected.ok());
    ASSERT_EQ(through_runs(*runs, *checkpoint_), *expected) << "round " << round;
    uint64_t rows = 1, in_runs = 0;
    for (std::size_t i = 0; i + 1 < x.dims.size(); ++i) rows *= static_cast<uint64_t>(x.dims[i]);
    for (const RowRun& run : *runs) in_runs += run.count;
    ASSERT_EQ(in_runs, rows) << "round " << round;
  }
  EXPECT_GT(mapped, 500);
}

TEST_F(PlanTest, Arithmetic_the_last_axis_and_two_dtypes_are_no_row_maps) {
  auto has_map = [&](const Program& program, std::vector<int64_t> dims) {
    auto made = plan(program, std::move(dims));
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() && row_map(*made->values[0], *checkpoint_).has_value();
  };
  EXPECT_TRUE(has_map({stored(0), stored(1), join(WEFT_X_CONCAT, 2, 0)}, {8, 6}));
  EXPECT_FALSE(has_map({stored(0), stored(6), join(WEFT_X_CONCAT, 2, 0)}, {8, 6}));
  EXPECT_FALSE(has_map({stored(0), stored(1), join(WEFT_X_CONCAT, 2, 1)}, {4, 12}));
  EXPECT_FALSE(has_map({stored(0), stored(1), step(WEFT_X_ADD, 2)}, {4, 6}));
  EXPECT_FALSE(has_map({stored(0), scalar(WEFT_X_SCALE, 1)}, {4, 6}));
  EXPECT_FALSE(has_map({stored(0), cast(WEFT_F16)}, {4, 6}));
  EXPECT_FALSE(has_map({stored(0), slice(1, 0, 3)}, {4, 3}));
  EXPECT_FALSE(has_map({stored(0), slice(1, 0, 0), list(WEFT_X_RESHAPE, {9, 0})}, {9, 0}));
}

}  // namespace
}  // namespace weft
