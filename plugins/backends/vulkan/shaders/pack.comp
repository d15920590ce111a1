// Blocks as they are stored to planes (host code's Format): an invocation a word of 4 bytes. Constants: 1: values of a
// block; 2: its bytes; 3: bits of a code, or 0: scales; 4 to 6: the Field's offset, span and stride, or the first and
// count of the bytes for scales, and the first of those behind them; 7: bytes that a block has in the plane of scales.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
layout(constant_id = 1) const uint kValues = 32;
layout(constant_id = 2) const uint kBytes = 18;
layout(constant_id = 3) const uint kBits = 4;
layout(constant_id = 4) const uint kOffset = 2;
layout(constant_id = 5) const uint kSpan = 32;
layout(constant_id = 6) const uint kStride = 16;
layout(constant_id = 7) const uint kScaleStride = 2;
layout(push_constant) uniform Push {
  U32 to;
  U32 from;
  uint n, blocks;
};

uint byte_at(uint i) { return from.v[i >> 2] >> (8 * (i & 3)) & 0xffu; }

uint word_of_codes(uint i) {
  uint word = 0u;
  for (uint j = 0; j < 32 / kBits; ++j) {
    const uint v = i * (32 / kBits) + j, in_block = v % kValues, in_span = in_block % kSpan;
    const uint at = v / kValues * kBytes + kOffset + in_block / kSpan * kStride + in_span % kStride;
    const uint code = byte_at(at) >> (kBits * (in_span / kStride)) & ((1u << kBits) - 1u);
    word |= code << (kBits * j);
  }
  return word;
}

uint word_of_scales(uint i) {
  uint word = 0u;
  for (uint j = 0; j < 4; ++j) {
    const uint block = (4 * i + j) / kScaleStride, b = (4 * i + j) % kScaleStride;
    if (block >= blocks) break;
    const uint at = b < kSpan ? kOffset + b : kStride + b - kSpan;
    if (at < kBytes) word |= byte_at(block * kBytes + at) << (8 * j);
  }
  return word;
}

void main() {
  EACH(i, n) to.v[i] = kBits != 0 ? word_of_codes(i) : word_of_scales(i);
}
