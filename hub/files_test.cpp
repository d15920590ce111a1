#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "hub/cache.hpp"
#include "hub/durable.hpp"
#include "hub/header.hpp"
#include "hub/part_file.hpp"
#include "hub/select.hpp"

namespace weft::hub {
namespace {

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "weft-hub-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(Files, A_part_remembers_how_far_it_came) {
  const std::string path = folder_ + "/part", whole(300000, 'x');
  {
    auto part = PartFile::open(path, whole.size(), 1 << 17);
    ASSERT_TRUE(part.ok());
    ASSERT_TRUE(part->append(0, whole.substr(0, 1000)).ok());
    ASSERT_TRUE(part->append(2, whole.substr(0, part->bytes(2))).ok());
    EXPECT_FALSE(part->append(0, whole.substr(0, 1 << 17)).ok()) << "beyond the chunk";
  }
  auto part = PartFile::open(path, whole.size(), 1 << 20);
  ASSERT_TRUE(part.ok());
  std::size_t chunk = 0;
  EXPECT_EQ(part->front(chunk), 1000u);
  EXPECT_EQ(part->done(), 1000 + part->bytes(2));
  ASSERT_TRUE(part->append(0, whole.substr(0, (1 << 17) - 1000)).ok());
  ASSERT_TRUE(part->append(1, whole.substr(0, 1 << 17)).ok());
  ASSERT_TRUE(part->finish(folder_ + "/whole").ok());
  std::ifstream in(folder_ + "/whole", std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), whole);
}

TEST_F(Files, What_is_no_part_of_the_file_is_begun_anew) {
  const std::string path = folder_ + "/part";
  for (const std::string& junk : {std::string("junk"), std::string(20000, '\xff'), std::string(20000, '\0')}) {
    std::ofstream(path, std::ios::binary) << junk;
    auto part = PartFile::open(path, 10000, 1 << 20);
    ASSERT_TRUE(part.ok());
    EXPECT_EQ(part->done(), 0u);
  }
  auto other_size = PartFile::open(path, 9999, 1 << 20);
  ASSERT_TRUE(other_size.ok());
  EXPECT_EQ(other_size->done(), 0u);
}

TEST_F(Files, A_file_from_before_the_machine_was_started_again_is_hashed_before_it_is_used) {
  const RepoCache cache(folder_, "models--o--n", true);
  ASSERT_TRUE(cache.prepare().ok());
  const std::string whole(10000, 'x'), commit(40, 'a');
  const std::string id = *hash_of(HashKind::kSha256, whole);
  auto fetched = [&] {
    auto part = PartFile::open(cache.blob(id) + ".part", whole.size(), 1 << 20);
    ASSERT_TRUE(part.ok() && part->append(0, whole).ok() && part->finish(cache.blob(id)).ok());
    ASSERT_TRUE(cache.link(commit, "m.gguf", id).ok());
  };
  fetched();
  EXPECT_TRUE(cache.has(commit, "m.gguf"));
  const char* mark = "user.weft.unsettled";
  if (getxattr(cache.blob(id).c_str(), mark, nullptr, 0) < 0) GTEST_SKIP() << "a file system without attributes";
  ASSERT_EQ(setxattr(cache.blob(id).c_str(), mark, "earlier", 7, 0), 0);
  EXPECT_TRUE(cache.has(commit, "m.gguf")) << "its hash is right";
  EXPECT_LT(getxattr(cache.blob(id).c_str(), mark, nullptr, 0), 0) << "it is asked once";
  fetched();
  ASSERT_EQ(setxattr(cache.blob(id).c_str(), mark, "earlier", 7, 0), 0);
  // Bytes that never came to the disk.
  std::ofstream(cache.blob(id), std::ios::binary | std::ios::in) << std::string(4096, '\0');
  EXPECT_FALSE(cache.has(commit, "m.gguf"));
  EXPECT_FALSE(cache.has_blob(id, whole.size()));
  EXPECT_FALSE(std::filesystem::exists(cache.blob(id)));
}

