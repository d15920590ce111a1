#include "core/runtime/generate.hpp"

#include <algorithm>
#include <chrono>

#include "core/base/error.hpp"
#include "core/runtime/sampling/stop.hpp"
#include "core/text/detokenizer.hpp"

namespace weft {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Result<GenerateResult> generate(Session& session, SequenceId sequence, std::span<const int32_t> prompt,
                                const Tokenizer* tokenizer, const GenerateOptions& options,
                                const std::function<void(std::string_view)>& on_text) {
  if (prompt.empty()) return invalid("the prompt has no tokens");
  WEFT_TRY(SamplerChain sampler, SamplerChain::create(options.sampling));
  WEFT_TRY(const int64_t before, session.length(sequence));
  const auto n = static_cast<int64_t>(prompt.size());
  if (n > session.limits().context - before) {
    return error(Code::kOutOfRange, "context limit: the prompt has {} tokens, the context {}{}; raise --ctx or shorten it", n,
                 session.limits().context, before > 0 ? fmt::format(" with {} in use", before) : "");
  }
  const auto cancelled = [&] { return options.cancel && options.cancel->load(); };
  GenerateResult result;
  result.prompt_tokens = n;
  std::vector<int32_t> history(prompt.begin(), prompt.end());
  StopMatcher stops(options.stop);
  std::optional<Detokenizer> detokenizer;
  if (tokenizer) detokenizer.emplace(*tokenizer);
  auto show = [&](const std::string& piece) {
    result.text += piece;
    if (!piece.empty() && on_text) on_text(piece);
  };

  const double start = now();
  StepLogits logits;
  const auto piece = static_cast<std::size_t>(session.limits().step_tokens);
  for (std::size_t at = 0; at < prompt.size(); at += piece) {
    if (cancelled()) return error(Code::kCancelled, "cancelled");
    const StepItem item{sequence, prompt.subspan(at, std::min(piece, prompt.size() - at)), false};
    WEFT_TRY(logits, session.step({&item, 1}));
  }
  result.prefill_seconds = now() - start;

  const double decode_start = now();
  int64_t length = before + n;
  while (result.stop.empty()) {
    if (options.max_tokens >= 0 && static_cast<int64_t>(result.ids.size()) >= options.max_tokens) {
      result.stop = "length";
      break;
    }
    if (cancelled()) return error(Code::kCancelled, "cancelled");
    WEFT_TRY(const Sampled sampled, sampler.sample(logits.row(logits.rows - 1), history));
    const bool end = std::find(options.stop_ids.begin(), options.stop_ids.end(), sampled.token) != options.stop_ids.end();
    if (end && !options.ignore_eos) {
      result.stop = "eos";
      break;
    }
    result.ids.push_back(sampled.token);
    history.push_back(sampled.token);
    if (detokenizer) {
      show(stops.push(detokenizer->push(sampled.token)));
      if (stops.stopped()) {
        result.stop = "stop";
        break;
      }
    }
    if (length >= session.limits().context) {
      result.stop = "length";
      break;
    }
    if (options.max_tokens >= 0 && static_cast<int64_t>(result.ids.size()) >= options.max_tokens) continue;
    const StepItem item{sequence, {&history.back(), 1}, false};
    WEFT_TRY(logits, session.step({&item, 1}));
    ++length;
  }
  if (detokenizer && !stops.stopped()) {
    show(stops.push(detokenizer->flush()));
    show(stops.flush());
  }
  result.decode_seconds = now() - decode_start;
  return result;
}

}  // namespace weft
