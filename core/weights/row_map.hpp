// Plans that only move whole rows: quantised weights are sliced, stacked and permuted as stored.
#pragma once

#include <optional>
#include <vector>

#include "core/weights/plan.hpp"

namespace weft {

/// `count` rows of a parameter from `row` on are rows of one tensor from `stored_row` on, or of a weight in
/// several.
struct RowRun {
  uint64_t row = 0;
  uint32_t stored = 0;
  uint64_t stored_row = 0, count = 0;
  const QuantisedTensor* quantised = nullptr;  // instead of `stored`; the plan owns it
};

/// The runs in order of `row`, or nothing when the plan touches the last axis or does arithmetic.
std::optional<std::vector<RowRun>> row_map(const Expression& expression, const Checkpoint& checkpoint);

/// Any plan, in f32: rows x last dim, row-major. Costs the memory of the parameter and its operands.
Result<std::vector<float>> evaluate(const Expression& expression, const Checkpoint& checkpoint);

}  // namespace weft
