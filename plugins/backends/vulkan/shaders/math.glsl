// Functions within about 1e-7 of the real ones; what Vulkan asks of its own is too little for large models. The
// polynomials are least squares at Chebyshev's points.
const float kLn2High = 0.693145751953125, kLn2Low = 1.42860682030941723e-6, kLog2E = 1.44269504088896341;

float times_power(float x, int n) {  // x * 2^n; n in [-300, 300], in steps that overflow only where the result does
  const int a = clamp(n, -126, 127), b = clamp(n - a, -126, 127);
  return x * uintBitsToFloat(uint(a + 127) << 23) * uintBitsToFloat(uint(b + 127) << 23);
}

float expm1_reduced(float r) {  // |r| <= ln 2 / 2
  const float p =
      fma(fma(fma(fma(fma(1.9900431e-4, r, 1.3934535e-3), r, 8.3332974e-3), r, 4.1666456e-2), r, 0.16666667), r, 0.5);
  return fma(r * r, p, r);
}
float exp_of(float x) {
  if (isnan(x)) return x;
  const float c = clamp(x, -110.0, 100.0), n = roundEven(c * kLog2E);
  const float r = fma(n, -kLn2Low, fma(n, -kLn2High, c));
  return times_power(1.0 + expm1_reduced(r), int(n));
}
float expm1_of(float x) {
  if (isnan(x)) return x;
  if (abs(x) < 0.34) return expm1_reduced(x);
  return exp_of(x) - 1.0;
}

float log_of(float x) {
  if (isnan(x) || x < 0.0) return uintBitsToFloat(0x7fc00000u);
  if (x == 0.0) return uintBitsToFloat(0xff800000u);
  if (isinf(x)) return x;
  int e = 0;
  if (x < 1.17549435e-38) x *= 8388608.0, e = -23;
  const uint bits = floatBitsToUint(x), mantissa = bits & 0x7fffffu;
  const bool upper = mantissa > 0x3504f3u;  // above sqrt(2)
  e += int(bits >> 23) - 127 + (upper ? 1 : 0);
  const float m = uintBitsToFloat(mantissa | (upper ? 0x3f000000u : 0x3f800000u)), f = m - 1.0;
  const float s = f / (2.0 + f), z = s * s;
  const float p = fma(fma(fma(0.118126556, z, 0.14267291), z, 0.20000196), z, 0.33333331);
  return fma(float(e), kLn2High, fma(float(e), kLn2Low, 2.0 * fma(s * z, p, s)));
}
float log1p_of(float x) {
  if (abs(x) < 0.17) {  // log(1 + x) = 2 atanh(x / (2 + x))
    const float s = x / (2.0 + x), z = s * s;
    return 2.0 * fma(s * z, fma(fma(fma(0.118126556, z, 0.14267291), z, 0.20000196), z, 0.33333331), s);
  }
  return log_of(1.0 + x);
}

// Radians less the nearest quarter of a turn times its number; up to about 2^20 radians.
float quarter(float x, out int n) {
  const float k = roundEven(x * 0.636619772);
  n = int(k);
  // Each product is exact up to k = 2^13, so that little is lost to 2^20.
  return fma(k, -2.56334407e-12, fma(k, -7.54953362e-8, fma(k, -4.83751297e-4, fma(k, -1.5703125, x))));
}
float sin_reduced(float r) {
  const float z = r * r;
  return fma(r * z, fma(fma(-1.95e-4, z, 8.3320e-3), z, -0.16666655), r);
}
float cos_reduced(float r) {
  const float z = r * r;
  return fma(z, fma(fma(fma(2.4369159e-5, z, -1.3886502e-3), z, 4.1666612e-2), z, -0.5), 1.0);
}
float sin_of(float x) {
  if (isinf(x) || isnan(x)) return uintBitsToFloat(0x7fc00000u);
  int n;
  const float r = quarter(x, n), v = (n & 1) == 0 ? sin_reduced(r) : cos_reduced(r);
  return (n & 2) == 0 ? v : -v;
}
float cos_of(float x) {
  if (isinf(x) || isnan(x)) return uintBitsToFloat(0x7fc00000u);
  int n;
  const float r = quarter(x, n), v = (n & 1) == 0 ? cos_reduced(r) : sin_reduced(r);
  return ((n + 1) & 2) == 0 ? v : -v;
}

float tanh_of(float x) {
  if (isnan(x)) return x;
  const float a = min(abs(x), 10.0), e = expm1_of(2.0 * a);
  const float v = e / (e + 2.0);
  return x < 0.0 ? -v : v;
}
float sigmoid_of(float x) { return 1.0 / (1.0 + exp_of(-x)); }
float erf_of(float x) {
  if (isnan(x)) return x;
  const float a = abs(x);
  float v = 1.0;
  if (a < 1.0) {
    const float z = a * a;
    float p = fma(fma(7.882497e-5, z, -8.0188550e-4), z, 5.1893122e-3);
    p = fma(fma(fma(p, z, -2.6854329e-2), z, 0.11283597), z, -0.37612626);
    v = a * fma(p, z, 1.1283791);
  } else if (a < 4.2) {
    const float t = 1.0 / (1.0 + 0.5 * a);
    float p = fma(fma(fma(0.11957163, t, -0.47194234), t, 0.56429994), t, -0.1043814);
    p = fma(fma(fma(fma(p, t, 0.3481333), t, 0.2596072), t, 0.28492254), t, -1.5464875e-4);
    v = 1.0 - p * exp_of(-a * a);
  }
  return x < 0.0 ? -v : v;
}

// The order of host code's `Activation`.
const uint kNone = 0, kSilu = 1, kGelu = 2, kGeluTanh = 3, kRelu = 4, kQuickGelu = 5;
float activated(uint kind, float x) {
  switch (kind) {
    case kSilu: return x * sigmoid_of(x);
    case kGelu: return 0.5 * x * (1.0 + erf_of(x * 0.70710678118654752));
    case kGeluTanh: return 0.5 * x * (1.0 + tanh_of(0.79788456080286536 * fma(0.044715 * x * x, x, x)));
    case kRelu: return isnan(x) ? x : max(x, 0.0);
    case kQuickGelu: return x * sigmoid_of(1.702 * x);
    default: return x;
  }
}
