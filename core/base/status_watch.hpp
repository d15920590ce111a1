// Statuses across the ABI, followed: for validation.
#pragma once

#include <cstdint>

#include "weft/abi/base.h"

namespace weft {

/// From now on the statuses of this process are followed: one that is freed twice, or given back after it was freed,
/// fails the call of the plugin that it is found in and is left alone. It costs time, and is for validation.
void watch_statuses() noexcept;
/// Notes who has to free a status, where statuses are followed; gives the status. No two owners have one number.
weft_status* own_status(weft_status* status, uint64_t owner) noexcept;
/// How many statuses of this owner are not freed.
uint64_t statuses_of(uint64_t owner) noexcept;

}  // namespace weft
