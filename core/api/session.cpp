#include <cmath>
#include <deque>

#include "core/api/objects.hpp"
#include "core/base/error.hpp"
#include "weft/sdk/strided.hpp"

using namespace weft;

namespace {

struct StepItems {
  std::vector<StepItem> items;
  std::deque<std::vector<TokenInput>> inputs;  // of the items, which point to them
};

Result<StepItems> step_items(const weft_step_item* items, uint32_t n, uint32_t stride) {
  WEFT_CHECK_OK(check_entries("items", static_cast<const void*>(items), n));
  constexpr uint32_t known = WEFT_END(weft_step_item, n_tokens);
  if (stride < known) return invalid("weft_step_item: a stride of {} bytes, expected at least {}", stride, known);
  StepItems all;
  for (uint32_t i = 0; i < n; ++i) {
    const weft_step_item& item = sdk::strided(items, stride, i);
    if (!WEFT_HAS(&item, weft_step_item, n_tokens)) {
      return invalid("item {}: hdr.struct_size is {}; use WEFT_INIT(weft_step_item)", i, item.hdr.struct_size);
    }
    WEFT_CHECK_OK(
        check_entries(fmt::format("item {}: tokens", i).c_str(), static_cast<const void*>(item.tokens), item.n_tokens));
    all.items.push_back({item.sequence, {item.tokens, item.n_tokens}, item.all_rows != 0});
    if (!WEFT_HAS(&item, weft_step_item, n_inputs)) continue;
    WEFT_CHECK_OK(
        check_entries(fmt::format("item {}: inputs", i).c_str(), static_cast<const void*>(item.inputs), item.n_inputs));
    std::vector<TokenInput>& inputs = all.inputs.emplace_back();
    for (uint32_t k = 0; k < item.n_inputs; ++k) {
      const weft_token_input& input = item.inputs[k];
      const std::string what = fmt::format("item {}: input {}", i, to_view(input.name));
      WEFT_CHECK_OK(check_entries(what.c_str(), input.data, input.bytes));
      inputs.push_back({to_view(input.name), {static_cast<const std::byte*>(input.data), input.bytes}});
    }
    all.items.back().inputs = inputs;
  }
  return all;
}

/// The settings that the host made; all others stay unset.
SamplingChoice sampling_choice(const weft_generate_options& o) {
  const auto number = [](double v) { return std::isnan(v) ? std::nullopt : std::optional(v); };
  const auto whole = [](int64_t v) { return v == WEFT_UNSET_INT ? std::nullopt : std::optional(v); };
  return {.greedy = o.greedy != 0, .temperature = number(o.temperature), .top_k = whole(o.top_k),
          .top_p = number(o.top_p), .min_p = number(o.min_p), .typical_p = number(o.typical_p),
          .repetition_penalty = number(o.repetition_penalty), .presence_penalty = number(o.presence_penalty),
          .frequency_penalty = number(o.frequency_penalty), .penalty_window = whole(o.penalty_window),
          .seed = o.seed == WEFT_RANDOM_SEED ? std::nullopt : std::optional(o.seed)};
}

Result<GenerateOptions> generate_options(const weft_generate_options& o, const Sampling& sampling) {
  WEFT_CHECK_OK(check_entries("weft_generate_options: stop", o.stop, o.n_stop));
  WEFT_CHECK_OK(
      check_entries("weft_generate_options: logit_bias", static_cast<const void*>(o.logit_bias), o.n_logit_bias));
  if (o.max_tokens < -1) return invalid("weft_generate_options: max_tokens is {}, expected -1 or more", o.max_tokens);
  GenerateOptions options;
  options.max_tokens = o.max_tokens;
  options.ignore_eos = o.ignore_eos != 0;
  options.sampling = sampling.options;
  options.sampling.top_logprobs = o.top_logprobs;
  for (uint32_t i = 0; i < o.n_logit_bias; ++i)
    options.sampling.logit_bias.emplace_back(o.logit_bias[i].token, o.logit_bias[i].bias);
  for (uint32_t i = 0; i < o.n_stop; ++i) options.stop.emplace_back(o.stop[i]);
  return options;
}

}  // namespace

extern "C" {

weft_status* weft_session_new(weft_model* model, weft_session** out) { return weft_session_new_for(model, "", out); }

weft_status* weft_session_new_for(weft_model* model, const char* role, weft_session** out) {
  WEFT_NEED(model);
  WEFT_NEED(role);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    *out = nullptr;
    WEFT_TRY(auto session, model->model->new_session(role));
    *out = new weft_session{model->model, std::move(session)};
    return {};
  });
}

void weft_session_free(weft_session* s) { delete s; }

weft_status* weft_session_open(weft_session* session, int32_t* out) {
  WEFT_NEED(session);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(*out, session->session->open());
    return {};
  });
}

weft_status* weft_session_close(weft_session* session, int32_t sequence) {
  WEFT_NEED(session);
  return guard_abi([&] { return session->session->close(sequence); });
}

