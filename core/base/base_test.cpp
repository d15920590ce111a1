#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>

#include "core/base/checked.hpp"
#include "core/base/folder.hpp"
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

TEST(Json, Infinity_and_nan_are_numbers_as_python_writes_them) {
  const std::string text = R"({"a": [0.0, Infinity, -Infinity, null, NaN], "b\\": "Infinity \" NaN null", "c":NaN})";
  EXPECT_FALSE(parse_json(text).ok());
  const Json read = parse_json(text, {.python = true}).value();
  const double most = std::numeric_limits<double>::infinity();
  EXPECT_EQ(read["a"][0], 0.0);
  EXPECT_EQ(read["a"][1], most);
  EXPECT_EQ(read["a"][2], -most);
  EXPECT_TRUE(read["a"][3].is_null());
  EXPECT_TRUE(std::isnan(read["a"][4].get<double>()));
  EXPECT_EQ(read["b\\"], "Infinity \" NaN null");
  EXPECT_TRUE(std::isnan(read["c"].get<double>()));
  for (const char* bad :
       {"Infinit", "-NaN", "--Infinity", "NaNs", "[Infinity", "\"NaN\\", "{NaN: 1}", "nullInfinity"}) {
    EXPECT_FALSE(parse_json(bad, {.python = true}).ok()) << bad;
  }
}

TEST(Json, Errors_say_the_line_and_column_where_that_is_asked_for) {
  const auto r = parse_json("{\n  \"a\": NaN,\n  \"b\": [Infinity, .5]}", {.python = true, .by_line = true});
  EXPECT_NE(r.status().message().find("line 3, column 19"), std::string_view::npos) << r.status().message();
}

TEST(Json, Keeps_the_last_of_equal_keys_in_order_or_sorted) {
  const std::string_view text = R"({"b": 1, "a": [{"x": {}}], "b": 2})";
  EXPECT_EQ(parse_json(text)->dump(), R"({"b":2,"a":[{"x":{}}]})");
  EXPECT_EQ(parse_sorted_json(text)->dump(), R"({"a":[{"x":{}}],"b":2})");
}

TEST(Json, Is_empty_when_drained) {
  Json doc = *parse_json(R"({"a": [1, {"b": [[]]}]})");
  drain_json(doc);
  EXPECT_EQ(doc, Json::object());
}

TEST(Folder, Is_listed_sorted_and_up_to_a_limit) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(testing::TempDir()) / "weft_list_folder";
  fs::remove_all(root);
  fs::create_directories(root / "c");
  for (const char* name : {"b", "a"}) std::ofstream(root / name) << "x";
  fs::create_symlink("a", root / "link");
  using Names = std::vector<std::string>;
  EXPECT_EQ(*list_folder(root.string(), Entries::kRegularFiles), (Names{"a", "b", "link"}));
  EXPECT_EQ(*list_folder(root.string(), Entries::kAll), (Names{"a", "b", "c", "link"}));
  EXPECT_EQ(list_folder(root.string(), Entries::kAll, 3).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(list_folder((root / "a").string(), Entries::kAll).status().code(), Code::kPermissionDenied);
  fs::remove_all(root);
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

TEST(ThreadPool, Pins_its_own_threads_alone) {
  const auto processors = [] {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : -1;
  };
  const int before = processors();
  ASSERT_GT(before, 0);
  for (const bool pinned : {false, true}) {
    ThreadPool pool(3, pinned);
    struct Arg {
      int (*processors)();
      std::atomic<int> seen[3];
    } arg{processors, {}};
    const uint32_t size = pool.team_run(3, [](void* p, uint32_t rank, uint32_t) {
      Arg& a = *static_cast<Arg*>(p);
      a.seen[rank] = a.processors();
    }, &arg);
    ASSERT_EQ(size, 3u);
    EXPECT_EQ(arg.seen[0], before);
    for (int rank : {1, 2}) EXPECT_EQ(arg.seen[rank], pinned ? 1 : before);
  }
}

TEST(MappedFile, Without_the_guard_the_handler_before_is_back) {
  const auto handler = [] {
    struct sigaction now {};
    sigaction(SIGBUS, nullptr, &now);
    return now.sa_sigaction;
  };
  const std::string path = (std::filesystem::temp_directory_path() / "weft_guard").string();
  std::ofstream(path) << "text";
  set_sigbus_guard(false);
  const auto before = handler();
  ASSERT_TRUE(MappedFile::open(path).ok());
  EXPECT_EQ(handler(), before) << "off: nothing is installed";
  set_sigbus_guard(true);
  ASSERT_TRUE(MappedFile::open(path).ok());
  EXPECT_NE(handler(), before);
  set_sigbus_guard(false);
  EXPECT_EQ(handler(), before);
  set_sigbus_guard(true);
  std::filesystem::remove(path);
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
