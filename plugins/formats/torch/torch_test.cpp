// Checkpoints of torch.save, read through the host: those of testdata/generate.py, and hostile ones made here.
#include <gtest/gtest.h>

#include "core/plugins/host.hpp"
#include "core/weights/fake_plugins.hpp"
#include "core/weights/row_map.hpp"
#include "tests/zip_file.hpp"

extern "C" const weft_plugin* weft_plugin_query_v1(uint32_t host_major, uint32_t host_minor);

namespace weft {
namespace {

using testing_files::little, testing_files::zip, testing_files::ZipEntry;
using testing_weights::TempFolder;
using Opened = Result<std::shared_ptr<Checkpoint>>;

const std::string kData = WEFT_SOURCE_DIR "/plugins/formats/torch/testdata/";

Opened open(const std::string& path, std::vector<Interface> others = {}) {
  static Host host(1, nullptr);
  static const Interface format = [] {
    const weft_plugin* plugin = weft_plugin_query_v1(WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
    const weft_json options = make_json_view(nullptr);
    void* self = nullptr;
    EXPECT_TRUE(from_abi(plugin->init(host.table(), &options, &self)).ok());
    const auto* table = static_cast<const weft_format*>(plugin->get_interface(self, to_str(WEFT_FORMAT_INTERFACE), 0));
    return Interface{"weft.torch", table, table->self};
  }();
  others.push_back(format);
  return Checkpoint::open(path, others, host.dtypes());
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<float> values(const Checkpoint& c, const std::string& name) {
  const uint32_t i = c.find(name);
  if (i == WEFT_NONE) return {};
  Expression leaf;
  leaf.stored = i, leaf.dims = c.tensors()[i].dims;
  auto result = evaluate(leaf, c);
  EXPECT_TRUE(result.ok()) << result.status().message();
  return result.ok() ? *result : std::vector<float>{};
}

using Floats = std::vector<float>;
using Dims = std::vector<int64_t>;

const StoredTensor& stored(const Checkpoint& c, const std::string& name) { return c.tensors().at(c.find(name)); }

void expect_state(const Opened& c) {
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ((*c)->format(), "torch");
  EXPECT_EQ(values(**c, "embed.weight"), (Floats{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(stored(**c, "embed.weight").dims, (Dims{2, 3}));
  EXPECT_EQ(values(**c, "f16"), (Floats{10, 11, 12, 13}));
  EXPECT_EQ(stored(**c, "f16").dtype, WEFT_F16);
  EXPECT_EQ(values(**c, "bf16"), (Floats{20, 21, 22}));
  EXPECT_EQ(stored(**c, "bf16").dtype, WEFT_BF16);
  EXPECT_EQ(values(**c, "upper"), (Floats{100, 101, 102, 103, 104, 105}));
  EXPECT_EQ(values(**c, "lower"), (Floats{106, 107, 108, 109, 110, 111}));
  EXPECT_EQ(stored(**c, "ids").dtype, WEFT_I64);
  EXPECT_EQ(stored(**c, "mask").dims, (Dims{1, 1, 3, 3}));
  EXPECT_EQ(stored(**c, "scalar").dims, Dims{});
  EXPECT_EQ(values(**c, "scalar"), Floats{-10000});
  EXPECT_EQ(stored(**c, "empty").dims, (Dims{0, 4}));
}

TEST(Torch, A_zip_archive_a_newer_pickle_and_the_legacy_form_hold_the_same) {
  for (const char* file : {"zip.bin", "protocol4.bin", "legacy.bin"}) {
    SCOPED_TRACE(file);
    const Opened c = open(kData + file);
    expect_state(c);
    EXPECT_EQ((*c)->tensors().size(), 9u);
  }
}

TEST(Torch, A_tied_tensor_is_there_once_under_its_first_name) {
  const Opened c = open(kData + "zip.bin");
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_NE((*c)->find("embed.weight"), WEFT_NONE);
  EXPECT_EQ((*c)->find("head.weight"), WEFT_NONE);
}

TEST(Torch, Shards_are_read_by_their_index) {
  const Opened c = open(kData + "sharded");
  expect_state(c);
  EXPECT_EQ(values(**c, "head.weight"), (Floats{1, 2, 3, 4, 5, 6}));  // head.weight lies in a shard of its own
}

TEST(Torch, A_single_file_goes_before_an_index) {
  const TempFolder folder;
  folder.write("pytorch_model.bin", read_file(kData + "zip.bin"));
  folder.write("pytorch_model.bin.index.json", R"({"weight_map":{"t":"gone.bin"}})");
  expect_state(open(folder.path()));
}

TEST(Torch, Safetensors_beside_it_are_read_instead) {
  // pytorch_model.bin in a folder scores 60, safetensors 80 or 90, and GGUF 70.
  const TempFolder folder;
  folder.write("pytorch_model.bin", read_file(kData + "zip.bin"));
  static const weft_format other = {
      {WEFT_END(weft_format, read), 0},
      nullptr,
      nullptr,
      to_str("other"),
      [](void*, const weft_files*, uint32_t* score, const weft_string_sink*) -> weft_status* {
        return *score = 70, nullptr;
      },
      [](void*, const weft_files*, weft_str, const weft_format_sink*) -> weft_status* { return nullptr; }};
  const Opened c = open(folder.path(), {{"test.other", &other, nullptr}});
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ((*c)->format(), "other");
}

TEST(Torch, Dtypes_that_have_no_type_of_storage_are_known) {
  const Opened c = open(kData + "typed.bin");
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ(stored(**c, "u16").dtype, WEFT_U16);
  EXPECT_EQ(values(**c, "u16"), (Floats{0, 1, 2}));
  EXPECT_EQ(stored(**c, "f8").dtype, WEFT_F8_E4M3);
  EXPECT_EQ(values(**c, "f8"), (Floats{1, 1}));
}

void expect_refused(const Opened& c, const std::string& because) {
  ASSERT_FALSE(c.ok()) << because;
  EXPECT_NE(c.status().message().find(because), std::string_view::npos) << c.status().message();
  EXPECT_EQ(c.status().message().find('\n'), std::string_view::npos) << c.status().message();
}

void refused(const std::string& bytes, const std::string& because) {
  const TempFolder folder;
  expect_refused(open(folder.write("pytorch_model.bin", bytes)), because);
}

TEST(Torch, Views_that_rows_do_not_follow_or_that_overlap_are_refused_by_name) {
  expect_refused(open(kData + "strided.bin"), "tensor turned is a view with strides");
  expect_refused(open(kData + "overlapping.bin"), "tensors whole and part overlap");
}

TEST(Torch, A_file_cut_anywhere_is_refused) {
  for (const char* file : {"zip.bin", "legacy.bin"}) {
    const std::string whole = read_file(kData + file);
    for (std::size_t n = 0; n < whole.size(); n += 13) refused(whole.substr(0, n), "");
    refused(whole + "x", "");
  }
}

// --- the pickle -------------------------------------------------------------------------------
std::string text(const std::string& s) { return "X" + little(static_cast<uint32_t>(s.size())) + s; }
std::string integer(int32_t v) { return "J" + little(v); }
std::string storage(const std::string& key, int32_t elements, const std::string& type = "ctorch\nFloatStorage\n") {
  return "(" + text("storage") + type + text(key) + text("cpu") + integer(elements) + "tQ";
}
std::string tensor(const std::string& storage, int32_t offset, const std::string& sizes, const std::string& strides,
                   const std::string& hooks = "}") {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + integer(offset) + sizes + strides + "\x89" + hooks + "tR";
}
std::string dict(const std::string& items) { return "\x80\x02}(" + items + "u."; }
std::string one(int32_t n) { return integer(n) + "\x85"; }
/// An archive with this pickle and a storage "0" of 24 bytes.
std::string archive(const std::string& pickle) {
  return zip({{"a/data.pkl", pickle}, {"a/data/0", std::string(24, 'd')}});
}
void pickle_refused(const std::string& pickle, const std::string& because) { refused(archive(pickle), because); }

TEST(Torch, A_pickle_made_here_is_read) {
  const TempFolder folder;
  const Opened c = open(folder.write("a.pth", archive(dict(text("t") + tensor(storage("0", 6), 2, one(4), one(1))))));
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ(stored(**c, "t").dims, Dims{4});
}

TEST(Torch, Nothing_but_what_tensors_need_is_named_or_called) {
  const std::string arguments = "(" + text("echo") + "tR.";
  pickle_refused("\x80\x02" "cposix\nsystem\n" + arguments, "names posix.system");
  pickle_refused("\x80\x02" "cos\nsystem\n" + arguments, "names os.system");
  pickle_refused("\x80\x02" "c__builtin__\neval\n" + arguments, "names __builtin__.eval");
  pickle_refused("\x80\x04" + text("builtins") + text("exec") + "\x93" + arguments, "names builtins.exec");
  pickle_refused("\x80\x02" "ctorch\nload\n" + arguments, "names torch.load");
  pickle_refused("\x80\x02" "(S'echo'\nios\nsystem\n.", "the opcode 83");
  pickle_refused("\x80\x02" "(ios\nsystem\n.", "the opcode 105");
  pickle_refused("\x80\x02" "ctorch\nFloatStorage\n)\x81.", "the opcode 129");
  pickle_refused("\x80\x02" "ctorch\nFloatStorage\n)R.", "calls a type of storage (torch.FloatStorage)");
  pickle_refused("\x80\x02" + text("f") + ")R.", "calls a string");
  pickle_refused("\x80\x02" "ccollections\nOrderedDict\n}b.", "sets the state of a function");
  const std::string hooks = "}(" + text("k") + text("v") + "u";
  pickle_refused(dict(text("t") + tensor(storage("0", 6), 0, one(6), one(1), hooks)), "backward hooks");
}

TEST(Torch, Bombs_and_broken_stacks_are_refused) {
  pickle_refused("\x80\x02" + std::string(1000, '(') + ".", "marks nested deeper");
  pickle_refused("\x80\x02" + std::string(200000, 'N') + ".", "a stack of more than");
  std::string many = "\x80\x02]";
  for (int i = 0; i < 1000000; ++i) many += "K1a";
  pickle_refused(many + ".", "more than 1000000 values");
  pickle_refused("\x80\x02Nr" + little(uint32_t{4000000000}) + ".", "memo 4000000000, expected at most 1");
  pickle_refused("\x80\x02h\x07.", "memo 7 is not there");
  pickle_refused("\x80\x02X" + little(uint32_t{4000000000}), "a string of 4000000000 bytes");
  pickle_refused("\x80\x05\x8d" + little(UINT64_MAX), "a string of 18446744073709551615 bytes");
  pickle_refused("\x80\x02\x8a\xff" + std::string(255, '1'), "an integer of 255 bytes");
  pickle_refused("\x80\x02" "c" + std::string(100000, 'm'), "module does not end");
  pickle_refused("\x80\x09.", "pickle protocol 9");
  pickle_refused("\x80\x02.", "empty stack");
  pickle_refused("\x80\x02t.", "a mark that is not there");
  pickle_refused("\x80\x02N(\x85.", "takes 1 values, the stack has 0");
  pickle_refused("\x80\x02}" + text("k") + "(u.", "adds to a string");
  pickle_refused("\x80\x02}(Nu.", "a key without a value");
  pickle_refused("\x80\x02NN.", "values left over");
  pickle_refused("\x80\x02}", "opcode of 1 bytes, 0 are left");
  std::string doubling = "\x80\x02)q";  // each tuple holds the one before it twice: 2^200 if it were copied
  doubling += '\0';
  for (char i = 1; i < 100; ++i) doubling += std::string("h") + char(i - 1) + "h" + char(i - 1) + "\x86q" + i;
  pickle_refused(doubling, "opcode of 1 bytes");
  std::string deep = "\x80\x02)";
  for (int i = 0; i < 300000; ++i) deep += "\x85";
  pickle_refused(deep + ".", "holds a tuple, expected a dict");
}

TEST(Torch, A_dict_that_holds_itself_is_no_dict_of_tensors) {
  pickle_refused("\x80\x02}q" + std::string(1, '\0') + text("k") + "h" + std::string(1, '\0') + "s.",
                 "k is a dict, expected a tensor");
}

TEST(Torch, What_is_no_dict_of_named_tensors_is_refused) {
  pickle_refused("\x80\x02N.", "holds a None");
  pickle_refused(dict(text("epoch") + integer(3)), "epoch is a whole number");
  pickle_refused(dict(integer(1) + tensor(storage("0", 6), 0, one(6), one(1))), "a key that is a whole number");
  const std::string t = text("t") + tensor(storage("0", 6), 0, one(6), one(1));
  pickle_refused(dict(t + t), "two tensors are called t");
}

TEST(Torch, Storages_and_extents_outside_the_file_are_refused) {
  const auto with = [](const std::string& from, int32_t offset, const std::string& sizes, const std::string& strides) {
    return dict(text("t") + tensor(from, offset, sizes, strides));
  };
  pickle_refused(with(storage("1", 6), 0, one(6), one(1)), "lies in storage 1, which is not in the file");
  pickle_refused(with(storage("../data.pkl", 6), 0, one(6), one(1)), "which is not in the file");
  pickle_refused(with(storage("0", 7), 0, one(6), one(1)), "a storage of 24 bytes, expected 28");
  pickle_refused(with(storage("0", -1), 0, one(6), one(1)), "is -1");
  pickle_refused(with(storage("0", 6), 1, one(6), one(1)), "takes 24 bytes from element 1 on, its storage has 24");
  pickle_refused(with(storage("0", 6), -1, one(6), one(1)), "is -1");
  pickle_refused(with(storage("0", 6), 0, one(-6), one(1)), "is -6");
  pickle_refused(with(storage("0", 6), 0, one(6), one(0)), "a view with strides");
  pickle_refused(with(storage("0", 6), 0, one(3), one(2)), "a view with strides");
  pickle_refused(with(storage("0", 6), 0, one(6), ")"), "1 sizes and 0 strides");
  const std::string huge = "\x8a\x08" + little(INT64_MAX);
  pickle_refused(with(storage("0", 6), 0, huge + huge + "\x86", huge + integer(1) + "\x86"), "");
  pickle_refused(with(storage("0", 6), 0, huge + "\x85", one(1)), "");
  pickle_refused(with(storage("0", 24, "ctorch.storage\nUntypedStorage\n"), 0, one(6), one(1)), "a tensor of no dtype");
  pickle_refused(with(storage("0", 24, "ctorch\nQInt8Storage\n"), 0, one(6), one(1)), "names torch.QInt8Storage");
  pickle_refused("\x80\x02NQ.", "a persistent id that is a None");
}

// --- the archive ------------------------------------------------------------------------------
const std::string kSound = dict(text("t") + tensor(storage("0", 6), 0, one(6), one(1)));

TEST(Torch, Tricks_of_zip_are_refused) {
  const ZipEntry pickle{"a/data.pkl", kSound}, data{"a/data/0", std::string(24, 'd')};
  const auto changed = [&](const std::function<void(ZipEntry&)>& change) {
    ZipEntry e = data;
    change(e);
    return zip({pickle, e});
  };
  refused(changed([](ZipEntry& e) { e.method = 8; }), "a/data/0 is compressed (method 8)");
  refused(changed([](ZipEntry& e) { e.flags = 1; }), "is encrypted");
  refused(changed([](ZipEntry& e) { e.stored = 23; }), "is stored in 23 bytes and has 24");
  refused(changed([](ZipEntry& e) { e.stored = e.size = 23; }), "a local header that differs");
  refused(changed([](ZipEntry& e) { e.stored = e.size = e.local_size = 2400; }), "data of 2400 bytes");
  refused(changed([](ZipEntry& e) { e.local_name = "a/data/1"; }), "a local header that differs");
  refused(changed([](ZipEntry& e) { e.offset = 3; }), "has no local header");
  refused(changed([](ZipEntry& e) { e.offset = 4000000; }), "in or after the directory");
  refused(changed([](ZipEntry& e) { e.stored = e.size = 0xffffffff; }), "");
  refused(zip({pickle, data, data}), "two entries are called a/data/0");
  refused(zip({data, {"b/data.pkl", kSound}, pickle}), "holds both");
  refused(zip({data}), "without a data.pkl");
  refused(zip({}), "neither a zip archive");
  refused(zip({pickle, data, {"a/byteorder", "big"}}), "byteorder is not little");
  refused(zip({pickle, data, {"a/constants.pkl", "\x80\x02)."}}), "TorchScript");
  refused(zip({{"a/data.pkl", kSound + "N"}, data}), "1 bytes after the pickle");
  // The second entry lies inside the first one's data.
  const std::string inner = zip({data}), outer = inner.substr(0, inner.find("PK\1\2"));
  refused(zip({pickle,
               {"a/x", outer},
               {"a/data/0", std::string(24, 'd'), 0, 0, {}, {}, static_cast<uint32_t>(kSound.size() + 40 + 33)}}),
          "two entries overlap");
}

TEST(Torch, A_missing_shard_is_refused_and_a_differing_one_counts) {
  const TempFolder folder;
  const auto with = [&](const std::string& index) {
    return folder.write("pytorch_model.bin.index.json", index), open(folder.path());
  };
  folder.write("s.bin", archive(kSound));
  EXPECT_TRUE(with(R"({"weight_map":{"t":"s.bin"}})").ok());
  expect_refused(with(R"({"weight_map":{"t":"r.bin"}})"), "the shard \"r.bin\" is missing");
  expect_refused(with(R"({"weight_map":{"t":"../s.bin"}})"), "is missing");
  for (const char* wrong : {R"({"weight_map":{"t":"s.bin","u":"s.bin"}})", R"({"weight_map":{"u":"s.bin"}})"}) {
    const auto c = with(wrong);  // the shard counts
    ASSERT_TRUE(c.ok()) << c.status().message();
    EXPECT_EQ((*c)->tensors().size(), 1u);
  }
  expect_refused(with(R"({"weight_map":3})"), "has no weight_map");
  expect_refused(with("{"), "");
}

TEST(Torch, Legacy_files_that_lie_are_refused) {
  const std::string whole = read_file(kData + "legacy.bin");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string s = whole;
    s.replace(s.find(from), from.size(), to);
    return s;
  };
  refused(changed("M\xe9\x03", "M\xea\x03"), "an unknown protocol");
  refused(changed("little_endianq\x02\x88", "little_endianq\x02\x89"), "little-endian");
  const std::size_t keys = whole.rfind("e.") + 2;  // where the count of the first storage stands
  std::string huge = whole;
  huge.replace(keys, 8, std::string(8, '\xff'));
  refused(huge, "elements");
}

}  // namespace
}  // namespace weft
