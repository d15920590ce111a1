// Tokenizers of plugins: which one is asked, what the host makes of an honest one, and that it is fooled by none.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/thread_pool.hpp"
#include "core/model/text_side.hpp"
#include "core/text/detokenizer.hpp"
#include "core/text/token_table.hpp"
#include "weft/sdk/plugin.hpp"
#include "weft/sdk/tokenizer.hpp"

namespace weft {
namespace {

using Ids = std::vector<int32_t>;

/// What the plugin does wrong.
enum class Lie {
  kNone, kNoFunction, kNoTokenizer, kNoTokens, kManyTokens, kBos, kNoBefore, kBefore, kTwins, kBytes,
  kIdTooLarge, kIdBelowZero, kBackwards, kBeyond, kCrossed, kNoIds, kFlood, kThrows,
  kNoStream, kPushThrows, kTextFlood, kOpenRefuses
};
Lie lie = Lie::kNone;

const std::string_view kTokens[] = {"<unk>", "</s>", "a", "b", "\xC3\xA9"};
constexpr uint32_t kUnk = 0, kEnd = 1, kAcute = 4;

/// A token for each character; the one of two bytes decodes byte by byte, and b to a byte that is no UTF-8.
class Characters : public sdk::Tokenizer {
 public:
  sdk::TokenizerInfo info() const override {
    sdk::TokenizerInfo info{.size = std::size(kTokens), .eos = kEnd, .unk = kUnk, .after = {kEnd}};
    if (lie == Lie::kNoTokens) info.size = 0;
    if (lie == Lie::kManyTokens) info.size = UINT32_MAX;
    if (lie == Lie::kBos) info.bos = 99;
    if (lie == Lie::kBefore) info.before = {-1};
    return info;
  }
  sdk::TokenInfo token(uint32_t id) const override {
    if (lie == Lie::kTwins && id == 3) return {"a"};
    if (lie == Lie::kBytes && id == 3) return {"\xFF"};
    return {kTokens[id], id <= kEnd ? uint32_t{WEFT_TOKENIZER_SPECIAL} : 0};
  }
  void encode(std::string_view text, sdk::TokenSink& out) const override {
    switch (lie) {
      case Lie::kIdTooLarge: return out.add(5, 0, 1);
      case Lie::kIdBelowZero: return out.add(-1, 0, 1);
      case Lie::kBackwards: return out.add(2, 1, 2), out.add(2, 0, 1);
      case Lie::kBeyond: return out.add(2, 0, text.size() + 1);
      case Lie::kCrossed: return out.add(2, 1, 0);
      case Lie::kFlood: while (true) out.add(2, 0, 0);
      case Lie::kThrows: throw 7;
      default: break;
    }
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = text[at] == '\xC3' ? 2 : 1;
      const auto found = std::find(std::begin(kTokens), std::end(kTokens), text.substr(at, size));
      out.add(found == std::end(kTokens) ? kUnk : static_cast<int32_t>(found - std::begin(kTokens)), at, at + size);
      at += size;
    }
  }
  std::unique_ptr<sdk::TextStream> stream() const override {
    class Stream : public sdk::TextStream {
     public:
      std::string push(uint32_t id) override {
        if (lie == Lie::kPushThrows) throw 7;
        if (lie == Lie::kTextFlood) return std::string(std::size_t{64} << 20, 'a');
        if (id == kAcute) return held_ = "\xA9", "\xC3";
        return std::exchange(held_, "") + (id == 3 ? "\xFF" : std::string(kTokens[id]));
      }
      std::string flush() override { return std::exchange(held_, ""); }

     private:
      std::string held_;
    };
    return std::make_unique<Stream>();
  }
};

std::string asked_for;  // the kind, and what the source had

std::unique_ptr<sdk::Tokenizer> make(const sdk::TokenizerSource& source) {
  const auto note = source.find("tokenizer_config.json");
  asked_for = std::string(source.kind()) + "|" +
              std::string(source.read_json("tokenizer_config.json")["note"].string()) + "|" +
              std::string(note ? sdk::ParsedJson(*note).root()["note"].string() : "none") + "|" +
              std::string(source.find("vocab.txt").value_or("none")) + "|" +
              (source.vocabulary() ? "vocabulary" : source.find("../vocab.txt") ? "escaped" : "files");
  if (lie == Lie::kOpenRefuses) sdk::fail(WEFT_UNIMPLEMENTED, "characters of the moon are not implemented");
  return std::make_unique<Characters>();
}

weft_status* ignores_refusals(void*, weft_str, const weft_token_sink* sink) noexcept {
  const int32_t ids[] = {2, 99};
  const uint64_t offsets[] = {0, 1, 0, 1};
  for (int i = 0; i < 2; ++i)
    (void)sink->add(sink->ctx, i == 0 ? uint64_t{UINT64_MAX} : 2, lie == Lie::kNoIds ? nullptr : ids, offsets);
  return nullptr;
}

struct Plugin {
  static constexpr std::string_view kId = "test.liar", kVersion = "1", kVendor = "test";
  explicit Plugin(const sdk::Json&) {
    for (std::size_t i = 0; i < std::size(kKinds); ++i) tables_[i] = sdk::tokenizer_table<&make>(kKinds[i]);
    weft_tokenizer& t = tables_[0];
    if (lie == Lie::kNoFunction) t.push = nullptr;
    if (lie == Lie::kNoIds) t.encode = ignores_refusals;
    if (lie == Lie::kNoTokenizer)
      t.open = [](void*, const weft_tokenizer_source*, void**) noexcept -> weft_status* { return nullptr; };
    if (lie == Lie::kNoStream) t.stream_new = [](void*, void**) noexcept -> weft_status* { return nullptr; };
    if (lie == Lie::kNoBefore) {
      t.info = [](void*, weft_tokenizer_info* out) noexcept -> weft_status* {
        return out->size = 5, out->n_before = 3, nullptr;
      };
    }
  }
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_TOKENIZER_INTERFACE && n < std::size(kKinds) ? &tables_[n] : nullptr;
  }

