#include "core/runtime/paged_table.hpp"

#include <gtest/gtest.h>

namespace weft {
namespace {

const PagedTable::CopyBlock kNoCopy = [](int32_t, int32_t) -> Status { return {}; };

TEST(PagedTable, Takes_blocks_as_tokens_need_them) {
  IdPool pool(4);
  PagedTable table(pool, 4, 0);
  ASSERT_TRUE(table.reserve(5, kNoCopy).ok());
  table.advance(5);
  EXPECT_EQ(table.blocks().size(), 2u);
  EXPECT_EQ(table.slot(4), table.blocks()[1] * 4);
}

TEST(PagedTable, Leaves_everything_as_it_was_when_blocks_run_out) {
  IdPool pool(2);
  PagedTable table(pool, 4, 0);
  ASSERT_TRUE(table.reserve(4, kNoCopy).ok());
  table.advance(4);
  EXPECT_EQ(table.reserve(9, kNoCopy).code(), Code::kResourceExhausted);
  EXPECT_EQ(table.blocks().size(), 1u);
  EXPECT_EQ(pool.free_count(), 1);
}

TEST(PagedTable, A_window_frees_blocks_that_no_later_token_sees) {
  IdPool pool(8);
  PagedTable table(pool, 4, 6);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(table.reserve(1, kNoCopy).ok());
    table.advance(1);
  }
  EXPECT_EQ(table.base(), 12);  // token 20 sees positions 15 to 20
  EXPECT_EQ(table.blocks().size(), 2u);
  EXPECT_EQ(pool.free_count(), 6);
}

TEST(PagedTable, A_fork_shares_until_one_side_writes) {
  IdPool pool(4);
  PagedTable table(pool, 4, 0);
  ASSERT_TRUE(table.reserve(6, kNoCopy).ok());
  table.advance(6);
  PagedTable twin = table.fork();
  EXPECT_EQ(pool.free_count(), 2);
  int copies = 0;
  ASSERT_TRUE(twin.reserve(1, [&](int32_t from, int32_t to) -> Status {
    EXPECT_EQ(from, table.blocks()[1]);
    EXPECT_NE(from, to);
    ++copies;
    return {};
  }).ok());
  EXPECT_EQ(copies, 1);
  EXPECT_EQ(twin.blocks()[0], table.blocks()[0]);
  EXPECT_NE(twin.blocks()[1], table.blocks()[1]);
}

TEST(PagedTable, Rollback_gives_blocks_back_and_refuses_what_a_window_has_freed) {
  IdPool pool(8);
  PagedTable all(pool, 4, 0);
  ASSERT_TRUE(all.reserve(9, kNoCopy).ok());
  all.advance(9);
  ASSERT_TRUE(all.can_roll_back(4).ok());
  all.roll_back(4);
  EXPECT_EQ(all.blocks().size(), 1u);

  PagedTable windowed(pool, 4, 4);
  ASSERT_TRUE(windowed.reserve(16, kNoCopy).ok());
  windowed.advance(16);
  EXPECT_EQ(windowed.can_roll_back(2).code(), Code::kFailedPrecondition);
}

}  // namespace
}  // namespace weft
