#include "core/base/meter.hpp"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Meter, Refuses_the_step_that_is_one_too_many_and_names_the_limit) {
  Meter meter("the work", 10, 0);
  EXPECT_TRUE(meter.take(4).ok());
  EXPECT_TRUE(meter.take(6).ok());
  const Status s = meter.take(1);
  EXPECT_EQ(s.code(), Code::kResourceExhausted);
  EXPECT_EQ(s.message(), "the work takes more than 10 steps");
  EXPECT_EQ(meter.take(UINT64_MAX).code(), Code::kResourceExhausted);
}

TEST(Meter, Counts_the_bytes_that_stay_and_only_looks_at_those_that_do_not) {
  Meter meter("the work", 0, 100);
  EXPECT_TRUE(meter.check_bytes(100).ok());
  EXPECT_TRUE(meter.check_bytes(100).ok());
  EXPECT_TRUE(meter.keep_bytes(60).ok());
  EXPECT_FALSE(meter.check_bytes(41).ok());
  EXPECT_EQ(meter.keep_bytes(41).message(), "the work makes a text of more than 100 bytes");
  EXPECT_TRUE(meter.keep_bytes(40).ok());
  EXPECT_FALSE(meter.check_bytes(UINT64_MAX / 2, 4).ok());  // the product is beyond 64 bits
}

TEST(Meter, Ends_a_call_that_is_no_longer_wanted) {
  std::atomic<bool> cancel{false};
  Meter meter("the work", 10, 0, &cancel);
  EXPECT_TRUE(meter.take(1).ok());
  cancel = true;
  EXPECT_EQ(meter.take(1).code(), Code::kCancelled);
}

}  // namespace
}  // namespace weft
