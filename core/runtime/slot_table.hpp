// One sequence's kept states in one slot group (SSM, convolution): which row holds the state after
// which token.
#pragma once

#include <cstdint>
#include <deque>

#include "core/runtime/id_pool.hpp"

namespace weft {

/// A step reads the newest row and writes a fresh one, so that a failed step loses nothing; the row
/// before it is kept as well, for a rollback of one step. [one thread per table and its pool]
class SlotTable {
 public:
  /// Rows a sequence may hold at once: two kept and the one being written.
  static constexpr int64_t kRows = 3;

  explicit SlotTable(IdPool& pool) : pool_(&pool) {}
  ~SlotTable() { clear(); }
  SlotTable(SlotTable&& other) noexcept;
  SlotTable& operator=(SlotTable&&) = delete;
  SlotTable(const SlotTable&) = delete;

  /// A row for the state after the next step. On failure nothing has changed.
  Status reserve();
  /// After a step has written n tokens.
  void advance(int64_t n);
  /// FAILED_PRECONDITION when no state is kept after `length` tokens.
  Status can_roll_back(int64_t length) const;
  /// Forgets all from position `length` on, to which it can roll back; gives back what was reserved.
  void roll_back(int64_t length);
  /// The same content in a second table.
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
  std::deque<Kept> kept_;  // oldest first
  int32_t reserved_ = -1;
};

}  // namespace weft
