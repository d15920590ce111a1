// weft tokenize MODEL [TEXT] [--jsonl] [--decode] [--no-special] [--no-parse-special]
#include <cstdio>
#include <iostream>

#include "apps/weft/common.hpp"
#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/runtime/text_side.hpp"

namespace weft::app {
namespace {

struct Options {
  Common common;
  std::string text;
  bool jsonl = false, decode = false, no_special = false, no_parse_special = false;
};

Status encode_line(const Tokenizer& tokenizer, const Options& o, std::string_view text) {
  EncodeOptions how;
  how.add_special = !o.no_special;
  how.parse_special = !o.no_parse_special;
  WEFT_TRY(const std::vector<int32_t> ids, tokenizer.encode(text, how));
  std::printf("%s\n", Json(ids).dump().c_str());
  return {};
}

Status decode_line(const Tokenizer& tokenizer, const Options& o, const Json& ids, bool as_json) {
  std::vector<int32_t> list;
  if (!ids.is_array()) return invalid("expected an array of token ids");
  for (const Json& id : ids) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() >= tokenizer.vocab_size()) {
      return invalid("{} is not a token id of this vocabulary", id.dump());
    }
    list.push_back(id.get<int32_t>());
  }
  const std::string text = tokenizer.decode(list, o.no_special);
  const std::string shown = as_json ? Json(text).dump(-1, ' ', false, Json::error_handler_t::replace) : text;
  std::printf("%s\n", shown.c_str());
  return {};
}

Status tokenize(const Options& o) {
  WEFT_TRY(auto engine, make_engine(o.common));
  WEFT_TRY(auto checkpoint, engine->open_checkpoint(o.common.model));
  WEFT_TRY(const TextSide text, TextSide::load(*checkpoint));
  if (!o.jsonl) {
    if (!o.decode) return encode_line(text.tokenizer(), o, o.text);
    WEFT_TRY(const std::vector<int32_t> ids, parse_ids(o.text));
    return decode_line(text.tokenizer(), o, Json(ids), false);
  }
  std::string line;
  for (int64_t n = 1; std::getline(std::cin, line); ++n) {
    auto value = parse_json(line);
    if (!value.ok()) return value.status().with_context(fmt::format("line {}", n));
    if (!o.decode && !value->is_string()) return invalid("line {}: expected a JSON string", n);
    Status s = o.decode ? decode_line(text.tokenizer(), o, *value, true)
                        : encode_line(text.tokenizer(), o, value->get_ref<const std::string&>());
    if (!s.ok()) return s.with_context(fmt::format("line {}", n));
  }
  return {};
}

}  // namespace

void add_tokenize(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("tokenize", "text to token ids, or back");
  auto o = std::make_shared<Options>();
  add_engine_options(*command, o->common);
  command->add_option("MODEL", o->common.model, "folder or file")->required();
  command->add_option("TEXT", o->text, "the text (or 1,2,3 with --decode)");
  command->add_flag("--jsonl", o->jsonl, "one JSON value a line from stdin");
  command->add_flag("--decode", o->decode, "ids to text");
  command->add_flag("--no-special", o->no_special, "add no special tokens; skip them when decoding");
  command->add_flag("--no-parse-special", o->no_parse_special, "special tokens in the text are text");
  command->callback([=, &exit_code] {
    if (Status s = tokenize(*o); !s.ok()) exit_code = report(s);
  });
}

}  // namespace weft::app
