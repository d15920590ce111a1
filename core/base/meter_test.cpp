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
  const auto cancel = std::make_shared<std::atomic<bool>>(false);
  const CallLimits limits{.cancel = cancel};
  Meter meter("the work", UINT64_MAX, 0, &limits);
  EXPECT_TRUE(meter.take(1).ok());
  *cancel = true;
  EXPECT_EQ(meter.take(UINT64_MAX / 2).code(), Code::kCancelled);
  Status s;
  for (int i = 0; i < 1'000'000 && s.ok(); ++i) s = meter.take(1);  // small steps are noticed too
  EXPECT_EQ(s.code(), Code::kCancelled);
}

TEST(Meter, Ends_a_call_whose_time_is_over) {
  const CallLimits limits{.deadline = std::chrono::steady_clock::now()};
  EXPECT_EQ(Meter("the work", 10, 0, &limits).take(1).code(), Code::kDeadlineExceeded);
}

TEST(Meter, Keeps_to_the_bytes_that_the_host_allows_and_says_whose_limit_it_is) {
  const CallLimits little{.text_bytes = 10}, much{.text_bytes = 1000};
  EXPECT_EQ(Meter("the work", 1, 100, &little).check_bytes(11).message(),
            "the work makes a text of more than 10 bytes, which the host's text_bytes allows");
  EXPECT_EQ(Meter("the work", 1, 100, &much).check_bytes(101).message(),
            "the work makes a text of more than 100 bytes");
}

TEST(Meter, Counts_every_step_whatever_their_sizes) {
  Meter meter("the work", 100'000, 0);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(meter.take(9'999).ok());
  EXPECT_EQ(meter.steps_left(), 10u);
  EXPECT_FALSE(meter.take(11).ok());
  EXPECT_TRUE(meter.take(10).ok());
}

}  // namespace
}  // namespace weft
