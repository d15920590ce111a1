// The globals that a checkpoint may name, and the values that calling them gives.
#pragma once

#include "plugins/formats/torch/pickle.hpp"

namespace weft::torch {

/// The value of a global. Refuses globals that are not on the list, by name.
Value find_global(const Cursor& c, std::string_view module, std::string_view name);

/// The value of function(arguments): an empty dict or a tensor.
Value call_global(const Cursor& c, const std::vector<Value>& values, uint32_t function, uint32_t arguments);

/// The storage that the persistent id values[id] stands for.
Value find_storage(const Cursor& c, const std::vector<Value>& values, uint32_t id);

/// Bytes of an element; 1 for a storage of no dtype, which counts bytes.
uint64_t element_bytes(uint32_t dtype);

}  // namespace weft::torch
