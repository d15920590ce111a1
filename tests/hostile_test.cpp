// Files that mean harm or are cut: each loads, or gives a one-line error that names the file and the place. None
// crashes, and none takes more memory than a small multiple of its size.
#include <ctime>

#include "tests/hostile_engine.hpp"
#include "tests/sanitizers.hpp"

namespace weft::test {
namespace {

/// Writes bytes into a file and opens it; an error has to name the file.
class HostileFile : public testing::Test {
 protected:
  Result<std::shared_ptr<Checkpoint>> open(const std::string& name, const std::string& bytes) {
    auto c = open_within(folder_.write(name, bytes), bytes.size());
    if (!c.ok()) {
      EXPECT_NE(c.status().message().find(name), std::string_view::npos) << c.status().message();
    }
    return c;
  }
  void refused(const std::string& name, const std::string& bytes, std::string_view because) {
    auto c = open(name, bytes);
    ASSERT_FALSE(c.ok()) << because;
    EXPECT_NE(c.status().message().find(because), std::string_view::npos)
        << c.status().message() << "\nlacks: " << because;
  }
  void st_refused(const std::string& header, std::size_t data, std::string_view because) {
    refused("model.safetensors", safetensors(header, data), because);
  }
  void gguf_refused(const Gguf& g, std::string_view because) { refused("model.gguf", g.bytes(), because); }

