// Checkpoints of torch.save, through the host: those that testdata/generate.py made, and hostile ones made here.
#include <gtest/gtest.h>

#include "core/plugins/host.hpp"
#include "core/weights/fake_plugins.hpp"
#include "core/weights/row_map.hpp"

extern "C" const weft_plugin* weft_plugin_query_v1(uint32_t host_major, uint32_t host_minor);

namespace weft {
namespace {

using testing_weights::TempFolder;
using Opened = Result<std::shared_ptr<Checkpoint>>;

const std::string kData = WEFT_SOURCE_DIR "/plugins/formats/torch/testdata/";

Opened open(const std::string& path) {
  static Host host(1, nullptr);
  static const Interface format = [] {
    const weft_plugin* plugin = weft_plugin_query_v1(WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
    const weft_json options = make_json_view(nullptr);
    void* self = nullptr;
    EXPECT_TRUE(from_abi(plugin->init(host.table(), &options, &self)).ok());
    const auto* table = static_cast<const weft_format*>(plugin->get_interface(self, to_str(WEFT_FORMAT_INTERFACE), 0));
    return Interface{"weft.torch", table, table->self};
  }();
  return Checkpoint::open(path, {format}, host.dtypes());
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<float> values(const Checkpoint& c, const std::string& name) {
  const uint32_t i = c.find(name);
  if (i == WEFT_NONE) return {};
  Expression source;
  source.source = i, source.dims = c.tensors()[i].dims;
  auto result = evaluate(source, c);
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
  EXPECT_EQ(values(**c, "head.weight"), (Floats{1, 2, 3, 4, 5, 6}));  // in a file of its own
}

}  // namespace
}  // namespace weft
