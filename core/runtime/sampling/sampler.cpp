#include "core/runtime/sampling/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "core/base/error.hpp"
#include "core/runtime/sampling/settings.hpp"

namespace weft {
namespace {

const std::vector<std::string> kOrder = {"logit_bias", "penalties", "top_k",      "typical",
                                         "top_p",      "min_p",     "temperature"};

template <class T>
Status in_range(const char* name, T v, T least, T most) {
  if (v >= least && v <= most) return {};
  return invalid("sampling: {} is {}, expected {} to {}", name, v, least, most);
}

}  // namespace

Result<SamplerChain> SamplerChain::create(SamplingOptions o) {
  Status ranges = in_range("top_logprobs", o.top_logprobs, int64_t{0}, int64_t{1000});
  for_each_setting([&](const auto& s) {
    if (ranges.ok()) ranges = in_range(s.name, o.*s.used, s.least, s.most);
  });
  WEFT_CHECK_OK(ranges);
  if (o.order.empty()) o.order = kOrder;
  for (const std::string& step : o.order) {
    if (std::find(kOrder.begin(), kOrder.end(), step) == kOrder.end()) {
      return invalid("sampling: unknown step \"{}\", known are {}", step, fmt::join(kOrder, ", "));
    }
  }
  return SamplerChain(std::move(o));
}

SamplerChain::SamplerChain(SamplingOptions options) : options_(std::move(options)), state_(options_.seed) {}

uint64_t SamplerChain::random() {  // splitmix64 (Steele, Lea, Flood 2014)
  uint64_t z = state_ += 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

std::span<const int32_t> SamplerChain::punished(std::span<const int32_t> history) const {
  if (options_.penalty_window < 0 || history.size() <= static_cast<std::size_t>(options_.penalty_window))
    return history;
  return history.last(static_cast<std::size_t>(options_.penalty_window));
}

bool SamplerChain::punishes() const {
  return options_.repetition_penalty != 1 || options_.presence_penalty != 0 || options_.frequency_penalty != 0;
}

void SamplerChain::penalise(std::vector<Candidate>& all, std::span<const int32_t> history) const {
  std::map<int32_t, int> counts;
  for (int32_t token : punished(history)) ++counts[token];
  for (Candidate& c : all) {
    auto it = counts.find(c.token);
    if (it == counts.end()) continue;
    const auto r = static_cast<float>(options_.repetition_penalty);
    c.logit = c.logit > 0 ? c.logit / r : c.logit * r;
    c.logit -= static_cast<float>(options_.presence_penalty + options_.frequency_penalty * it->second);
  }
}

namespace {

template <class C>
std::vector<double> probabilities(const std::vector<C>& all) {
  double top = -std::numeric_limits<double>::infinity(), sum = 0;
  for (const C& c : all) top = std::max(top, static_cast<double>(c.logit));
  std::vector<double> p;
  for (const C& c : all)
    sum += p.emplace_back(std::isinf(top) && top > 0 ? (std::isinf(c.logit) && c.logit > 0) : std::exp(c.logit - top));
  for (double& x : p) x /= sum;
  return p;
}

/// Keeps the shortest beginning of `all` whose probabilities sum to at least `share`; never less than one candidate.
template <class C>
void keep_share(std::vector<C>& all, const std::vector<double>& p, double share) {
  double sum = 0;
  std::size_t n = 0;
  while (n < all.size() && (n == 0 || sum < share)) sum += p[n++];
  all.resize(n);
}

/// The n ids with the largest logits, descending; of equal logits the lower id comes first.
std::vector<int32_t> likeliest(std::span<const float> logits, std::size_t n) {
  if (n == 0) return {};
  std::vector<int32_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  n = std::min(n, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(n), ids.end(), [&](int32_t a, int32_t b) {
    const float x = logits[static_cast<std::size_t>(a)], y = logits[static_cast<std::size_t>(b)];
    return x != y ? x > y : a < b;
  });
  ids.resize(n);
  return ids;
}

}  // namespace

void SamplerChain::apply(const std::string& step, std::vector<Candidate>& all, std::span<const int32_t> history) const {
  const SamplingOptions& o = options_;
  auto by_logit = [](const Candidate& a, const Candidate& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
  };
  if (step == "logit_bias") {
    for (const auto& [token, bias] : o.logit_bias) {
      for (Candidate& c : all) c.logit += c.token == token ? bias : 0;
    }
  } else if (step == "penalties") {
    if (punishes()) penalise(all, history);
  } else if (step == "top_k" && o.top_k > 0) {
    const auto kept = std::min(o.top_k, static_cast<int64_t>(all.size()));
    std::partial_sort(all.begin(), all.begin() + kept, all.end(), by_logit);
    all.resize(static_cast<std::size_t>(kept));
  } else if (step == "top_p" && o.top_p < 1) {
    std::sort(all.begin(), all.end(), by_logit);
    keep_share(all, probabilities(all), o.top_p);
  } else if (step == "min_p" && o.min_p > 0) {
    float top = -std::numeric_limits<float>::infinity();
    for (const Candidate& c : all) top = std::max(top, c.logit);
    const double floor = top + std::log(o.min_p);
    std::erase_if(all, [&](const Candidate& c) { return c.logit < floor; });
  } else if (step == "typical" && o.typical_p < 1) {  // Meister et al. 2022: the nearest to the entropy come first
    const std::vector<double> p = probabilities(all);
    double entropy = 0;
    for (double x : p) entropy -= x > 0 ? x * std::log(x) : 0;
    std::vector<std::size_t> order(all.size());
    std::iota(order.begin(), order.end(), 0);
    auto distance = [&](std::size_t i) {
      return p[i] > 0 ? std::fabs(-std::log(p[i]) - entropy) : std::numeric_limits<double>::infinity();
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return distance(a) < distance(b); });
    std::vector<Candidate> sorted;
    std::vector<double> sorted_p;
    for (std::size_t i : order) sorted.push_back(all[i]), sorted_p.push_back(p[i]);
    keep_share(sorted, sorted_p, o.typical_p);
    all = std::move(sorted);
  } else if (step == "temperature" && o.temperature > 0) {
    for (Candidate& c : all) c.logit = static_cast<float>(c.logit / o.temperature);
  }
}

int32_t SamplerChain::choose(std::vector<Candidate> all, std::span<const int32_t> history) {
  const bool greedy = options_.greedy || options_.temperature == 0;
  for (const std::string& step : options_.order) {
    if (!greedy || step == "logit_bias" || step == "penalties") apply(step, all, history);
  }
  std::size_t chosen = 0;
  if (greedy) {
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (all[i].logit > all[chosen].logit) chosen = i;
    }
  } else {
    const std::vector<double> p = probabilities(all);
    double at = static_cast<double>(random() >> 11) * 0x1p-53;
    while (chosen + 1 < p.size() && at >= p[chosen]) at -= p[chosen++];
  }
  return all[chosen].token;
}

