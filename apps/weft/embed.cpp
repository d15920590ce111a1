// weft embed MODEL [TEXT | - | --jsonl]

#include "apps/weft/answer_batches.hpp"
#include "apps/weft/common.hpp"
#include "apps/weft/input.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "apps/weft/tensor_file.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "core/tasks/embedder.hpp"

namespace weft::app {
namespace {

struct Options {
  Common common;
  std::optional<std::string> text, prompt;
  std::string prompt_name, pooling, output;
  int64_t dimensions = 0;
  bool jsonl = false, lines = false, normalize = false;
};

constexpr std::size_t kLines = 128;  // that are read before they are answered; with fewer, steps are small

std::string json_of(const Embedded& e) {
  return fmt::format("{{\"ids\":[{}],\"embedding\":[{}]}}\n", fmt::join(e.ids, ","), fmt::join(e.vector, ","));
}

Result<EmbedOptions> embed_options(const Options& o) {
  EmbedOptions options{.prompt = o.prompt, .prompt_name = o.prompt_name, .dimensions = o.dimensions,
                       .normalize = o.normalize};
  if (!o.pooling.empty()) {
    WEFT_TRY(options.pooling, Pooling::named(o.pooling));
  }
  return options;
}

/// The texts of lines: JSON strings, or the lines themselves.
Result<std::vector<std::string>> texts_of(std::span<const std::string> lines, bool json) {
  std::vector<std::string> texts;
  for (const std::string& line : lines) {
    if (!json) {
      texts.push_back(line);
      continue;
    }
    WEFT_TRY(const Json value, parse_json(line));
    if (!value.is_string()) return invalid("is a JSON {}, expected a string", value.type_name());
    texts.push_back(value.get_ref<const std::string&>());
  }
  return texts;
}

Result<Embedder> open_embedder(Engine& engine, const Common& common) {
  const Progress progress("loading " + one_line(common.model));
  LoadOptions options = load_options(exact_unless_said(common));
  Embedder::prepare(options);
  WEFT_TRY(auto model, Model::load(engine, common.model, options));
  return Embedder::create(std::move(model));
}

Status embed(const Options& o) {
  std::string given;
  const bool many = o.jsonl || o.lines;
  if (!many) {
    WEFT_TRY(given, text_or_input(o.text));
  }
  WEFT_TRY(const EmbedOptions options, embed_options(o));
  const bool tensors = o.output.ends_with(".safetensors");
  WEFT_TRY(Answers answers, Answers::open(o.output));
  WEFT_TRY(auto engine, make_engine(o.common));
  WEFT_TRY(Embedder embedder, open_embedder(*engine, o.common));
  std::vector<float> rows;
  int64_t width = 0;
  const auto embed_all = [&](std::span<const std::string> texts) -> Result<std::vector<std::string>> {
    WEFT_TRY(const auto all, embedder.embed(std::vector<std::string_view>(texts.begin(), texts.end()), options));
    std::vector<std::string> out;
    for (const Embedded& e : all) {
      if (!tensors) out.push_back(json_of(e));
      else rows.insert(rows.end(), e.vector.begin(), e.vector.end()), width = std::ssize(e.vector);
    }
    return out;
  };
  if (many) {
    const AnswerLines answer = [&](std::span<const std::string> lines) -> Result<std::vector<std::string>> {
      WEFT_TRY(const auto texts, texts_of(lines, o.jsonl));
      return embed_all(texts);
    };
    WEFT_CHECK_OK(answer_batches(kLines, answers, answer));
  } else {
    WEFT_TRY(const auto answer, embed_all({&given, 1}));
    for (const std::string& text : answer) WEFT_CHECK_OK(answers.add(text));
  }
  if (!tensors) return answers.end();
  return write_tensor(o.output, "embedding", rows, width > 0 ? std::ssize(rows) / width : 0, width);
}

}  // namespace

void add_embed(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("embed", "texts to vectors, by an embedding model", [o] { return embed(*o); });
  add_model_options(command, o->common);
  command.add("TEXT", &o->text, "the text; else, or where it is -, standard input");
  command.add("--jsonl", &o->jsonl, "one JSON string a line from stdin").excludes = {"TEXT"};
  command.add("--lines", &o->lines, "one text a line from stdin").excludes = {"TEXT", "--jsonl"};
  command.add("--prompt-name", &o->prompt_name, "the model's prompt of this name before each text: query, document");
  command.add("--prompt", &o->prompt, "this before each text, in place of the model's prompt").excludes = {
      "--prompt-name"};
  command.add("--pooling", &o->pooling, "how tokens become one vector, in place of the model's way").choices = {
      "cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"};
  command.add("--dimensions", &o->dimensions, "only so many of a vector's first values; 0: all").range = {0, 1 << 24};
  command.add("--normalize", &o->normalize, "scale vectors to length 1, after --dimensions");
  command.add("-o,--output", &o->output, "write there; to a .safetensors, embedding f32 [texts, width]").value = "FILE";
  command.usage_error = [o] {
    return o->jsonl || o->lines || o->text || input_is_piped() ? "" : "TEXT, --jsonl or --lines is required";
  };
}

}  // namespace weft::app
