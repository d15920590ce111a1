// The softmax of attention, in spans of positions that are merged in turn.
const uint kSpan = 512;  // positions; larger: fewer groups share a long context, smaller: more is merged
#define kNothing uintBitsToFloat(0xff800000u)

// Of the scores so far: the largest, and the sum of exp(score - most).
struct Softmax {
  float most, sum;
};

float larger(float a, float b) { return isnan(b) || b > a ? b : a; }
float shrunk(float from, float to) { return from == kNothing ? 0.0 : exp_of(from - to); }

// Adds a span: values' sums of both sides are to be scaled by a and b.
void merge(inout Softmax all, Softmax span, out float a, out float b) {
  const float most = larger(all.most, span.most);
  a = shrunk(all.most, most), b = shrunk(span.most, most);
  all = Softmax(most, fma(all.sum, a, span.sum * b));
}
float merged(float all, float a, float span, float b) { return fma(all, a, span * b); }
