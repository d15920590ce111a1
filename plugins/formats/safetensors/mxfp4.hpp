// MXFP4 as safetensors files hold it: bytes of two 4-bit floats in one tensor, exponents of blocks of 32 in another
// (OCP Microscaling Formats 1.0).
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::safetensors {

inline constexpr std::string_view kMxfp4Name = "mxfp4_planes";
inline constexpr int64_t kMxfp4Block = 32, kMxfp4Bytes = 16;

/// Registers the dtype of two planes with the host.
void register_mxfp4();

}  // namespace weft::safetensors
