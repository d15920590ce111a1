// Sorts rows by their experts: one work group. `lists` has, for each of `tiles` tiles of up to kTileRows rows of one
// expert, the expert (`experts`: none, of rows with id -1; unused tiles: -1), the first of its rows in the list behind,
// and how many; then the list of all rows. An id outside is an error. `begins` has experts + 2 words of scratch memory.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
layout(push_constant) uniform Push {
  I32 id;
  I32 lists;
  U32 begins;
  U32 error;
  uint rows, experts, tiles;
};
const uint kTileRows = 8;  // of matmul_id.comp

uint expert_of(uint row) {
  const int e = id.v[row];
  if (e < -1 || e >= int(experts)) error.v[0] = kOutside;
  return e < 0 || e >= int(experts) ? experts : uint(e);
}

void main() {
  const uint me = gl_LocalInvocationID.x, size = gl_WorkGroupSize.x;
  for (uint e = me; e <= experts; e += size) {
    uint count = 0;
    for (uint row = 0; row < rows; ++row) count += uint(expert_of(row) == e);
    begins.v[e + 1] = count;
  }
  barrier();
  memoryBarrierBuffer();
  barrier();
  if (me == 0) {
    uint begin = 0, tile = 0;
    for (uint e = 0; e <= experts; ++e) {
      const uint count = begins.v[e + 1];
      for (uint done = 0; done < count; done += kTileRows, ++tile) {
        lists.v[3 * tile] = int(e);
        lists.v[3 * tile + 1] = int(begin + done);
        lists.v[3 * tile + 2] = int(min(kTileRows, count - done));
      }
      begins.v[e] = begin;
      begin += count;
    }
    for (; tile < tiles; ++tile) lists.v[3 * tile] = -1;
  }
  memoryBarrierBuffer();
  barrier();
  for (uint e = me; e <= experts; e += size) {
    uint at = 3 * tiles + begins.v[e];
    for (uint row = 0; row < rows; ++row) {
      if (expert_of(row) == e) lists.v[at++] = int(row);
    }
  }
}
