// A model of two graphs, by a plugin that was built out of tree: a picture's embeddings stand among tokens.
#include <gtest/gtest.h>

#include <cmath>

#include "core/model/model.hpp"
#include "tests/family_golden.hpp"
#include "tests/golden_model.hpp"
#include "tests/hostile_files.hpp"
#include "tests/third_party/two_tower_model.hpp"

namespace weft {
namespace {

constexpr int64_t kVocab = test::kTwoTowerVocab, kHidden = test::kTwoTowerHidden, kPatch = 12;

std::vector<float> made(const std::string& name) {
  for (const Json& spec : test::two_tower_tensors()) {
    if (spec[0] == name) return test::made_values(spec, test::kTwoTowerSeed);
  }
  throw std::runtime_error(name);
}

/// y = W x + b, W [out, in].
std::vector<double> linear(const std::string& scope, const std::vector<double>& x) {
  const std::vector<float> w = made(scope + ".weight"), b = made(scope + ".bias");
  std::vector<double> y(b.begin(), b.end());
  for (std::size_t o = 0; o < y.size(); ++o) {
    for (std::size_t i = 0; i < x.size(); ++i) y[o] += static_cast<double>(w[o * x.size() + i]) * x[i];
  }
  return y;
}

std::vector<float> picture(int64_t patches) {
  std::vector<float> values(static_cast<std::size_t>(patches * kPatch));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(0.7f * static_cast<float>(i));
  return values;
}

/// What a step is given beside one token.
struct Beside {
  std::array<int32_t, 2> position;
  int32_t ahead = 0;
  std::vector<float> embedding = {};  // empty: the token's own
};

/// Tokens and what stands beside them: five of text, two of a picture, four of text.
struct Mixed {
  std::vector<int32_t> tokens;
  std::vector<Beside> beside;
};

struct Step {
  std::vector<int32_t> positions, embedded, ahead;
  std::vector<float> embeddings;
  std::vector<TokenInput> inputs;

  Step(const Mixed& m, std::size_t from, std::size_t n) {
    for (std::size_t i = from; i < from + n; ++i) {
      const Beside& b = m.beside[i];
      positions.insert(positions.end(), b.position.begin(), b.position.end());
      embedded.push_back(b.embedding.empty() ? 0 : 1), ahead.push_back(b.ahead);
      embeddings.resize(embeddings.size() + static_cast<std::size_t>(kHidden));
      std::copy(b.embedding.begin(), b.embedding.end(), embeddings.end() - kHidden);
    }
    inputs = {{"positions", std::as_bytes(std::span(positions))},
              {"embedded", std::as_bytes(std::span(embedded))},
              {"ahead", std::as_bytes(std::span(ahead))},
              {"embeddings", std::as_bytes(std::span(embeddings))}};
  }
  Step(const Step&) = delete;
};

class TwoTower : public testing::Test {
 protected:
  TwoTower() {
    test::write_two_tower(folder_.path());
    engine_ = std::move(Engine::create({.config_text = "{}",
                                        .plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins", WEFT_EXAMPLE_PLUGINS,
                                                         WEFT_BINARY_DIR "/lib/opaque"},
                                        .use_environment = false,
                                        .threads = 2}))
                  .value();
  }

  Result<std::shared_ptr<Model>> load(const std::string& backend, std::vector<std::string> roles) const {
    return Model::load(*engine_, folder_.path(),
                       {.backend = backend, .precision = "exact", .roles = std::move(roles), .sequences = 3});
  }
  std::shared_ptr<Model> load(const std::string& backend) const {
    auto model = load(backend, {"predict-tokens", "embed-image"});
    EXPECT_TRUE(model.ok()) << model.status().message();
    return *model;
  }
  static std::vector<std::string> backends() {
    std::vector<std::string> all = test::reference_and_instruction_sets();
    all.insert(all.end(), {"opaque", "opaque,cpu"});
    return all;
  }

  static std::vector<float> look(GraphCall& call, int64_t patches) {
    const std::vector<float> values = picture(patches);
    EXPECT_TRUE(call.set("patches", {WEFT_F32, {patches, kPatch}, values.data()}).ok());
    const Status ran = call.run();
    EXPECT_TRUE(ran.ok()) << ran.message();
    const auto out = call.output("embeddings");
    EXPECT_TRUE(out.ok()) << out.status().message();
    EXPECT_EQ(out->dims, (std::vector<int64_t>{patches / 2, kHidden}));
    const auto* data = static_cast<const float*>(out->data);
    return {data, data + patches / 2 * kHidden};
  }

