// What the host lends to plugins: dtypes, memory, statuses, threads.
#include "core/plugins/test_folder.hpp"
#include "tests/sanitizers.hpp"

// With a sanitizer too a huge alloc must return null rather than end the test.
#if WEFT_ASAN
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}
#elif WEFT_TSAN
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_options() {
  return "allocator_may_return_null=1";
}
#endif

namespace weft {
namespace {

using namespace test;

// ---- dtypes ---------------------------------------------------------------------------------

weft_status* no_decode(void*, const weft_slab*, uint64_t, uint64_t, float*) { return nullptr; }

weft_dtype pairs(std::string_view name) {  // two values in three bytes, and a scale for 32 values in two
  weft_dtype t{};
  t.hdr.struct_size = WEFT_END(weft_dtype, encode);
  t.name = to_str(name);
  t.n_planes = 2;
  t.plane[0] = {WEFT_PLANE_DATA, 1, 2, 3};
  t.plane[1] = {WEFT_PLANE_SCALE, 1, 32, 2};
  t.decode = no_decode;
  return t;
}

TEST(Dtypes, Of_the_plain_kind_are_there_under_their_ids) {
  DtypeRegistry dtypes;
  EXPECT_EQ(dtypes.find("f32"), uint32_t{WEFT_F32});
  EXPECT_EQ(dtypes.find("bf16"), uint32_t{WEFT_BF16});
  EXPECT_EQ(dtypes.find("bool"), uint32_t{WEFT_BOOL});
  EXPECT_EQ(dtypes.find("F32"), WEFT_NONE);
  for (uint32_t id = WEFT_F32; id <= WEFT_BOOL; ++id) {
    ASSERT_NE(dtypes.find(id), nullptr) << id;
    EXPECT_EQ(dtypes.find(id)->id, id);
    EXPECT_EQ(dtypes.find(to_view(dtypes.find(id)->name)), id);
  }
  EXPECT_EQ(dtypes.find(uint32_t{0}), nullptr);
  EXPECT_EQ(dtypes.find(WEFT_NONE), nullptr);
}
TEST(Dtypes, Are_copied_when_they_are_registered) {
  DtypeRegistry dtypes;
  uint32_t id = 0;
  {
    std::string name = "pairs";
    weft_dtype t = pairs(name);
    t.hdr.struct_size += 64;  // a later ABI's size: the fields beyond ours are not copied
    id = *dtypes.add(t);
    name = "xxxxx";
  }
  EXPECT_GE(id, uint32_t{WEFT_DTYPE_FIRST_REGISTERED});
  ASSERT_NE(dtypes.find(id), nullptr);
  EXPECT_EQ(to_view(dtypes.find(id)->name), "pairs");
  EXPECT_EQ(dtypes.find(id)->id, id);
  EXPECT_EQ(dtypes.find(id)->hdr.struct_size, WEFT_END(weft_dtype, encode));
  EXPECT_EQ(dtypes.find("pairs"), id);
  EXPECT_NE(*dtypes.add(pairs("other")), id);
}
TEST(Dtypes, Of_one_name_and_layout_keep_the_first) {
  DtypeRegistry dtypes;
  weft_dtype first = pairs("pairs"), second = pairs("pairs");
  int marker = 0;
  second.self = &marker;
  second.plane[3] = {9, 9, 9, 9};  // beyond n_planes, so not part of the layout
  const uint32_t id = *dtypes.add(first);
  const auto again = dtypes.add(second);
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(*again, id);
  EXPECT_EQ(dtypes.find(id)->self, nullptr);
  weft_dtype f32 = *dtypes.find(WEFT_F32);
  EXPECT_EQ(*dtypes.add(f32), uint32_t{WEFT_F32}) << "a plain one can be registered again too";
}
TEST(Dtypes, Of_one_name_and_another_layout_already_exist) {
  DtypeRegistry dtypes;
  ASSERT_TRUE(dtypes.add(pairs("pairs")).ok());
  weft_dtype other = pairs("pairs");
  other.plane[1].cols = 64;
  EXPECT_EQ(dtypes.add(other).status().code(), Code::kAlreadyExists);
  other = pairs("pairs");
  other.n_planes = 1;
  EXPECT_EQ(dtypes.add(other).status().code(), Code::kAlreadyExists);
  EXPECT_EQ(dtypes.add(pairs("f32")).status().code(), Code::kAlreadyExists);
}
TEST(Dtypes, That_make_no_sense_are_refused) {
  DtypeRegistry dtypes;
  auto refused = [&](auto change) {
    weft_dtype t = pairs("pairs");
    change(t);
    return dtypes.add(t).status().code() == Code::kInvalidArgument && dtypes.find("pairs") == WEFT_NONE;
  };
  EXPECT_TRUE(refused([](weft_dtype& t) { t.plane[1].cols = 0; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.plane[0].rows = 0; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.plane[0].bytes = 0; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.plane[0].cols = 0x80000000u; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.plane[0].rows = 0x80000000u; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.plane[0].bytes = 0x80000000u; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.n_planes = 0; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.n_planes = 5; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.n_planes = WEFT_NONE; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.decode = nullptr; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.name = {nullptr, 5}; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.name = {"", 0}; }));
  static const std::string long_name(65, 'x');
  EXPECT_TRUE(refused([](weft_dtype& t) { t.name = to_str(long_name); }));
}

// ---- the host's table -----------------------------------------------------------------------

class HostTableTest : public testing::Test {
 protected:
  Code code_and_free(weft_status* s) { return from_abi(s).code(); }
  Host host{4, {}};
  const weft_host& h = *host.table();
};

TEST_F(HostTableTest, Is_whole_and_of_this_abi) {
  EXPECT_EQ(h.hdr.struct_size, WEFT_END(weft_host, get_extension));
  EXPECT_EQ(h.abi_major, WEFT_ABI_MAJOR);
  EXPECT_EQ(h.abi_minor, WEFT_ABI_MINOR);
  EXPECT_EQ(h.worker_count(h.ctx), 4u);
  EXPECT_EQ(h.get_extension(h.ctx, {"x", 1}), nullptr);
}
TEST_F(HostTableTest, Parses_json_for_plugins_as_an_extension) {
  const auto* json = static_cast<const weft_json_parser*>(h.get_extension(h.ctx, to_str(WEFT_JSON_EXTENSION)));
  ASSERT_NE(json, nullptr);
  const weft_json* document = nullptr;
  ASSERT_EQ(json->parse(json->ctx, to_str(R"({"a": [1, 2]})"), &document), nullptr);
  EXPECT_EQ(document->size(document->member(document->root, to_str("a"))), 2u);
  json->free(json->ctx, document);
  json->free(json->ctx, nullptr);
  EXPECT_EQ(code_and_free(json->parse(json->ctx, to_str("{"), &document)), Code::kInvalidArgument);
  EXPECT_EQ(code_and_free(json->parse(json->ctx, to_str(std::string(100'000, '[')), &document)),
            Code::kInvalidArgument);
}
TEST_F(HostTableTest, Alloc_aligns_and_counts) {
  for (uint64_t align : {0, 1, 8, 64, 4096, 1 << 21}) {
    for (uint64_t bytes : {0, 1, 1000}) {
      void* p = h.alloc(h.ctx, bytes, align);
      ASSERT_NE(p, nullptr);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % std::max<uint64_t>(align, sizeof(void*)), 0u);
      EXPECT_EQ(host.allocated_bytes(), bytes);
      h.free(h.ctx, p, bytes, align);
      EXPECT_EQ(host.allocated_bytes(), 0u);
    }
  }
  h.free(h.ctx, nullptr, 10, 8);
  EXPECT_EQ(host.allocated_bytes(), 0u);
}
TEST_F(HostTableTest, Alloc_gives_null_where_there_is_no_memory_or_no_sense) {
  for (uint64_t bytes : {UINT64_MAX, UINT64_MAX - 64, uint64_t{1} << 62}) EXPECT_EQ(h.alloc(h.ctx, bytes, 64), nullptr);
  EXPECT_EQ(h.alloc(h.ctx, 100, 24), nullptr) << "not a power of two";
  EXPECT_EQ(host.allocated_bytes(), 0u);
}
TEST_F(HostTableTest, Statuses_hold_what_was_put_in) {
  std::string message = "no such tensor";
  weft_status* s = h.status_new(h.ctx, WEFT_NOT_FOUND, to_str(message));
  message = "xxxxxxxxxxxxxx";
  EXPECT_EQ(h.status_code(s), weft_code{WEFT_NOT_FOUND});
  EXPECT_EQ(to_view(h.status_message(s)), "no such tensor");
  h.status_free(s);
  h.status_free(nullptr);
  EXPECT_EQ(h.status_code(nullptr), weft_code{WEFT_OK});
  EXPECT_EQ(to_view(h.status_message(nullptr)), "ok");
}
TEST_F(HostTableTest, A_new_status_is_never_null_nor_ok) {
  EXPECT_EQ(code_and_free(h.status_new(h.ctx, WEFT_OK, {"x", 1})), Code::kUnknown);
  EXPECT_EQ(code_and_free(h.status_new(h.ctx, 99, {"x", 1})), Code::kUnknown);
  EXPECT_EQ(code_and_free(h.status_new(h.ctx, WEFT_ABORTED, {nullptr, 0})), Code::kAborted);
}
TEST_F(HostTableTest, Dtypes_pass_through_it) {
  weft_dtype t = pairs("pairs");
  uint32_t id = 0;
  EXPECT_EQ(h.dtype_register(h.ctx, &t, &id), nullptr);
  EXPECT_EQ(h.dtype_find(h.ctx, {"pairs", 5}), id);
  ASSERT_NE(h.dtype_info(h.ctx, id), nullptr);
  EXPECT_EQ(h.dtype_info(h.ctx, id)->plane[0].bytes, 3u);
  EXPECT_EQ(h.dtype_register(h.ctx, &t, nullptr), nullptr) << "who does not want the id need not take it";
  t.plane[0].bytes = 4;
  EXPECT_EQ(code_and_free(h.dtype_register(h.ctx, &t, &id)), Code::kAlreadyExists);
  t = pairs("short");
  t.hdr.struct_size = WEFT_END(weft_dtype, decode);
  EXPECT_EQ(code_and_free(h.dtype_register(h.ctx, &t, &id)), Code::kInvalidArgument);
  EXPECT_EQ(code_and_free(h.dtype_register(h.ctx, nullptr, &id)), Code::kInvalidArgument);
  EXPECT_EQ(h.dtype_find(h.ctx, {"short", 5}), WEFT_NONE);
  EXPECT_EQ(h.dtype_info(h.ctx, 12345), nullptr);
}
TEST(HostLog, Reaches_the_sink_and_survives_one_that_throws) {
  std::string seen;
  Host host(1, [&](uint32_t level, std::string_view component, std::string_view message) {
    seen = fmt::format("{} {} {}", level, component, message);
    throw std::runtime_error("sink");
  });
  host.table()->log(host.table()->ctx, WEFT_LOG_WARN, {"c", 1}, {"m", 1});
  EXPECT_EQ(seen, "2 c m");
  Host silent(1, {});
  silent.table()->log(silent.table()->ctx, WEFT_LOG_WARN, {"c", 1}, {"m", 1});
}

TEST(HostLeaks, Are_told_when_the_host_ends) {
  std::string told;
  weft_status* leaked = nullptr;
  {
    Host host(1, [&](uint32_t level, std::string_view, std::string_view message) {
      told += fmt::format("{} {}\n", level, message);
    });
    const weft_host& h = *host.table();
    void* kept = h.alloc(h.ctx, 48, 8);
    h.free(h.ctx, h.alloc(h.ctx, 100, 8), 100, 8);
    leaked = h.status_new(h.ctx, WEFT_ABORTED, {"x", 1});
    std::free(kept);  // behind the host's back
  }
  EXPECT_EQ(told, "2 plugins have not freed 48 bytes of the host's memory\n"
                  "0 1 statuses are not freed, by plugins or by the program\n");
  free_abi(leaked);
}

struct Counted {
  explicit Counted(const weft_host& host, uint64_t n) : h(host), times(n) {}
  const weft_host& h;
  std::vector<std::atomic<int>> times;
  std::atomic<bool> sane{true};
};

TEST_F(HostTableTest, A_function_that_throws_on_any_thread_fails_the_plugins_call_and_nothing_else) {
  const auto body = [](void* arg, uint64_t begin, uint64_t, uint32_t) {
    ++*static_cast<std::atomic<int>*>(arg);
    if (begin % 2 == 1) throw std::runtime_error("the plugin's own\nwords");
  };
  const auto rank = [](void*, uint32_t rank, uint32_t) {
    if (rank == 0) throw 1;
  };
  std::atomic<int> calls{0};
  const Status loop = call_plugin("test.plugin", "execute", [&]() -> weft_status* {
    h.parallel_for(h.ctx, 100, 1, body, &calls);
    return nullptr;
  });
  EXPECT_EQ(loop.code(), Code::kInternal);
  EXPECT_EQ(loop.message(), "test.plugin: execute: a function given to parallel_for threw an exception across the "
                            "ABI: the plugin's own words");
  EXPECT_GT(calls, 0);
  const Status gang = call_plugin("test.plugin", "compile", [&] {
    h.team_run(h.ctx, 4, rank, nullptr);
    return h.status_new(h.ctx, WEFT_ABORTED, {"x", 1});
  });
  EXPECT_EQ(gang.message(), "test.plugin: compile: a function given to team_run threw an exception across the ABI");
  EXPECT_TRUE(call_plugin("test.plugin", "supports", []() -> weft_status* { return nullptr; }).ok());
}
TEST_F(HostTableTest, A_free_that_throws_ends_nothing_and_blames_no_later_call) {
  call_free([] { throw std::runtime_error("free"); });
  const auto body = [](void*, uint64_t, uint64_t, uint32_t) { throw 1; };
  call_free([&] { h.parallel_for(h.ctx, 1, 1, body, nullptr); });
  h.parallel_for(h.ctx, 1, 1, body, nullptr);  // on a thread of the plugin's own, say
  EXPECT_TRUE(call_plugin("test.plugin", "execute", []() -> weft_status* { return nullptr; }).ok());
}
TEST_F(HostTableTest, A_call_inside_of_a_call_is_blamed_for_what_is_its_own) {
  const auto body = [](void*, uint64_t, uint64_t, uint32_t) { throw 1; };
  Status inner;
  const Status outer = call_plugin("test.outer", "read", [&]() -> weft_status* {
    h.parallel_for(h.ctx, 1, 1, body, nullptr);
    inner = call_plugin("test.inner", "decode", []() -> weft_status* { return nullptr; });
    return nullptr;
  });
  EXPECT_TRUE(inner.ok());
  EXPECT_EQ(outer.code(), Code::kInternal);
}

TEST_F(HostTableTest, Parallel_for_covers_each_index_once) {
  for (uint64_t n : {0, 1, 7, 1000}) {
    for (uint64_t grain : {uint64_t{0}, uint64_t{1}, uint64_t{3}, uint64_t{5000}, UINT64_MAX}) {
      Counted c(h, n);
      h.parallel_for(h.ctx, n, grain, [](void* arg, uint64_t begin, uint64_t end, uint32_t worker) {
        Counted& c = *static_cast<Counted*>(arg);
        if (begin >= end || worker >= c.h.worker_count(c.h.ctx)) c.sane = false;
        for (uint64_t i = begin; i < end; ++i) ++c.times[i];
      }, &c);
      EXPECT_TRUE(c.sane);
      for (auto& times : c.times) EXPECT_EQ(times, 1) << n << " " << grain;
    }
  }
}

struct Nested {
  Counted* counted;
  uint64_t row;
  uint32_t worker;
  std::thread::id thread;
  std::atomic<bool>* same_worker;
};

// Counts rows of 100, each by a nested call.
void count_nested(Counted& counted, uint64_t rows, std::atomic<bool>& same_worker) {
  struct Outer {
    Counted* counted;
    std::atomic<bool>* same_worker;
  } outer{&counted, &same_worker};
  const weft_host& h = counted.h;
  h.parallel_for(h.ctx, rows, 1, [](void* arg, uint64_t begin, uint64_t end, uint32_t worker) {
    const Outer& o = *static_cast<Outer*>(arg);
    const weft_host& h = o.counted->h;
    for (uint64_t row = begin; row < end; ++row) {
      Nested nested{o.counted, row, worker, std::this_thread::get_id(), o.same_worker};
      h.parallel_for(h.ctx, 100, 1, [](void* arg, uint64_t begin, uint64_t end, uint32_t worker) {
        const Nested& n = *static_cast<Nested*>(arg);
        if (std::this_thread::get_id() != n.thread) n.counted->sane = false;
        if (worker != n.worker) *n.same_worker = false;
        for (uint64_t i = begin; i < end; ++i) ++n.counted->times[n.row * 100 + i];
      }, &nested);
      // A gang inside of a job has one rank.
      const uint32_t size = h.team_run(h.ctx, 3, [](void* arg, uint32_t rank, uint32_t size) {
        if (rank != 0 || size != 1) static_cast<Counted*>(arg)->sane = false;
      }, o.counted);
      if (size != 1) o.counted->sane = false;
    }
  }, &outer);
}

TEST_F(HostTableTest, Nested_calls_run_inline) {
  for (int round = 0; round < 20; ++round) {
    Counted c(h, 40 * 100);
    std::atomic<bool> same_worker{true};
    count_nested(c, 40, same_worker);
    EXPECT_TRUE(c.sane);
    for (auto& times : c.times) ASSERT_EQ(times, 1);
  }
}
// The pool gives nested calls the worker of their caller.
TEST_F(HostTableTest, Nested_calls_run_as_worker_of_the_caller) {
  for (int round = 0; round < 20; ++round) {
    Counted c(h, 40 * 100);
    std::atomic<bool> same_worker{true};
    count_nested(c, 40, same_worker);
    EXPECT_TRUE(same_worker);
  }
}
TEST_F(HostTableTest, The_ranks_of_a_team_are_distinct_and_run_at_once) {
  for (uint32_t want : {0u, 1u, 2u, 3u, 4u, 100u}) {
    struct Team {
      std::atomic<uint32_t> here{0};
      std::mutex mutex;
      std::set<uint32_t> ranks;
      std::set<std::thread::id> threads;
      std::thread::id caller = std::this_thread::get_id(), first;
      uint32_t size = 0;
    } team;
    const uint32_t size = h.team_run(h.ctx, want, [](void* arg, uint32_t rank, uint32_t size) {
      Team& t = *static_cast<Team*>(arg);
      ++t.here;
      while (t.here < size) std::this_thread::yield();  // ends only when all ranks are there
      std::lock_guard lock(t.mutex);
      t.ranks.insert(rank);
      t.threads.insert(std::this_thread::get_id());
      t.size = size;
      if (rank == 0) t.first = std::this_thread::get_id();
    }, &team);
    EXPECT_GE(size, 1u);
    EXPECT_LE(size, std::clamp(want, 1u, 4u));
    EXPECT_EQ(team.size, size);
    EXPECT_EQ(team.ranks.size(), size);
    EXPECT_EQ(*team.ranks.rbegin(), size - 1);
    EXPECT_EQ(team.threads.size(), size);
    EXPECT_EQ(team.first, team.caller);
  }
}
TEST_F(HostTableTest, Two_threads_may_call_everything_at_once) {
  std::atomic<bool> fine{true};
  auto work = [&](const std::string& name) {
    for (int round = 0; round < 30; ++round) {
      Counted c(h, 20 * 100);
      std::atomic<bool> same_worker{true};
      count_nested(c, 20, same_worker);
      for (auto& times : c.times) fine = fine && times == 1;
      fine = fine && c.sane;
      void* p = h.alloc(h.ctx, 100, 64);
      const std::string own = name + std::to_string(round), shared = "shared" + std::to_string(round);
      for (const std::string& dtype : {own, shared}) {
        const weft_dtype t = pairs(dtype);
        uint32_t id = 0;
        fine = fine && h.dtype_register(h.ctx, &t, &id) == nullptr && h.dtype_find(h.ctx, to_str(dtype)) == id;
        fine = fine && to_view(h.dtype_info(h.ctx, id)->name) == dtype;
      }
      weft_status* s = h.status_new(h.ctx, WEFT_ABORTED, to_str(name));
      fine = fine && to_view(h.status_message(s)) == name;
      h.status_free(s);
      h.free(h.ctx, p, 100, 64);
    }
  };
  std::thread a(work, "a"), b(work, "b");
  a.join();
  b.join();
  EXPECT_TRUE(fine);
  EXPECT_EQ(host.allocated_bytes(), 0u);
}

TEST(HostThreads, A_gang_of_a_host_without_team_run_is_its_caller_alone) {
  HostServices services;
  services.worker_count = [](void*) -> uint32_t { return 4; };
  services.parallel_for = [](void*, uint64_t n, uint64_t, ThreadPool::Range fn, void* arg) { fn(arg, 0, n, 0); };
  const Host host(1, {}, services);
  uint32_t calls = 0;
  const auto count = [](void* arg, uint32_t rank, uint32_t size) {
    EXPECT_EQ(rank, 0u);
    EXPECT_EQ(size, 1u);
    ++*static_cast<uint32_t*>(arg);
  };
  EXPECT_EQ(host.table()->team_run(host.table()->ctx, 4, count, &calls), 1u);
  EXPECT_EQ(calls, 1u);
}

}  // namespace
}  // namespace weft
