// Many tokens, as many at once as the registers hold.

/// block<tokens>(first) for all `count` tokens: n of them at once, then fewer.
template <int n, class Block>
inline void in_blocks(int64_t count, const Block& block) {
  int64_t t = 0;
  for (; t + n <= count; t += n) block.template operator()<n>(t);
  if constexpr (n > 4) {
    for (; t + 4 <= count; t += 4) block.template operator()<4>(t);
  }
  for (; t < count; ++t) block.template operator()<1>(t);
}

/// use<i>(), for i of 1 to n.
template <int n, class Use>
inline void with_number(int64_t i, const Use& use) {
  if (i == n) return use.template operator()<n>();
  if constexpr (n > 1) with_number<n - 1>(i, use);
}

/// block<tokens>(first) for all `count` tokens, up to n at once, in blocks that differ by one token at most: a block of
/// few would wait for its sums.
template <int n, class Block>
inline void in_even_blocks(int64_t count, const Block& block) {
  const int64_t blocks = (count + n - 1) / n;
  for (int64_t b = 0, t = 0; b < blocks; ++b) {
    const int64_t size = (count - t + blocks - b - 1) / (blocks - b);
    with_number<n>(size, [&]<int tokens>() { block.template operator()<tokens>(t); });
    t += size;
  }
}
