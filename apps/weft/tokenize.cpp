// weft tokenize MODEL [TEXT | -] [--jsonl] [--decode] [--offsets] [--no-special] [--no-parse-special]
#include <filesystem>

#include "apps/weft/common.hpp"
#include "apps/weft/input.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/whole_file.hpp"
#include "core/base/error.hpp"
#include "core/model/text_side.hpp"
#include "core/model/tokens_beside.hpp"
#include "core/text/tokenizer_files.hpp"

namespace weft::app {
namespace {

struct Options {
  Common common;
  std::optional<std::string> text;
  bool jsonl = false, decode = false, offsets = false, no_special = false, no_parse_special = false;
};

Status read_if_there(const std::string& path, std::string& text) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return {};
  WEFT_TRY(text, read_whole_file(path, 256u << 20));
  return {};
}

/// The tokenizer needs no tensors: of a folder whose tensors are missing or broken its files are read all the same, and
/// one of them that suffices can be named in place of the folder.
Result<Tokenizer> open_tokenizer(Engine& engine, const std::string& model) {
  auto checkpoint = engine.open_checkpoint(model);
  if (checkpoint.ok()) {
    WEFT_TRY(const TextSide text, TextSide::load(engine, **checkpoint));
    return text.tokenizer();
  }
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(model, ignored);
  const std::string path = folder ? model + "/tokenizer.json" : model;
  std::string json;
  if (path.ends_with("tokenizer.json")) {
    WEFT_CHECK_OK(read_if_there(path, json));
  }
  if (!json.empty()) {
    TokensBeside beside;  // only of a folder: a file that is named stands for itself
    if (folder) {
      WEFT_TRY(const auto files, CheckpointFiles::open(model));
      Json config = Json::object();
      const DrainAtEnd drain(config);
      WEFT_CHECK_OK(read_tokenizer_config_of(*files, config));
      WEFT_TRY(beside, tokens_beside(*files, config));
    }
    auto tokenizer = Tokenizer::from_json(json, beside);
    if (!tokenizer.ok()) return tokenizer.status().with_context(path);
    return tokenizer;
  }
  const std::string parent = folder ? model : std::filesystem::path(model).parent_path().string();
  WEFT_TRY(TokenizerFiles files, gather_tokenizer_files([&](const char* name, std::string& text) {
             return read_if_there((parent.empty() ? "." : parent) + "/" + name, text);
           }));
  const bool pieces = !folder && (model.ends_with(".model") || model.ends_with(".tiktoken"));
  if (pieces) {
    WEFT_CHECK_OK(read_if_there(model, files.model));
    files.model_name = std::filesystem::path(model).filename().string();
  }
  if (!folder && !pieces && !model.ends_with("tekken.json")) return checkpoint.status();
  auto tokenizer = Tokenizer::from_files(files);
  if (tokenizer.ok()) return tokenizer;
  return tokenizer.status().code() == Code::kNotFound ? checkpoint.status() : tokenizer.status().with_context(model);
}

Result<std::string> encode_line(const Tokenizer& tokenizer, const Options& o, std::string_view text) {
  EncodeOptions how;
  how.add_special = !o.no_special;
  how.parse_special = !o.no_parse_special;
  if (o.offsets) {
    WEFT_TRY(const Encoding encoding, tokenizer.encode_with_offsets(text, how));
    Json spans = Json::array();
    for (const Origin& span : encoding.offsets) spans.push_back({span.begin, span.end});
    return json_text(Json{{"ids", encoding.ids}, {"offsets", std::move(spans)}}) + "\n";
  }
  WEFT_TRY(const std::vector<int32_t> ids, tokenizer.encode(text, how));
  return json_text(ids) + "\n";
}

Result<std::string> decode_line(const Tokenizer& tokenizer, const Options& o, const Json& ids, bool as_json) {
  std::vector<int32_t> list;
  if (!ids.is_array()) return invalid("is a JSON {}, expected an array of token ids", ids.type_name());
  for (const Json& id : ids) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() >= tokenizer.vocab_size()) {
      return invalid("{} is not a token id of this vocabulary, expected 0 to {}", json_text(id),
                     tokenizer.vocab_size() - 1);
    }
    list.push_back(id.get<int32_t>());
  }
  WEFT_TRY(const std::string text, tokenizer.decode(list, o.no_special));
  return (as_json ? json_text(text) : text) + "\n";
}

/// The text argument of --decode: [1,2,3], as the other direction prints it, or 1,2,3.
Result<Json> ids_argument(const std::string& text) {
  if (text.find_first_not_of(' ') == std::string::npos) return Json::array();
  if (text[text.find_first_not_of(' ')] == '[') return parse_json(text, {.max_values = 100'000'000});
  WEFT_TRY(const std::vector<int32_t> ids, parse_ids(text));
  return Json(ids);
}

Result<std::string> convert_line(const Tokenizer& tokenizer, const Options& o, std::string_view line) {
  WEFT_TRY(const Json value, parse_json(line));
  if (o.decode) return decode_line(tokenizer, o, value, true);
  if (!value.is_string()) return invalid("is a JSON {}, expected a string", value.type_name());
  return encode_line(tokenizer, o, value.get_ref<const std::string&>());
}

Status tokenize(const Options& o) {
  std::string given;
  if (!o.jsonl) {
    WEFT_TRY(given, text_or_input(o.text));
  }
  WEFT_TRY(auto engine, make_engine(o.common));
  WEFT_TRY(const Tokenizer tokenizer, open_tokenizer(*engine, o.common.model));
  if (!o.jsonl && o.decode) {
    WEFT_TRY(const Json ids, ids_argument(given));
    WEFT_TRY(const std::string text, decode_line(tokenizer, o, ids, o.common.json));
    return print(text);
  }
  if (!o.jsonl) {
    WEFT_TRY(const std::string ids, encode_line(tokenizer, o, given));
    return print(ids);
  }
  return answer_lines([&](const std::string& line) { return convert_line(tokenizer, o, line); });
}

}  // namespace

void add_tokenize(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("tokenize", "text to token ids, or back", [o] { return tokenize(*o); });
  add_model_options(command, o->common);
  command.add("TEXT", &o->text, "the text (or 1,2,3 with --decode); else, or where it is -, standard input");
  command.add("--jsonl", &o->jsonl, "one JSON value a line from stdin").excludes = {"TEXT"};
  command.add("--decode", &o->decode, "ids to text");
  command.add("--offsets", &o->offsets, "also the bytes of the text that each id stands for");
  command.add("--no-special", &o->no_special, "add no special tokens; skip them when decoding");
  command.add("--no-parse-special", &o->no_parse_special, "special tokens in the text are text");
  command.usage_error = [o] { return o->jsonl || o->text || input_is_piped() ? "" : "TEXT or --jsonl is required"; };
}

}  // namespace weft::app
