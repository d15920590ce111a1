// Weights in planes, as host code's Format says. Constant 1: a Format, packed. Rows are of `columns` elements, which of
// those in blocks is a multiple of 32; `k` is one of 8.
layout(constant_id = 1) const uint kFormat = 0;
const uint kCode = kFormat & 15u, kLow = kFormat >> 4 & 15u, kHigh = kFormat >> 8 & 3u, kScale = kFormat >> 10 & 15u;
const uint kUnit = kFormat >> 14 & 15u, kZero = kFormat >> 18;  // kUnit: log2 of a block's values
const uint kCodeF32 = 0, kCodeF16 = 1, kCodeBf16 = 2, kCodeInt = 3, kCodeSigned = 4, kCodeIq4 = 5, kCodeFp4 = 6,
           kCodeE4m3 = 7, kCodeE5m2 = 8, kCodeNf4 = 9, kCodeBnbFp4 = 10;

const float kIq4[16] = float[](-127.0, -104.0, -83.0, -65.0, -49.0, -35.0, -22.0, -10.0, 1.0, 13.0, 25.0, 38.0, 53.0,
                               69.0, 89.0, 113.0);
const float kFp4[8] = float[](0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0);
const float kNf4[16] = float[](-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453,
                               -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0,
                               0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
                               0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0);
const float kBnbFp4[8] = float[](0.0, 0.0625 / 12.0, 8.0 / 12.0, 1.0, 4.0 / 12.0, 6.0 / 12.0, 2.0 / 12.0, 3.0 / 12.0);

const bool kPer16 = kScale >= 3 && kScale <= 5;  // whether 16 neighbours are scaled, else 32 or more

// Where a tensor's planes begin.
struct Weights {
  U32 low, high, scale;
};

uint byte_of(U32 from, uint i) { return from.v[i >> 2] >> (8 * (i & 3)) & 0xffu; }
float half_of(U32 from, uint i) { return of_f16(from.v[i >> 1] >> (16 * (i & 1)) & 0xffffu); }

float small_float(uint code, uint mantissa, uint exponents) {  // exponents: how many there are; the last is not finite
  const uint size = code & 0x7fu, e = size >> mantissa;
  const bool lost = mantissa == 3 ? size == 0x7fu : e == exponents - 1;
  const float low = float(size) * (mantissa == 3 ? 0.001953125 : 1.52587890625e-5);  // 2^-9, 2^-16
  const float v = e == 0 ? low : uintBitsToFloat((size << (23 - mantissa)) + ((127 - exponents / 2 + 1) << 23));
  const float whole = lost ? uintBitsToFloat(size == 0x7cu && mantissa == 2 ? 0x7f800000u : 0x7fc00000u) : v;
  return (code & 0x80u) != 0u ? -whole : whole;
}

float value_of(uint code) {
  if (kCode == kCodeInt) return float(int(code) - int(kZero));
  if (kCode == kCodeSigned) return float(bitfieldExtract(int(code), 0, 8));
  if (kCode == kCodeIq4) return kIq4[code];
  if (kCode == kCodeFp4) return (code & 8u) != 0u ? -kFp4[code & 7u] : kFp4[code & 7u];
  if (kCode == kCodeE4m3) return small_float(code, 3, 16);
  if (kCode == kCodeE5m2) return small_float(code, 2, 32);
  if (kCode == kCodeNf4) return kNf4[code];
  return (code & 8u) != 0u ? -kBnbFp4[code & 7u] : kBnbFp4[code & 7u];
}