TEST_F(Files, Bytes_are_lent_when_they_have_come_and_not_taken_back) {
  const std::string whole(300000, 'x');
  auto part = PartFile::open(folder_ + "/part", whole.size(), 1 << 17);
  ASSERT_TRUE(part.ok());
  ASSERT_TRUE(part->append(0, whole.substr(0, 1000)).ok());
  EXPECT_FALSE(part->lend(0, 1001));
  ASSERT_TRUE(part->reset().ok());
  ASSERT_TRUE(part->append(0, whole.substr(0, 1 << 17)).ok());
  EXPECT_FALSE(part->lend(0, 1000)) << "it was begun anew";
  ASSERT_TRUE(part->append(1, whole.substr(0, 1 << 17)).ok());
  ASSERT_TRUE(part->append(2, whole.substr(0, part->bytes(2))).ok());
  ASSERT_TRUE(part->finish(folder_ + "/whole").ok());
  EXPECT_TRUE(part->lend(100000, 200000));
  auto other = PartFile::open(folder_ + "/other", whole.size(), 1 << 17);
  ASSERT_TRUE(other.ok() && other->append(0, whole.substr(0, 1000)).ok());
  EXPECT_TRUE(other->lend(500, 500));
  EXPECT_EQ(other->reset().code(), Code::kAborted);
  EXPECT_FALSE(other->lend(299999, 2)) << "beyond the end";
}

TEST_F(Files, A_write_that_the_system_cuts_short_says_why) {
  const int fd = open((folder_ + "/file").c_str(), O_WRONLY | O_CREAT, 0600);
  const std::string text(3000, 'x');
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit few{1000, before.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &few);
  errno = 0;
  const int why = write_all(fd, text.data(), text.size());
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(why, EFBIG);
  EXPECT_EQ(write_all(fd, text.data(), text.size()), 0);
  close(fd);
  EXPECT_EQ(std::filesystem::file_size(folder_ + "/file"), 4000u);
}

TEST_F(Files, Links_are_not_written_through) {
  std::ofstream(folder_ + "/victim") << "mine";
  std::filesystem::create_symlink(folder_ + "/victim", folder_ + "/part");
  ASSERT_TRUE(PartFile::open(folder_ + "/part", 100, 1 << 20).ok());
  EXPECT_EQ(std::filesystem::file_size(folder_ + "/victim"), 4u);
  EXPECT_FALSE(std::filesystem::is_symlink(folder_ + "/part"));
}

TEST_F(Files, A_tree_is_written_and_read_and_a_hostile_one_is_not) {
  const RepoCache cache(folder_, "models--o--n", true);
  ASSERT_TRUE(cache.prepare().ok());
  const std::string commit(40, 'a');
  const Listing listing = {{"a.json", 3, std::string(40, 'b')},
                           {"m.gguf", 9, std::string(40, 'c'), std::string(64, 'd')}};
  ASSERT_TRUE(cache.write_tree(commit, listing).ok());
  ASSERT_TRUE(cache.tree(commit).has_value());
  EXPECT_EQ(cache.tree(commit)->at(1).id(), std::string(64, 'd'));
  for (const char* bad : {"[]", "{\"format_version\": \"x\", \"files\": {}}",
                          "{\"format_version\": 1, \"files\": {\"../x\": {\"size\": 1, \"blob_id\": \"b\"}}}",
                          "{\"format_version\": 1, \"files\": {\"x\": {\"size\": 1, \"blob_id\": \"../../x\"}}}",
                          "{\"format_version\": 1, \"files\": {\"x\": 3}}"}) {
    std::ofstream(cache.folder() + "/trees/" + commit + ".json") << bad;
    EXPECT_FALSE(cache.tree(commit).has_value()) << bad;
  }
}

Result<std::string> no_read(const Entry&) { return Status(Code::kNotFound, "nothing to read"); }

Listing listing_of(std::initializer_list<const char*> names) {
  Listing l;
  for (const char* n : names) l.push_back({n, 1, std::string(40, 'a')});
  return l;
}

