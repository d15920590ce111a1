// A step of the attention composite over paged keys and values, and a naive computation of its result.
#pragma once

#include "tests/conformance/conformance.hpp"
#include "weft/blocks/paged_attention.hpp"

namespace weft::conformance {

inline constexpr int64_t kBlockTokens = 4;

struct Sequence {
  int32_t base, len, fresh;  // positions [base, len) are stored, and the last `fresh` of these are the step's tokens
};
using Sequences = std::vector<Sequence>;

struct Shape {
  int64_t heads = 4, kv_heads = 2, dim = 8, value_dim = 8;
  bool sinks = false;
  bool slopes = false;  // whether scores fall with the distance, by a slope a head (alibi)
  blocks::AttentionRule rule{.scale = 0.35};
  // The largest distance with a bias of its own, which keys farther away share; 0: distances have no bias.
  int64_t relative = 0;
};

/// Keys and values in paged states, which hold those of the step.
struct PagedKeys {
  weft_group group;
  Tensor k, v;
};
/// Writes the states of a shape; in: as attend's arguments.
PagedKeys paged_keys(Graph& g, const Shape& shape, const Tensors& in);
/// The graph of a step. Arguments: q [T,Hq,D], keys [P,Hkv,D], values [P,Hkv,Dv], slots [P], and those of sinks, slopes
/// and relative biases that the shape has. Results: y [T,Hq,Dv], then the P keys and values as they were stored.
Write attend(const Shape& shape);
std::vector<ArgType> types(const Shape& shape);
/// The number of blocks of a cache that holds the sequences: at least 12, and no multiple of 7, the stride of the
/// blocks.
int64_t blocks_for(const Sequences& sequences);
/// A step whose blocks lie scattered in the cache. Its tables are wider than needed by `more_blocks`, which hold
/// numbers of no block, and Q is larger than needed by `more_queries`.
Feed step(const Shape& shape, const Sequences& sequences, int64_t more_blocks = 1, int64_t more_queries = 1);
/// What attention gives for the queries of `feed` over `k` and `v`, both as they are stored and in the order of
/// positions.
Array naive_attention(const Shape& shape, const Sequences& sequences, const Feed& feed, const Array& k, const Array& v);

/// A shape with a step that fits it.
class AttentionCase {
 public:
  AttentionCase(Shape shape, Sequences sequences)
      : shape_(shape), sequences_(std::move(sequences)), feed_(step(shape_, sequences_)) {}
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

/// Fails unless the composite, its body and naive_attention agree, with keys and values stored as `dtype`.
#define EXPECT_ATTENTION(test, dtype)                                                            \
  do {                                                                                           \
    const AttentionCase& case_ = (test);                                                         \
    const auto y_ = agreed(case_.args(), case_.write(), case_.feed(), case_.stored_as((dtype))); \
    ASSERT_EQ(y_.size(), 3u);                                                                    \
    EXPECT_TRUE(close(y_[0], case_.expected(y_[1], y_[2])));                                     \
  } while (0)

}  // namespace weft::conformance
