// Elements of values: of 1, 2 or 4 bytes, in words of 4 bytes, so that no feature for smaller ones is needed.
// The order of host code's `Element`.
const uint kF32 = 0, kF16 = 1, kBf16 = 2, kI32 = 3, kU8 = 4;

uint element(U32 from, uint bytes, uint i) {
  if (bytes == 4) return from.v[i];
  const uint per = 4 / bytes, bits = 8 * bytes;
  return from.v[i / per] >> (i % per * bits) & ((1u << bits) - 1u);
}

// Other invocations may write the word's other elements meanwhile.
void put(U32 to, uint bytes, uint i, uint value) {
  if (bytes == 4) {
    to.v[i] = value;
    return;
  }
  const uint per = 4 / bytes, bits = 8 * bytes, shift = i % per * bits, mask = (1u << bits) - 1u;
  atomicAnd(to.v[i / per], ~(mask << shift));
  atomicOr(to.v[i / per], (value & mask) << shift);
}