TEST(Select, One_set_of_weights_is_taken) {
  const auto safetensors =
      select_files(listing_of({"config.json", "model.safetensors", "pytorch_model.bin", "x.gguf"}), {}, no_read);
  EXPECT_EQ(safetensors->paths, (std::vector<std::string>{"model.safetensors", "config.json"}));
  const auto torch = select_files(listing_of({"config.json", "pytorch_model-00001-of-00002.bin",
                                              "pytorch_model-00002-of-00002.bin", "optimizer.bin"}),
                                  {}, no_read);
  EXPECT_EQ(torch->paths.size(), 3u);
  EXPECT_EQ(select_files(listing_of({"a.gguf"}), {}, no_read)->open, "a.gguf");
  EXPECT_FALSE(select_files(listing_of({"model-00001-of-00002.safetensors"}), {}, no_read).ok())
      << "a shard is missing";
  EXPECT_FALSE(select_files(listing_of({"model.h5"}), {}, no_read).ok());
}

TEST(Select, A_single_file_goes_before_an_index_that_may_be_left_over) {
  const auto s = select_files(listing_of({"config.json", "model.safetensors", "model.safetensors.index.json",
                                          "model-00001-of-00002.safetensors"}),
                              {}, no_read);
  ASSERT_TRUE(s.ok()) << s.status().message();
  EXPECT_EQ(s->paths, (std::vector<std::string>{"model.safetensors", "config.json"}));
}

TEST(Select, The_same_weights_in_other_formats_stay_away) {
  const auto s = select_files(
      listing_of({"config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                  "consolidated.safetensors", "consolidated.00.pth", "original/consolidated.00.pth", "onnx/model.onnx",
                  "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin", "flax_model.msgpack",
                  "tf_model.h5", "rust_model.ot", "openvino_model.bin", "adapter_model.safetensors", "gguf/m.gguf"}),
      {}, no_read);
  ASSERT_TRUE(s.ok()) << s.status().message();
  EXPECT_EQ(s->paths, (std::vector<std::string>{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                                                "config.json"}));
  EXPECT_EQ(
      select_files(listing_of({"consolidated.safetensors", "params.json", "tekken.json"}), {}, no_read)->paths.size(),
      3u)
      << "all there is";
}

/// What is opened for a quant, or why none is.
std::string quant(const Listing& listing, const char* name) {
  Wanted w;
  w.quant = name;
  const auto s = select_files(listing, w, no_read);
  return s.ok() ? s->open : "refused: " + std::string(s.status().message());
}

TEST(Select, A_quant_is_found_as_publishers_name_it) {
  const Listing l =
      listing_of({"gemma-3-4b-it-BF16.gguf", "gemma-3-4b-it-Q4_K_M.gguf", "gemma-3-4b-it-Q4_K_S.gguf",
                  "gemma-3-4b-it-UD-Q4_K_XL.gguf", "gemma-3-4b-it-UD-Q4_K_M.gguf", "mmproj-F16.gguf",
                  "mmproj-gemma-BF16.gguf", "imatrix_unsloth.gguf", "gemma-3-4b-it-Q8_0-00001-of-00002.gguf",
                  "gemma-3-4b-it-Q8_0-00002-of-00002.gguf", "config.json", "README.md"});
  EXPECT_EQ(quant(l, ""), "gemma-3-4b-it-Q4_K_M.gguf");
  EXPECT_NE(select_files(l, {}, no_read)->told.find("takes gemma-3-4b-it-Q4_K_M, one of 6"), std::string::npos);
  EXPECT_EQ(quant(l, "q4_k_m"), "gemma-3-4b-it-Q4_K_M.gguf");
  EXPECT_EQ(quant(l, "UD-Q4_K_XL"), "gemma-3-4b-it-UD-Q4_K_XL.gguf");
  EXPECT_EQ(quant(l, "Q4_K_XL"), "gemma-3-4b-it-UD-Q4_K_XL.gguf");
  EXPECT_EQ(quant(l, "Q8_0"), "gemma-3-4b-it-Q8_0-00001-of-00002.gguf");
  EXPECT_EQ(quant(l, "F16").substr(0, 8), "refused:") << "the projector is no model";
  EXPECT_EQ(quant(l, "Q4_K").substr(0, 8), "refused:");
  Wanted w;
  w.quant = "Q8_0";
  EXPECT_EQ(select_files(l, w, no_read)->paths.size(), 2u) << "and nothing but the shards";
}

