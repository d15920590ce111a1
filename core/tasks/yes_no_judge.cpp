#include "core/tasks/yes_no_judge.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/tasks/sentence_modules.hpp"
#include "core/tasks/softmax.hpp"

namespace weft {
namespace {

constexpr const char *kYes = "true_token_id", *kNo = "false_token_id";

/// The text of a member; empty where there is none.
std::string text_of(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

Result<int32_t> answer_token(const Checkpoint& c, const Tokenizer& tokenizer, std::string_view text) {
  if (const auto id = tokenizer.token_to_id(text)) return *id;
  return error(Code::kFailedPrecondition, "{}: the vocabulary has no token \"{}\", with which a reranker answers",
               c.path(), text);
}

/// The prompt whose special tokens the vocabulary has.
Result<const JudgePrompt*> prompt_for(const Checkpoint& c, const Tokenizer& tokenizer) {
  std::string missing;
  for (const JudgePrompt& prompt : judge_prompts()) {
    const auto lacks = std::find_if(prompt.specials.begin(), prompt.specials.end(), [&](std::string_view token) {
      const auto id = tokenizer.token_to_id(token);
      return !id || !tokenizer.is_special(*id);
    });
    if (lacks == prompt.specials.end()) return &prompt;
    missing += (missing.empty() ? "" : " or ") + std::string(*lacks);
  }
  return error(Code::kFailedPrecondition,
               "{}: it is no reranker: it gives no score of two texts, and its vocabulary has no special token {}, "
               "which the prompt of rerankers that predict tokens has",
               c.path(), missing);
}

/// What a LogitScore module of sentence-transformers says of the answers must be what `yes` and `no` are.
Status check_modules(const Checkpoint& c, const JudgePrompt& prompt, int32_t yes, int32_t no) {
  auto modules = c.files().read_json("modules.json");
  if (modules.status().code() == Code::kNotFound) return {};
  WEFT_CHECK_OK(modules.status());
  const DrainAtEnd drain(*modules);
  for (const Json& module : *modules) {
    const std::string type = text_of(module, "type"), path = text_of(module, "path");
    if (!type.ends_with(".LogitScore")) continue;
    WEFT_TRY(const std::string folder, module_folder(c, path));
    WEFT_TRY(Json config, module_config(folder));
    const DrainAtEnd drain_config(config);
    if (config.contains(kYes) && config[kYes] == yes && config.contains(kNo) && config[kNo] == no) continue;
    return error(Code::kUnimplemented, "{}/config.json has answers other than the tokens \"{}\" and \"{}\"", folder,
                 prompt.yes, prompt.no);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<PairScorer>> YesNoJudge::create(std::shared_ptr<const Model> model) {
  if (model->text() == nullptr) return error(Code::kFailedPrecondition, "no tokenizer: {}", model->text_missing());
  const Checkpoint& c = model->checkpoint();
  const Tokenizer& tokenizer = model->text()->tokenizer();
  auto judge = std::unique_ptr<YesNoJudge>(new YesNoJudge);
  WEFT_TRY(judge->prompt_, prompt_for(c, tokenizer));
  const JudgePrompt& prompt = *judge->prompt_;
  WEFT_TRY(judge->yes_, answer_token(c, tokenizer, prompt.yes));
  WEFT_TRY(judge->no_, answer_token(c, tokenizer, prompt.no));
  WEFT_CHECK_OK(check_modules(c, prompt, judge->yes_, judge->no_));
  WEFT_TRY(judge->before_, tokenizer.encode(prompt.before, {.add_special = false}));
  WEFT_TRY(judge->after_, tokenizer.encode(prompt.after, {.add_special = false}));
  judge->most_ = std::min(prompt.most_tokens, static_cast<std::size_t>(model->limits().context));
  if (judge->before_.size() + judge->after_.size() >= judge->most_) {
    return error(Code::kOutOfRange, "{}: the prompt alone has {} tokens, the context {}; raise the context", c.path(),
                 judge->before_.size() + judge->after_.size(), judge->most_);
  }
  WEFT_TRY(judge->session_, model->new_session());
  judge->model_ = std::move(model);
  return std::unique_ptr<PairScorer>(std::move(judge));
}

Result<std::vector<int32_t>> YesNoJudge::prompt(std::string_view query, std::string_view document,
                                                std::string_view instruction) const {
  const std::string text = fmt::format(
      fmt::runtime(prompt_->pair), instruction.empty() ? prompt_->instruction : instruction, query, document);
  const std::string_view texts[] = {text};
  const std::size_t most = most_ - before_.size() - after_.size();
  WEFT_TRY(const EncodedTexts encoded, model_->text()->tokenizer().encode_texts(texts, {.max_tokens = most}));
  const std::vector<int32_t>& own = encoded.windows[0].ids;
  if (encoded.uncut > own.size()) {
    model_->engine().host().log(WEFT_LOG_WARN, "rerank",
                                fmt::format("a query and document of {} tokens are cut to the {} that the model takes",
                                            encoded.uncut, own.size()));
  }
  std::vector<int32_t> ids = before_;
  ids.insert(ids.end(), own.begin(), own.end());
  ids.insert(ids.end(), after_.begin(), after_.end());
  return ids;
}

Result<PairScore> YesNoJudge::judge(SequenceId sequence, const std::vector<int32_t>& ids, const GoOn& go_on) {
  // What the prompt has in common with the one before it is not read again.
  WEFT_TRY(const int64_t kept, session_->keep_common(sequence, ids));
  const auto piece = static_cast<std::size_t>(session_->limits().step_tokens);
  PairScore out;
  for (auto at = static_cast<std::size_t>(kept); at < ids.size(); at += piece) {
    const StepItem item{sequence, std::span(ids).subspan(at, std::min(piece, ids.size() - at)), false};
    WEFT_TRY(const StepRows rows, session_->step({&item, 1}, 0, go_on));
    const std::span<const float> row = rows.row(0);
    if (static_cast<std::size_t>(std::max(yes_, no_)) >= row.size())
      return invalid("the model gives {} logits, fewer than the vocabulary has tokens", row.size());
    out.logits = {row[static_cast<std::size_t>(yes_)], row[static_cast<std::size_t>(no_)]};
  }
  if (!std::isfinite(out.logits[0]) || !std::isfinite(out.logits[1]))
    return error(Code::kDataLoss, "the logits have values that are not finite: the weights may be damaged");
  out.score = softmax(out.logits)[0];
  return out;
}

Result<std::vector<PairScore>> YesNoJudge::score(std::string_view query, std::span<const std::string_view> documents,
                                                 std::string_view instruction, const BatchOptions& options) {
  WEFT_TRY(const SequenceId sequence, session_->open());
  const struct Opened {  // closes the sequence
    Session& session;
    SequenceId id;
    ~Opened() { (void)session.close(id); }
  } opened{*session_, sequence};
  std::vector<PairScore> out;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    auto ids = prompt(query, documents[i], instruction);
    if (!ids.ok()) return options.about(ids.status(), i, documents.size());
    auto score = judge(sequence, *ids, options.go_on);
    if (!score.ok()) return options.about(score.status(), i, documents.size());
    out.push_back(std::move(*score));
  }
  return out;
}

}  // namespace weft
