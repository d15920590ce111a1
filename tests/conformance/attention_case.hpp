// A step of the attention composite over paged keys and values, and what naive code makes of it.
#pragma once

#include "tests/conformance/conformance.hpp"
#include "weft/blocks/paged_attention.hpp"

namespace weft::conformance {

inline constexpr int64_t kBlockTokens = 4;

struct Sequence {
  int32_t base, len, fresh;  // stored are positions [base, len); the last `fresh` of them are this step's tokens
};
using Sequences = std::vector<Sequence>;

struct Shape {
  int64_t heads = 4, kv_heads = 2, dim = 8, value_dim = 8;
  bool sinks = false;
  bool slopes = false;  // alibi
  blocks::AttentionRule rule{.scale = 0.35};
  int64_t relative = 0;  // the largest distance with a bias of its own; 0: none has one
};

/// Results: y [T,Hq,Dv], then K and V [P,...] as stored. Arguments: q, keys [P,...], values [P,...], slots [P], sinks, slopes,
/// relative.
Write attend(const Shape& shape);
std::vector<ArgType> types(const Shape& shape);
/// Blocks of a cache that holds the sequences: at least 12, and no multiple of 7.
int64_t blocks_for(const Sequences& sequences);
/// A step whose blocks lie in the cache in no order, with tables wider than needed and filled up with nonsense.
Feed step(const Shape& shape, const Sequences& sequences, int64_t more_blocks = 1, int64_t more_queries = 1);
/// Over keys and values as they are stored, in the order of positions.
Array naive_attention(const Shape& shape, const Sequences& sequences, const Feed& feed, const Array& k, const Array& v);

/// A shape with its step.
class AttentionCase {
 public:
  AttentionCase(Shape shape, Sequences sequences) : shape_(shape), sequences_(std::move(sequences)), feed_(step(shape_, sequences_)) {}
  Write write() const { return attend(shape_); }
  std::vector<ArgType> args() const { return types(shape_); }
  Feed& feed() { return feed_; }
  const Feed& feed() const { return feed_; }
  RunnerOptions stored_as(const std::string& dtype) const;
  Array expected(const Array& k, const Array& v) const { return naive_attention(shape_, sequences_, feed_, k, v); }

 private:
  Shape shape_;
  Sequences sequences_;
  Feed feed_;
};

/// The composite and its body agree with the naive code.
#define EXPECT_ATTENTION(test, dtype)                                                            \
  do {                                                                                           \
    const AttentionCase& case_ = (test);                                                         \
    const auto y_ = agreed(case_.args(), case_.write(), case_.feed(), case_.stored_as((dtype))); \
    ASSERT_EQ(y_.size(), 3u);                                                                    \
    EXPECT_TRUE(close(y_[0], case_.expected(y_[1], y_[2])));                                     \
  } while (0)

}  // namespace weft::conformance
