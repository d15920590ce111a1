// Which rows of a slot group (SSM, convolution) hold the states that are kept for one sequence, and after which token
// each state is.
#pragma once

#include <cstdint>
#include <vector>

#include "core/runtime/id_pool.hpp"

namespace weft {

/// A step reads the newest row and writes a fresh one, so that a step that fails loses nothing. The row before the
/// newest is kept too, for a rollback by one step. [one thread per table and its pool]
class SlotTable {
 public:
  /// How many rows a sequence may hold: two that are kept, and the one being written.
  static constexpr int64_t kRows = 3;

  explicit SlotTable(IdPool& pool) : pool_(&pool) {}
  ~SlotTable() { clear(); }
  SlotTable(SlotTable&& other) noexcept;
  SlotTable& operator=(SlotTable&&) = delete;
  SlotTable(const SlotTable&) = delete;

  /// Takes a row for the state after the next step, and memory for advance(). On failure nothing has changed.
  Status reserve();
  /// Called after a step has written n tokens.
  void advance(int64_t n);
  /// FAILED_PRECONDITION: no state is kept after `length` tokens.
  Status can_roll_back(int64_t length) const;
  /// Forgets the tokens from position `length` on, and gives back what was reserved. The table must be able to roll
  /// back to it.
  void roll_back(int64_t length);
  /// A second table with the same content.
  SlotTable fork() const;

  int64_t length() const { return kept_.empty() ? 0 : kept_.back().length; }
  int32_t read_row() const { return kept_.empty() ? -1 : kept_.back().row; }  // -1: the state's fill
  int32_t write_row() const { return reserved_; }

 private:
  struct Kept {
    int64_t length;
    int32_t row;
  };
  void clear();

  IdPool* pool_;
  std::vector<Kept> kept_;  // the oldest first
  int32_t reserved_ = -1;
};

}  // namespace weft
