// All settings of the sampler, each in one place: its name, where it is stored, its range, weft's default.
#pragma once

#include <limits>

#include "core/runtime/sampling/choice.hpp"

namespace weft {

template <class T>
struct SamplingSetting {
  const char* name;
  std::optional<T> SamplingChoice::*chosen;
  T SamplingOptions::*used;
  T least, most;
  T off;   // the value that changes nothing
  T ours;  // the value where nobody says anything
};

/// Calls f with each setting, in the order in which messages list them.
template <class F>
void for_each_setting(F&& f) {
  using C = SamplingChoice;
  using O = SamplingOptions;
  constexpr double inf = std::numeric_limits<double>::max();
  constexpr int64_t most = int64_t{1} << 31;
  f(SamplingSetting<double>{"temperature", &C::temperature, &O::temperature, 0, inf, 1, 0.8});
  f(SamplingSetting<int64_t>{"top_k", &C::top_k, &O::top_k, 0, most, 0, 40});
  f(SamplingSetting<double>{"top_p", &C::top_p, &O::top_p, 0, 1, 1, 0.95});
  f(SamplingSetting<double>{"min_p", &C::min_p, &O::min_p, 0, 1, 0, 0.05});
  f(SamplingSetting<double>{"typical_p", &C::typical_p, &O::typical_p, 0, 1, 1, 1});
  f(SamplingSetting<double>{"repetition_penalty", &C::repetition_penalty, &O::repetition_penalty, 1e-6, inf, 1, 1});
  f(SamplingSetting<double>{"presence_penalty", &C::presence_penalty, &O::presence_penalty, -inf, inf, 0, 0});
  f(SamplingSetting<double>{"frequency_penalty", &C::frequency_penalty, &O::frequency_penalty, -inf, inf, 0, 0});
  f(SamplingSetting<int64_t>{"penalty_window", &C::penalty_window, &O::penalty_window, -1, most, 64, 64});
}

}  // namespace weft
