#include "core/runtime/paged_table.hpp"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(PagedTable, Takes_blocks_as_tokens_need_them) {
  IdPool pool(4);
  PagedTable table(pool, 4, 0);
  ASSERT_TRUE(table.reserve(5).ok());
  table.advance(5);
  EXPECT_EQ(table.blocks().size(), 2u);
  EXPECT_EQ(table.slot(4), table.blocks()[1] * 4);
}

TEST(PagedTable, Leaves_everything_as_it_was_when_blocks_run_out) {
  IdPool pool(2);
  PagedTable table(pool, 4, 0);
  ASSERT_TRUE(table.reserve(4).ok());
  table.advance(4);
  EXPECT_EQ(table.reserve(9).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(table.blocks().size(), 1u);
  EXPECT_EQ(pool.free_count(), 1);
}

TEST(PagedTable, A_window_frees_blocks_that_no_later_token_sees) {
  IdPool pool(8);
  PagedTable table(pool, 4, 6);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(table.reserve(1).ok());
    table.advance(1);
  }
  EXPECT_EQ(table.base(), 12);  // token 20 sees positions 15 to 20
  EXPECT_EQ(table.blocks().size(), 2u);
  EXPECT_EQ(pool.free_count(), 6);
}

TEST(PagedTable, A_fork_shares_until_one_side_writes) {
  IdPool pool(4);
  PagedTable table(pool, 4, 0);
  ASSERT_TRUE(table.reserve(6).ok());
  table.advance(6);
  PagedTable twin = table.fork();
  EXPECT_EQ(pool.free_count(), 2);
  const auto split = twin.reserve(1);
  ASSERT_TRUE(split.ok() && *split);
  EXPECT_EQ((*split)->from, table.blocks()[1]);
  EXPECT_EQ((*split)->to, twin.blocks()[1]);
  EXPECT_EQ(twin.blocks()[0], table.blocks()[0]);
  EXPECT_NE(twin.blocks()[1], table.blocks()[1]);
}

TEST(PagedTable, A_step_that_fails_shares_the_block_again) {
  IdPool pool(4);
  PagedTable table(pool, 4, 0);
  ASSERT_TRUE(table.reserve(6).ok());
  table.advance(6);
  PagedTable twin = table.fork();
  const std::vector<int32_t> before = twin.blocks();
  ASSERT_TRUE(twin.reserve(3).ok());
  EXPECT_FALSE(pool.shared(before[1]));
  twin.roll_back(6);
  EXPECT_EQ(twin.blocks(), before);
  EXPECT_TRUE(pool.shared(before[1]));
  EXPECT_EQ(pool.free_count(), 2);
}

TEST(PagedTable, The_last_of_two_forks_that_write_in_one_step_needs_no_block) {
  IdPool pool(2);
  PagedTable table(pool, 4, 0);
  ASSERT_TRUE(table.reserve(2).ok());
  table.advance(2);
  PagedTable twin = table.fork();
  ASSERT_TRUE(table.reserve(1).ok());
  const auto second = twin.reserve(1);
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(*second);
  table.roll_back(2);
  twin.roll_back(2);
  EXPECT_EQ(table.blocks(), twin.blocks());
}

TEST(PagedTable, Rollback_gives_blocks_back_and_refuses_what_a_window_has_freed) {
  IdPool pool(8);
  PagedTable all(pool, 4, 0);
  ASSERT_TRUE(all.reserve(9).ok());
  all.advance(9);
  ASSERT_TRUE(all.can_roll_back(4).ok());
  all.roll_back(4);
  EXPECT_EQ(all.blocks().size(), 1u);

  PagedTable windowed(pool, 4, 4);
  ASSERT_TRUE(windowed.reserve(16).ok());
  windowed.advance(16);
  EXPECT_EQ(windowed.can_roll_back(2).code(), Code::kFailedPrecondition);
}

}  // namespace
}  // namespace weft
