// The selective scan, a token of a head at a time: see host/scan_row.hpp.

void scan_row(const host_ops::ScanRow& r, float* h, float* y) {
  for (int64_t p = 0; p < r.P; ++p, h += r.N) {
    const float input = r.x[p] * r.dt;
    Lanes sum = no_lanes();
    int64_t n = 0;
    for (; n + kLanes <= r.N; n += kLanes) {
      const Lanes state =
          multiply_add(load_lanes(h + n), load_lanes(r.decay + n), all_lanes(input) * load_lanes(r.b + n));
      store_lanes(h + n, state);
      sum = multiply_add(state, load_lanes(r.c + n), sum);
    }
    float rest = r.d * r.x[p];
    for (; n < r.N; ++n) {
      h[n] = h[n] * r.decay[n] + input * r.b[n];
      rest += h[n] * r.c[n];
    }
    y[p] = sum_lanes(sum) + rest;
  }
}

void scan_decay(const float* a, float dt, int64_t n, float* decay) {
  map_lanes(a, a, n, decay, [=](Lanes v, Lanes) { return exp_lanes(v * all_lanes(dt)); });
}
