// y = rms_norm, layer_norm or softmax of a row of x [rows, width]: a work group a row. Constants: 1: 0 rms_norm,
// 1 layer_norm, 2 softmax; 2, 3: whether there are weights [width] and a bias [width].
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "math.glsl"
layout(constant_id = 1) const uint kKind = 0;
layout(constant_id = 2) const bool kWeight = false;
layout(constant_id = 3) const bool kBias = false;
layout(push_constant) uniform Push {
  F32 y;
  F32 x;
  F32 weight;
  F32 bias;
  uint rows, width;
  float eps;
};
shared float part[gl_WorkGroupSize.x];

float sum_of(float v) {
  const uint me = gl_LocalInvocationID.x;
  part[me] = v;
  for (uint half_ = gl_WorkGroupSize.x / 2; half_ > 0; half_ /= 2) {
    barrier();
    if (me < half_) part[me] += part[me + half_];
  }
  barrier();
  const float total = part[0];
  barrier();
  return total;
}
float largest_of(float v) {
  const uint me = gl_LocalInvocationID.x;
  part[me] = v;
  for (uint half_ = gl_WorkGroupSize.x / 2; half_ > 0; half_ /= 2) {
    barrier();
    if (me < half_) part[me] = isnan(part[me + half_]) || part[me + half_] > part[me] ? part[me + half_] : part[me];
  }
  barrier();
  const float most = part[0];
  barrier();
  return most;
}

void main() {
  const uint step = gl_WorkGroupSize.x, first = gl_LocalInvocationID.x;
  for (uint row = gl_WorkGroupID.x; row < rows; row += gl_NumWorkGroups.x) {
    const uint at = row * width;
    float sum = 0.0, mean = 0.0, scale = 1.0;
    if (kKind == 2) {
      float most = uintBitsToFloat(0xff800000u);
      for (uint i = first; i < width; i += step) {
        const float v = x.v[at + i];
        most = isnan(v) || v > most ? v : most;
      }
      most = largest_of(most);
      const bool nothing = isinf(most) && most < 0.0;
      for (uint i = first; i < width; i += step) sum += exp_of(x.v[at + i] - most);
      sum = sum_of(sum);
      for (uint i = first; i < width; i += step) y.v[at + i] = nothing ? 0.0 : exp_of(x.v[at + i] - most) / sum;
      continue;
    }
    if (kKind == 1) {
      for (uint i = first; i < width; i += step) sum += x.v[at + i];
      mean = sum_of(sum) / float(width);
      sum = 0.0;
    }
    for (uint i = first; i < width; i += step) {
      const float d = x.v[at + i] - mean;
      sum = fma(d, d, sum);
    }
    scale = 1.0 / sqrt(sum_of(sum) / float(width) + eps);
    for (uint i = first; i < width; i += step) {
      float v = (x.v[at + i] - mean) * scale;
      if (kWeight) v *= weight.v[i];
      if (kBias) v += bias.v[i];
      y.v[at + i] = v;
    }
  }
}
