// The globals that a checkpoint may name, and what calling them gives.
#pragma once

#include "plugins/formats/torch/pickle.hpp"

namespace weft::torch {

/// Refuses every other by its name.
Value find_global(const Cursor& c, std::string_view module, std::string_view name);

/// What function(arguments) gives: an empty dict or a tensor.
Value call_global(const Cursor& c, const std::vector<Value>& values, uint32_t function, uint32_t arguments);

/// The storage that a persistent id stands for.
Value find_storage(const Cursor& c, const std::vector<Value>& values, uint32_t id);

/// Bytes of an element; a storage of no type counts bytes.
uint64_t element_bytes(uint32_t dtype);

}  // namespace weft::torch
