// The block-quantised dtypes of GGUF files: layouts and decoders, registered with the host.
#pragma once

#include <cstdint>

namespace weft::gguf {

/// Registers all; afterwards dtype_of_ggml knows their ids.
void register_blocks();
/// The host's dtype of a ggml type number, WEFT_NONE for those not read. `block`, `bytes`: elements
/// and bytes of one block.
uint32_t dtype_of_ggml(uint32_t type, uint64_t* block, uint64_t* bytes);

}  // namespace weft::gguf
