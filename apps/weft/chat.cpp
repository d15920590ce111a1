#include "apps/weft/chat.hpp"

#include <cstdio>
#include <filesystem>
#include <set>

#include "apps/weft/interrupt.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/prompt.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

/// "weft: model.gguf, 92.1 MB, on cpu, context 4096 tokens; /help for commands"
void greet(const RunOptions& o, const Model& model) {
  std::set<std::string> backends;
  for (const Segment& s : model.compiled()->placement.segments)
    backends.insert(model.compiled()->stores[s.device]->device()->name());
  const std::string name = std::filesystem::path(o.common.model).filename().string();
  const double megabytes = static_cast<double>(model.stored_bytes()) / 1e6;
  std::fprintf(stderr, "weft: %s, %.1f MB, on %s, context %lld tokens; /help for commands\n",
               shown(name.empty() ? o.common.model : name).c_str(), megabytes,
               fmt::format("{}", fmt::join(backends, " and ")).c_str(),
               static_cast<long long>(model.limits().context));
}

}  // namespace

Chat::Chat(const RunOptions& o, const Model& model, bool templated, const ChatOptions& options, Cache cache)
    : o_(o), model_(model), talk_(model, templated, o.system, options), cache_(std::move(cache)) {}

Result<std::vector<int32_t>> Chat::fitting(const std::string& message) {
  talk_.add(message);
  const int64_t context = model_.limits().context;
  // A quarter of the context is left for the answer, unless it is said to be shorter.
  const int64_t room = o_.max_tokens >= 0 ? std::min(o_.max_tokens, context / 4) : context / 4;
  const Conversation::Said all = talk_.said();
  bool dropped = talk_.drop_surplus();
  auto ids = talk_.ids();
  while (ids.ok() && static_cast<int64_t>(ids->size()) + room > context && talk_.drop_oldest()) {
    dropped = true;
    ids = talk_.ids();
  }
  if (!ids.ok() || static_cast<int64_t>(ids->size()) >= context) {  // the message alone is too long, or not wanted
    if (dropped) talk_.restore(all);
    if (!ids.ok()) talk_.forget();
  } else if (dropped && !told_of_dropping_) {
    std::fprintf(stderr,
                 "weft: the context of %lld tokens is full: the oldest turns are left out from here on; --ctx makes it "
                 "larger\n",
                 static_cast<long long>(context));
    told_of_dropping_ = true;
  }
  return ids;
}

Status Chat::turn(const std::string& message) {
  auto fits = fitting(message);
  // A prompt that is not made, since it is cancelled or too much, ends the turn and not the chat.
  if (fits.status().code() == Code::kCancelled || fits.status().code() == Code::kResourceExhausted)
    return print_error(fits.status().message()), Status();
  WEFT_TRY(const std::vector<int32_t> ids, std::move(fits));
  WEFT_TRY(std::vector<int32_t> rest, cache_.rest_of(ids));
  GenerateResult r;
  Status s = answer(o_, model_, cache_.session(), cache_.sequence(), std::move(rest), r);
  // Ctrl-C may have ended a wait for weights that are still being fetched, and not the answer alone.
  if (s.code() == Code::kCancelled) WEFT_CHECK_OK(model_.check_intact());
  if (s.ok() || s.code() == Code::kCancelled) {
    talk_.keep(r.ids, r.text);
    if (const std::string cut = cut_by(o_, model_, r); !cut.empty() && !o_.common.json)
      std::fprintf(stderr, "weft: the answer is %s\n", cut.c_str());
    return {};
  }
  if (s.code() != Code::kOutOfRange && s.code() != Code::kInvalidArgument) return s;
  talk_.forget();
  print_error(s.message());
  return {};
}

Status chat(const RunOptions& o, const Model& model, const ChatOptions& options) {
  WEFT_TRY(const bool templated, uses_template(o, model));
  WEFT_TRY(Cache cache, Cache::create(model));
  Chat chat(o, model, templated, options, std::move(cache));
  Interrupts interrupts;
  Prompt prompt(interrupts.descriptor(), Chat::completions);
  if (!o.common.json) greet(o, model);
  std::string text;
  for (;;) {
    // An interrupt that was raised before this prompt ends with the next line; one that is raised while that line is
    // typed is meant for its answer.
    interrupts.drain();
    const bool earlier = Interrupts::flag();
    switch (prompt.next(text)) {
      case LineRead::kEnd:
        std::fprintf(stderr, "\n");
        return {};
      case LineRead::kInterrupted:
        std::fprintf(stderr, "\nweft: Ctrl-C again, or Ctrl-D, leaves\n");
        break;
      case LineRead::kCancelled:
        Interrupts::clear();
        break;
      case LineRead::kLine:
        if (earlier) Interrupts::clear();
        if (Chat::is_command(text)) {
          WEFT_TRY(const Chat::Then then, chat.command(text));
          if (then == Chat::Then::kLeave) return {};
        } else if (!text.empty()) {
          WEFT_CHECK_OK(chat.turn(text));
        }
    }
  }
}

}  // namespace weft::app
