// Scores pairs of texts with a model that predicts tokens: how much likelier it answers "yes" than "no" to the question
// whether the document meets the query.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/model/model.hpp"
#include "core/tasks/pair_scorer.hpp"
#include "core/tasks/published_prompts.hpp"

namespace weft {

class YesNoJudge final : public PairScorer {
 public:
  /// FAILED_PRECONDITION: the vocabulary lacks a token of the prompt or of the answers. UNIMPLEMENTED: modules.json
  /// says that other tokens are the answers.
  static Result<std::unique_ptr<PairScorer>> create(std::shared_ptr<const Model> model);

  Result<std::vector<PairScore>> score(std::string_view query, std::span<const std::string_view> documents,
                                       std::string_view instruction, const BatchOptions& options) override;

 private:
  YesNoJudge() = default;
  Result<std::vector<int32_t>> prompt(std::string_view query, std::string_view document,
                                      std::string_view instruction) const;
  Result<PairScore> judge(SequenceId sequence, const std::vector<int32_t>& ids, const GoOn& go_on);

  std::shared_ptr<const Model> model_;
  const JudgePrompt* prompt_ = nullptr;
  std::unique_ptr<Session> session_;
  std::vector<int32_t> before_, after_;  // the prompt's tokens around query and document
  std::size_t most_ = 0;                 // tokens of a prompt
  int32_t yes_ = -1, no_ = -1;
};

}  // namespace weft
