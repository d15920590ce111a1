// weft run MODEL [PROMPT]: chat with the template, stream the answer; a REPL on a terminal.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "apps/weft/common.hpp"
#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/runtime/generate.hpp"
#include "core/runtime/text_side.hpp"

namespace weft::app {
namespace {

std::atomic<bool> cancelled{false};

struct Options {
  Common common;
  std::string prompt, system, ids;
  std::vector<std::string> stop;
  bool raw = false, greedy = false, ignore_eos = false, prompt_given = false;
  int64_t max_tokens = -1;
  double temperature = 0.8, top_p = 0.95, min_p = 0.05, repeat_penalty = 1.0;
  int64_t top_k = 40;
  uint64_t seed = 0;
  std::string tools;
};

GenerateOptions generate_options(const Options& o, const Model& model) {
  GenerateOptions g;
  g.max_tokens = o.max_tokens;
  g.sampling.greedy = o.greedy;
  g.sampling.temperature = o.temperature;
  g.sampling.top_k = o.top_k;
  g.sampling.top_p = o.top_p;
  g.sampling.min_p = o.min_p;
  g.sampling.repetition_penalty = o.repeat_penalty;
  g.sampling.seed = o.seed;
  g.stop = o.stop;
  g.stop_ids = model.stop_ids();
  g.ignore_eos = o.ignore_eos;
  g.cancel = &cancelled;
  return g;
}

void print_result(const GenerateResult& r) {
  Json out = {{"ids", r.ids}, {"text", r.text}, {"stop", r.stop}};
  out["timings"] = {{"prompt_tokens", r.prompt_tokens},
                    {"prefill_s", r.prefill_seconds},
                    {"decode_s", r.decode_seconds}};
  std::printf("%s\n", out.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

void say_who(const Model& model) {
  std::fprintf(stderr, "weft: %s\n", model.summary().c_str());
}

/// Generates, streaming to stdout unless --json.
Result<GenerateResult> answer(const Options& o, const Model& model, Session& session, SequenceId sequence,
                              const std::vector<int32_t>& ids) {
  auto stream = [&](std::string_view piece) {
    if (o.common.json || piece.empty()) return;
    std::fwrite(piece.data(), 1, piece.size(), stdout);
    std::fflush(stdout);
  };
  const TextSide* text = model.text();
  WEFT_TRY(auto generation, Generation::create(session, sequence, ids, text ? &text->tokenizer() : nullptr, generate_options(o, model)));
  for (bool last = false; !last;) {
    WEFT_TRY(const Piece piece, generation->next());
    stream(piece.text);
    last = piece.last;
  }
  const GenerateResult& r = generation->result();
  if (o.common.json) {
    print_result(r);
  } else if (text == nullptr) {
    std::printf("%s\n", Json(r.ids).dump().c_str());
  } else {
    std::printf("\n");
  }
  return generation->result();
}

Result<Json> read_tools(const Options& o) {
  if (o.tools.empty()) return Json();
  WEFT_TRY(const std::string text, read_whole_file(o.tools));
  return parse_json(text);
}

Result<std::vector<int32_t>> prompt_ids(const Options& o, const Model& model, const std::string& prompt) {
  if (!o.ids.empty()) return parse_ids(o.ids);
  if (model.text() == nullptr) {
    return error(Code::kFailedPrecondition, "{}: no tokenizer ({}); give --ids", o.common.model,
                 model.text_missing());
  }
  const TextSide& text = *model.text();
  if (o.raw || text.template_source().empty()) {
    return text.tokenizer().encode(prompt, {});
  }
  Json messages = Json::array();
  if (!o.system.empty()) messages.push_back({{"role", "system"}, {"content", o.system}});
  messages.push_back({{"role", "user"}, {"content", prompt}});
  WEFT_TRY(const Json tools, read_tools(o));
  return text.chat_ids(messages, tools);
}

Status run_once(const Options& o, const Model& model, const std::string& prompt) {
  WEFT_TRY(auto session, model.new_session());
  WEFT_TRY(const SequenceId sequence, session->open());
  WEFT_TRY(const std::vector<int32_t> ids, prompt_ids(o, model, prompt));
  WEFT_TRY(const GenerateResult result, answer(o, model, *session, sequence, ids));
  if (!o.common.json) {
    std::fprintf(stderr, "weft: %zu tokens, %.1f tok/s (prompt %lld tokens in %.2f s)\n", result.ids.size(),
                 result.decode_seconds > 0 ? static_cast<double>(result.ids.size()) / result.decode_seconds : 0,
                 static_cast<long long>(result.prompt_tokens), result.prefill_seconds);
  }
  return {};
}

/// Each turn goes on where the last one ended: the cache is kept up to the common prefix.
Status repl(const Options& o, const Model& model) {
  if (model.text() == nullptr) return error(Code::kFailedPrecondition, "{}: no tokenizer", o.common.model);
  const TextSide& text = *model.text();
  WEFT_TRY(auto session, model.new_session());
  WEFT_TRY(SequenceId sequence, session->open());
  Json messages = Json::array();
  if (!o.system.empty()) messages.push_back({{"role", "system"}, {"content", o.system}});
  std::vector<int32_t> cached;
  std::string line;
  while (std::fprintf(stderr, "> "), std::getline(std::cin, line)) {
    if (line.empty()) continue;
    messages.push_back({{"role", "user"}, {"content", line}});
    WEFT_TRY(const std::vector<int32_t> ids, text.chat_ids(messages, Json()));
    std::size_t same = 0;
    while (same < cached.size() && same + 1 < ids.size() && cached[same] == ids[same]) ++same;
    if (!session->rollback(sequence, static_cast<int64_t>(same)).ok()) {  // a window has moved on
      WEFT_CHECK_OK(session->close(sequence));
      WEFT_TRY(sequence, session->open());
      same = 0;
    }
    cancelled = false;
    const std::vector<int32_t> rest(ids.begin() + static_cast<std::ptrdiff_t>(same), ids.end());
    WEFT_TRY(const GenerateResult r, answer(o, model, *session, sequence, rest));
    WEFT_TRY(const int64_t length, session->length(sequence));
    cached = ids;
    cached.insert(cached.end(), r.ids.begin(), r.ids.end());
    cached.resize(static_cast<std::size_t>(length));
    messages.push_back({{"role", "assistant"}, {"content", r.text}});
  }
  std::fprintf(stderr, "\n");
  return {};
}

Status run(const Options& o) {
  std::signal(SIGINT, [](int) {
    if (cancelled.exchange(true)) _exit(130);  // the second Ctrl-C leaves at once
  });
  WEFT_TRY(auto engine, make_engine(o.common));
  WEFT_TRY(auto model, load_model(*engine, o.common));
  if (!o.common.json) say_who(*model);
  if (o.prompt_given || !o.ids.empty()) return run_once(o, *model, o.prompt);
  if (isatty(STDIN_FILENO)) return repl(o, *model);
  const std::string prompt((std::istreambuf_iterator<char>(std::cin)), {});
  return run_once(o, *model, prompt);
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("run", "answer a prompt, or chat on a terminal");
  auto o = std::make_shared<Options>();
  add_model_options(*command, o->common);
  auto* prompt = command->add_option("PROMPT", o->prompt, "the user's message");
  command->add_option("--ids", o->ids, "token ids 1,2,3 instead of a prompt")->excludes(prompt);
  command->add_flag("--raw", o->raw, "no chat template");
  command->add_option("--system", o->system, "system message");
  command->add_option("--max-tokens", o->max_tokens, "new tokens at most")->check(CLI::Range(int64_t{0}, int64_t{1} << 31));
  command->add_flag("--greedy", o->greedy, "always the likeliest token");
  command->add_option("--temp", o->temperature, "temperature, 0: greedy");
  command->add_option("--top-k", o->top_k, "keep the k likeliest, 0: all");
  command->add_option("--top-p", o->top_p, "keep the likeliest with this sum of probability");
  command->add_option("--min-p", o->min_p, "drop what is below this share of the likeliest");
  command->add_option("--repeat-penalty", o->repeat_penalty, "penalise tokens seen, 1: off");
  command->add_option("--seed", o->seed, "of the random numbers");
  command->add_option("--stop", o->stop, "stop at this text (may be given again)");
  command->add_flag("--ignore-eos", o->ignore_eos, "go on after the end of the text");
  command->add_option("--tools", o->tools, "JSON file with tools for the template");
  command->callback([=, &exit_code] {
    o->prompt_given = prompt->count() > 0;
    if (Status s = run(*o); !s.ok()) exit_code = report(s);
  });
}

}  // namespace weft::app
