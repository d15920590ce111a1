#include "core/api/objects.hpp"
#include "core/base/error.hpp"

using namespace weft;

namespace {

Result<std::vector<StepItem>> step_items(const weft_step_item* items, uint32_t n, uint32_t stride) {
  if (stride < WEFT_END(weft_step_item, n_tokens)) return invalid("weft_step_item: a stride of {} bytes", stride);
  std::vector<StepItem> all;
  for (uint32_t i = 0; i < n; ++i) {
    const auto& item = *reinterpret_cast<const weft_step_item*>(reinterpret_cast<const char*>(items) + uint64_t{i} * stride);
    all.push_back({item.sequence, {item.tokens, item.n_tokens}, item.all_rows != 0});
  }
  return all;
}

}  // namespace

extern "C" {

weft_status* weft_session_new(weft_model* m, weft_session** out) {
  return guard_abi([&]() -> Status {
    *out = nullptr;
    WEFT_TRY(auto session, m->model->new_session());
    *out = new weft_session{m->model, std::move(session)};
    return {};
  });
}

void weft_session_free(weft_session* s) { delete s; }

weft_status* weft_session_open(weft_session* s, int32_t* out) {
  return guard_abi([&]() -> Status {
    WEFT_TRY(*out, s->session->open());
    return {};
  });
}

weft_status* weft_session_close(weft_session* s, int32_t sequence) {
  return guard_abi([&] { return s->session->close(sequence); });
}

weft_status* weft_session_fork(weft_session* s, int32_t sequence, int32_t* out) {
  return guard_abi([&]() -> Status {
    WEFT_TRY(*out, s->session->fork(sequence));
    return {};
  });
}

weft_status* weft_session_rollback(weft_session* s, int32_t sequence, int64_t length) {
  return guard_abi([&] { return s->session->rollback(sequence, length); });
}

weft_status* weft_session_length(const weft_session* s, int32_t sequence, int64_t* out) {
  return guard_abi([&]() -> Status {
    WEFT_TRY(*out, s->session->length(sequence));
    return {};
  });
}

weft_status* weft_session_encode(weft_session* s, const weft_step_item* items, uint32_t n, uint32_t stride) {
  return guard_abi([&]() -> Status {
    WEFT_TRY(const std::vector<StepItem> sources, step_items(items, n, stride));
    return s->session->encode(sources);
  });
}

weft_status* weft_session_step(weft_session* s, const weft_step_item* items, uint32_t n, uint32_t stride, weft_logits* out) {
  return guard_abi([&]() -> Status {
    WEFT_TRY(const std::vector<StepItem> step, step_items(items, n, stride));
    WEFT_TRY(const StepLogits logits, s->session->step(step));
    *out = {logits.data, logits.rows, logits.vocab};
    return {};
  });
}

weft_status* weft_generation_new(weft_session* s, int32_t sequence, const int32_t* prompt, uint64_t n_prompt,
                                 const weft_generate_options* given, weft_generation** out) {
  return guard_abi([&]() -> Status {
    *out = nullptr;
    const weft_generate_options o = options_or(given, WEFT_INIT(weft_generate_options));
    auto g = std::make_unique<weft_generation>();
    GenerateOptions options;
    options.max_tokens = o.max_tokens;
    options.ignore_eos = o.ignore_eos != 0;
    options.sampling = {.greedy = o.greedy != 0, .temperature = o.temperature, .top_k = o.top_k, .top_p = o.top_p,
                        .min_p = o.min_p, .typical_p = o.typical_p, .repetition_penalty = o.repetition_penalty,
                        .presence_penalty = o.presence_penalty, .frequency_penalty = o.frequency_penalty,
                        .penalty_window = o.penalty_window, .seed = o.seed, .top_logprobs = o.top_logprobs};
    for (uint32_t i = 0; i < o.n_logit_bias; ++i) options.sampling.logit_bias.emplace_back(o.logit_bias[i].token, o.logit_bias[i].bias);
    for (uint32_t i = 0; i < o.n_stop; ++i) options.stop.emplace_back(o.stop[i]);
    options.stop_ids = s->model->stop_ids();
    options.cancel = &g->cancelled;
    const TextSide* text = s->model->text();
    WEFT_TRY(g->generation, Generation::create(*s->session, sequence, {prompt, prompt + n_prompt},
                                               text ? &text->tokenizer() : nullptr, std::move(options)));
    *out = g.release();
    return {};
  });
}

weft_status* weft_generation_next(weft_generation* g, weft_piece* out) {
  return guard_abi([&]() -> Status {
    if (!WEFT_HAS(out, weft_piece, stop)) return invalid("weft_piece: hdr.struct_size is {}", out->hdr.struct_size);
    WEFT_TRY(g->piece, g->generation->next());
    g->top.clear();
    const weft_hdr hdr = out->hdr;
    *out = {};
    out->hdr = hdr, out->token = -1;
    if (g->piece.token) {
      for (const TokenLogprob& t : g->piece.token->top) g->top.push_back({t.token, t.logprob});
      out->token = g->piece.token->token, out->logprob = g->piece.token->logprob;
    }
    out->text = to_str(g->piece.text);
    out->top = g->top.data(), out->n_top = static_cast<uint32_t>(g->top.size());
    out->last = g->piece.last;
    if (g->piece.last) out->stop = to_str(g->generation->result().stop);
    return {};
  });
}

void weft_generation_cancel(weft_generation* g) { g->cancelled = true; }
void weft_generation_free(weft_generation* g) { delete g; }

}  // extern "C"
