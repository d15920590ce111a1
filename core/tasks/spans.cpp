#include "core/tasks/spans.hpp"

#include <algorithm>
#include <cmath>

namespace weft {
namespace {

/// The probability of each place among the allowed ones; others have 0.
std::vector<double> probabilities(std::span<const float> logits, const std::vector<bool>& allowed) {
  std::vector<double> out(logits.size());
  double top = -1e300, sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (allowed[i]) top = std::max(top, static_cast<double>(logits[i]));
  }
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (allowed[i]) sum += out[i] = std::exp(static_cast<double>(logits[i]) - top);
  }
  for (double& p : out) p = sum > 0 ? p / sum : 0;
  return out;
}

}  // namespace

std::vector<TokenSpan> likeliest_spans(std::span<const float> start_logits, std::span<const float> end_logits,
                                       const std::vector<bool>& allowed, std::size_t max_tokens, std::size_t most,
                                       double* null_score) {
  std::vector<double> start = probabilities(start_logits, allowed), end = probabilities(end_logits, allowed);
  *null_score = start.empty() ? 0 : start[0] * end[0];
  std::vector<TokenSpan> best;  // a heap whose front is the least likely
  const auto likelier = [](const TokenSpan& a, const TokenSpan& b) { return a.score > b.score; };
  for (std::size_t i = 1; i < start.size(); ++i) {
    if (!allowed[i]) continue;
    const std::size_t beyond = max_tokens < end.size() - i ? i + max_tokens : end.size();
    for (std::size_t j = i; j < beyond; ++j) {
      const double score = start[i] * end[j];
      if (!allowed[j] || (best.size() == most && score <= best.front().score)) continue;
      if (best.size() == most) std::pop_heap(best.begin(), best.end(), likelier), best.pop_back();
      best.push_back({i, j, score});
      std::push_heap(best.begin(), best.end(), likelier);
    }
  }
  std::sort_heap(best.begin(), best.end(), likelier);
  return best;
}

}  // namespace weft