  static Mixed mixed(const std::vector<float>& embeddings) {
    Mixed m{{3, 1, 4, 1, 5, 0, 0, 9, 2, 6, 5}, {}};
    for (int32_t i = 0; i < 11; ++i) m.beside.push_back({{i < 5 ? i : i < 7 ? 5 : i - 1, i == 6 ? 6 : i}});
    for (std::size_t i = 0; i < 2; ++i) {
      const auto begin = embeddings.begin() + static_cast<std::ptrdiff_t>(i) * kHidden;
      m.beside[5 + i].embedding.assign(begin, begin + kHidden);
      m.beside[5 + i].ahead = 1 - static_cast<int32_t>(i);  // the picture's tokens see each other
    }
    return m;
  }

  /// Logits after every token, stepped in pieces of these sizes.
  static std::vector<float> logits(Session& session, const Mixed& m, const std::vector<std::size_t>& pieces) {
    const SequenceId sequence = *session.open();
    std::vector<float> all;
    std::size_t at = 0;
    for (const std::size_t n : pieces) {
      const Step step(m, at, n);
      const StepItem item{sequence, std::span(m.tokens).subspan(at, n), true, step.inputs};
      const auto rows = session.step({&item, 1});
      EXPECT_TRUE(rows.ok()) << rows.status().message();
      if (rows.ok()) all.insert(all.end(), rows->data, rows->data + rows->rows * rows->width);
      at += n;
    }
    EXPECT_TRUE(session.close(sequence).ok());
    return all;
  }

