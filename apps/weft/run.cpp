// weft run MODEL [PROMPT]: chat with the template, stream the answer; a chat on a terminal.
#include <cstdio>
#include <limits>

#include "apps/weft/answer.hpp"
#include "apps/weft/input.hpp"
#include "apps/weft/interrupt.hpp"
#include "apps/weft/output.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

Result<std::vector<int32_t>> prompt_ids(const RunOptions& o, const Model& model, const std::string& prompt,
                                        const ChatOptions& options) {
  WEFT_TRY(const bool templated, uses_template(o, model));
  if (!templated) return model.text()->tokenizer().encode(prompt, {});
  Json messages = Json::array();
  if (!o.system.empty()) messages.push_back({{"role", "system"}, {"content", o.system}});
  messages.push_back({{"role", "user"}, {"content", prompt}});
  return model.text()->chat().ids(messages, options);
}

Status run_once(const RunOptions& o, const Model& model, std::vector<int32_t> ids) {
  WEFT_TRY(auto session, model.new_session());
  WEFT_TRY(const SequenceId sequence, session->open());
  const Interrupts interrupts;
  GenerateResult r;
  WEFT_CHECK_OK(answer(o, model, *session, sequence, std::move(ids), r));
  if (o.common.json) return {};
  const std::string cut = cut_by(o, model, r);
  std::fprintf(stderr, "weft: %s, %.1f tok/s (prompt %s in %.2f s)%s\n", counted(r.ids.size(), "token").c_str(),
               r.decode_seconds > 0 ? static_cast<double>(r.ids.size()) / r.decode_seconds : 0,
               counted(static_cast<uint64_t>(r.prompt_tokens), "token").c_str(), r.prefill_seconds,
               cut.empty() ? "" : ("; " + cut).c_str());
  return {};
}

Status run(const RunOptions& o) {
  // Mistakes of the user are told before the model is loaded, which takes time.
  std::vector<int32_t> ids;
  std::string prompt;
  const bool chats = o.words.empty() && !o.ids && !input_is_piped();
  if (o.ids) {
    WEFT_TRY(ids, parse_ids(*o.ids));
  }
  WEFT_TRY(ChatOptions options, o.chat.read());
  options.limits = Interrupts::limits();
  if (!chats && !o.ids) {
    WEFT_TRY(prompt, words_and_input(o.words));
  }
  WEFT_TRY(auto engine, make_engine(o.common));
  WEFT_TRY(auto model, load_model(*engine, o.common));
  if (!o.common.json && (!chats || o.common.verbose))
    std::fprintf(stderr, "weft: %s\n", shown(model->summary()).c_str());
  if (model->text() != nullptr && !model->text()->chat().empty()) {
    if (Status s = check_tools_are_used(model->text()->chat(), options); !s.ok()) return s.with_context(o.common.model);
  }
  if (chats) return chat(o, *model, options);
  if (!o.ids) {
    WEFT_TRY(ids, prompt_ids(o, *model, prompt, options));
  }
  return run_once(o, *model, std::move(ids));
}

}  // namespace

void add_answer_options(Command& command, RunOptions& o) {
  SamplingChoice& s = o.sampling;  // options that are not given stay empty: the model's own settings count
  constexpr double most = std::numeric_limits<float>::max();
  const auto defaulted = [](const char* help, const char* setting) {
    return fmt::format("{} (else the model's, else {})", help, sampling_default(setting));
  };
  command.add("--max-tokens", &o.max_tokens, "new tokens at most").range = {0, int64_t{1} << 31};
  command.add("--stop", &o.stop, "stop at this text (may be given again)");
  command.add("--ignore-eos", &o.ignore_eos, "go on after the end of the text");
  command.add("--greedy", &s.greedy, "always the likeliest token");
  command.add("--temp", &s.temperature, defaulted("temperature, 0: greedy", "temperature")).range = {0, most};
  command.add("--top-k", &s.top_k, defaulted("keep the k likeliest, 0: all", "top_k")).range = {0, int64_t{1} << 31};
  command.add("--top-p", &s.top_p, defaulted("keep the likeliest with this sum of probability", "top_p")).range = {0,
                                                                                                                   1};
  command.add("--min-p", &s.min_p, defaulted("drop what is below this share of the likeliest", "min_p")).range = {0, 1};
  command
      .add("--repeat-penalty", &s.repetition_penalty, defaulted("penalise tokens seen, 1: off", "repetition_penalty"))
      .range = {1e-6, most};
  command.add("--seed", &s.seed, "of the random numbers: equal ones give equal texts (else a new one each time)");
}

void add_run(Commands& commands) {
  auto o = std::make_shared<RunOptions>();
  Command& command = commands.add("run", "answer a prompt, or chat on a terminal", [o] { return run(*o); });
  add_model_options(command, o->common);
  command.add("PROMPT", &o->words, "the user's message; what is piped in comes after it; - asks for what is typed");
  command.add("--ids", &o->ids, "token ids 1,2,3 instead of a prompt").excludes = {"PROMPT"};
  command.add("--raw", &o->raw, "no chat template");
  command.add("--system", &o->system, "system message").excludes = {"--ids", "--raw"};
  add_template_options(command, o->chat, {"--ids", "--raw"});
  add_answer_options(command, *o);
}

}  // namespace weft::app
