#include "core/tasks/reranker.hpp"

#include <algorithm>

#include "core/tasks/cross_encoder.hpp"
#include "core/tasks/text_reader.hpp"
#include "core/tasks/yes_no_judge.hpp"
#include "weft/abi/architecture.h"

namespace weft {
namespace {

/// Whether the graph gives logits for each sequence, rather than for rows.
bool classifies_sequences(const Graph& g) {
  const uint32_t sequences = find_symbol(g, "S");
  for (std::size_t i = 0; i < g.outputs.size(); ++i) {
    const Dims& dims = g.values[g.outputs[i]].dims;
    if (g.output_names[i] == "logits") return !dims.empty() && dims[0] == ~static_cast<int64_t>(sequences);
  }
  return false;
}

}  // namespace

Result<Reranker> Reranker::load(Engine& engine, const std::string& handle, const LoadOptions& options) {
  LoadOptions pairs = options, tokens = options;
  TextReader::prepare(pairs, WEFT_ROLE_CLASSIFY_SEQUENCE);
  tokens.roles = {WEFT_ROLE_PREDICT_TOKENS}, tokens.sequences = 1;
  auto model = Model::load(engine, handle, pairs);
  if (model.status().code() == Code::kFailedPrecondition) {
    auto decoder = Model::load(engine, handle, tokens);
    if (decoder.ok()) model = std::move(decoder);
  }
  if (!model.ok()) return model.status();
  return create(std::move(*model));
}

Result<Reranker> Reranker::create(std::shared_ptr<const Model> model) {
  const bool pairs = classifies_sequences(model->compiled()->graph());
  WEFT_TRY(auto scorer, pairs ? CrossEncoder::create(model) : YesNoJudge::create(model));
  return Reranker(std::move(model), std::move(scorer));
}

Result<std::vector<RankedDocument>> Reranker::rank(std::string_view query, std::span<const std::string_view> documents,
                                                   std::string_view instruction, const BatchOptions& options) {
  WEFT_TRY(auto scores, scorer_->score(query, documents, instruction, options));
  std::vector<RankedDocument> out;
  for (std::size_t i = 0; i < scores.size(); ++i) out.push_back({i, std::move(scores[i])});
  std::stable_sort(out.begin(), out.end(), [](const RankedDocument& a, const RankedDocument& b) {
    return a.score.score > b.score.score;
  });
  return out;
}

}  // namespace weft
