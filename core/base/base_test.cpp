#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>

#include "core/base/checked.hpp"
#include "core/base/json.hpp"
#include "core/base/json_view.hpp"
#include "core/base/mapped_file.hpp"
#include "core/base/thread_pool.hpp"

namespace weft {
namespace {

TEST(Json, Refuses_nesting_beyond_the_limit) {
  EXPECT_FALSE(parse_json(std::string(100, '[') + std::string(100, ']')).ok());
  EXPECT_TRUE(parse_json(std::string(50, '[') + std::string(50, ']')).ok());
}

TEST(Json, Refuses_nan_and_says_where) {
  auto r = parse_json("{\"a\": NaN}");
  ASSERT_FALSE(r.ok());
  EXPECT_NE(r.status().message().find("byte"), std::string_view::npos);
}

TEST(JsonView, Is_total_on_absent_members) {
  const Json doc = *parse_json("{\"n\": 3, \"s\": \"x\"}");
  const weft_json view = make_json_view(&doc);
  const weft_json_node* absent = view.member(view.root, {"zzz", 3});
  EXPECT_EQ(view.type(absent), uint32_t{WEFT_JSON_ABSENT});
  EXPECT_EQ(view.size(absent), 0u);
  EXPECT_EQ(view.integer(view.member(view.root, {"n", 1})), 3);
  EXPECT_EQ(view.string(view.member(view.root, {"s", 1})).size, 1u);
  EXPECT_EQ(view.key(view.root, 1).data[0], 's');
  EXPECT_EQ(view.type(view.at(view.root, 0)), uint32_t{WEFT_JSON_INT});
}

TEST(Checked, Elements_refuse_overflow_and_negative_dims) {
  const int64_t big[] = {int64_t{1} << 40, int64_t{1} << 40};
  EXPECT_FALSE(checked_elements(big).has_value());
  const int64_t hidden_negative[] = {0, -1};
  EXPECT_FALSE(checked_elements(hidden_negative).has_value());
  EXPECT_FALSE(extent_inside(UINT64_MAX, 2, 10));
}

TEST(ThreadPool, Covers_every_index_once_also_when_nested) {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> seen(1000);
  struct Arg {
    ThreadPool* pool;
    std::vector<std::atomic<int>>* seen;
  } arg{&pool, &seen};
  for (int round = 0; round < 50; ++round) {
    pool.parallel_for(10, 1, [](void* p, uint64_t b, uint64_t e, uint32_t) {
      Arg outer = *static_cast<Arg*>(p);
      for (uint64_t i = b; i < e; ++i) {
        struct Inner { std::vector<std::atomic<int>>* seen; uint64_t i; } inner{outer.seen, i};
        outer.pool->parallel_for(100, 1, [](void* q, uint64_t b2, uint64_t e2, uint32_t) {
          Inner& in = *static_cast<Inner*>(q);
          for (uint64_t j = b2; j < e2; ++j) ++(*in.seen)[in.i * 100 + j];
        }, &inner);
      }
    }, &arg);
  }
  for (auto& s : seen) EXPECT_EQ(s.load(), 50);
}

TEST(MappedFile, Survives_a_file_that_shrinks_and_says_so) {
  const std::string path = testing::TempDir() + "/weft_shrinking";
  std::ofstream(path) << std::string(3 * 4096, 'x');
  auto file = MappedFile::open(path);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->data()[2 * 4096], 'x');
  ASSERT_EQ(truncate(path.c_str(), 10), 0);
  const volatile uint8_t* p = (*file)->data();
  EXPECT_EQ(p[2 * 4096 + 5], 0);
  EXPECT_TRUE((*file)->damaged());
  std::remove(path.c_str());
}

}  // namespace
}  // namespace weft
