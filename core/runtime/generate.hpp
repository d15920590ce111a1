// From prompt ids to a stream of text: prefill in pieces, decode, sample, stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/runtime/sampling/sampler.hpp"
#include "core/runtime/session.hpp"
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

struct GenerateResult {
  std::vector<int32_t> ids;  // new tokens, a stop id not among them
  std::string text;          // without the stop string
  std::string stop;          // "eos", "length" or "stop"
  int64_t prompt_tokens = 0;
  double prefill_seconds = 0, decode_seconds = 0;
};

/// Adds `prompt` and the new tokens to the sequence. `on_text` gets each piece as soon as it is
/// certain; `tokenizer` may be null: then there is no text. CANCELLED when `cancel` turns true.
Result<GenerateResult> generate(Session& session, SequenceId sequence,
                                std::span<const int32_t> prompt, const Tokenizer* tokenizer,
                                const GenerateOptions& options,
                                const std::function<void(std::string_view)>& on_text = {});

}  // namespace weft