weft_status* weft_session_fork(weft_session* session, int32_t sequence, int32_t* out) {
  WEFT_NEED(session);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(*out, session->session->fork(sequence));
    return {};
  });
}

weft_status* weft_session_rollback(weft_session* session, int32_t sequence, int64_t length) {
  WEFT_NEED(session);
  return guard_abi([&] { return session->session->rollback(sequence, length); });
}

weft_status* weft_session_keep_common(weft_session* session, int32_t sequence, const int32_t* ids, uint64_t n,
                                      int64_t* out) {
  WEFT_NEED(session);
  WEFT_NEED_ARRAY(ids, n);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(*out, session->session->keep_common(sequence, {ids, n}));
    return {};
  });
}

weft_status* weft_session_length(const weft_session* session, int32_t sequence, int64_t* out) {
  WEFT_NEED(session);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(*out, session->session->length(sequence));
    return {};
  });
}

weft_status* weft_session_encode(weft_session* session, const weft_step_item* items, uint32_t n, uint32_t stride) {
  return weft_session_encode_with(session, items, n, stride, nullptr);
}

weft_status* weft_session_encode_with(weft_session* session, const weft_step_item* items, uint32_t n, uint32_t stride,
                                      const weft_limits* given) {
  WEFT_NEED(session);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const CallLimits limits, call_limits(given));
    WEFT_TRY(const StepItems sources, step_items(items, n, stride));
    return session->session->encode(sources.items, [&] { return limits.check(); });
  });
}

weft_status* weft_session_step(weft_session* session, const weft_step_item* items, uint32_t n, uint32_t stride,
                               weft_logits* out) {
  return weft_session_step_with(session, items, n, stride, nullptr, out);
}

weft_status* weft_session_step_with(weft_session* session, const weft_step_item* items, uint32_t n, uint32_t stride,
                                    const weft_limits* given, weft_logits* out) {
  WEFT_NEED(session);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const CallLimits limits, call_limits(given));
    WEFT_TRY(const StepItems step, step_items(items, n, stride));
    WEFT_TRY(const StepRows logits, session->session->step(step.items, 0, [&] { return limits.check(); }));
    *out = {logits.data, logits.rows, logits.width};
    return {};
  });
}

int32_t weft_session_failed_sequence(const weft_session* s) { return s ? s->session->failed_sequence() : -1; }

weft_status* weft_generation_new(weft_session* session, int32_t sequence, const int32_t* prompt, uint64_t n_prompt,
                                 const weft_generate_options* given, weft_generation** out) {
  WEFT_NEED(session);
  WEFT_NEED_ARRAY(prompt, n_prompt);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    *out = nullptr;
    WEFT_TRY(const weft_generate_options o, WEFT_OPTIONS_OR(given, weft_generate_options));
    auto g = std::make_unique<weft_generation>();
    g->sampling = settle_sampling(sampling_choice(o), session->model->sampling());
    WEFT_TRY(GenerateOptions options, generate_options(o, g->sampling));
    options.stop_ids = session->model->stop_ids();
    WEFT_TRY(options.limits, call_limits(o.limits));
    const TextSide* text = session->model->text();
    WEFT_TRY(g->generation, Generation::create(*session->session, sequence, {prompt, prompt + n_prompt},
                                               text ? &text->tokenizer() : nullptr, std::move(options)));
    *out = g.release();
    return {};
  });
}

weft_status* weft_generation_next(weft_generation* generation, weft_piece* out) {
  WEFT_NEED(generation);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    weft_generation& g = *generation;
    if (!WEFT_HAS(out, weft_piece, stop)) {
      return invalid("weft_piece: hdr.struct_size is {}; use WEFT_INIT(weft_piece)", out->hdr.struct_size);
    }
    WEFT_TRY(g.piece, g.generation->next());
    g.top.clear();
    const weft_hdr hdr = out->hdr;
    *out = {};
    out->hdr = hdr, out->token = -1;
    if (g.piece.token) {
      for (const TokenLogprob& t : g.piece.token->top) g.top.push_back({t.token, t.logprob});
      out->token = g.piece.token->token, out->logprob = g.piece.token->logprob;
    }
    out->text = to_str(g.piece.text);
    out->top = g.top.data(), out->n_top = static_cast<uint32_t>(g.top.size());
    out->last = g.piece.last;
    if (g.piece.last) out->stop = to_str(g.generation->result().stop);
    return {};
  });
}

uint64_t weft_generation_seed(const weft_generation* g) { return g ? g->sampling.options.seed : 0; }

weft_status* weft_generation_sampling(const weft_generation* generation, weft_text* out) {
  WEFT_NEED(generation);
  WEFT_NEED(out);
  return guard_abi([&] { return give_text(generation->sampling.json, out); });
}

void weft_generation_cancel(weft_generation* g) {
  if (g != nullptr) g->generation->cancel();
}
void weft_generation_free(weft_generation* g) { delete g; }

}  // extern "C"
