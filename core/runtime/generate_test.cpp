#include "core/runtime/generate.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"
#include "core/model/model.hpp"

namespace weft {
namespace {

struct Loaded {
  std::shared_ptr<Engine> engine = *Engine::create(
      {.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"}, .use_environment = false, .threads = 1});
  Result<std::shared_ptr<Model>> model = [this] {
    LoadOptions options;
    options.backend = "reference", options.precision = "exact", options.step_tokens = 4;
    return Model::load(*engine, WEFT_SOURCE_DIR "/tests/golden/llama/llama1", options);
  }();
};

TEST(Generation, Penalties_see_what_the_sequence_held_before_the_prompt) {
  const Loaded l;
  ASSERT_TRUE(l.model.ok()) << l.model.status().message();
  const auto session = (*l.model)->new_session().value();
  const SequenceId sequence = *session->open();
  const std::vector<int32_t> held = {1, 5, 9};
  const StepItem item{sequence, held, false};
  ASSERT_TRUE(session->step({&item, 1}).ok());
  GenerateOptions options;
  options.max_tokens = 1, options.sampling.greedy = true, options.sampling.penalty_window = -1;
  options.sampling.logit_bias = {{5, 30.0f}}, options.sampling.presence_penalty = 60;
  const auto generation = Generation::create(*session, sequence, {3, 7}, nullptr, options).value();
  while (generation->result().stop.empty()) ASSERT_TRUE(generation->next().ok());
  ASSERT_EQ(generation->result().ids.size(), 1u);
  EXPECT_NE(generation->result().ids[0], 5);
  EXPECT_EQ(*session->length(sequence), 5);
}

TEST(Generation, A_prompt_whose_reading_failed_half_way_is_read_on_before_anything_is_sampled) {
  const Loaded l;
  const auto& model = l.model;
  ASSERT_TRUE(model.ok()) << model.status().message();
  int steps = 0, failing = 0;
  const auto intact = [&] { return ++steps == failing ? error(Code::kDataLoss, "for once") : Status(); };
  const auto generate = [&]() -> std::vector<int32_t> {
    auto session = *Session::create((*model)->compiled(), (*model)->limits(), intact);
    GenerateOptions greedy;
    greedy.max_tokens = 5, greedy.sampling.greedy = true;
    auto generation =
        *Generation::create(*session, *session->open(), {1, 5, 9, 3, 7, 11, 30, 22, 14, 40}, nullptr, greedy);
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
