// Products of matrices.
#include <algorithm>

#include "tests/onnx/ops.hpp"

namespace weft::onnx {

Value mixed(const Value& x, int64_t axis, const std::vector<float>& rows, int64_t M) {
  const int64_t N = x.dim(axis), last = x.rank() - 1;
  std::vector<float> columns(rows.size());
  for (int64_t m = 0; m < M; ++m) {
    for (int64_t n = 0; n < N; ++n) {
      columns[static_cast<std::size_t>(n * M + m)] = rows[static_cast<std::size_t>(m * N + n)];
    }
  }
  return move_axis(matmul(move_axis(x, axis, last), constant(*x.g, columns, {N, M})), last, axis);
}

namespace {

/// Products of integers are made in f32, which is exact while sums stay below 2^24.
Values matrix_product(const Node& n) {
  const Value a = n.in(0), b = n.in(1);
  return {cast(matmul(cast(a, Dtype::kF32), cast(b, Dtype::kF32)), a.dtype)};
}

Values gemm(const Node& n) {
  const Value a = n.in(0), b = n.in(1);
  const sdk::Tensor y = n.g().node("matmul", {a.tensor, b.tensor},
                                   {sdk::Attr::i64("ta", n.integer("transA", 0)),
                                    sdk::Attr::i64("tb", n.integer("transB", 0))});
  const Value scaled = value(n.g(), y, Dtype::kF32) * n.number("alpha", 1);
  return {n.has(2) ? scaled + n.in(2) * n.number("beta", 1) : scaled};
}

/// The product of all inputs, which get an axis for each label: the sums along those that the result does not have.
Values einsum(const Node& n) {
  std::string terms = n.text("equation", "");
  std::erase(terms, ' ');
  const std::size_t arrow = terms.find("->");
  if (arrow == std::string::npos || terms.find('.') != std::string::npos) throw Refused("Einsum: " + terms);
  const std::string kept = terms.substr(arrow + 2);
  terms.resize(arrow);
  std::string labels = kept;
  for (char label : terms) {
    if (label != ',' && labels.find(label) == std::string::npos) labels += label;
  }
  Value y;
  for (std::size_t i = 0, at = 0; i < n.size(); ++i) {
    const Value x = n.in(i);
    const std::string term = terms.substr(at, std::min(terms.find(',', at), terms.size()) - at);
    at += term.size() + 1;
    Dims dims;
    std::vector<int64_t> perm;
    for (char label : labels) {
      const std::size_t axis = term.find(label);
      if (axis != term.rfind(label)) throw Refused("Einsum: a label twice in " + term);
      dims.push_back(axis == std::string::npos ? 1 : x.dim(static_cast<int64_t>(axis)));
      if (axis != std::string::npos) perm.push_back(static_cast<int64_t>(axis));
    }
    const Value all = reshape(transpose(x, perm), dims);
    y = i == 0 ? all : y * all;
  }
  const Value total = sum(y, range(std::ssize(kept), y.rank()));
  return {reshape(total, {total.dims.begin(), total.dims.begin() + std::ssize(kept)})};
}

/// The determinant by the first row's minors. x [..., M, M].
Value determinant(const Value& x) {
  const int64_t last = x.rank() - 1, M = x.dim(last);
  if (M == 1) return x;
  Value total;
  for (int64_t column = 0; column < M; ++column) {
    std::vector<int64_t> others = range(0, M);
    others.erase(others.begin() + column);
    const Value minor = take(slice(x, last - 1, 1, M - 1), last, others);
    const Value part = slice(slice(x, last - 1, 0, 1), last, column, 1) * determinant(minor);
    if (column == 0) {
      total = part;
    } else {
      total = column % 2 == 0 ? total + part : total - part;
    }
  }
  return total;
}

Values det(const Node& n) {
  const Value x = n.in(0), y = determinant(x);
  return {reshape(y, {x.dims.begin(), x.dims.end() - 2})};
}

/// theta [N, r, r + 1] by the coordinates of a grid between -1 and 1: [N, axes..., r].
Values affine_grid(const Node& n) {
  const Value theta = n.in(0);
  const std::vector<int64_t>& size = n.known_integers(1);
  const Dims axes(size.begin() + 2, size.end());
  const int64_t r = std::ssize(axes), points = product(axes);
  const bool corners = n.integer("align_corners", 0) != 0;
  std::vector<float> grid;  // [points, r + 1], the last axis first
  const Dims step = strides(axes);
  for (int64_t p = 0; p < points; ++p) {
    for (int64_t i = r; i-- > 0;) {
      const auto a = static_cast<std::size_t>(i);
      const auto at = static_cast<double>(p / step[a] % axes[a]), of = static_cast<double>(axes[a]);
      grid.push_back(static_cast<float>(corners ? (of == 1 ? 0 : 2 * at / (of - 1) - 1) : (2 * at + 1) / of - 1));
    }
    grid.push_back(1);
  }
  const Value y = matmul(constant(n.g(), grid, {1, points, r + 1}), transpose(theta, {0, 2, 1}));
  Dims dims{size[0]};
  dims.insert(dims.end(), axes.begin(), axes.end());
  dims.push_back(r);
  return {reshape(y, dims)};
}

}  // namespace

const Ops kProducts = {{"MatMul", matrix_product},
                       {"Gemm", gemm},
                       {"Einsum", einsum},
                       {"Det", det},
                       {"AffineGrid", affine_grid}};

}  // namespace weft::onnx