TEST(Select, A_quant_may_name_a_folder_or_stand_in_the_middle) {
  const Listing l =
      listing_of({"Q4_K_M/DeepSeek-V3-Q4_K_M-00001-of-00002.gguf", "Q4_K_M/DeepSeek-V3-Q4_K_M-00002-of-00002.gguf",
                  "BF16/model.gguf", "m.Q5_K_M.imat.gguf", "phi-fp16.gguf"});
  EXPECT_EQ(quant(l, "Q4_K_M"), "Q4_K_M/DeepSeek-V3-Q4_K_M-00001-of-00002.gguf");
  EXPECT_EQ(quant(l, "BF16"), "BF16/model.gguf");
  EXPECT_EQ(quant(l, "Q5_K_M"), "m.Q5_K_M.imat.gguf");
  EXPECT_EQ(quant(l, "F16"), "phi-fp16.gguf");
}

TEST(Select, Without_a_usual_quant_or_with_several_models_the_names_are_listed) {
  EXPECT_EQ(quant(listing_of({"m-Q8_0.gguf", "m-F32.gguf"}), ""), "m-Q8_0.gguf");
  EXPECT_NE(quant(listing_of({"a.gguf", "b.gguf"}), "").find("a, b"), std::string::npos);
  EXPECT_NE(quant(listing_of({"m-it-Q4_K_M.gguf", "m-pt-Q4_K_M.gguf"}), "").find("several models in Q4_K_M"),
            std::string::npos);
  EXPECT_NE(quant(listing_of({"m-Q8_0-00001-of-00003.gguf", "m-Q8_0-00003-of-00003.gguf"}), "").find("expected 3"),
            std::string::npos);
}

TEST(Select, An_index_must_name_files_that_are_there) {
  const Listing l = listing_of({"model.safetensors.index.json", "a.safetensors", "b.safetensors"});
  auto with = [&](const char* text) {
    return select_files(l, {}, [=](const Entry&) { return Result<std::string>(std::string(text)); });
  };
  EXPECT_EQ(with(R"({"weight_map": {"t": "a.safetensors"}})")->paths.size(), 2u);
  EXPECT_FALSE(with(R"({"weight_map": {"t": "../a.safetensors"}})").ok());
  EXPECT_FALSE(with(R"({"weight_map": 3})").ok());
  EXPECT_FALSE(with("no json").ok());
}

TEST(Headers, Lengths_come_from_the_start_of_a_file) {
  std::string s("\x10\0\0\0\0\0\0\0", 8);
  EXPECT_EQ(**safetensors_header(s), 24u);
  EXPECT_FALSE(safetensors_header(s.substr(1))->has_value());
  EXPECT_FALSE(safetensors_header(std::string(8, '\xff')).ok());
  std::ifstream in(WEFT_SOURCE_DIR "/tests/golden/llama/gguf_f32/model.gguf", std::ios::binary);
  const std::string gguf(std::istreambuf_iterator<char>(in), {});
  const auto length = gguf_header(gguf);
  ASSERT_TRUE(length.ok() && length->has_value());
  EXPECT_FALSE(gguf_header(std::string_view(gguf).substr(0, **length - 1))->has_value());
  EXPECT_TRUE(gguf_header(std::string_view(gguf).substr(0, **length))->has_value());
  EXPECT_FALSE(gguf_header(std::string(100, 'x')).ok());
}

}  // namespace
}  // namespace weft::hub