 private:
  static constexpr std::string_view kKinds[] = {"LiarTokenizer", "LiarModel", "XLNetTokenizer"};
  weft_tokenizer tables_[std::size(kKinds)];
};

class PluginTokenizer : public testing::Test {
 protected:
  PluginTokenizer() {
    std::filesystem::create_directories(folder_);
    write("model.safetensors", std::string("\2\0\0\0\0\0\0\0{}", 10));
    write("tokenizer_config.json", R"({"tokenizer_class": "LiarTokenizer", "note": "seen"})");
  }
  ~PluginTokenizer() override { std::filesystem::remove_all(folder_), lie = Lie::kNone; }

  void write(const char* name, std::string_view text) const { std::ofstream(folder_ / name, std::ios::binary) << text; }
  Result<Tokenizer> load(Lie what, bool with_plugin = true) {
    lie = what;
    EngineOptions options;
    options.config_text = "{}", options.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"};
    options.use_environment = false, options.threads = 1;
    if (with_plugin) options.static_plugins = {&sdk::plugin_table<Plugin>};
    WEFT_TRY(const auto engine, Engine::create(std::move(options)));
    WEFT_TRY(const auto checkpoint, engine->open_checkpoint(folder_.string()));
    WEFT_TRY(const TextSide text, TextSide::load(*engine, *checkpoint));
    return text.tokenizer();  // which keeps the engine
  }
  Tokenizer honest() {
    auto loaded = load(Lie::kNone);
    EXPECT_TRUE(loaded.ok()) << loaded.status().message();
    return *loaded;
  }
  static void expect(const Status& s, const char* message) {
    EXPECT_FALSE(s.ok());
    EXPECT_NE(s.message().find(message), std::string_view::npos) << s.message();
    EXPECT_NE(s.message().find("test.liar"), std::string_view::npos) << s.message();
  }
  void expect_unloadable(Lie what, const char* message) { expect(load(what).status(), message); }
  void expect_unable_to_encode(Lie what, const char* message) {
    auto loaded = load(what);
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    expect(loaded->encode("ab").status(), message);
  }
  void expect_unable_to_decode(Lie what, const char* message) {
    auto loaded = load(what);
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    expect(loaded->decode(Ids{2}).status(), message);
    expect(Detokenizer(*loaded).push(2).status(), message);
  }

  const std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / "weft_plugin_tokenizer";
};