// w = d * (code - zero) + added, for 16 values from element `at` of the tensor on.
struct Scaling {
  float d, added, zero;
};
Scaling scaling_of(Weights w, uint at) {
  const uint block = at >> kUnit, s = at & ((1u << kUnit) - 1u);
  Scaling r = Scaling(1.0, 0.0, 0.0);
  if (kCode < kCodeInt) return r;
  switch (kScale) {
    case 0: r.d = half_of(w.scale, block); break;
    case 1: {
      const uint both = w.scale.v[block];
      r.d = of_f16(both & 0xffffu), r.added = of_f16(both >> 16);
      break;
    }
    case 2: {  // bytes 0 to 3 hold 6 bits of scales 0 to 3, 4 to 7 of minima; 8 to 11 the low bits of the others
      const uint at_word = block * 4, j = s / 32, shift = 8 * (j & 3), both = w.scale.v[at_word];
      const uint scales = w.scale.v[at_word + 1] >> shift, minima = w.scale.v[at_word + 2] >> shift;
      uint scale = scales & 63u, least = minima & 63u;
      if (j >= 4) {
        const uint lows = w.scale.v[at_word + 3] >> shift;
        scale = lows & 15u | scales >> 2 & 48u, least = lows >> 4 & 15u | minima >> 2 & 48u;
      }
      r.d = of_f16(both & 0xffffu) * float(scale), r.added = -of_f16(both >> 16) * float(least);
      break;
    }
    case 3: {
      const uint scale = byte_of(w.scale, block * 20 + s / 16);
      r.d = of_f16(w.scale.v[block * 5 + 4] & 0xffffu) * float(bitfieldExtract(int(scale), 0, 8));
      break;
    }
    case 4: {  // 4 low bits, then 2 high ones
      const uint j = s / 16, low = byte_of(w.scale, block * 16 + (j & 7)) >> (4 * (j >> 3)) & 15u;
      const uint high = byte_of(w.scale, block * 16 + 8 + (j & 3)) >> (2 * (j >> 2)) & 3u;
      r.d = of_f16(w.scale.v[block * 4 + 3] & 0xffffu) * float(int(low | high << 4) - 32);
      break;
    }
    case 5: {
      const uint both = w.scale.v[block * 5 + 4], scale = byte_of(w.scale, block * 20 + s / 16);
      r.d = of_f16(both & 0xffffu) * float(scale & 15u), r.added = -of_f16(both >> 16) * float(scale >> 4);
      break;
    }
    case 6: {
      const uint first = w.scale.v[block * 2], j = s / 32, low = w.scale.v[block * 2 + 1] >> (4 * j) & 15u;
      r.d = of_f16(first & 0xffffu) * float(int(low | (first >> (16 + 2 * j) & 3u) << 4) - 32);
      break;
    }
    case 7: {
      const uint e = byte_of(w.scale, block);
      r.d = uintBitsToFloat(e == 255u ? 0x7fc00000u : e == 0u ? 0x00400000u : e << 23);
      break;
    }
    case 8: r.d = uintBitsToFloat(w.scale.v[block]); break;
    default:
      r.d = uintBitsToFloat(w.scale.v[block * 2]), r.zero = float(w.scale.v[block * 2 + 1] & 0xffu);
  }
  return r;
}

// Values of 8 neighbours from element `at` of a tensor in blocks on, before they are scaled.
void codes8(Weights w, uint at, out float c[8]) {
  uint low[2] = uint[](0u, 0u), high = 0u;
  if (kLow == 8) low[0] = w.low.v[at >> 2], low[1] = w.low.v[(at >> 2) + 1];
  if (kLow == 4) low[0] = w.low.v[at >> 3];
  if (kLow == 2) low[0] = w.low.v[at >> 4] >> (2 * (at & 8u));
  if (kHigh == 1) high = w.high.v[at >> 5] >> (at & 24u);
  if (kHigh == 2) high = w.high.v[at >> 4] >> (2 * (at & 8u));
  [[unroll]] for (uint i = 0; i < 8; ++i) {
    uint code = kLow == 8 ? low[i >> 2] >> (8 * (i & 3)) & 0xffu : low[0] >> (kLow * i) & ((1u << kLow) - 1u);
    if (kHigh != 0) code |= (high >> (kHigh * i) & ((1u << kHigh) - 1u)) << kLow;
    c[i] = value_of(code);
  }
}

// 8 neighbours of a row from element `at` of the tensor on; s: of the 16 that they are among.
void weights8(Weights w, uint at, Scaling s, out float v[8]) {
  if (kCode == kCodeF32) {
    [[unroll]] for (uint i = 0; i < 8; ++i) v[i] = uintBitsToFloat(w.low.v[at + i]);
    return;
  }
  if (kCode <= kCodeBf16) {  // a row's first element may be the second of a word
    const bool odd = (at & 1u) != 0u;
    uint words[5];
    [[unroll]] for (uint i = 0; i < 4; ++i) words[i] = w.low.v[(at >> 1) + i];
    words[4] = odd ? w.low.v[(at >> 1) + 4] : 0u;
    [[unroll]] for (uint i = 0; i < 4; ++i) {
      const uint both = odd ? words[i] >> 16 | words[i + 1] << 16 : words[i];
      v[2 * i] = kCode == kCodeF16 ? of_f16(both & 0xffffu) : uintBitsToFloat(both << 16);
      v[2 * i + 1] = kCode == kCodeF16 ? of_f16(both >> 16) : uintBitsToFloat(both & 0xffff0000u);
    }
    return;
  }
  codes8(w, at, v);
  [[unroll]] for (uint i = 0; i < 8; ++i) v[i] = fma(s.d, v[i] - s.zero, s.added);
}

// One element.
float weight_at(Weights w, uint at) {
  if (kCode == kCodeF32) return uintBitsToFloat(w.low.v[at]);
  if (kCode <= kCodeBf16) {
    const uint bits = w.low.v[at >> 1] >> (16 * (at & 1)) & 0xffffu;
    return kCode == kCodeF16 ? of_f16(bits) : uintBitsToFloat(bits << 16);
  }
  uint code = 0u;
  if (kLow == 8) code = byte_of(w.low, at);
  else code = w.low.v[kLow == 4 ? at >> 3 : at >> 4] >> (kLow * (at & (32 / kLow - 1))) & ((1u << kLow) - 1u);
  if (kHigh == 1) code |= (w.high.v[at >> 5] >> (at & 31u) & 1u) << kLow;
  if (kHigh == 2) code |= (w.high.v[at >> 4] >> (2 * (at & 15u)) & 3u) << kLow;
  const Scaling s = scaling_of(w, at);
  return fma(s.d, value_of(code) - s.zero, s.added);
}
