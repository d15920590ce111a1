#include "core/runtime/generate.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"
#include "core/model/model.hpp"

namespace weft {
namespace {

TEST(Generation, A_prompt_whose_reading_failed_half_way_is_read_on_before_anything_is_sampled) {
  const auto engine = *Engine::create({.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"}, .use_environment = false, .threads = 1});
  LoadOptions options;
  options.backend = "reference", options.precision = "exact", options.step_tokens = 4;
  auto model = Model::load(*engine, WEFT_SOURCE_DIR "/tests/golden/llama/llama1", options);
  ASSERT_TRUE(model.ok()) << model.status().message();
  int steps = 0, failing = 0;
  const auto intact = [&] { return ++steps == failing ? error(Code::kDataLoss, "for once") : Status(); };
  const auto generate = [&]() -> std::vector<int32_t> {
    auto session = *Session::create((*model)->compiled(), (*model)->limits(), intact);
    GenerateOptions greedy;
    greedy.max_tokens = 5, greedy.sampling.greedy = true;
    auto generation = *Generation::create(*session, *session->open(), {1, 5, 9, 3, 7, 11, 30, 22, 14, 40}, nullptr, greedy);
    for (steps = 0;;) {
      const auto piece = generation->next();
      EXPECT_EQ(piece.ok(), steps != failing) << steps;
      if (piece.ok() && piece->last) return generation->result().ids;
    }
  };
  const std::vector<int32_t> whole = generate();
  ASSERT_EQ(whole.size(), 5u);
  for (failing = 1; failing < 5; ++failing) EXPECT_EQ(generate(), whole) << failing;
}

}  // namespace
}  // namespace weft
