#include "core/runtime/generate.hpp"

#include <algorithm>
#include <chrono>

#include "core/base/error.hpp"

namespace weft {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Generation::Generation(Session& session, SequenceId sequence, SamplerChain sampler, GenerateOptions options)
    : session_(session),
      sequence_(sequence),
      sampler_(std::move(sampler)),
      options_(std::move(options)),
      stops_(options_.stop) {}

Result<std::unique_ptr<Generation>> Generation::create(Session& session, SequenceId sequence,
                                                       std::vector<int32_t> prompt, const Tokenizer* tokenizer,
                                                       GenerateOptions options) {
  if (prompt.empty()) return invalid("the prompt has no tokens");
  WEFT_TRY(SamplerChain sampler, SamplerChain::create(options.sampling));
  WEFT_TRY(const std::span<const int32_t> held, session.tokens(sequence));
  const auto before = static_cast<int64_t>(held.size());
  const auto n = static_cast<int64_t>(prompt.size());
  if (n > session.limits().context - before) {
    return error(Code::kOutOfRange,
                 "context limit: the prompt has {} tokens, the context {}{}; raise the context or shorten it", n,
                 session.limits().context, before > 0 ? fmt::format(" with {} in use", before) : "");
  }
  std::unique_ptr<Generation> g(new Generation(session, sequence, std::move(sampler), std::move(options)));
  if (tokenizer) g->detokenizer_.emplace(*tokenizer);
  if (session.has_encoder()) {
    g->source_ = std::move(prompt);
    g->history_ = {session.start_token()};
  } else {
    g->history_.assign(held.begin(), held.end());
    g->history_.insert(g->history_.end(), prompt.begin(), prompt.end());
    g->read_ = held.size();
  }
  g->result_.prompt_tokens = n;
  return g;
}

Status Generation::check_wanted() const {
  return cancelled_ ? error(Code::kCancelled, "cancelled") : options_.limits.check();
}

Status Generation::prefill() {
  const double start = now();
  if (!source_.empty() && !encoded_) {
    const StepItem input{sequence_, source_, false};
    WEFT_CHECK_OK(session_.encode({&input, 1}, go_on()));
    encoded_ = true;
  }
  const std::span<const int32_t> prompt(history_);
  const auto most = static_cast<std::size_t>(session_.limits().step_tokens);
  StepRows logits;
  while (read_ < prompt.size()) {
    WEFT_CHECK_OK(check_wanted());
    const StepItem item{sequence_, prompt.subspan(read_, std::min(most, prompt.size() - read_)), false};
    WEFT_TRY(logits, session_.step({&item, 1}, candidates_needed(), go_on()));
    read_ += item.tokens.size();
  }
  logits_ = logits;
  result_.prefill_seconds += now() - start;
  return {};
}

Status Generation::decode(int32_t token) {
  const StepItem item{sequence_, {&token, 1}, false};
  WEFT_TRY(logits_, session_.step({&item, 1}, candidates_needed(), go_on()));
  pending_ = false;
  return {};
}

int64_t Generation::candidates_needed() const {
  return options_.sampling.rules.empty() ? sampler_.candidates_needed(history_) : 0;
}

Result<Sampled> Generation::sample() {
  const int64_t last = logits_.rows - 1;
  if (logits_.data == nullptr) return sampler_.sample(logits_.candidates_of(last), history_);
  const std::span<const float> row = logits_.row(last);
  if (options_.sampling.rules.empty()) return sampler_.sample(row, history_);
  std::vector<float> logits(row.begin(), row.end());
  const auto made = static_cast<int64_t>(result_.ids.size());
  const bool ends = made + 1 == options_.max_tokens && !options_.ignore_eos;
  apply_token_rules(options_.sampling.rules, {history_, source_, options_.stop_ids, made, ends}, logits);
  return sampler_.sample(logits, history_);
}

Result<Piece> Generation::finish(std::string_view why, Piece piece) {
  if (detokenizer_ && !stops_.stopped()) {
    WEFT_TRY(const std::string held, detokenizer_->flush());
    std::string rest = stops_.push(held);
    if (!stops_.stopped()) rest += stops_.flush();
    piece.text += rest;
    result_.text += rest;
  }
  result_.stop = why;
  piece.last = true;
  return piece;
}

Result<Piece> Generation::next() {
  if (!result_.stop.empty()) return error(Code::kFailedPrecondition, "the generation has ended ({})", result_.stop);
  WEFT_CHECK_OK(check_wanted());
  if (logits_.rows == 0) WEFT_CHECK_OK(prefill());
  const auto full = [&] {
    return options_.max_tokens >= 0 && static_cast<int64_t>(result_.ids.size()) >= options_.max_tokens;
  };
  if (full()) return finish("length", {});
  const double start = now();
  if (pending_) WEFT_CHECK_OK(decode(history_.back()));
  WEFT_TRY(Sampled sampled, sample());
  const int32_t token = sampled.token;
  result_.decode_seconds += now() - start;
  const bool end = std::find(options_.stop_ids.begin(), options_.stop_ids.end(), token) != options_.stop_ids.end();
  if (end && !options_.ignore_eos) return finish("eos", {});
  result_.ids.push_back(token);
  history_.push_back(token);
  pending_ = true;
  Piece piece{std::move(sampled), {}, false};
  if (detokenizer_) {
    WEFT_TRY(const std::string text, detokenizer_->push(token));
    piece.text = stops_.push(text);
    result_.text += piece.text;
    if (stops_.stopped()) return finish("stop", std::move(piece));
  }
  WEFT_TRY(const int64_t length, session_.length(sequence_));
  if (full() || length >= session_.limits().context) return finish("length", std::move(piece));
  return piece;
}

}  // namespace weft
