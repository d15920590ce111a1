// conv over one to three axes, channels last.
#include "tests/conformance/conformance.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Conv);

struct Window {
  Dims stride, pad, dilation;  // one number an axis; pad has two, before and after
  int64_t groups = 1;
};

One conv(const Window& w) {
  return [w](Graph& g, const Tensors& in) {
    std::vector<Attr> attrs;
    if (!w.stride.empty()) attrs.push_back(Attr::ints("stride", w.stride));
    if (!w.pad.empty()) attrs.push_back(Attr::ints("pad", w.pad));
    if (!w.dilation.empty()) attrs.push_back(Attr::ints("dilation", w.dilation));
    if (w.groups != 1) attrs.push_back(Attr::i64("groups", w.groups));
    return g.conv(in[0], in[1], attrs);
  };
}

/// y[n,p,o] = sum over k, c of x[n, p*stride + k*dilation - before, group of o, c] * w[o,k,c].
Array naive(const Array& x, const Array& w, Window win) {
  const std::size_t axes = x.dims.size() - 2;
  if (win.stride.empty()) win.stride.assign(axes, 1);
  if (win.pad.empty()) win.pad.assign(2 * axes, 0);
  if (win.dilation.empty()) win.dilation.assign(axes, 1);
  Dims d{x.dims[0]}, places;
  for (std::size_t i = 0; i < axes; ++i) {
    const int64_t room = x.dims[i + 1] + win.pad[2 * i] + win.pad[2 * i + 1] - win.dilation[i] * (w.dims[i + 1] - 1);
    d.push_back((room - 1) / win.stride[i] + 1);
    places.push_back(w.dims[i + 1]);
  }
  const int64_t out = w.dims[0], channels = w.dims.back(), per_group = out / win.groups;
  d.push_back(out);
  places.push_back(channels);
  Floats y;
  each_index(d, [&](const Dims& at) {
    double sum = 0;
    each_index(places, [&](const Dims& k) {
      Dims from{at[0]}, weight{at.back()};
      for (std::size_t i = 0; i < axes; ++i) {
        from.push_back(at[i + 1] * win.stride[i] + k[i] * win.dilation[i] - win.pad[2 * i]);
        if (from.back() < 0 || from.back() >= x.dims[i + 1]) return;
        weight.push_back(k[i]);
      }
      from.push_back(at.back() / per_group * channels + k.back());
      weight.push_back(k.back());
      // Every index is inside its axis here: offset() would take any index for an axis of size 1.
      sum += static_cast<double>(x.f()[offset(x.dims, from)]) * static_cast<double>(w.f()[offset(w.dims, weight)]);
    });
    y.push_back(static_cast<float>(sum));
  });
  return f32(d, y);
}

TEST_P(Conv, One_axis_with_every_stride_pad_dilation_and_grouping) {
  for (int64_t stride : {1, 2, 3}) {
    for (int64_t dilation : {1, 2}) {
      for (const Dims& pad : {Dims{0, 0}, Dims{2, 0}, Dims{1, 3}}) {
        for (int64_t groups : {1, 2, 4}) {
          const Array x = random({2, 9, 4}, 1), w = random({8, 3, 4 / groups}, 2);
          const Window win{{stride}, pad, {dilation}, groups};
          EXPECT_TRUE(close(run({x, w}, conv(win)), naive(x, w, win)));
        }
      }
    }
  }
}

TEST_P(Conv, Two_axes_that_differ) {
  const Array x = random({2, 7, 5, 6}, 3), w = random({4, 3, 2, 3}, 4);
  for (const Window& win :
       {Window{{}, {}, {}, 2}, Window{{2, 1}, {1, 0, 0, 2}, {1, 3}, 2}, Window{{3, 2}, {2, 2, 1, 1}, {2, 1}, 2}}) {
    EXPECT_TRUE(close(run({x, w}, conv(win)), naive(x, w, win)));
  }
}

TEST_P(Conv, Three_axes_that_differ) {
  const Array x = random({1, 4, 5, 6, 2}, 5), w = random({3, 2, 3, 1, 2}, 6);
  for (const Window& win : {Window{}, Window{{2, 1, 3}, {1, 0, 0, 1, 2, 2}, {2, 2, 1}}}) {
    EXPECT_TRUE(close(run({x, w}, conv(win)), naive(x, w, win)));
  }
}

TEST_P(Conv, Depthwise_causal_over_a_symbolic_axis) {
  for (int64_t T : {0, 1, 2, 33}) {
    const Array x = random({1, T, 6}, 7), w = random({6, 4, 1}, 8);
    const Window win{{}, {3, 0}, {}, 6};
    EXPECT_TRUE(close(run({{x, {"1", "T", "6"}}, w}, conv(win)), naive(x, w, win))) << T;
  }
}

TEST_P(Conv, A_symbolic_axis_that_shrinks_and_one_that_grows) {
  for (int64_t T : {2, 3, 17}) {
    const Array x = random({T, T, 2}, 9), w = random({3, 3, 2}, 10);
    for (const Window& win : {Window{}, Window{{}, {4, 1}, {2}}}) {
      if (win.pad.empty() && T == 2) continue;  // the axis is shorter than the kernel
      EXPECT_TRUE(close(run({{x, {"N", "T", "2"}}, w}, conv(win)), naive(x, w, win))) << T;
    }
  }
}

TEST_P(Conv, Only_padding_under_the_kernel_gives_zero) {
  EXPECT_TRUE(same(run({zeros(WEFT_F32, {1, 0, 2}), random({3, 2, 2}, 1)}, conv({{}, {1, 2}, {}})),
                   zeros(WEFT_F32, {1, 2, 3})));
}

TEST_P(Conv, No_batch_no_outputs_and_no_channels) {
  EXPECT_TRUE(same(run({{zeros(WEFT_F32, {0, 4, 2}), {"N", "4", "2"}}, random({3, 2, 2}, 1)}, conv({})),
                   zeros(WEFT_F32, {0, 3, 3})));
  EXPECT_TRUE(same(run({random({1, 4, 2}, 1), zeros(WEFT_F32, {0, 2, 2})}, conv({})), zeros(WEFT_F32, {1, 3, 0})));
  EXPECT_TRUE(
      same(run({zeros(WEFT_F32, {1, 4, 0}), zeros(WEFT_F32, {3, 2, 0})}, conv({})), zeros(WEFT_F32, {1, 3, 3})));
}

TEST_P(Conv, Strides_over_symbolic_axes_of_any_length) {
  for (int64_t T : {3, 4, 5, 6, 31}) {
    const Array x = random({2, T, 4, 2}, 11), w = random({3, 3, 2, 2}, 12);
    for (const Window& win :
         {Window{{2, 1}, {}, {}}, Window{{3, 2}, {1, 1, 0, 0}, {}}, Window{{4, 4}, {2, 0, 1, 1}, {}}})
      EXPECT_TRUE(close(run({{x, {"2", "T", "4", "2"}}, w}, conv(win)), naive(x, w, win))) << T;
  }
}

TEST_P(Conv, A_kernel_larger_than_its_axis_is_refused) {
  EXPECT_EQ(refusal({zeros(WEFT_F32, {1, 1, 2}), random({3, 2, 2}, 1)}, conv({})), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weft::conformance
