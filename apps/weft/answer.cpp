#include "apps/weft/answer.hpp"

#include "apps/weft/interrupt.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

GenerateOptions generate_options(const RunOptions& o, const Model& model, const SamplingOptions& sampling) {
  GenerateOptions g;
  g.max_tokens = o.max_tokens;
  g.sampling = sampling;
  g.stop = o.stop;
  g.stop_ids = model.stop_ids();
  g.ignore_eos = o.ignore_eos;
  g.limits = Interrupts::limits();
  return g;
}

Status stream(std::string_view text) {
  WEFT_CHECK_OK(print(text));
  return flush_output();
}

/// Pulls the pieces of the answer up to the last one, and shows each as it comes.
Status pull(Generation& generation, const RunOptions& o) {
  std::optional<Progress> progress(std::in_place, "reading the prompt");
  for (bool last = false; !last;) {
    WEFT_TRY(const Piece piece, generation.next());
    progress.reset();
    if (!o.common.json && !piece.text.empty()) WEFT_CHECK_OK(stream(piece.text));
    last = piece.last;
  }
  return {};
}

std::string result_line(const GenerateResult& r, uint64_t seed) {
  Json out = {{"ids", r.ids}, {"text", r.text}, {"stop", r.stop}, {"seed", seed}};
  Json& timings = out["timings"];
  timings = {{"prompt_tokens", r.prompt_tokens}, {"prefill_s", r.prefill_seconds}, {"decode_s", r.decode_seconds}};
  return json_text(out) + "\n";
}

}  // namespace

Result<bool> uses_template(const RunOptions& o, const Model& model) {
  if (o.ids) return false;
  if (model.text() == nullptr) {
    return error(Code::kFailedPrecondition, "{}: no tokenizer ({}); give --ids", o.common.model, model.text_missing());
  }
  const bool there = !model.text()->chat().empty();
  const std::string_view wants = !o.system.empty() ? "--system" : o.chat.given();
  if (!there && !wants.empty()) {
    return error(Code::kFailedPrecondition, "{}: has no chat template, which {} needs", o.common.model, wants);
  }
  return there && !o.raw;
}

std::string cut_by(const RunOptions& o, const Model& model, const GenerateResult& result) {
  if (result.stop != "length") return "";
  if (o.max_tokens >= 0 && static_cast<int64_t>(result.ids.size()) >= o.max_tokens)
    return fmt::format("cut by --max-tokens {}", o.max_tokens);
  return fmt::format("cut, the context of {} tokens is full", model.limits().context);
}

Status answer(const RunOptions& o, const Model& model, Session& session, SequenceId sequence,
              std::vector<int32_t> ids, GenerateResult& result) {
  const TextSide* text = model.text();
  const Tokenizer* tokenizer = text ? &text->tokenizer() : nullptr;
  const Sampling sampling = settle_sampling(o.sampling, model.sampling());
  if (o.common.verbose) std::fprintf(stderr, "weft: sampling: %s\n", sampling.text.c_str());
  GenerateOptions options = generate_options(o, model, sampling.options);
  WEFT_TRY(auto generation, Generation::create(session, sequence, std::move(ids), tokenizer, std::move(options)));
  Status pulled = pull(*generation, o);
  result = generation->result();
  if (o.common.json) {
    WEFT_CHECK_OK(pulled);
    return stream(result_line(result, sampling.options.seed));
  }
  if (pulled.ok() || !result.text.empty()) {
    WEFT_CHECK_OK(stream(text ? "\n" : json_text(result.ids) + "\n"));
  }
  return pulled;
}

}  // namespace weft::app
