// From prompt ids to a stream of text: prefill in pieces, decode, sample, stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

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
  std::vector<std::string> stop;    // strings, found across token borders
  std::vector<int32_t> stop_ids;    // of the model: end of text, end of turn
  bool ignore_eos = false;          // stop_ids do not stop
  const std::atomic<bool>* cancel = nullptr;
};

/// What one call of Generation::next brings.
struct Piece {
  std::optional<Sampled> token;  // none in a last piece that only ends the stream
  std::string text;              // what is certain by now; may be empty
  bool last = false;
};

struct GenerateResult {
  std::vector<int32_t> ids;  // new tokens, a stop id not among them
  std::string text;          // without the stop string
  std::string stop;          // "eos", "length" or "stop"
  int64_t prompt_tokens = 0;
  double prefill_seconds = 0, decode_seconds = 0;
};

/// [one thread per session] A stream that is pulled. It adds the prompt and the new tokens to the
/// sequence, which of an encoder-decoder is new: then the prompt is the encoder's input, and the session's
/// start token comes before the new ones. `session` and `tokenizer` (may be null: no text) outlive it.
class Generation {
 public:
  static Result<std::unique_ptr<Generation>> create(Session& session, SequenceId sequence,
                                                    std::vector<int32_t> prompt,
                                                    const Tokenizer* tokenizer,
                                                    GenerateOptions options);
  /// The next piece; the first call reads the prompt. CANCELLED when `cancel` has turned true,
  /// FAILED_PRECONDITION after the last piece.
  Result<Piece> next();
  /// What has come so far; complete after the last piece.
  const GenerateResult& result() const { return result_; }

 private:
  Generation(Session& session, SequenceId sequence, SamplerChain sampler, GenerateOptions options);
  Status prefill();
  Status decode(int32_t token);
  Status check_cancelled() const;
  Piece finish(std::string_view why, Piece piece);

  Session& session_;
  SequenceId sequence_;
  SamplerChain sampler_;
  GenerateOptions options_;
  StopMatcher stops_;
  std::optional<Detokenizer> detokenizer_;
  std::vector<int32_t> to_encode_;  // the encoder's input, until it is read
  std::vector<int32_t> history_;  // the sequence's tokens, of which penalties see the last, and those to come
  std::size_t read_ = 0;          // of history_ in prefill, which goes on from here after a failure
  StepRows logits_;             // none before the whole prompt is read
  bool pending_ = false;          // the last of history_ is not in the sequence yet
  GenerateResult result_;
};

}  // namespace weft
