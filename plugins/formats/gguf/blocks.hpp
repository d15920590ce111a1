// The block-quantised dtypes of GGUF files: their layouts and decoders, registered with the host.
#pragma once

#include <cstdint>

namespace weft::gguf {

/// Registers all these dtypes; dtype_of_ggml finds them afterwards.
void register_blocks();
/// The host's dtype for a ggml type number, WEFT_NONE for types that are not read. `block` and `bytes` become the
/// elements and the bytes of one block.
uint32_t dtype_of_ggml(uint32_t type, uint64_t* block, uint64_t* bytes);

}  // namespace weft::gguf