  const testing_files::TempFolder folder_;
  std::shared_ptr<Engine> engine_;
};

TEST_F(TwoTower, A_picture_of_any_number_of_patches_gives_an_embedding_for_each_pair) {
  for (const std::string& backend : backends()) {
    const auto call = std::move(load(backend)->new_call("embed-image")).value();
    for (const int64_t patches : {5, 2, 64}) {
      const std::vector<float> values = picture(patches), ours = look(*call, patches);
      std::vector<float> want;
      for (int64_t pair = 0; pair < patches / 2; ++pair) {
        std::vector<double> both;
        for (int64_t p = 2 * pair; p < 2 * pair + 2; ++p) {
          for (double v : linear("tower.patch", {values.begin() + p * kPatch, values.begin() + (p + 1) * kPatch}))
            both.push_back(std::tanh(v));
        }
        for (double v : linear("tower.merge", both)) want.push_back(static_cast<float>(v));
      }
      EXPECT_LE(test::max_difference(ours, want), 1e-4 * test::deviation(want)) << backend << patches;
    }
  }
}

TEST_F(TwoTower, Prefill_pieces_and_company_give_the_same_logits_on_every_backend) {
  std::vector<float> want;
  for (const std::string& backend : backends()) {
    const auto model = load(backend);
    const Mixed m = mixed(look(**model->new_call("embed-image"), 5));
    const auto session = std::move(model->new_session()).value();
    const std::vector<float> whole = logits(*session, m, {11});
    if (want.empty()) want = whole;
    const double most = 1e-4 * test::deviation(want);
    EXPECT_LE(test::max_difference(whole, want), most) << backend;
    EXPECT_LE(test::max_difference(logits(*session, m, {1, 1, 1, 1, 1, 2, 1, 1, 1, 1}), want), most) << backend;

    const SequenceId a = *session->open(), b = *session->open(), c = *session->open();
    const Step all(m, 0, 11), first(m, 0, 3);
    const std::vector<int32_t> plain = {7, 7, 7, 7};  // nothing beside them
    const StepItem items[] = {{c, plain, false}, {a, m.tokens, true, all.inputs},
                              {b, std::span(m.tokens).first(3), true, first.inputs}};
    const auto rows = session->step(items);
    ASSERT_TRUE(rows.ok()) << rows.status().message();
    EXPECT_LE(test::max_difference({rows->data + kVocab, whole.size()}, want), most) << backend;
    const std::span<const float> third(rows->data + 12 * kVocab, static_cast<std::size_t>(3 * kVocab));
    EXPECT_LE(test::max_difference(third, std::span(want).first(third.size())), most) << backend;
  }
}

TEST_F(TwoTower, What_stands_beside_a_token_counts) {
  const auto model = load("reference");
  const Mixed m = mixed(look(**model->new_call("look"), 4));
  const auto session = std::move(model->new_session()).value();
  const std::vector<float> whole = logits(*session, m, {11});
  const auto row = [](const std::vector<float>& all, std::ptrdiff_t i) {
    return std::vector<float>(all.begin() + i * kVocab, all.begin() + (i + 1) * kVocab);
  };
  Mixed blind = m, moved = m, own = m;
  blind.beside[5].ahead = 0, moved.beside[2].position[1] = 9, own.beside[6].embedding.clear();
  EXPECT_GT(test::max_difference(row(logits(*session, blind, {11}), 5), row(whole, 5)), 1e-3);
  EXPECT_EQ(row(logits(*session, moved, {11}), 1), row(whole, 1));
  EXPECT_GT(test::max_difference(row(logits(*session, moved, {11}), 2), row(whole, 2)), 1e-3);
  EXPECT_GT(test::max_difference(row(logits(*session, own, {11}), 5), row(whole, 5)), 1e-3);  // it sees token 6
}

TEST_F(TwoTower, Tokens_with_something_beside_them_are_not_taken_for_plain_ones) {
  const auto model = load("reference");
  const auto session = std::move(model->new_session()).value();
  const SequenceId sequence = *session->open();
  const std::vector<int32_t> plain = {3, 1}, later = {4, 1, 5};
  const StepItem first{sequence, plain};
  ASSERT_TRUE(session->step({&first, 1}).ok());
  const std::vector<int32_t> ahead(3);
  const TokenInput input{"ahead", std::as_bytes(std::span(ahead))};
  const StepItem second{sequence, later, false, {&input, 1}};
  ASSERT_TRUE(session->step({&second, 1}).ok());
  EXPECT_EQ(*session->keep_common(sequence, std::vector<int32_t>{3, 1, 4, 1, 5, 9}), 2);
}

TEST_F(TwoTower, Inputs_that_do_not_fit_are_named_and_change_nothing) {
  const auto model = load("reference");
  const auto session = std::move(model->new_session()).value();
  const SequenceId sequence = *session->open();
  const std::vector<int32_t> tokens = {1, 2}, values(2);
  const auto refused = [&](std::string_view name, std::size_t bytes, const char* why) {
    const TokenInput input{name, std::as_bytes(std::span(values)).first(bytes)};
    const StepItem item{sequence, tokens, false, {&input, 1}};
    const Status s = session->step({&item, 1}).status();
    EXPECT_EQ(s.code(), Code::kInvalidArgument) << s.message();
    EXPECT_NE(s.message().find(why), std::string_view::npos) << s.message();
    EXPECT_EQ(*session->length(sequence), 0);
  };
  refused("pixels", 8, "no input \"pixels\" for each token, only");
  refused("ahead", 4, "input ahead has 4 bytes, expected 4 for each of 2 tokens");
  const TokenInput twice[] = {{"ahead", std::as_bytes(std::span(values))}, {"ahead", std::as_bytes(std::span(values))}};
  const StepItem item{sequence, tokens, false, twice};
  EXPECT_NE(session->step({&item, 1}).status().message().find("ahead stands twice"), std::string_view::npos);
}

TEST_F(TwoTower, A_graph_that_the_load_was_not_for_is_refused_by_its_role) {
  const auto model = std::move(load("reference", {"predict-tokens"})).value();
  const Status s = model->new_call("embed-image").status();
  EXPECT_EQ(s.code(), Code::kFailedPrecondition);
  EXPECT_NE(s.message().find("load the model for \"embed-image\" too"), std::string_view::npos) << s.message();
  EXPECT_NE(model->new_call("similarity").status().message().find("only for predict-tokens, embed-image"),
            std::string_view::npos);
  EXPECT_EQ(load("reference")->new_call("step").status().code(), Code::kUnimplemented);
}

TEST_F(TwoTower, One_graph_alone_leaves_the_tensors_of_the_other) {
  const auto tower = load("reference", {"embed-image"});
  ASSERT_TRUE(tower.ok()) << tower.status().message();
  EXPECT_EQ(look(**(*tower)->new_call("embed-image"), 5).size(), std::size_t{2 * kHidden});
  EXPECT_EQ((*tower)->new_session("predict-tokens").status().code(), Code::kFailedPrecondition);
}

TEST_F(TwoTower, Sizes_of_a_call_that_disagree_or_are_too_large_are_refused) {
  const auto call = std::move(load("reference")->new_call("look")).value();
  const std::vector<float> values = picture(65);
  EXPECT_NE(call->run().message().find("input patches was not set"), std::string_view::npos);
  EXPECT_EQ(call->set("patches", {WEFT_F32, {65, kPatch}, values.data()}).code(), Code::kOutOfRange);
  EXPECT_EQ(call->set("patches", {WEFT_F32, {2, 11}, values.data()}).code(), Code::kInvalidArgument);
  EXPECT_EQ(call->set("patches", {WEFT_I32, {2, kPatch}, values.data()}).code(), Code::kInvalidArgument);
  EXPECT_EQ(call->set("patches", {WEFT_F32, {2, kPatch}, nullptr}).code(), Code::kInvalidArgument);
  EXPECT_EQ(call->set("pixels", {WEFT_F32, {2, kPatch}, values.data()}).code(), Code::kInvalidArgument);
  EXPECT_EQ(call->output("embeddings").status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(call->output("pixels").status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace weft
