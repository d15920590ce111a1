#include "core/runtime/embedder.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"

namespace weft {

Result<Embedder> Embedder::create(std::shared_ptr<const Model> model) {
  Embedder e;
  WEFT_TRY(e.pooling_, Pooling::load(model->checkpoint()));
  WEFT_TRY(e.session_, model->new_session());
  e.model_ = std::move(model);
  if (e.pooling_.lower_case) {
    e.model_->engine().host().log(WEFT_LOG_WARN, "embed", "do_lower_case is left to the tokenizer");
  }
  return e;
}

Result<std::vector<int32_t>> Embedder::encode(std::string_view text) const {
  if (model_->text() == nullptr) return error(Code::kFailedPrecondition, "no tokenizer: {}", model_->text_missing());
  const Tokenizer& tokenizer = model_->text()->tokenizer();
  const std::string whole = pooling_.prompt + std::string(text);
  WEFT_TRY(std::vector<int32_t> ids, tokenizer.encode(whole));
  const auto most = static_cast<std::size_t>(pooling_.max_tokens);
  if (most == 0 || ids.size() <= most) return ids;
  // The special tokens around the text stay.
  WEFT_TRY(const std::vector<int32_t> bare, tokenizer.encode(whole, {.add_special = false}));
  const auto at = std::search(ids.begin(), ids.end(), bare.begin(), bare.end());
  const std::size_t added = ids.size() - bare.size();
  if (at == ids.end() || bare.size() > ids.size() || added > most) {
    return error(Code::kOutOfRange, "a text of {} tokens, the model takes {}", ids.size(), most);
  }
  model_->engine().host().log(WEFT_LOG_WARN, "embed", fmt::format("a text of {} tokens is cut to the {} that the model says are the most", ids.size(), most));
  const auto begin = at + static_cast<std::ptrdiff_t>(most - added), end = at + static_cast<std::ptrdiff_t>(bare.size());
  ids.erase(begin, end);
  return ids;
}

Result<std::vector<std::vector<float>>> Embedder::embed(std::span<const std::vector<int32_t>> texts) {
  struct Opened {  // closes what it holds
    Session& session;
    std::vector<SequenceId> all;
    ~Opened() {
      for (const SequenceId id : all) (void)session.close(id);
    }
  } opened{*session_, {}};
  std::vector<StepItem> items;
  for (const std::vector<int32_t>& ids : texts) {
    WEFT_TRY(const SequenceId id, session_->open());
    opened.all.push_back(id);
    items.push_back({id, ids, true});
  }
  WEFT_TRY(const StepLogits hidden, session_->step(items));
  std::vector<std::vector<float>> out;
  const float* row = hidden.data;
  for (const std::vector<int32_t>& ids : texts) {
    const std::size_t values = ids.size() * static_cast<std::size_t>(hidden.vocab);
    out.push_back(pooling_.pool({row, values}, hidden.vocab));
    if (!std::all_of(out.back().begin(), out.back().end(), [](float v) { return std::isfinite(v); })) {
      return error(Code::kDataLoss, "the embedding has values that are not finite: the weights may be damaged");
    }
    row += values;
  }
  return out;
}

Result<Embedded> Embedder::embed(std::string_view text) {
  Embedded e;
  WEFT_TRY(e.ids, encode(text));
  WEFT_TRY(auto vectors, embed(std::span(&e.ids, 1)));
  e.vector = std::move(vectors[0]);
  return e;
}

}  // namespace weft
