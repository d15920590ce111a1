// From prompt ids to a stream of text: prefill in pieces, decode, sample, stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/call_limits.hpp"
#include "core/runtime/sampling/sampler.hpp"
#include "core/runtime/sampling/stop.hpp"
#include "core/runtime/session.hpp"
#include "core/text/detokenizer.hpp"
#include "core/text/tokenizer.hpp"
#include "weft/status.hpp"

namespace weft {

struct GenerateOptions {
  int64_t max_tokens = -1;  // -1: as many as the context holds
  SamplingOptions sampling;
  std::vector<std::string> stop;  // found across the borders of tokens
  std::vector<int32_t> stop_ids;  // the model's: end of text, end of turn
  bool ignore_eos = false;        // true: stop_ids do not end the generation
  CallLimits limits;              // looked at between a step's parts; its text_bytes do not apply
};

/// What one call of Generation::next gives.
struct Piece {
  std::optional<Sampled> token;  // none in a last piece that only ends the stream
  std::string text;              // the text that has become certain; may be empty
  bool last = false;
};

struct GenerateResult {
  std::vector<int32_t> ids;  // the new tokens, without a stop id
  std::string text;          // without the stop string
  std::string stop;          // "eos", "length" or "stop"
  int64_t prompt_tokens = 0;
  double prefill_seconds = 0, decode_seconds = 0;
};

/// A stream that the caller pulls. It adds the prompt and the new tokens to the sequence. The sequence of an
/// encoder-decoder must be new: the prompt is the encoder's input, and the session's start token comes before the new
/// tokens. `session` and `tokenizer` (null: no text is made) must outlive it. [one thread per session]
class Generation {
 public:
  static Result<std::unique_ptr<Generation>> create(Session& session, SequenceId sequence,
                                                    std::vector<int32_t> prompt,
                                                    const Tokenizer* tokenizer,
                                                    GenerateOptions options);
  /// Gives the next piece; the first call reads the prompt. CANCELLED: `cancel` was called. FAILED_PRECONDITION: the
  /// last piece was given. Errors of CallLimits::check.
  Result<Piece> next();
  /// Ends the generation between two steps. [any-thread]
  void cancel() { cancelled_ = true; }
  /// What has come so far; complete after the last piece.
  const GenerateResult& result() const { return result_; }

 private:
  Generation(Session& session, SequenceId sequence, SamplerChain sampler, GenerateOptions options);
  Status prefill();
  Status decode(int32_t token);
  Status check_wanted() const;
  Result<Sampled> sample();
  /// How many candidates of a row the next token needs; 0: the whole row.
  int64_t candidates_needed() const;
  GoOn go_on() const {
    return [this] { return check_wanted(); };
  }
  Result<Piece> finish(std::string_view why, Piece piece);

  Session& session_;
  SequenceId sequence_;
  SamplerChain sampler_;
  GenerateOptions options_;
  std::atomic<bool> cancelled_{false};
  StopMatcher stops_;
  std::optional<Detokenizer> detokenizer_;
  std::vector<int32_t> source_;     // the encoder's input
  bool encoded_ = false;            // whether it has been read
  std::vector<int32_t> history_;    // the sequence's tokens and those to be added; penalties look at the last of them
  std::size_t read_ = 0;            // how many of history_ prefill has read; after a failure it goes on from there
  StepRows logits_;                 // empty until the whole prompt has been read
  bool pending_ = false;            // whether the last token of history_ is not in the sequence yet
  GenerateResult result_;
};

}  // namespace weft