  TempFolder folder_;
};

// --- safetensors ------------------------------------------------------------------------------
TEST_F(HostileFile, Safetensors_that_are_sound_load) {
  auto c = open("model.safetensors",
                safetensors("{" + entry("a", "F32", "[2,3]", "[0,24]") + "," + entry("b", "I8", "[0]", "[24,24]") +
                                "," + entry("s", "F16", "[]", "[24,26]") + "}   ",
                            26));
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ((*c)->tensors().size(), 3u);
  EXPECT_TRUE(open("model.safetensors", safetensors("{}")).ok());
}

TEST_F(HostileFile, Safetensors_lengths_of_the_header) {
  for (std::size_t n = 0; n < 8; ++n)
    refused("model.safetensors", std::string(n, '\0'), n == 0 ? "0 bytes" : "too short");
  refused("model.safetensors", raw<uint64_t>(0), "malformed JSON");
  refused("model.safetensors", raw<uint64_t>(0) + "{}", "malformed JSON");
  refused("model.safetensors", raw<uint64_t>(3) + "{}", "a header of 3 bytes in a file of 10");
  refused("model.safetensors", raw<uint64_t>(uint64_t{1} << 63) + "{}", "at most 104857600");
  refused("model.safetensors", raw(UINT64_MAX) + "{}", "at most 104857600");
  const std::string path = folder_.write("large.safetensors", raw<uint64_t>((100u << 20) + 1) + "{");
  fs::resize_file(path, (100u << 20) + 100);  // sparse: it takes no disk space
  auto c = engine().open_checkpoint(path);
  EXPECT_NE(c.status().message().find("a header of 104857601 bytes"), std::string_view::npos) << c.status().message();
}

TEST_F(HostileFile, Safetensors_headers_that_are_no_object_of_tensors) {
  for (const char* header :
       {"", " ", "{", "}", "{\"a\"", "{\"a\":}", "not json", "\xff\xfe", "{\"a\": NaN}", "{\"a\": 1e999}", "{} {}"}) {
    st_refused(header, 0, "header");
  }
  st_refused(std::string("{}\0x", 4), 0, "malformed JSON at byte 3");
  for (const char* metadata : {"[]", "7", "{\"k\":7}", "{\"k\":{}}"})
    st_refused("{\"__metadata__\":" + std::string(metadata) + "}", 0, "__metadata__");
  for (const char* header : {"[]", "7", "null", "\"{}\""}) st_refused(header, 0, "not a JSON object");
  for (const char* value : {"7", "null", "[]", "\"F32\""})
    st_refused("{\"a\":" + std::string(value) + "}", 0, "tensor a is not an object");
  st_refused("{\"a\":{}}", 0, "tensor a has the unknown dtype");
  st_refused("{\"a\":{\"dtype\":7}}", 0, "unknown dtype");
  st_refused("{\"a\":{\"dtype\":\"F32\"}}", 0, "no shape");
  st_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 0, "no data_offsets");
  st_refused("{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}", 0, "nested deeper");
  st_refused(std::string(1000000, '['), 0, "nested deeper");
  st_refused("{" + entry("", "F32", "[1]", "[0,4]") + "}", 4, "a tensor name of 0 bytes");
  st_refused("{" + entry("line\\nbreak", "F32", "[1]", "[0,4]") + "}", 4, "control characters");
  st_refused("{" + entry("bad\\nname", "F99", "[1]", "[0,4]") + "}", 4, "unknown dtype");
  st_refused("{" + entry(std::string(5000, 'n'), "F32", "[1]", "[0,4]") + "}", 4, "a tensor name of 5000 bytes");
  st_refused("{" + entry("a", std::string(100000, 'F'), "[1]", "[0,4]") + "}", 4, "unknown dtype");
}

TEST_F(HostileFile, Safetensors_offsets) {
  for (const char* offsets : {"[4,0]", "[0,8]", "[8,12]", "[0,18446744073709551615]", "[18446744073709551615,3]",
                              "[0,18446744073709551616]", "[-4,0]", "[0.0,4.0]", "[0,4e0]", "[0]", "[0,4,8]", "[]", "7",
                              "null", "[\"0\",\"4\"]", "[9223372036854775807,9223372036854775807]", "[0,3]", "[1,4]"}) {
    st_refused("{" + entry("a", "F32", "[1]", offsets) + "}", 4, "tensor a");
  }
}

TEST_F(HostileFile, Safetensors_shapes_and_dtypes) {
  for (const char* shape :
       {"[3]", "[]", "[-1]", "[1.0]", "[1e0]", "7", "{}", "null", "[\"1\"]", "[[1]]", "[1,1,1,1,1,1,1,1,1]",
        "[9223372036854775807,9223372036854775807,4]", "[4611686018427387904,4]", "[18446744073709551617]", "[0]"}) {
    st_refused("{" + entry("a", "F32", shape, "[0,8]") + "," + entry("z", "U8", "[1]", "[8,9]") + "}", 9, "tensor a");
  }
  for (const char* dtype : {"F4", "f32", "", "F32 ", "I128"})
    st_refused("{" + entry("a", dtype, "[1]", "[0,4]") + "}", 4, "unknown dtype");
  st_refused("{" + entry("a", "F32", "[0,4611686018427387904,4611686018427387904]", "[0,0]") + "}", 0, "tensor a");
}

TEST_F(HostileFile, Safetensors_data_is_filled_without_gap_or_overlap) {
  st_refused("{" + entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F32", "[2]", "[4,12]") + "}", 12, "overlaps");
  st_refused("{" + entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F32", "[2]", "[0,8]") + "}", 8, "overlaps");
  st_refused("{" + entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F32", "[2]", "[12,20]") + "}", 20, "gap");
  st_refused("{" + entry("a", "F32", "[2]", "[4,12]") + "}", 12, "gap");
  st_refused("{" + entry("a", "F32", "[2]", "[0,8]") + "}", 9, "the tensors end at byte 8, the data at 9");
  st_refused("{}", 1, "the tensors end at byte 0, the data at 1");
  st_refused("{" + entry("a", "F32", "[2]", "[0,8]") + "," + entry("e", "F32", "[0]", "[4,4]") + "}", 8, "tensor e");
  const std::string aliases = entry("e", "F32", "[0]", "[0,0]") + "," + entry("f", "F32", "[0,7]", "[0,0]") + "," +
                              entry("g", "F32", "[3,0]", "[8,8]");
  EXPECT_TRUE(
      open("model.safetensors", safetensors("{" + aliases + "," + entry("a", "F32", "[2]", "[0,8]") + "}", 8)).ok());
}

TEST_F(HostileFile, Safetensors_keys_given_twice_count_once) {
  auto c =
      open("model.safetensors",
           safetensors("{" + entry("a", "F32", "[1]", "[0,4]") + "," + entry("a", "F16", "[2]", "[0,4]") + "}", 4));
  ASSERT_TRUE(c.ok()) << c.status().message();
  ASSERT_EQ((*c)->tensors().size(), 1u);
  EXPECT_EQ((*c)->tensors()[0].dtype, uint32_t{WEFT_F16});
}

TEST_F(HostileFile, Safetensors_headers_of_many_keys_take_linear_time) {
  std::string header = "{";
  for (int i = 0; i < 300000; ++i) header += "\"" + std::to_string(i) + "\":0,";
  st_refused(header + "\"z\":0}", 0, "tensor 0 is not an object");
  std::string brackets = "{\"a\":[";
  for (int i = 0; i < 300000; ++i) brackets += "[],";
  st_refused(brackets + "0]}", 0, "tensor a is not an object");
}

class HostileIndex : public testing::Test {
 protected:
  /// Opens a folder with this index and the shards s1 (tensor a) and s2 (tensor b).
  Result<std::shared_ptr<Checkpoint>> open(const std::string& index) {
    const std::string one = safetensors("{" + entry("a", "F32", "[1]", "[0,4]") + "}", 4),
                      two = safetensors("{" + entry("b", "F32", "[1]", "[0,4]") + "}", 4);
    folder_.write("s1.safetensors", one), folder_.write("s2.safetensors", two),
        folder_.write("model.safetensors.index.json", index);
    return open_within(folder_.path(), index.size() + one.size() + two.size());
  }
  void refused(const std::string& index, std::string_view because) {
    auto c = open(index);
    ASSERT_FALSE(c.ok()) << because;
    EXPECT_NE(c.status().message().find(because), std::string_view::npos)
        << c.status().message() << "\nlacks: " << because;
  }
  TempFolder folder_;
};

TEST_F(HostileIndex, Shards_are_files_of_the_folder) {
  const std::string good = R"({"weight_map":{"a":"s1.safetensors","b":"s2.safetensors"}})";
  auto c = open(good);
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ((*c)->tensors().size(), 2u);
  refused(R"({"weight_map":{"a":"s1.safetensors","b":"s3.safetensors"}})", "s3.safetensors\" is missing");
  refused(R"({"weight_map":{"a":"../s1.safetensors"}})", "../s1.safetensors\" is missing");
  refused(R"({"weight_map":{"a":"/etc/passwd"}})", "/etc/passwd\" is missing");
  refused(R"({"weight_map":{"a":""}})", "is missing");
  refused(R"({"weight_map":{"a":7}})", "is missing");
  refused(R"({"weight_map":{"a":"s1.safetensors\u0000"}})", "the shard");
  refused(R"({"weight_map":{"a":"model.safetensors.index.json"}})", "model.safetensors.index.json: ");
  refused(R"({"weight_map":[]})", "no weight_map");
  refused(R"({})", "no weight_map");
  refused("", "malformed JSON");
  refused("{\"weight_map\":{\"a\":\"" + std::string(100000, 'x') + "\"}}", "is missing");
}

TEST_F(HostileIndex, What_shards_hold_counts_and_not_what_the_index_says_of_it) {
  for (const char* wrong : {R"({"weight_map":{"a":"s2.safetensors","b":"s1.safetensors"}})",
                            R"({"weight_map":{"a":"s1.safetensors","x":"s2.safetensors"}})",
                            R"({"weight_map":{"a":"s1.safetensors","b":"s2.safetensors","c":"s1.safetensors"}})"}) {
    auto c = open(wrong);
    ASSERT_TRUE(c.ok()) << wrong << ": " << c.status().message();
    ASSERT_EQ((*c)->tensors().size(), 2u) << wrong;
    EXPECT_NE((*c)->find("a"), WEFT_NONE);
    EXPECT_NE((*c)->find("b"), WEFT_NONE);
  }
  auto c = open(R"({"weight_map":{"a":"s1.safetensors","b":"s1.safetensors"}})");
  ASSERT_TRUE(c.ok()) << "the shard that the index does not name is not read";
  EXPECT_EQ((*c)->tensors().size(), 1u);
}

TEST_F(HostileIndex, Of_two_shards_with_one_name_the_index_decides) {
  const auto shard = [&](const char* name, const char* dtype, const char* offsets, std::size_t bytes) {
    folder_.write(name, safetensors("{" + entry("a", dtype, "[1]", offsets) + "}", bytes));
  };
  shard("s1.safetensors", "F32", "[0,4]", 4), shard("s2.safetensors", "F16", "[0,2]", 2);
  folder_.write("model.safetensors.index.json", R"({"weight_map":{"a":"s2.safetensors","b":"s1.safetensors"}})");
  auto c = engine().open_checkpoint(folder_.path());
  ASSERT_TRUE(c.ok()) << c.status().message();
  ASSERT_EQ((*c)->tensors().size(), 1u);
  EXPECT_EQ((*c)->tensors()[0].dtype, uint32_t{WEFT_F16});
}

TEST_F(HostileIndex, A_single_file_goes_before_an_index) {
  folder_.write("model.safetensors", safetensors("{" + entry("whole", "F32", "[1]", "[0,4]") + "}", 4));
  auto c = open(R"({"weight_map":{"a":"gone.safetensors"}})");
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_NE((*c)->find("whole"), WEFT_NONE);
}

// --- GGUF -------------------------------------------------------------------------------------
TEST_F(HostileFile, Gguf_that_is_sound_loads) {
  auto c = open("model.gguf", sound_gguf().bytes());
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ((*c)->tensors()[0].dims, (std::vector<int64_t>{2, 4}));
  EXPECT_TRUE(open("model.gguf", Gguf().bytes()).ok());
}

TEST(Disguises, A_projector_beside_a_gguf_model_is_not_taken_for_one) {
  const TempFolder folder;
  folder.write("mmproj-model-f16.gguf", sound_gguf().bytes());
  EXPECT_TRUE(engine().open_checkpoint(folder.path()).ok()) << "alone it is opened";
  folder.write("model-Q4_0.gguf", Gguf().pair("general.architecture", Gguf::STRING, Gguf::text("other")).bytes());
  auto c = engine().open_checkpoint(folder.path());
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ((*c)->metadata()["general.architecture"], "other");
  folder.write("other.gguf", sound_gguf().bytes());
  EXPECT_NE(engine().open_checkpoint(folder.path()).status().message().find("has 2 GGUF models"), std::string::npos);
}

TEST(Disguises, What_stands_in_for_a_file_is_named_for_what_it_is) {
  const std::pair<const char*, const char*> texts[] = {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12345678\n", "a pointer of git-lfs"},
      {"<!DOCTYPE html>\n<html><head></head></html>", "a page of HTML"},
      {"\n <HTML>not found</HTML>", "a page of HTML"},
      {"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "XML"}};
  for (const char* name : {"model.safetensors", "model.gguf", "pytorch_model.bin", "model.safetensors.index.json"}) {
    for (const auto& [text, what] : texts) {
      const TempFolder folder;
      const std::string file = folder.write(name, text);
      for (const std::string& path : {folder.path(), file}) {
        const std::string message(engine().open_checkpoint(path).status().message());
        EXPECT_NE(message.find(std::string(name) + ": is " + what), message.npos) << path << ": " << message;
      }
    }
  }
  const TempFolder folder;
  folder.write("model.safetensors", safetensors("{}"));
  folder.write("config.json", texts[0].first);
  auto c = engine().open_checkpoint(folder.path());
  ASSERT_TRUE(c.ok()) << c.status().message();
  const std::string message((*c)->files().read_json("config.json").status().message());
  EXPECT_NE(message.find("config.json: is a pointer of git-lfs"), message.npos) << message;
}

TEST_F(HostileFile, Gguf_magic_version_and_counts) {
  Gguf g = sound_gguf();
  g.magic = "FUGG";
  gguf_refused(g, "does not begin with GGUF");
  for (uint32_t version : {0u, 1u, 4u, 99u, UINT32_MAX}) {
    g = sound_gguf(), g.version = version;
    gguf_refused(g, "expected 2 or 3");
  }
  g = sound_gguf(), g.version = 0x03000000u;
  gguf_refused(g, "is big-endian");
  for (uint64_t n : {uint64_t{1} << 63, UINT64_MAX, uint64_t{1} << 32, uint64_t{1000000}, uint64_t{2}}) {
    g = sound_gguf(), g.n_tensors = n;
    gguf_refused(g, "(at byte ");
    g = sound_gguf(), g.n_pairs = n;
    gguf_refused(g, "(at byte ");
  }
  for (std::size_t n = 0; n < 24; ++n) refused("model.gguf", sound_gguf().bytes().substr(0, n), "(at byte ");
}

TEST_F(HostileFile, Gguf_strings) {
  for (uint64_t n : {uint64_t{1} << 63, UINT64_MAX, uint64_t{1} << 40, uint64_t{1000}}) {
    Gguf key = sound_gguf();
    key.pairs += raw(n) + "k", ++key.pairs_added;
    gguf_refused(key, "a metadata key");
    gguf_refused(sound_gguf().pair("k", Gguf::STRING, raw(n) + "v"), "a metadata string");
    Gguf name = sound_gguf();
    name.infos += raw(n) + "t", ++name.tensors_added;
    gguf_refused(name, "a tensor's name");
  }
  gguf_refused(sound_gguf().pair("k", Gguf::U8, raw(uint8_t{1})).pair("k", Gguf::U8, raw(uint8_t{1})),
               "k stands twice");
  gguf_refused(sound_gguf().pair("k", Gguf::STRING, Gguf::text("\xff\xfe")), "metadata");
  gguf_refused(sound_gguf().tensor("", {1}, 0, 0), "a tensor name of 0 bytes");
  gguf_refused(sound_gguf().tensor("a\nb", {1}, 0, 0), "control characters");
  gguf_refused(sound_gguf().tensor("t", {1}, 0, 32).data(64), "two tensors are called t");
}

TEST_F(HostileFile, Gguf_values_and_arrays) {
  for (uint32_t type : {13u, 99u, UINT32_MAX}) {
    gguf_refused(sound_gguf().pair("k", type, "vvvv"), "unknown type");
    gguf_refused(sound_gguf().array("k", type, 1, "vvvv"), "unknown type");
  }
  gguf_refused(sound_gguf().pair("k", Gguf::BOOL, raw(uint8_t{2})), "a boolean of value 2");
  gguf_refused(sound_gguf().array("k", Gguf::BOOL, 2, std::string("\1\2")), "a boolean of value 2");
  gguf_refused(sound_gguf().pair("k", Gguf::U64, raw(uint64_t{1} << 63)), "exceeds 63 bits");
  gguf_refused(sound_gguf().array("k", Gguf::U64, 1, raw(UINT64_MAX)), "exceeds 63 bits");
  gguf_refused(sound_gguf().pair("k", Gguf::F32, raw(0x7f800000u)), "not a finite number");
  gguf_refused(sound_gguf().pair("k", Gguf::F64, raw(UINT64_MAX)), "not a finite number");
  for (uint64_t n : {UINT64_MAX, uint64_t{1} << 63, uint64_t{1} << 61, (uint64_t{16} << 20) + 1, uint64_t{16} << 20,
                     uint64_t{1000}}) {
    for (uint32_t type = Gguf::U8; type <= Gguf::F64; ++type)
      gguf_refused(sound_gguf().array("k", type, n, "0123"), "an array's length");
  }
  std::string nested;
  for (int depth = 0; depth < 1000; ++depth) nested += raw(uint32_t{Gguf::ARRAY}) + raw(uint64_t{1});
  gguf_refused(sound_gguf().pair("k", Gguf::ARRAY, nested), "nests too deep");
  auto c = open("model.gguf", sound_gguf()
                                  .array("k", Gguf::I16, 3, raw<int16_t>(-1) + raw<int16_t>(0) + raw<int16_t>(7))
                                  .array("s", Gguf::F32, 1, raw(0.5f))
                                  .array("e", Gguf::U8, 0, "")
                                  .bytes());
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ((*c)->metadata()["k"].dump(), "[-1,0,7]");
  EXPECT_EQ((*c)->metadata()["s"].dump(), "[0.5]");
  EXPECT_EQ((*c)->metadata()["e"].dump(), "[]");
}

TEST_F(HostileFile, Gguf_arrays_in_arrays_take_no_large_multiple_of_their_size) {
  std::string empty;
  for (int i = 0; i < 70000; ++i) empty += raw(uint32_t{Gguf::U8}) + raw(uint64_t{0});
  gguf_refused(sound_gguf().array("k", Gguf::ARRAY, 70000, empty), "more than 65536 arrays in arrays");
}

TEST_F(HostileFile, Gguf_arrays_of_bytes_take_no_multiple_of_their_size) {
  const std::string bytes = sound_gguf().array("k", Gguf::U8, 16u << 20, std::string(16u << 20, 'x')).bytes();
  const std::string path = folder_.write("model.gguf", bytes);
  const uint64_t before = testing_memory::live_bytes();
  testing_memory::reset_peak();
  EXPECT_TRUE(engine().open_checkpoint(path).ok());
  EXPECT_LE(testing_memory::peak_bytes() - before, bytes.size());
}

TEST_F(HostileFile, Gguf_alignments) {
  for (uint32_t a : {0u, 3u, 31u, 1u << 31, (1u << 20) + 1, UINT32_MAX})
    gguf_refused(sound_gguf().pair("general.alignment", Gguf::U32, raw(a)), "general.alignment");
  gguf_refused(sound_gguf().pair("general.alignment", Gguf::I32, raw(-32)), "general.alignment");
  // The data would begin behind the end of the file.
  gguf_refused(sound_gguf().pair("general.alignment", Gguf::U32, raw(1u << 20)), "tensor t");
  Gguf g = sound_gguf().pair("general.alignment", Gguf::U32, raw(8u));
  g.alignment = 8;
  EXPECT_TRUE(open("model.gguf", g.bytes()).ok());
}

TEST_F(HostileFile, Gguf_tensors) {
  gguf_refused(Gguf().tensor("t", std::vector<uint64_t>(9, 1), 0, 0).data(32), "rank 9");
  gguf_refused(Gguf().tensor("t", {uint64_t{1} << 63}, 0, 0).data(32), "overflows");
  gguf_refused(Gguf().tensor("t", {UINT64_MAX}, 0, 0).data(32), "overflows");
  gguf_refused(Gguf().tensor("t", {uint64_t{1} << 40, uint64_t{1} << 40}, 0, 0).data(32), "overflows");
  gguf_refused(Gguf().tensor("t", {uint64_t{1} << 60}, 28, 0).data(32), "overflows");
  gguf_refused(Gguf().tensor("t", {0, uint64_t{1} << 62, 16}, 0, 0).data(32), "tensor t");
  for (uint32_t type : {4u, 5u, 31u, 99u, UINT32_MAX})
    gguf_refused(Gguf().tensor("t", {4}, type, 0).data(32), "which is not read");
  gguf_refused(Gguf().tensor("t", {33}, 8, 0).data(64), "expected a multiple of 32");
  gguf_refused(Gguf().tensor("t", {16, 2}, 2, 0).data(64), "expected a multiple of 32");
  gguf_refused(Gguf().tensor("t", {}, 8, 0).data(64), "expected a multiple of 32");
  gguf_refused(Gguf().tensor("t", {4}, 0, 1).data(32), "not aligned");
  for (uint64_t offset : {uint64_t{32}, uint64_t{1} << 63, UINT64_MAX - 31})
    gguf_refused(Gguf().tensor("t", {4}, 0, offset).data(32), "takes 16 bytes");
  gguf_refused(Gguf().tensor("a", {8}, 0, 0).tensor("b", {8}, 0, 0).data(32), "overlap");
  gguf_refused(Gguf().tensor("a", {16}, 0, 0).tensor("b", {8}, 0, 32).data(64), "overlap");
  EXPECT_TRUE(open("model.gguf", Gguf()
                                     .tensor("t", {}, 0, 0)
                                     .tensor("e", {0, 5}, 0, 0)
                                     .tensor("five", {1, 1, 1, 1, 2}, 0, 32)
                                     .data(64)
                                     .bytes())
                  .ok());
}

TEST_F(HostileFile, Gguf_vocabularies) {
  const std::string two = Gguf::text("a") + Gguf::text("b");
  gguf_refused(sound_gguf().pair("tokenizer.ggml.tokens", Gguf::U32, raw(7u)), "not the array expected");
  gguf_refused(sound_gguf().array("tokenizer.ggml.tokens", Gguf::U32, 1, raw(7u)), "not the array expected");
  gguf_refused(sound_gguf()
                   .array("tokenizer.ggml.tokens", Gguf::STRING, 2, two)
                   .pair("tokenizer.chat_template.x", Gguf::U32, raw(7u)),
               "not a string");
  gguf_refused(sound_gguf()
                   .array("tokenizer.ggml.tokens", Gguf::STRING, 2, two)
                   .array("tokenizer.ggml.scores", Gguf::F32, 1, raw(1.0f)),
               "unequal lengths");
  gguf_refused(sound_gguf()
                   .array("tokenizer.ggml.tokens", Gguf::STRING, 2, two)
                   .array("tokenizer.ggml.token_type", Gguf::I32, 3, raw(1) + raw(1) + raw(1)),
               "unequal lengths");
  auto c = open("model.gguf", sound_gguf()
                                  .array("tokenizer.ggml.tokens", Gguf::STRING, 2, two)
                                  .pair("tokenizer.ggml.bos_token_id", Gguf::U32, raw(UINT32_MAX))
                                  .pair("tokenizer.ggml.eos_token_id", Gguf::I32, raw(-5))
                                  .bytes());
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ((*c)->vocabulary()->bos, -1);
  EXPECT_EQ((*c)->vocabulary()->eos, -1);
}

TEST(HostileSplit, Parts_are_there_and_say_what_their_names_say) {
  auto part = [](const std::string& tensor, int64_t number, int64_t count) {
    Gguf g;
    if (count >= 0) g.pair("split.no", Gguf::I64, raw(number)).pair("split.count", Gguf::I64, raw(count));
    return g.tensor(tensor, {4}, 0, 0).data(32).bytes();
  };
  const TempFolder folder;
  const std::string first = "m-00001-of-00002.gguf", second = "m-00002-of-00002.gguf";
  auto open = [&](const std::string& a, const std::string& b) {
    const std::string path = folder.write(first, a);
    if (!b.empty()) folder.write(second, b);
    return open_within(path, a.size() + b.size());
  };
  auto refused = [&](const std::string& a, const std::string& b, std::string_view because) {
    auto c = open(a, b);
    ASSERT_FALSE(c.ok()) << because;
    EXPECT_NE(c.status().message().find(because), std::string_view::npos) << c.status().message();
  };
  refused(part("a", 0, 2), "", second + " is missing");
  auto c = open(part("a", 0, 2), part("b", 1, 2));
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ((*c)->tensors().size(), 2u);
  EXPECT_TRUE(open(part("a", 0, -1), part("b", 0, -1)).ok());
  refused(part("a", 0, 3), part("b", 1, 2), "split.count 3");
  refused(part("a", 0, (int64_t{1} << 32) + 2), part("b", 1, 2), "split.count 4294967298");
  refused(part("a", 0, 2), part("b", 1, 3), second + ": says split.count 3");
  refused(part("a", 0, 2), part("b", 0, 2), second + ": says split.no 0");
  refused(part("a", 0, 2), part("a", 1, 2), "two tensors are called a");
  refused(part("a", 0, 2), "GG", second);
  auto alone = open_within(folder / second, 2);
  EXPECT_NE(alone.status().message().find("name the first"), std::string_view::npos) << alone.status().message();
  const std::string many = folder.write("n-00001-of-99999.gguf", Gguf().bytes());
  EXPECT_NE(open_within(many, 32).status().message().find("n-00002-of-99999.gguf is missing"), std::string_view::npos);
}

}  // namespace
}  // namespace weft::test
