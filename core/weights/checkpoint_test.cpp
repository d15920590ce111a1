// Formats that lie: whatever a plugin says of a file is checked before it is used.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <limits>
#include <thread>

#include "core/weights/fake_plugins.hpp"
#include "core/weights/row_map.hpp"

namespace weft {
namespace {

using namespace testing_weights;

/// Opens 256 bytes with a format that emits one tensor, as `change` leaves it.
Status one_tensor(const std::function<void(weft_stored_tensor&)>& change) {
  const TempFolder folder;
  folder.write("data.bin", std::string(256, 'x'));
  Described t("t", WEFT_F32, {4, 8}, 0, 128);
  change(t.raw);
  FakeFormat format{[&](const weft_files&, const weft_format_sink& s) { return s.tensor(s.ctx, &t.raw); }, {}};
  auto c = open_fake(folder, format);
  if (!c.ok()) {
    EXPECT_NE(c.status().message().find("data.bin"), std::string_view::npos) << c.status().message();
    EXPECT_EQ(c.status().message().find('\n'), std::string_view::npos) << c.status().message();
  }
  return c.status();
}

/// Opens 256 bytes with a format that calls f with the sink.
Status with_sink(const std::function<weft_status*(const weft_format_sink&)>& f) {
  const TempFolder folder;
  folder.write("data.bin", std::string(256, 'x'));
  FakeFormat format{[&](const weft_files&, const weft_format_sink& s) { return f(s); }, {}};
  return open_fake(folder, format).status();
}

TEST(Checkpoint, A_sound_tensor_is_taken) {
  EXPECT_TRUE(one_tensor([](weft_stored_tensor&) {}).ok());
}

TEST(Checkpoint, An_extent_outside_the_file_is_refused) {
  EXPECT_FALSE(one_tensor([](auto& t) { t.offset[0] = 129; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.offset[0] = UINT64_MAX - 64; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.bytes[0] = UINT64_MAX; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.file[0] = 1; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.file[0] = UINT32_MAX; }).ok());
}

TEST(Checkpoint, Bytes_that_do_not_follow_from_shape_and_dtype_are_refused) {
  EXPECT_FALSE(one_tensor([](auto& t) { t.bytes[0] = 127; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.bytes[0] = 0; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.dtype = WEFT_F16; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.dtype = 63; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.dtype = 0; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.dtype = WEFT_NONE; }).ok());
}

TEST(Checkpoint, Impossible_shapes_are_refused) {
  static const int64_t negative[] = {-4, -8}, huge[] = {INT64_MAX, INT64_MAX}, hidden[] = {0, -1},
                       large[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  EXPECT_FALSE(one_tensor([](auto& t) { t.dims = nullptr; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.dims = negative; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.dims = huge; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.dims = hidden, t.bytes[0] = 0; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.dims = large, t.rank = 9, t.bytes[0] = 4; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.rank = UINT32_MAX; }).ok());
  EXPECT_TRUE(one_tensor([](auto& t) { t.dims = nullptr, t.rank = 0, t.bytes[0] = 4; }).ok());
}

TEST(Checkpoint, Rows_without_values_are_none_however_many_there_are) {
  const TempFolder folder;
  folder.write("data.bin", std::string(256, 'x'));
  Described t("t", WEFT_F32, {int64_t{1} << 40, 0}, 0, 0);
  FakeFormat format{[&](const weft_files&, const weft_format_sink& s) { return s.tensor(s.ctx, &t.raw); }, {}};
  const auto c = open_fake(folder, format);
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ((*c)->tensors()[0].rows(), 0u);
  Expression leaf;
  leaf.stored = 0, leaf.dims = (*c)->tensors()[0].dims;
  const auto values = evaluate(leaf, **c);
  ASSERT_TRUE(values.ok()) << values.status().message();
  EXPECT_TRUE(values->empty());
}

TEST(Checkpoint, Planes_must_be_as_many_as_the_dtype_has) {
  for (uint32_t n : {0u, 2u, 5u, UINT32_MAX}) {
    EXPECT_FALSE(one_tensor([&](auto& t) { t.n_planes = n; }).ok()) << n;
  }
}

TEST(Checkpoint, Names_are_neither_empty_nor_long_nor_with_control_characters) {
  static const std::string longest(4097, 'n');
  EXPECT_FALSE(one_tensor([](auto& t) { t.name = {"", 0}; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.name = {nullptr, 7}; }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.name = to_str(longest); }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.name = to_str("a\nb"); }).ok());
  EXPECT_FALSE(one_tensor([](auto& t) { t.name = to_str("\x1b[31m"); }).ok());
}

TEST(Checkpoint, A_description_shorter_than_this_host_knows_is_refused) {
  EXPECT_FALSE(one_tensor([](auto& t) { t.hdr.struct_size = 8; }).ok());
  EXPECT_FALSE(with_sink([](const auto& s) { return s.tensor(s.ctx, nullptr); }).ok());
}

TEST(Checkpoint, Two_tensors_of_one_name_are_refused) {
  const Status s = with_sink([](const auto& sink) {
    const Described a("same", WEFT_F32, {4}, 0, 16), b("same", WEFT_F32, {4}, 16, 16);
    weft_status* first = sink.tensor(sink.ctx, &a.raw);
    return first ? first : sink.tensor(sink.ctx, &b.raw);
  });
  EXPECT_NE(s.message().find("same"), std::string_view::npos) << s.message();
}

TEST(Checkpoint, Overlapping_extents_are_refused_and_empty_ones_may_alias) {
  auto two = [](uint64_t offset, std::vector<int64_t> dims, uint64_t bytes) {
    return with_sink([&](const auto& sink) {
      const Described a("a", WEFT_F32, {4}, 0, 16), b("b", WEFT_F32, dims, offset, bytes);
      weft_status* first = sink.tensor(sink.ctx, &a.raw);
      return first ? first : sink.tensor(sink.ctx, &b.raw);
    });
  };
  EXPECT_FALSE(two(12, {4}, 16).ok());
  EXPECT_FALSE(two(0, {4}, 16).ok());
  EXPECT_TRUE(two(16, {4}, 16).ok());
  EXPECT_TRUE(two(4, {0, 3}, 0).ok());
}

TEST(Checkpoint, A_format_that_goes_on_after_a_refusal_gives_no_checkpoint) {
  EXPECT_FALSE(with_sink([](const auto& sink) -> weft_status* {
    const Described bad("bad", WEFT_F32, {4}, 1000, 16), good("good", WEFT_F32, {4}, 0, 16);
    free_abi(sink.tensor(sink.ctx, &bad.raw));
    free_abi(sink.tensor(sink.ctx, &good.raw));
    return nullptr;
  }).ok());
}

TEST(Checkpoint, More_than_a_million_tensors_are_refused) {
  const Status s = with_sink([](const auto& sink) -> weft_status* {
    for (uint32_t i = 0; i <= 1000000; ++i) {
      const Described t("t" + std::to_string(i), WEFT_U8, {0}, 0, 0);
      if (weft_status* failed = sink.tensor(sink.ctx, &t.raw)) return failed;
    }
    return nullptr;
  });
  EXPECT_EQ(s.code(), Code::kResourceExhausted) << s.message();
}

TEST(Checkpoint, Metadata_is_one_json_object) {
  for (const char* text : {"", "{", "[]", "7", "{\"a\": NaN}", "{\"a\": 1e999}", "\xff"}) {
    EXPECT_FALSE(with_sink([&](const auto& s) { return s.metadata(s.ctx, to_str(text)); }).ok()) << text;
  }
  EXPECT_FALSE(with_sink([](const auto& s) { return s.metadata(s.ctx, {nullptr, 9}); }).ok());
  EXPECT_TRUE(with_sink([](const auto& s) { return s.metadata(s.ctx, to_str("{\"a\": 1}")); }).ok());
  EXPECT_FALSE(with_sink([](const auto& s) {
    weft_status* first = s.metadata(s.ctx, to_str("{}"));
    return first ? first : s.metadata(s.ctx, to_str("{}"));
  }).ok());
}

TEST(Checkpoint, A_generation_config_that_is_no_object_or_comes_twice_is_refused) {
  for (const char* text : {"", "[]", "{", "1"}) {
    EXPECT_FALSE(with_sink([&](const auto& s) { return s.generation_config(s.ctx, to_str(text)); }).ok()) << text;
  }
  EXPECT_TRUE(with_sink([](const auto& s) { return s.generation_config(s.ctx, to_str("{}")); }).ok());
  EXPECT_FALSE(with_sink([](const auto& s) {
    weft_status* first = s.generation_config(s.ctx, to_str("{}"));
    return first ? first : s.generation_config(s.ctx, to_str("{}"));
  }).ok());
}

TEST(Checkpoint, A_vocabulary_without_its_texts_is_refused) {
  weft_vocabulary v{};
  v.hdr = {WEFT_END(weft_vocabulary, chat_template), 0};
  auto give = [&] { return with_sink([&](const auto& s) { return s.vocabulary(s.ctx, &v); }); };
  EXPECT_TRUE(give().ok());
  v.n_tokens = 3;
  EXPECT_FALSE(give().ok());
  v.n_tokens = uint64_t{1} << 63;
  EXPECT_EQ(give().code(), Code::kResourceExhausted);
  v.n_tokens = 0, v.n_merges = 3;
  EXPECT_FALSE(give().ok());
  const weft_str tokens[] = {{nullptr, 5}, {"a", 1}, {"", 0}};
  v.n_merges = 0, v.n_tokens = 3, v.tokens = tokens;
  v.bos = INT64_MAX, v.eos = INT64_MIN, v.unk = 3;
  EXPECT_TRUE(give().ok());
  v.hdr.struct_size = WEFT_END(weft_vocabulary, n_templates);
  EXPECT_TRUE(give().ok());
  v.n_templates = 3;
  EXPECT_FALSE(give().ok());
  v.templates = v.template_names = tokens;
  EXPECT_TRUE(give().ok());
  v.n_templates = uint64_t{1} << 63;
  EXPECT_EQ(give().code(), Code::kResourceExhausted);
  v.hdr.struct_size = 16;
  EXPECT_FALSE(give().ok());
  EXPECT_FALSE(with_sink([](const auto& s) { return s.vocabulary(s.ctx, nullptr); }).ok());
}

TEST(Checkpoint, A_format_that_throws_is_reported_by_its_id) {
  const Status s = with_sink([](const auto&) -> weft_status* { throw 7; });
  EXPECT_EQ(s.code(), Code::kInternal);
  EXPECT_NE(s.message().find("test.fake"), std::string_view::npos) << s.message();
}

TEST(Checkpoint, What_a_plugins_exception_says_is_reported_in_one_line) {
  const Status s = with_sink([](const auto&) -> weft_status* { throw std::runtime_error("its own\nwords"); });
  EXPECT_EQ(s.code(), Code::kInternal);
  EXPECT_NE(s.message().find("read threw an exception across the ABI: its own"), std::string_view::npos) << s.message();
  EXPECT_EQ(s.message().find('\n'), std::string_view::npos) << s.message();
}

TEST(Checkpoint, What_a_plugin_says_is_one_line_of_bounded_length) {
  const Status s =
      with_sink([](const auto&) { return to_abi(Code::kInvalidArgument, "a\nb\x1b" + std::string(100000, 'c')); });
  EXPECT_EQ(s.message().find_first_of("\n\x1b"), std::string_view::npos);
  EXPECT_LT(s.message().size(), 4096u);
}

TEST(Checkpoint, A_score_above_100_and_a_throw_in_locate_are_not_believed) {
  const TempFolder folder;
  folder.write("data.bin", "x");
  FakeFormat format;
  format.read = [](const weft_files&, const weft_format_sink&) -> weft_status* { return nullptr; };
  format.locate = [](uint32_t* score, const weft_string_sink&) -> weft_status* { return *score = 0xdeadbeef, nullptr; };
  EXPECT_EQ(open_fake(folder, format).status().code(), Code::kInternal);
  format.locate = [](uint32_t*, const weft_string_sink&) -> weft_status* { throw 7; };
  EXPECT_EQ(open_fake(folder, format).status().code(), Code::kInternal);
}

TEST(Checkpoint, An_entry_outside_the_folder_cannot_be_mapped) {
  const TempFolder folder;
  folder.write("data.bin", "x");
  FakeFormat format;
  format.read = [](const weft_files&, const weft_format_sink&) -> weft_status* { return nullptr; };
  for (std::string entry : {"", "../data.bin", "/etc/passwd", ".", "..", "absent"}) {
    format.locate = [&](uint32_t* score, const weft_string_sink& s) -> weft_status* {
      return *score = 1, s.set(s.ctx, to_str(entry)), nullptr;
    };
    EXPECT_FALSE(open_fake(folder, format).ok()) << entry;
  }
  const std::string with_nul("data.bin\0x", 10);
  format.locate = [&](uint32_t* score, const weft_string_sink& s) -> weft_status* {
    return *score = 1, s.set(s.ctx, to_str(with_nul)), nullptr;
  };
  EXPECT_FALSE(open_fake(folder, format).ok());
}

TEST(Checkpoint, A_pipe_is_refused_and_not_waited_for) {
  const TempFolder folder;
  const std::string pipe = folder.path() + "/data.bin";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  FakeFormat format{[](const weft_files&, const weft_format_sink&) -> weft_status* { return nullptr; }, {}};
  EXPECT_FALSE(Checkpoint::open(pipe, {format.interface()}, dtypes()).ok());
}

TEST(Checkpoint, Without_formats_or_files_the_error_says_so) {
  const TempFolder folder;
  EXPECT_EQ(Checkpoint::open(folder.path(), {}, dtypes()).status().code(), Code::kNotFound);
  EXPECT_EQ(Checkpoint::open(folder.path() + "/none", {}, dtypes()).status().code(), Code::kNotFound);
}

TEST(Checkpoint, The_view_answers_indices_and_files_that_are_not_there) {
  const TempFolder folder;
  folder.write("data.bin", std::string(16, 'x'));
  folder.write("good.json", "{\"a\": 1}");
  folder.write("bad.json", "{\"a\": 1e999}");
  FakeFormat format{[](const weft_files&, const weft_format_sink& s) {
    const Described t("t", WEFT_F32, {4}, 0, 16);
    return s.tensor(s.ctx, &t.raw);
  }, {}};
  auto c = open_fake(folder, format);
  ASSERT_TRUE(c.ok()) << c.status().message();
  const weft_checkpoint& view = *(*c)->abi();
  weft_tensor t{};
  EXPECT_EQ(from_abi(view.tensor(view.ctx, 0, &t)).message(), "the struct to fill says a struct_size of 0");
  t.hdr.struct_size = WEFT_END(weft_tensor, dims);
  EXPECT_FALSE(from_abi(view.tensor(view.ctx, 1, &t)).ok());
  EXPECT_TRUE(from_abi(view.tensor(view.ctx, 0, &t)).ok());
  EXPECT_EQ(view.find(view.ctx, {nullptr, 0}), WEFT_NONE);
  const weft_json* json = nullptr;
  EXPECT_TRUE(from_abi(view.json_file(view.ctx, to_str("absent.json"), &json)).ok());
  EXPECT_EQ(json, nullptr);
  EXPECT_FALSE(from_abi(view.json_file(view.ctx, to_str("bad.json"), &json)).ok());
  EXPECT_TRUE(from_abi(view.json_file(view.ctx, to_str("../data.bin"), &json)).ok());
  EXPECT_EQ(json, nullptr);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const weft_json* mine = nullptr;
      EXPECT_TRUE(from_abi(view.json_file(view.ctx, to_str("good.json"), &mine)).ok());
      EXPECT_EQ(mine->integer(mine->member(mine->root, to_str("a"))), 1);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(CheckpointFiles, Json_is_read_as_python_writes_it_and_errors_name_file_line_and_column) {
  const TempFolder folder;
  folder.write("good.json", R"({"most": Infinity, "none": NaN})");
  folder.write("list.json", "[1]");
  folder.write("bad.json", "{\n  \"a\": 1,\n}");
  folder.write("deep.json", std::string(100, '[') + std::string(100, ']'));
  const auto files = CheckpointFiles::open(folder.path()).value();
  const Json good = files->read_object("good.json").value();
  EXPECT_EQ(good["most"], std::numeric_limits<double>::infinity());
  EXPECT_TRUE(good["none"].is_number());
  EXPECT_EQ(files->read_json("list.json").value(), Json::array({1}));
  EXPECT_EQ(files->read_json("absent.json").status().code(), Code::kNotFound);
  EXPECT_EQ(files->read_object("absent.json").value(), Json::object());
  const auto refused = [&](const Result<Json>& read, const std::string& why) {
    EXPECT_FALSE(read.ok());
    EXPECT_EQ(read.status().message().find(why), 0u) << read.status().message();
  };
  refused(files->read_object("list.json"), folder.path() + "/list.json: a JSON array, expected an object");
  refused(files->read_object("bad.json"), folder.path() + "/bad.json: malformed JSON at line 3, column 1");
  refused(files->read_json("deep.json"), folder.path() + "/deep.json: JSON nested deeper than 64 levels");
}

TEST(Checkpoint, A_file_cut_inside_its_last_page_counts_as_damaged) {
  const TempFolder folder;
  const std::string path = folder.write("data.bin", std::string(256, 'x'));
  FakeFormat format{[](const weft_files&, const weft_format_sink& s) {
    const Described t("t", WEFT_F32, {64}, 0, 256);
    return s.tensor(s.ctx, &t.raw);
  }, {}};
  auto c = open_fake(folder, format);
  ASSERT_TRUE(c.ok());
  EXPECT_TRUE((*c)->check_intact().ok());
  ASSERT_EQ(truncate(path.c_str(), 100), 0);
  EXPECT_TRUE((*c)->check_faults().ok());  // no page is missing
  EXPECT_EQ((*c)->check_intact().code(), Code::kDataLoss);
  EXPECT_EQ((*c)->check_faults().code(), Code::kDataLoss);  // once noticed
}

}  // namespace
}  // namespace weft