TEST_F(PluginTokenizer, Encodes_with_offsets_and_what_stands_around_a_text) {
  const Tokenizer t = honest();
  auto encoding = t.encode_with_offsets("ab\xC3\xA9z");
  ASSERT_TRUE(encoding.ok()) << encoding.status().message();
  EXPECT_EQ(encoding->ids, (Ids{2, 3, 4, 0, 1}));
  EXPECT_EQ(encoding->offsets[2].begin, 2u);
  EXPECT_EQ(encoding->offsets[2].end, 4u);
  EXPECT_NE(encoding->words[0], encoding->words[1]);  // each token counts as a word
  EXPECT_EQ(*t.encode("ab", {.add_special = false}), (Ids{2, 3}));
  EXPECT_EQ(*t.encode(""), Ids{1});
}

TEST_F(PluginTokenizer, Special_tokens_are_found_by_the_host_unless_they_are_to_be_plain_text) {
  const Tokenizer t = honest();
  EXPECT_EQ(*t.encode("a</s>b"), (Ids{2, 1, 3, 1}));
  EXPECT_EQ(*t.encode("</s>", {.add_special = false, .parse_special = false}), (Ids{0, 0, 0, 0}));
  EXPECT_EQ(*t.decode(Ids{2, 1}, true), "a");
  EXPECT_EQ(*t.decode(Ids{2, 1}, false), "a</s>");
  EXPECT_TRUE(t.is_special(1));
  EXPECT_FALSE(t.is_special(2));
}

TEST_F(PluginTokenizer, Tokens_are_found_by_id_and_by_text) {
  const Tokenizer t = honest();
  EXPECT_EQ(t.vocab_size(), 5);
  EXPECT_EQ(t.id_to_token(4), "\xC3\xA9");
  EXPECT_EQ(t.id_to_token(5), std::nullopt);
  EXPECT_EQ(t.token_to_id("b"), 3);
  EXPECT_EQ(t.token_to_id("</s>"), 1);
  EXPECT_EQ(t.token_to_id("c"), std::nullopt);
  EXPECT_EQ(t.eos_id(), 1);
  EXPECT_EQ(t.bos_id(), -1);
}

TEST_F(PluginTokenizer, Text_streams_in_whole_characters_and_is_always_UTF8) {
  Detokenizer stream(honest());
  EXPECT_EQ(*stream.push(4), "");            // half of a character
  EXPECT_EQ(*stream.push(2), "\xC3\xA9" "a");  // the rest comes with the next token
  EXPECT_EQ(*stream.push(3), "\xEF\xBF\xBD");
  EXPECT_EQ(*stream.push(4), "");
  EXPECT_EQ(*stream.flush(), "\xC3\xA9");
  EXPECT_EQ(*honest().tokens_to_text(std::vector<std::string>{"a", "\xC3\xA9", "none"}), "a\xC3\xA9none");
}

TEST_F(PluginTokenizer, Threads_share_a_tokenizer) {
  const Tokenizer t = honest();
  ThreadPool pool(4);
  const std::vector<std::string_view> texts(200, "ab\xC3\xA9z");
  const auto encodings = t.encode_batch(texts, {}, true, pool);
  ASSERT_TRUE(encodings.ok()) << encodings.status().message();
  for (const Encoding& one : *encodings) EXPECT_EQ(one.ids, (Ids{2, 3, 4, 0, 1}));
}

TEST_F(PluginTokenizer, Two_texts_together_are_refused) {
  const std::string_view texts[] = {"a", "b"};
  EXPECT_EQ(honest().encode_texts(texts, {}).status().code(), Code::kUnimplemented);
}

TEST_F(PluginTokenizer, Is_asked_by_class_by_model_type_and_where_the_core_knows_a_class_and_refuses) {
  write("vocab.txt", "words");
  honest();
  EXPECT_EQ(asked_for, "LiarTokenizer|seen|seen|words|files");
  write("tokenizer.json", R"({"version": "1.0", "model": {"type": "LiarModel"}})");
  honest();
  EXPECT_EQ(asked_for, "LiarModel|seen|seen|words|files");
  std::filesystem::remove(folder_ / "tokenizer.json"), std::filesystem::remove(folder_ / "vocab.txt");
  write("tokenizer.model", "no pieces");
  write("tokenizer_config.json", R"({"tokenizer_class": "XLNetTokenizer"})");
  honest();
  EXPECT_EQ(asked_for, "XLNetTokenizer|||none|files");
}

