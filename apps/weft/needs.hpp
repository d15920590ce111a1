// What a model is made of and how much memory it wants, from its plan alone: no weight is read.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/json.hpp"
#include "core/model/model.hpp"

namespace weft::app {

/// Values of all parameters; those that two share count once.
uint64_t parameter_count(const Blueprint& b);
/// "134.5 million"
std::string count_text(uint64_t n);

struct Needs {
  uint64_t weights, cache, all, machine;  // bytes; `machine` is what there is
};
/// `cache` is of one sequence that fills the context, in two bytes a value.
Needs needs_of(const Checkpoint& checkpoint, const Blueprint& b);
/// "about 0.30 GB: weights 96.6 MB, cache of 4096 tokens 94.4 MB; this machine has 8.35 GB"
std::string needs_text(const Needs& needs, int64_t context);

}  // namespace weft::app
