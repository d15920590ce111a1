// Models under test: how they are loaded, and stepped in pieces and beside other sequences.
#pragma once

#include <gtest/gtest.h>

#include <mutex>

#include "core/model/model.hpp"
#include "core/runtime/generate.hpp"
#include "tests/golden_checkpoint.hpp"

namespace weft::test {

/// The warnings that the engine has logged since a model was last loaded by `load`.
inline std::string& warnings() {
  static std::string text;
  return text;
}

inline Engine& engine() {
  static std::shared_ptr<Engine> shared = [] {
    EngineOptions options;
    options.use_environment = false;
    options.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"};
    options.threads = 2;
    options.log = [](uint32_t level, std::string_view component, std::string_view message) {
      static std::mutex mutex;
      const std::lock_guard lock(mutex);
      if (level >= WEFT_LOG_WARN) warnings().append(component).append(": ").append(message).append("\n");
    };
    return std::move(Engine::create(std::move(options))).value();
  }();
  return *shared;
}

/// The instruction sets of the backend cpu that the machine has.
inline std::vector<std::string> instruction_sets() {
  std::vector<std::string> there;
  for (const char* name : {"cpu:portable", "cpu:dotprod", "cpu:avx2", "cpu:avxvnni", "cpu:avx512", "cpu:amx"}) {
    if (engine().open_devices(name).ok()) there.push_back(name);
  }
  return there;
}

/// The reference backend and all instruction_sets().
inline std::vector<std::string> reference_and_instruction_sets() {
  std::vector<std::string> all = instruction_sets();
  all.insert(all.begin(), "reference");
  return all;
}

inline std::shared_ptr<Model> load(const std::string& backend, const std::string& path, int64_t context = 64) {
  warnings().clear();
  auto model =
      Model::load(engine(), path, {.backend = backend, .precision = "exact", .context = context, .sequences = 3});
  EXPECT_TRUE(model.ok()) << model.status().message();
  return model.ok() ? *model : nullptr;
}

/// Has the encoder read its input of each sequence, all in one call; does nothing where the first input is empty.
inline void encode(Session& session, const std::vector<StepItem>& inputs) {
  if (inputs[0].tokens.empty()) return;
  const Status s = session.encode(inputs);
  EXPECT_TRUE(s.ok()) << s.message();
}

/// The logits [ids, vocab] of all tokens, which are fed in pieces of `piece` tokens.
inline std::vector<float> logits_in_pieces(const Model& model, const std::vector<int32_t>& ids, std::size_t piece,
                                           const std::vector<int32_t>& encoder_ids = {}) {
  auto session = std::move(model.new_session()).value();
  const SequenceId s = *session->open();
  encode(*session, {{s, encoder_ids, false}});
  std::vector<float> all;
  for (std::size_t at = 0; at < ids.size(); at += piece) {
    const StepItem item{s, std::span(ids).subspan(at, std::min(piece, ids.size() - at)), true};
    auto out = session->step({&item, 1});
    EXPECT_TRUE(out.ok()) << out.status().message();
    if (!out.ok()) return all;
    all.insert(all.end(), out->data, out->data + out->rows * out->width);
  }
  return all;
}

/// The logits [ids, vocab] of the second of three sequences, which are fed together in uneven pieces of one prompt. The
/// first and the third have other inputs of the encoder.
inline std::vector<float> logits_in_company(const Model& model, const std::vector<int32_t>& ids,
                                            const std::vector<int32_t>& encoder_ids = {}) {
  auto session = std::move(model.new_session()).value();
  const SequenceId a = *session->open(), b = *session->open(), c = *session->open();
  const std::vector<int32_t> twice = [&] {
    std::vector<int32_t> all(encoder_ids.rbegin(), encoder_ids.rend());
    all.insert(all.end(), encoder_ids.begin(), encoder_ids.end());
    return all;
  }();
  const auto third = std::span(encoder_ids).first(encoder_ids.size() / 3);
  encode(*session, {{a, third, false}, {b, encoder_ids, false}, {c, twice, false}});
  std::vector<float> all;
  const std::size_t pieces[] = {5, 1, 11, 1, 17, 2};
  std::size_t at = 0;
  for (std::size_t most : pieces) {
    const std::size_t n = std::min(most, ids.size() - at);
    if (n == 0) break;
    const std::span<const int32_t> own = std::span(ids).subspan(at, n);
    std::vector<StepItem> items{{a, std::span(ids).first(3), false}, {b, own, true}};
    if (n > 1) items.push_back({c, std::span(ids).last(n), true});
    auto out = session->step(items);
    EXPECT_TRUE(out.ok()) << out.status().message();
    if (!out.ok()) return all;
    const float* first = out->data + out->width;  // the first row is that of sequence a
    all.insert(all.end(), first, first + static_cast<int64_t>(n) * out->width);
    at += n;
  }
  EXPECT_EQ(at, ids.size());
  return all;
}

/// The `n` tokens with which the model continues `ids` when it always takes the likeliest.
inline std::vector<int32_t> greedy_tokens(const Model& model, const std::vector<int32_t>& ids, std::size_t n) {
  auto session = std::move(model.new_session()).value();
  const SequenceId s = *session->open();
  GenerateOptions options;
  options.max_tokens = static_cast<int64_t>(n);
  options.sampling.greedy = true;
  options.ignore_eos = true;
  auto generation = Generation::create(*session, s, ids, nullptr, options);
  EXPECT_TRUE(generation.ok()) << generation.status().message();
  for (bool last = !generation.ok(); !last;) {
    auto piece = (*generation)->next();
    EXPECT_TRUE(piece.ok()) << piece.status().message();
    last = !piece.ok() || piece->last;
  }
  return generation.ok() ? (*generation)->result().ids : std::vector<int32_t>{};
}

}  // namespace weft::test
