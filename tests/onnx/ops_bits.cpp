// Shifts and bitwise ops, by arithmetic on i32.
#include "tests/onnx/ops.hpp"

namespace weft::onnx {
namespace {

using sdk::Compare;

Value powers_of_two(sdk::Graph& g) {  // [31]
  std::vector<int64_t> powers;
  for (int i = 0; i < 31; ++i) powers.push_back(int64_t{1} << i);
  return constant(g, powers, {31}, Dtype::kI32);
}

/// Shifts by less than 0 or more than 31 shift all bits out.
Values shift(const Node& n) {
  const Value x = cast(n.in(0), Dtype::kI32), by = cast(n.in(1), Dtype::kI32), within = max(min(by, 31), 0);
  const Value inside = compare(Compare::kEq, by, within), all = select(inside, by, scalar(by, 31));
  const Value power = gather(powers_of_two(n.g()), min(all, 30), 0), twice = compare(Compare::kEq, all, 31);
  const bool left = n.text("direction", "") == "LEFT";
  const Value most = left ? x * power : x / power;
  Value y = select(twice, left ? most * 2 : most / 2, most);
  if (left) y = select(inside, y, scalar(y, 0));
  return {n.in(0).dtype == Dtype::kU8 ? cast(y - y / 256.0 * 256.0, Dtype::kU8) : cast(y, n.in(0).dtype)};
}

/// The bits of i32 x [...]: [..., 32], the lowest first. The last one is the sign: x / 2^30 / 2, rounded down.
Value bits_of(const Value& x) {
  const Value column = unsqueeze(x, x.rank());
  const Value shifted = column / powers_of_two(*x.g);
  const Value all = concat({shifted, slice(shifted, x.rank(), 30, 1) / 2.0}, x.rank());
  return all - all / 2.0 * 2.0;
}

Value of_bits(const Value& bits) {
  const int64_t last = bits.rank() - 1;
  const Value low = sum(slice(bits, last, 0, 31) * powers_of_two(*bits.g), {last});
  const Value high = slice(bits, last, 31, 1) * -2147483648.0;
  const Value y = low + high;
  return reshape(y, {y.dims.begin(), y.dims.end() - 1});
}

template <Value (*combine)(const Value&, const Value&)>
Values bitwise(const Node& n) {
  const Value a = n.in(0), b = n.in(1);
  const Dims dims = broadcast_dims(a.dims, b.dims);
  const auto bits = [&](const Value& x) { return bits_of(expand(cast(x, Dtype::kI32), dims)); };
  return {cast(of_bits(combine(bits(a), bits(b))), a.dtype)};
}

Value unequal(const Value& a, const Value& b) { return cast(compare(Compare::kNe, a, b), Dtype::kI32); }

Values bitwise_not(const Node& n) {
  const Value x = n.in(0), wide = cast(x, Dtype::kI32);
  return {x.dtype == Dtype::kU8 ? cast(-wide + 255, Dtype::kU8) : cast(-wide - 1, x.dtype)};
}

}  // namespace

const Ops kBits = {{"BitShift", shift},
                   {"BitwiseAnd", bitwise<min>},
                   {"BitwiseOr", bitwise<max>},
                   {"BitwiseXor", bitwise<unequal>},
                   {"BitwiseNot", bitwise_not}};

}  // namespace weft::onnx
