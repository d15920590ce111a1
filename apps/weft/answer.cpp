#include "apps/weft/answer.hpp"

#include "apps/weft/interrupt.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

GenerateOptions generate_options(const RunOptions& o, const Model& model) {
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
  g.cancel = &Interrupts::flag();
  return g;
}

Status stream(std::string_view text) {
  WEFT_CHECK_OK(print(text));
  return flush_output();
}

/// The pieces up to the last one, shown as they come.
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

std::string result_line(const GenerateResult& r) {
  Json out = {{"ids", r.ids}, {"text", r.text}, {"stop", r.stop}};
  out["timings"] = {{"prompt_tokens", r.prompt_tokens}, {"prefill_s", r.prefill_seconds}, {"decode_s", r.decode_seconds}};
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

Status answer(const RunOptions& o, const Model& model, Session& session, SequenceId sequence,
              std::vector<int32_t> ids, GenerateResult& result) {
  const TextSide* text = model.text();
  const Tokenizer* tokenizer = text ? &text->tokenizer() : nullptr;
  WEFT_TRY(auto generation, Generation::create(session, sequence, std::move(ids), tokenizer, generate_options(o, model)));
  Status pulled = pull(*generation, o);
  result = generation->result();
  if (o.common.json) {
    WEFT_CHECK_OK(pulled);
    return stream(result_line(result));
  }
  if (pulled.ok() || !result.text.empty()) {
    WEFT_CHECK_OK(stream(text ? "\n" : json_text(result.ids) + "\n"));
  }
  return pulled;
}

}  // namespace weft::app