int64_t SamplerChain::candidates_needed(std::span<const int32_t> history) const {
  const SamplingOptions& o = options_;
  const bool greedy = o.greedy || o.temperature == 0;
  if (!o.logit_bias.empty() || (!greedy && o.top_k <= 0)) return 0;
  const auto at = [&](const char* step) { return std::find(o.order.begin(), o.order.end(), step) - o.order.begin(); };
  int64_t needed = greedy ? 1 : o.top_k;
  if (!greedy) {  // what other filters keep before top_k depends on the whole row
    if (at("top_k") == std::ssize(o.order)) return 0;
    if (o.typical_p < 1 && at("typical") < at("top_k")) return 0;
    if (o.top_p < 1 && at("top_p") < at("top_k")) return 0;
  }
  if (punishes()) {
    if (!greedy && at("penalties") > at("top_k")) return 0;
    if (o.repetition_penalty < 1 || o.presence_penalty < 0 || o.frequency_penalty < 0) return 0;
    // Each token that is lowered may let one in that was below.
    const auto lowered = punished(history);
    needed += std::ssize(std::set<int32_t>(lowered.begin(), lowered.end()));
  }
  return std::max(needed, o.top_logprobs);
}

Result<Sampled> SamplerChain::sample(const Candidates& row, std::span<const int32_t> history) {
  if (row.ids.empty()) return error(Code::kDataLoss, "no logit is finite");
  const float top = row.logits[0];
  if (std::isnan(top)) return error(Code::kDataLoss, "the logit of token {} is NaN", row.ids[0]);
  if (std::isinf(top) && top < 0) return error(Code::kDataLoss, "no logit is finite");
  std::vector<Candidate> all;
  for (std::size_t i = 0; i < row.ids.size(); ++i) all.push_back({row.ids[i], row.logits[i]});
  const auto logprob = [&](const Candidate& c) {
    return TokenLogprob{c.token, static_cast<float>(c.logit - top - std::log(static_cast<double>(row.total)))};
  };
  const int32_t token = choose(all, history);
  Sampled sampled;
  for (const Candidate& c : all) {
    if (c.token == token) static_cast<TokenLogprob&>(sampled) = logprob(c);
    if (std::ssize(sampled.top) < options_.top_logprobs) sampled.top.push_back(logprob(c));
  }
  return sampled;
}

Result<Sampled> SamplerChain::sample(std::span<const float> logits, std::span<const int32_t> history) {
  std::vector<Candidate> all;
  all.reserve(logits.size());
  float top = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (std::isnan(logits[i])) return error(Code::kDataLoss, "the logit of token {} is NaN", i);
    top = std::max(top, logits[i]);
    all.push_back({static_cast<int32_t>(i), logits[i]});
  }
  if (all.empty() || (std::isinf(top) && top < 0)) return error(Code::kDataLoss, "no logit is finite");
  double sum = 0;
  for (float logit : logits) sum += std::exp(static_cast<double>(logit) - top);
  auto logprob = [&](int32_t token) {
    return TokenLogprob{token, static_cast<float>(logits[static_cast<std::size_t>(token)] - top - std::log(sum))};
  };
  Sampled sampled{logprob(choose(std::move(all), history)), {}};
  for (int32_t token : likeliest(logits, static_cast<std::size_t>(options_.top_logprobs)))
    sampled.top.push_back(logprob(token));
  return sampled;
}

}  // namespace weft
