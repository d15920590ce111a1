// Published flaws of llama.cpp, Ollama, PyTorch, transformers, Keras, ONNX and vLLM, tried on files and texts of
// models. Those of servers, of remote procedures and of training are left out: weft has none of these.
#include <sys/mman.h>

#include "core/model/model.hpp"
#include "core/text/jinja/template.hpp"
#include "core/text/tokenizer.hpp"
#include "tests/counting_new.hpp"
#include "tests/public_case.hpp"
#include "tests/zip_file.hpp"

namespace weft {
namespace {

using namespace testing_files;
using testing_cases::PublicCase;

const fs::path kLlama = fs::path(WEFT_SOURCE_DIR) / "tests/golden/llama";
constexpr uint64_t kHuge = uint64_t{1} << 60;

Engine& engine() {
  static std::shared_ptr<Engine> shared = [] {
    EngineOptions options;
    options.use_environment = false;
    options.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"};
    options.threads = 2;
    return std::move(Engine::create(std::move(options))).value();
  }();
  return *shared;
}

auto opening(const std::string& name, const std::string& bytes) {
  return [=](const TempFolder& folder) { return engine().open_checkpoint(folder.write(name, bytes)).status(); };
}
auto opening(const Gguf& file) { return opening("model.gguf", file.bytes()); }

Gguf with_pair() { return Gguf().pair("general.architecture", Gguf::STRING, Gguf::text("llama")); }
/// A file that says it has so many tensors and pairs, and has none.
Gguf with_counts(uint64_t tensors, uint64_t pairs) {
  Gguf file;
  file.n_tensors = tensors, file.n_pairs = pairs;
  return file;
}
Gguf of_magic_alone() {
  Gguf file = with_counts(1, 1);
  file.alignment = 1;
  return file;
}
std::string first(const Gguf& file, std::size_t bytes) { return file.bytes().substr(0, bytes); }

/// A vocabulary with these tokens, of the type "byte", read as llama's.
Status with_byte_tokens(const std::vector<std::string>& tokens) {
  Vocabulary v;
  v.model = "spm";
  for (const std::string& token : tokens) {
    v.tokens.push_back(token);
    v.types.push_back(TokenType::kByte), v.scores.push_back(0);
  }
  WEFT_TRY(const Tokenizer t, Tokenizer::from_vocabulary(v));
  return t.encode("a").status();
}

Result<Tokenizer> splitting_by(const std::string& pattern) {
  const Json model = {{"type", "WordLevel"}, {"vocab", {{"a", 0}, {"<unk>", 1}}}, {"unk_token", "<unk>"}};
  const Json split = {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}};
  return Tokenizer::from_json(Json({{"model", model}, {"pre_tokenizer", split}}).dump());
}

/// A text of so many zero bytes, which take no memory.
Status encoding_zeros(std::size_t bytes) {
  void* zeros = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (zeros == MAP_FAILED) return {Code::kInternal, "no address space"};
  WEFT_TRY(const Tokenizer t, splitting_by("a"));
  const Status s = t.encode({static_cast<const char*>(zeros), bytes}).status();
  munmap(zeros, bytes);
  return s;
}

auto rendering(const std::string& source) {
  return [=](const TempFolder&) -> Status {
    WEFT_TRY(const ChatTemplate t, ChatTemplate::parse(source));
    return t.render({{"messages", Json::array()}}).status();
  };
}

/// The blueprint of a sound model whose config says more.
auto with_config(const Json& more) {
  return [=](const TempFolder& folder) -> Status {
    fs::copy(kLlama / "llama1/model.safetensors", folder.path());
    Json config = std::move(parse_json(read_file(kLlama / "llama1/config.json"))).value();
    config.merge_patch(more);
    folder.write("config.json", config.dump());
    WEFT_TRY(const auto checkpoint, engine().open_checkpoint(folder.path()));
    return make_blueprint(engine(), *checkpoint, {.backend = "reference"}).status();
  };
}

std::vector<PublicCase> cases() {
  std::vector<PublicCase> all = {
      // Held: dims are at most 8, and are counted before they are read.
      {"CVE_2024_21802", "llama.cpp: more dimensions than the array for them",
       opening(with_pair().tensor("t", std::vector<uint64_t>(100, 1), 0, 0)), "rank"},
      // Held: counts are compared with the bytes that are left, by division.
      {"CVE_2024_21825", "llama.cpp: an array of strings whose size wraps",
       opening(with_pair().array("a", Gguf::STRING, uint64_t{1} << 61, "")), "2305843009213693952"},
      {"CVE_2024_21836", "llama.cpp: a number of tensors whose size wraps", opening(with_counts(kHuge, 0)),
       "number of tensors"},
      {"CVE_2024_23605", "llama.cpp: a number of pairs whose size wraps", opening(with_counts(0, kHuge)),
       "number of metadata pairs"},
      // Held: a string is a view of the mapped file; nothing is allocated for a length that is only claimed.
      {"CVE_2024_23496", "llama.cpp: a string of 2^64 - 1 bytes, and one more for its end",
       opening(with_pair().pair("a", Gguf::STRING, raw(UINT64_MAX))), "18446744073709551615"},
      // Held: there is nothing to free; what was read so far has a destructor.
      {"CVE_2024_32878", "llama.cpp: frees what was never set, where an array is cut off",
       opening("model.gguf", first(with_pair().array("a", Gguf::STRING, 2, Gguf::text("b") + Gguf::text("c")), 110)),
       "model.gguf"},
      // Held: a read that fails ends the parse.
      {"CVE_2024_41130", "llama.cpp: uses a null pointer where a read failed",
       opening("model.gguf", first(sound_gguf(), 40)), "model.gguf"},
      // Held: a tensor's extent is checked against the file on its own, so no sum of sizes decides what is allocated.
      {"CVE_2025_53630", "llama.cpp: sizes of tensors whose sum wraps",
       opening(with_pair().tensor("a", {kHuge, 4}, 0, 0).tensor("b", {kHuge, 4}, 0, 0).data(64)), "tensor a"},
      {"CVE_2026_27940", "llama.cpp: a size that wraps once the bookkeeping is added",
       opening(with_pair().tensor("a", {UINT64_MAX / 4 - 7}, 0, 0).data(64)), "tensor a"},
      // Held: numbers of elements are multiplied with a check.
      {"CVE_2026_33298", "llama.cpp: strides that wrap make a huge tensor look small",
       opening(with_pair().tensor("a", {1u << 20, (uint64_t{1} << 42) + 1, 4}, 0, 0).data(64)), "tensor a"},
      // Held: lengths are 64-bit numbers throughout, and a token lies in the file.
      {"CVE_2025_49847", "llama.cpp: a token longer than an int",
       opening(with_pair().array("tokenizer.ggml.tokens", Gguf::STRING, 1, raw((uint64_t{1} << 31) + 1))),
       "2147483649"},
      // Held: texts end at 1 GB, and numbers of tokens are not cast to int.
      {"CVE_2025_52566", "llama.cpp: more tokens than an int counts",
       [](const TempFolder&) { return encoding_zeros(std::size_t{5} << 30); }, "bytes"},
      // Held: a byte token is two hex digits.
      {"llama_cpp_pull_25969", "llama.cpp: byte tokens <0x-1> and <0xZZ> write before a table, or throw",
       [](const TempFolder&) { return with_byte_tokens({"<0x-1>", "<0x-f>", "<0xZZ>", "<0x"}); },
       "expected <0x00> to <0xFF>"},

      {"CVE_2024_39720", "Ollama: a file of the magic alone", opening("model.gguf", first(of_magic_alone(), 4)),
       "model.gguf"},
      {"CVE_2024_12055", "Ollama: reads a key beyond the file",
       opening("model.gguf", first(with_pair(), 24) + raw<uint64_t>(1000) + std::string(20, 'k')), "1000"},
      {"CVE_2025_0312", "Ollama: uses a null pointer where the file has no tensors",
       [](const TempFolder& folder) -> Status {
         WEFT_TRY(const auto c, engine().open_checkpoint(folder.write("model.gguf", with_pair().bytes())));
         return make_blueprint(engine(), *c, {}).status();
       },
       "model.gguf"},
      {"CVE_2025_0315", "Ollama: allocates what a file says it holds",
       opening(with_pair().array("a", Gguf::U8, kHuge, "")), "1152921504606846976"},
      {"CVE_2025_0317", "Ollama: divides by an alignment of zero",
       opening(with_pair().pair("general.alignment", Gguf::U32, raw<uint32_t>(0))), "alignment"},
      // Held: every extent is checked against the mapped file when it is opened, and read from the map alone.
      {"CVE_2026_7482", "Ollama: tensors larger than the file give away memory",
       opening(with_pair().tensor("t", {1 << 20}, 0, 0).data(32)), "tensor t"},

      // Held: a pickle names the functions that tensors need, or is refused; none of them is Python's.
      {"CVE_2025_32434", "PyTorch: a pickle runs code, weights_only or not",
       opening("pytorch_model.bin", zip({{"a/data.pkl", std::string("\x80\x02") + "cposix\nsystem\n(U\x04" "echotR."},
                                         {"a/data/0", std::string(24, 'd')}})),
       "posix.system"},
      // Held: weights are read by formats alone, and these are none that a plugin knows.
      {"CVE_2023_7018", "transformers: a pickle beside the weights is loaded",
       [](const TempFolder& folder) {
         folder.write("vocab.pkl", "cposix\nsystem\n(S'echo'\ntR.");
         return engine().open_checkpoint(folder.path()).status();
       },
       "no format plugin knows it"},
      {"CVE_2025_1550", "Keras: config.json in a .keras archive names functions to call",
       opening("model.keras", zip({{"config.json", R"({"module": "os", "class_name": "system", "config": "echo"})"}})),
       "model.keras"},
      {"CVE_2025_9905", "Keras: an HDF5 file holds code",
       opening("model.h5", "\x89HDF\r\n\x1a\n" + std::string(504, '\0')), "no format plugin knows it"},
      // Taken: of a config the keys of the family are read; no class, module or repository that it names is looked for.
      {"CVE_2025_66448", "vLLM: auto_map of a config fetches code from a second repository",
       with_config({{"auto_map", {{"AutoConfig", "org/other--configuration.Evil"}}}}), ""},
      {"CVE_2026_4372", "transformers: a private key of a config fetches a kernel",
       with_config({{"_attn_implementation_internal", "org/kernel"}}), ""},
      // Held: names of shards are those of files in the folder.
      {"CVE_2024_27318", "ONNX: external data outside the model's folder",
       [](const TempFolder& folder) {
         folder.write("model.safetensors.index.json", R"({"weight_map": {"a": "../../../../etc/passwd"}})");
         return engine().open_checkpoint(folder.path()).status();
       },
       "is missing"},

      // Held: the language has no attributes of Python's objects.
      {"CVE_2024_34359", "llama-cpp-python: a chat template reaches os.system",
       rendering("{{ messages.__class__.__base__.__subclasses__() }}"), "__"},
      {"CVE_2024_34359_globals", "llama-cpp-python: the same by a function's globals",
       rendering("{{ raise_exception.__globals__['os'].system('echo') }}"), "__globals__"},
      // Held: a rendering takes so many steps.
      {"CVE_2025_61620", "vLLM: a chat template that never ends",
       rendering("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"), "steps"},
      // Held: a pattern that is none is refused when the tokenizer is read.
      {"CVE_2025_48944", "vLLM: a pattern that does not compile ends the worker",
       [](const TempFolder&) { return splitting_by("a(b").status(); }, "a(b"},
      // Held: all patterns of a text share one meter of steps. Theirs are in code; weft's come from the tokenizer.
      {"CVE_2024_12720", "transformers: a pattern takes exponential time in a text",
       [](const TempFolder&) -> Status {
         WEFT_TRY(const Tokenizer t, splitting_by("(a+)+$"));
         return t.encode(std::string(40, 'a') + "!").status();
       },
       "takes more than"},
  };
  return all;
}

class PublicCases : public testing::TestWithParam<PublicCase> {};

TEST_P(PublicCases, Does_no_harm) {
  constexpr uint64_t kMost = 32u << 20;  // bytes; the largest of the files above has a few hundred
  (void)engine().open_checkpoint((kLlama / "llama1").string());  // loads the plugins, whose memory is not counted
  const uint64_t before = testing_memory::live_bytes();
  testing_memory::reset_peak();
  testing_cases::try_case(GetParam());
  EXPECT_LE(testing_memory::peak_bytes() - before, kMost);
}

INSTANTIATE_TEST_SUITE_P(OfFilesAndTexts, PublicCases, testing::ValuesIn(cases()), testing_cases::id_of);

}  // namespace
}  // namespace weft
