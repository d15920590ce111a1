// Dtypes for quantised weights whose files have codes, scales and zeros in tensors of their own: a block has all of
// these for some neighbours in a row. Backends read such weights in these dtypes, exactly (core/weights/quantised.hpp).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "weft/abi/dtype.h"

namespace weft {

/// The codes of a block. A block is its scale in f32, for integer codes a byte with the zero, then the codes. Its
/// values are scale * (code - zero) for integers, scale * code_values()[code] for others. Codes of 4 bits: byte j of
/// each 16 has value j low and value j + 16 high.
enum class CodeKind : uint8_t { kInt4, kInt8, kF8E4M3, kF8E5M2, kNf4, kFp4 };

inline bool is_int(CodeKind c) { return c == CodeKind::kInt4 || c == CodeKind::kInt8; }
inline bool is_nibble(CodeKind c) { return c == CodeKind::kInt4 || c == CodeKind::kNf4 || c == CodeKind::kFp4; }

/// By code, [256]: its value; for integers the code itself.
const float* code_values(CodeKind code);
/// A name such as "int4_b128".
std::string block_dtype_name(CodeKind code, uint32_t values);
void put_block(CodeKind code, uint32_t values, float scale, uint8_t zero, const uint8_t* codes, uint8_t* to);
uint32_t block_bytes(CodeKind code, uint32_t values);

/// Blocks of 32, 64 and 128 values (nf4 and fp4: 64 only), and mxfp4, whose block is an exponent and 32 values.
std::span<const weft_dtype> block_dtypes();

}  // namespace weft
