// Plans that only move whole rows, so that quantised weights are sliced, stacked and permuted as stored.
#pragma once

#include <optional>
#include <vector>

#include "core/weights/plan.hpp"

namespace weft {

/// `count` rows of a parameter from `row` on are the rows from `stored_row` on of one tensor, or of a weight in several
/// tensors.
struct RowRun {
  uint64_t row = 0;
  uint32_t stored = 0;
  uint64_t stored_row = 0, count = 0;
  const QuantisedTensor* quantised = nullptr;  // used instead of `stored`; the plan owns it
};

/// The runs in order of `row`; none when the plan changes the last axis or computes values.
std::optional<std::vector<RowRun>> row_map(const Expression& expression, const Checkpoint& checkpoint);

/// Computes any plan in f32: rows x last dim, row-major. Takes memory for the parameter and its operands.
Result<std::vector<float>> evaluate(const Expression& expression, const Checkpoint& checkpoint);

}  // namespace weft
