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
