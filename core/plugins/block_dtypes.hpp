// Dtypes of quantised weights whose file has codes, scales and zeros in tensors of their own: a block has
// all of some neighbours in a row. What backends read such weights as, exactly (core/weights/quantised.hpp).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "weft/abi/dtype.h"

namespace weft {

/// A block is its scale in f32, for kInt a zero of a byte, then the codes: value = scale * (code - zero),
/// or scale * what the code stands for. Codes of 4 bits: byte j of each 16 has value j low and j + 16 high.
enum class CodeKind : uint8_t { kInt4, kInt8, kF8E4M3, kF8E5M2, kNf4, kFp4 };

inline bool is_int(CodeKind c) { return c == CodeKind::kInt4 || c == CodeKind::kInt8; }
inline bool is_nibble(CodeKind c) { return c == CodeKind::kInt4 || c == CodeKind::kNf4 || c == CodeKind::kFp4; }

/// What a code stands for: of integers the code itself.
const float* code_values(CodeKind code);
/// "int4_b128"
std::string block_dtype_name(CodeKind code, uint32_t values);
void put_block(CodeKind code, uint32_t values, float scale, uint8_t zero, const uint8_t* codes, uint8_t* to);
uint32_t block_bytes(CodeKind code, uint32_t values);

/// Blocks of 32, 64 and 128 values (of nf4 and fp4 64 alone), and mxfp4, whose block is an exponent and 32 values.
std::span<const weft_dtype> block_dtypes();

}  // namespace weft
