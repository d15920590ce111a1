// A convolution over up to 3 axes, channels last: y[n, p, o] = the sum over places k of the kernel and channels c of
// x[n, p stride + k dilation - before, c] w[o, k, c]; what lies outside x is 0. An invocation has an element of y.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
layout(push_constant) uniform Push {
  F32 y;
  F32 x;
  F32 w;
  uint n, channels, outputs, groups;  // n: elements of y; channels: of x
  int x_dims[3], y_dims[3], w_dims[3], stride[3], dilation[3], before[3];
};

void main() {
  const uint of_group = channels / groups;
  EACH(i, n) {
    const uint o = i % outputs, group = o / (outputs / groups);
    uint rest = i / outputs;
    int at[3];
    for (int axis = 2; axis >= 0; --axis) {
      at[axis] = int(rest % uint(y_dims[axis])) * stride[axis] - before[axis];
      rest /= uint(y_dims[axis]);
    }
    float sum = 0.0;
    uint weight = o * uint(w_dims[0] * w_dims[1] * w_dims[2]) * of_group;
    for (int k0 = 0; k0 < w_dims[0]; ++k0) {
      for (int k1 = 0; k1 < w_dims[1]; ++k1) {
        for (int k2 = 0; k2 < w_dims[2]; ++k2, weight += of_group) {
          const int p0 = at[0] + k0 * dilation[0], p1 = at[1] + k1 * dilation[1], p2 = at[2] + k2 * dilation[2];
          if (p0 < 0 || p1 < 0 || p2 < 0 || p0 >= x_dims[0] || p1 >= x_dims[1] || p2 >= x_dims[2]) continue;
          const uint line = (rest * uint(x_dims[0]) + uint(p0)) * uint(x_dims[1]) + uint(p1);
          const uint from = (line * uint(x_dims[2]) + uint(p2)) * channels + group * of_group;
          for (uint c = 0; c < of_group; ++c) sum = fma(x.v[from + c], w.v[weight + c], sum);
        }
      }
    }
    y.v[i] = sum;
  }
}
