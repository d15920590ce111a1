// Sampling near the logits: a device with memory of its own gives the likeliest tokens instead of whole rows.
#pragma once

#include "core/graph/builder.hpp"

namespace weft {

/// How many of a row's likeliest tokens a step gives. More: each step copies more to the host. With fewer, samplers
/// that keep as many tokens (top_k) read whole rows.
inline constexpr int64_t kCandidates = 64;

/// Adds the composite "sample" (attribute k) of the output "logits" [R, vocab] and its outputs, see
/// runtime/session.hpp: kCandidateIds i32 [R, k], kCandidateLogits f32 [R, k], both descending, and kCandidateTotal f32
/// [R, 1], the sum of exp(logit - largest logit) of the row.
Status add_candidates(GraphBuilder& builder, int64_t vocab);

}  // namespace weft
