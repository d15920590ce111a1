// What a checkpoint's files say about its text: tokens that stand beside tokenizer.json, and the ids that end a text.
#include "core/model/text_side.hpp"

#include <gtest/gtest.h>

#include "tests/golden_model.hpp"
#include "tests/hostile_files.hpp"

namespace weft {
namespace {

using testing_files::Gguf, testing_files::raw, testing_files::TempFolder;
using Ids = std::vector<int32_t>;

// --- tokens beside tokenizer.json; what is expected is what AutoTokenizer of transformers 5.24 gives ---------------
// 0 to 2 are <unk>, <s> and </s>, 3 to 28 are a to z, 29 to 32 are < > | _, 33 is the space.
Json tokenizer_json(const std::vector<std::string>& special) {
  Json vocab = {{"<unk>", 0}, {"<s>", 1}, {"</s>", 2}, {"<", 29}, {">", 30}, {"|", 31}, {"_", 32}, {"\u0120", 33}};
  for (char c = 'a'; c <= 'z'; ++c) vocab[std::string(1, c)] = 3 + c - 'a';
  Json added = Json::array();
  for (const std::string& token : special) {
    added.push_back({{"id", vocab[token]}, {"content", token}, {"special", true}, {"normalized", false},
                     {"single_word", false}, {"lstrip", false}, {"rstrip", false}});
  }
  return {{"version", "1.0"}, {"added_tokens", added}, {"normalizer", nullptr},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
          {"decoder", {{"type", "ByteLevel"}}}, {"post_processor", nullptr},
          {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", Json::array()}}}};
}

class TokensBesideTest : public testing::Test {
 protected:
  void write(const std::map<std::string, Json>& files,
             const std::vector<std::string>& special = {"<unk>", "<s>", "</s>"}) {
    folder_.write("model.safetensors", testing_files::safetensors("{}"));
    folder_.write("tokenizer.json", tokenizer_json(special).dump());
    for (const char* name : {"tokenizer_config.json", "added_tokens.json", "special_tokens_map.json"}) {
      const auto it = files.find(name);
      folder_.write(name, it == files.end() ? "{}" : it->second.dump());
    }
    checkpoint_ = *test::engine().open_checkpoint(folder_.path());
    auto text = TextSide::load(test::engine(), *checkpoint_);
    ASSERT_TRUE(text.ok()) << text.status().message();
    text_.emplace(std::move(*text));
  }
  Ids ids(const char* text) const { return *text_->tokenizer().encode(text); }
  std::string without_special(const char* text) const { return *text_->tokenizer().decode(ids(text), true); }
  static Json token(const char* text, bool special = true, bool strip = false) {
    return {{"content", text}, {"special", special}, {"lstrip", strip}, {"rstrip", strip}, {"normalized", false},
            {"single_word", false}};
  }

  TempFolder folder_;
  std::shared_ptr<Checkpoint> checkpoint_;
  std::optional<TextSide> text_;
};

const Json kNamed = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
Json named(const Json& more) {
  Json all = kNamed;
  all.update(more);
  return all;
}

TEST_F(TokensBesideTest, Count_wherever_they_are_said) {
  const std::map<std::string, Json> places[] = {
      {{"tokenizer_config.json", named({{"added_tokens_decoder", {{"34", token("<|im_end|>")}}}})}},
      {{"tokenizer_config.json", named({{"additional_special_tokens", {"<|im_end|>"}}})}},
      {{"tokenizer_config.json", named({{"extra_special_tokens", {"<|im_end|>"}}})}},
      {{"tokenizer_config.json", named({{"extra_special_tokens", {{"image_token", "<|im_end|>"}}}})}},
      {{"tokenizer_config.json", kNamed},
       {"special_tokens_map.json", {{"additional_special_tokens", {"<|im_end|>"}}}}}};
  for (const auto& files : places) {
    write(files);
    EXPECT_EQ(ids("a<|im_end|>c"), (Ids{3, 34, 5})) << Json(files).dump();
    EXPECT_EQ(without_special("a<|im_end|>c"), "ac");
  }
  write({{"added_tokens.json", {{"<|im_end|>", 34}}}});
  EXPECT_EQ(ids("a<|im_end|>c"), (Ids{3, 34, 5}));
  EXPECT_EQ(without_special("a<|im_end|>c"), "a<|im_end|>c") << "this file alone makes no token special";
}

TEST_F(TokensBesideTest, An_eos_that_is_said_there_alone_ends_a_text) {
  const Json listed = {{"eos_token", "<|im_end|>"}, {"added_tokens_decoder", {{"34", token("<|im_end|>")}}}};
  const std::map<std::string, Json> places[] = {
      {{"tokenizer_config.json", named(listed)}},
      {{"tokenizer_config.json", kNamed}, {"special_tokens_map.json", {{"eos_token", "<|im_end|>"}}}}};
  for (const auto& files : places) {
    write(files);
    EXPECT_EQ(text_->eos_id(), 34) << Json(files).dump();
    EXPECT_EQ(*stop_ids_of(*checkpoint_, &*text_), (Ids{34}));
  }
}

TEST_F(TokensBesideTest, The_decoder_of_added_tokens_goes_before_the_older_files) {
  write({{"tokenizer_config.json", named({{"added_tokens_decoder", {{"2", token("</s>")}}}})},
         {"added_tokens.json", {{"<|im_end|>", 34}}},
         {"special_tokens_map.json", {{"additional_special_tokens", {"<|im_end|>"}}}}});
  EXPECT_EQ(ids("<|im_end|>").size(), 10u) << "it is no token";
}

TEST_F(TokensBesideTest, New_tokens_get_the_next_ids_in_the_order_of_those_they_are_given) {
  const Json listed = {{"90", token("<|b|>")}, {"80", token("<|a|>", false)}};
  write({{"tokenizer_config.json", named({{"pad_token", "<|p|>"}, {"added_tokens_decoder", listed}})}});
  EXPECT_EQ(ids("<|a|><|b|><|p|>"), (Ids{34, 35, 36}));
  EXPECT_EQ(without_special("<|a|><|b|><|p|>"), "<|a|>");
}

TEST_F(TokensBesideTest, How_a_token_is_searched_for_goes_before_what_tokenizer_json_says) {
  write({{"tokenizer_config.json", named({{"added_tokens_decoder", {{"2", token("</s>", true, true)}}}})}});
  EXPECT_EQ(ids("a </s> b"), (Ids{3, 2, 4}));
  write({{"tokenizer_config.json", {{"added_tokens_decoder", {{"2", token("</s>", false)}}}}}});
  EXPECT_EQ(ids("a</s> b"), (Ids{3, 2, 33, 4}));
  EXPECT_EQ(without_special("a</s> b"), "a b") << "it stays special";
}

TEST_F(TokensBesideTest, A_token_of_the_vocabulary_that_has_a_name_is_found_in_texts) {
  write({{"tokenizer_config.json", kNamed}}, {});
  EXPECT_EQ(ids("a</s> b"), (Ids{3, 2, 33, 4}));
  EXPECT_EQ(without_special("a</s> b"), "a b");
}

TEST_F(TokensBesideTest, An_entry_without_an_id_is_named) {
  folder_.write("model.safetensors", testing_files::safetensors("{}"));
  folder_.write("tokenizer.json", tokenizer_json({}).dump());
  for (const auto& [file, text] : {std::pair("added_tokens.json", R"({"<a>": "x"})"),
                                   {"added_tokens.json", R"({"<a>": 99999999999})"},
                                   {"tokenizer_config.json", R"({"added_tokens_decoder": {"x": {"content": "<a>"}}})"},
                                   {"tokenizer_config.json", R"({"added_tokens_decoder": [1]})"}}) {
    folder_.write("added_tokens.json", "{}"), folder_.write("tokenizer_config.json", "{}");
    folder_.write(file, text);
    auto checkpoint = *test::engine().open_checkpoint(folder_.path());
    const std::string message(TextSide::load(test::engine(), *checkpoint).status().message());
    EXPECT_NE(message.find(file), message.npos) << text << ": " << message;
  }
}

// --- where a text of a GGUF file ends ------------------------------------------------------------------------------
struct Piece {
  const char* text;
  int32_t type;
};

/// A file with these tokens, and with ids given by name in its metadata.
std::shared_ptr<Checkpoint> gguf_with(const TempFolder& folder, const std::vector<Piece>& pieces,
                                      const std::map<std::string, uint32_t>& given) {
  std::string tokens, types, scores;
  for (const Piece& piece : pieces)
    tokens += Gguf::text(piece.text), types += raw(piece.type), scores += raw(0.0f);
  Gguf file;
  file.pair("general.architecture", Gguf::STRING, Gguf::text("llama"));
  file.pair("tokenizer.ggml.model", Gguf::STRING, Gguf::text("llama"));
  file.array("tokenizer.ggml.tokens", Gguf::STRING, pieces.size(), tokens);
  file.array("tokenizer.ggml.scores", Gguf::F32, pieces.size(), scores);
  file.array("tokenizer.ggml.token_type", Gguf::I32, pieces.size(), types);
  for (const auto& [name, id] : given) file.pair("tokenizer.ggml." + name + "_token_id", Gguf::U32, raw(id));
  folder.write("model.gguf", file.tensor("t", {4, 2}, 0, 0).data(32).bytes());
  auto checkpoint = test::engine().open_checkpoint(folder / "model.gguf");
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status().message();
  return checkpoint.ok() ? *checkpoint : nullptr;
}

/// The ids that end a text of such a file.
Ids stop_ids(const std::vector<Piece>& pieces, const std::map<std::string, uint32_t>& given) {
  const TempFolder folder;
  const auto checkpoint = gguf_with(folder, pieces, given);
  if (checkpoint == nullptr) return {};
  const auto text = TextSide::load(test::engine(), *checkpoint);
  EXPECT_TRUE(text.ok()) << text.status().message();
  return *stop_ids_of(*checkpoint, text.ok() ? &*text : nullptr);
}

constexpr int32_t kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4;

TEST(GgufSpecialTokens, That_are_missing_or_beyond_the_vocabulary_are_the_usual_ones) {
  const std::vector<Piece> usual = {{"<unk>", kUnknown}, {"<s>", kControl}, {"</s>", kControl}, {"a", kNormal}};
  const TempFolder folder;
  for (const auto& given : {std::map<std::string, uint32_t>{}, {{"bos", 90}, {"eos", 91}, {"unknown", 92}}}) {
    const auto checkpoint = gguf_with(folder, usual, given);
    ASSERT_NE(checkpoint, nullptr);
    const StoredVocabulary& v = *checkpoint->vocabulary();
    EXPECT_EQ(std::tuple(v.bos, v.eos, v.unk), std::tuple(1, 2, 0));
  }
  const auto other = gguf_with(folder, {{"<unk>", kUnknown}, {"a", kNormal}, {"b", kNormal}}, {});
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->vocabulary()->bos, -1) << "a normal token is none of them";
}

TEST(GgufEnds, Are_eos_and_the_ends_of_turns_and_messages_that_the_metadata_names) {
  const std::vector<Piece> pieces = {{"a", kNormal}, {"<1>", kControl}, {"<2>", kControl}, {"<3>", kControl}};
  EXPECT_EQ(stop_ids(pieces, {{"eos", 1}}), (Ids{1}));
  EXPECT_EQ(stop_ids(pieces, {{"eos", 1}, {"eot", 2}, {"eom", 3}}), (Ids{1, 2, 3}));
  EXPECT_EQ(stop_ids(pieces, {{"eot", 2}, {"eom", 90}}), (Ids{2})) << "an id beyond the vocabulary";
}

TEST(GgufEnds, Are_tokens_spelt_as_ends_of_turns) {
  for (const char* text : {"<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|eom_id|>", "<turn|>", "[EOT]"}) {
    EXPECT_EQ(stop_ids({{"a", kNormal}, {"</s>", kControl}, {text, kControl}}, {{"eos", 1}}), (Ids{1, 2})) << text;
    EXPECT_EQ(stop_ids({{"a", kNormal}, {"</s>", kControl}, {text, kNormal}}, {{"eos", 1}}), (Ids{1, 2}))
        << text << ", whose type some files have wrong";
  }
}

TEST(GgufEnds, Are_not_tags_of_html_nor_the_end_of_a_part_of_an_answer) {
  EXPECT_EQ(stop_ids({{"<eos>", kControl}, {"</s>", kUserDefined}}, {{"eos", 0}}), (Ids{0}));
  EXPECT_EQ(stop_ids({{"<|return|>", kControl}, {"<|call|>", kControl}, {"<|end|>", kControl}}, {{"eos", 0}}),
            (Ids{0, 1}));
  EXPECT_EQ(stop_ids({{"<|end|>", kControl}, {"<|calls|>", kControl}, {"<|flush|>", kControl}}, {}), (Ids{1, 2}));
}

// --- vocabularies of GGUF by their kind ----------------------------------------------------------------------------
/// A file with this tokenizer.ggml.model whose tokens merge nothing.
std::shared_ptr<Checkpoint> gguf_of_kind(const TempFolder& folder, const std::string& kind,
                                         const std::string& pre = "") {
  const std::vector<Piece> pieces = {
      {"<unk>", kUnknown}, {"</s>", kControl}, {"a", kNormal}, {"\xE2\x96\x81", kNormal}};
  std::string tokens, types;
  for (const Piece& piece : pieces) tokens += Gguf::text(piece.text), types += raw(piece.type);
  Gguf file;
  file.pair("general.architecture", Gguf::STRING, Gguf::text("llama"));
  file.pair("tokenizer.ggml.model", Gguf::STRING, Gguf::text(kind));
  file.pair("tokenizer.ggml.pre", Gguf::STRING, Gguf::text(pre));
  file.pair("tokenizer.ggml.add_bos_token", Gguf::BOOL, std::string(1, '\0'));
  file.pair("tokenizer.ggml.bos_token_id", Gguf::U32, raw(1u));
  file.array("tokenizer.ggml.tokens", Gguf::STRING, pieces.size(), tokens);
  file.array("tokenizer.ggml.token_type", Gguf::I32, pieces.size(), types);
  folder.write("model.gguf", file.tensor("t", {4, 2}, 0, 0).data(32).bytes());
  return *test::engine().open_checkpoint(folder / "model.gguf");
}

TEST(GgufVocabularies, Of_gemma4_begin_texts_also_where_an_older_file_says_no) {
  const TempFolder folder;
  const auto text = TextSide::load(test::engine(), *gguf_of_kind(folder, "gemma4"));
  ASSERT_TRUE(text.ok()) << text.status().message();
  EXPECT_EQ(*text->tokenizer().encode("a a"), (Ids{1, 2, 3, 2}));
}

TEST(GgufVocabularies, Of_an_unknown_kind_are_refused_by_name_with_the_plugins_that_were_asked) {
  const TempFolder folder;
  const Status s = TextSide::load(test::engine(), *gguf_of_kind(folder, "acme")).status();
  EXPECT_EQ(s.code(), Code::kUnimplemented);
  for (const char* part : {"unknown model 'acme'", "no plugin offers the tokenizer \"acme\" (asked: none found)"})
    EXPECT_NE(s.message().find(part), std::string_view::npos) << s.message();
  const Status pre = TextSide::load(test::engine(), *gguf_of_kind(folder, "gpt2", "acme-bpe")).status();
  for (const char* part : {"unknown pre-tokenizer 'acme-bpe'", "no plugin offers the tokenizer \"acme-bpe\""})
    EXPECT_NE(pre.message().find(part), std::string_view::npos) << pre.message();
}

}  // namespace
}  // namespace weft