TEST_F(PluginTokenizer, Is_not_asked_for_what_the_core_reads) {
  asked_for.clear();
  write("tokenizer.json", R"({"version": "1.0", "model": {"type": "WordLevel", "vocab": {"<unk>": 0, "a": 1}}})");
  EXPECT_EQ(*honest().encode("a"), Ids{1});
  EXPECT_EQ(asked_for, "");
}

TEST_F(PluginTokenizer, Without_a_plugin_a_class_is_refused_by_name_with_those_that_were_asked) {
  write("vocab.txt", "<unk>\na\n");
  const Status alone = load(Lie::kNone, false).status();
  EXPECT_EQ(alone.code(), Code::kUnimplemented);
  for (const char* part : {"vocab.txt: tokenizer_class 'LiarTokenizer' is not implemented",
                           "no plugin offers the tokenizer \"LiarTokenizer\" (asked: none found)"})
    EXPECT_NE(alone.message().find(part), std::string_view::npos) << alone.message();
  write("tokenizer_config.json", R"({"tokenizer_class": "OtherTokenizer"})");
  const Status other = load(Lie::kNone).status();
  EXPECT_NE(other.message().find("(asked: test.liar (LiarTokenizer, LiarModel, XLNetTokenizer))"),
            std::string_view::npos)
      << other.message();
}

TEST_F(PluginTokenizer, What_it_refuses_is_said_in_its_words) {
  const Status s = load(Lie::kOpenRefuses).status();
  EXPECT_EQ(s.code(), Code::kUnimplemented);
  EXPECT_NE(s.message().find("test.liar: characters of the moon"), std::string_view::npos) << s.message();
}

TEST_F(PluginTokenizer, Tables_without_a_function_are_refused) {
  const Status s = load(Lie::kNoFunction).status();
  EXPECT_NE(s.message().find("no plugin offers the tokenizer"), std::string_view::npos) << s.message();
}

TEST_F(PluginTokenizer, Vocabularies_that_cannot_be_are_refused) {
  expect_unloadable(Lie::kNoTokenizer, "open said OK and gave nothing");
  expect_unloadable(Lie::kNoTokens, "a vocabulary of 0 tokens");
  expect_unloadable(Lie::kManyTokens, "a vocabulary of 4294967295 tokens");
  expect_unloadable(Lie::kBos, "bos is 99, expected -1 to 4");
  expect_unloadable(Lie::kNoBefore, "3 tokens before a text, expected an array");
  expect_unloadable(Lie::kBefore, "id -1 before a text, expected 0 to 4");
  expect_unloadable(Lie::kTwins, "token 'a' has both id 2 and id 3");
  expect_unloadable(Lie::kBytes, "the text of 3 is not UTF-8");
}

TEST_F(PluginTokenizer, Tokens_that_cannot_be_are_refused) {
  expect_unable_to_encode(Lie::kIdTooLarge, "id 5, expected 0 to 4");
  expect_unable_to_encode(Lie::kIdBelowZero, "id -1, expected 0 to 4");
  expect_unable_to_encode(Lie::kBackwards, "a token for the bytes 0 to 1 of 2 after one that begins at 1");
  expect_unable_to_encode(Lie::kBeyond, "the bytes 0 to 3 of 2");
  expect_unable_to_encode(Lie::kCrossed, "the bytes 1 to 0 of 2");
  expect_unable_to_encode(Lie::kNoIds, "more than");  // though it goes on and says OK
  expect_unable_to_encode(Lie::kThrows, "unknown exception");
}

TEST_F(PluginTokenizer, Tokens_without_end_are_refused_and_so_is_text) {
  expect_unable_to_encode(Lie::kFlood, "makes a text of more than");
  expect_unable_to_decode(Lie::kTextFlood, "makes a text of more than");
}

TEST_F(PluginTokenizer, Streams_that_fail_say_so) {
  expect_unable_to_decode(Lie::kNoStream, "stream_new said OK and gave nothing");
  expect_unable_to_decode(Lie::kPushThrows, "unknown exception");
}

TEST_F(PluginTokenizer, A_call_that_is_no_longer_wanted_ends) {
  auto loaded = load(Lie::kFlood);
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  CallLimits limits;
  limits.cancel = std::make_shared<const std::atomic<bool>>(true);
  EXPECT_EQ(loaded->encode("ab", {.limits = &limits}).status().code(), Code::kCancelled);
}

}  // namespace
}  // namespace weft
