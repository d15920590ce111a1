#include "core/tasks/embedder.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/tasks/published_files.hpp"
#include "core/tasks/text_reader.hpp"

namespace weft {

namespace {

Status refuse_other_case(const Tokenizer& tokenizer, const Checkpoint& c) {
  WEFT_TRY(const std::vector<int32_t> upper, tokenizer.encode("ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
  WEFT_TRY(const std::vector<int32_t> lower, tokenizer.encode("abcdefghijklmnopqrstuvwxyz"));
  if (upper == lower) return {};
  return error(Code::kUnimplemented,
               "{}: {} has do_lower_case true and the tokenizer keeps case, which is not implemented", c.path(),
               kSentenceConfig);
}

/// The tokens of the prompt as sentence-transformers counts them: without the token that the tokenizer puts behind a
/// text.
Result<std::size_t> tokens_of_prompt(const Tokenizer& tokenizer, const std::string& prompt) {
  const std::string_view text = prompt;
  WEFT_TRY(const EncodedTexts encoded, tokenizer.encode_texts(std::span(&text, 1), {}));
  const std::vector<int8_t>& texts = encoded.windows[0].texts;
  return texts.size() - (!texts.empty() && texts.back() < 0 ? 1 : 0);
}

}  // namespace

void Embedder::prepare(LoadOptions& options) { TextReader::prepare(options, WEFT_ROLE_HIDDEN_STATES); }

Result<Embedder> Embedder::create(std::shared_ptr<const Model> model) {
  Embedder e;
  WEFT_TRY(e.modules_, SentenceModules::load(model->engine(), model->checkpoint()));
  WEFT_TRY(e.session_, model->new_session());
  e.most_ = static_cast<std::size_t>(model->limits().context);
  if (e.modules_.max_tokens > 0) e.most_ = std::min(e.most_, static_cast<std::size_t>(e.modules_.max_tokens));
  e.model_ = std::move(model);
  if (e.model_->text() != nullptr) {
    if (e.modules_.lower_case)
      WEFT_CHECK_OK(refuse_other_case(e.model_->text()->tokenizer(), e.model_->checkpoint()));
    WEFT_TRY(e.prompt_, e.make_prompt(e.modules_.prompt));
  }
  return e;
}

Result<Embedder::Prompt> Embedder::make_prompt(std::string text) const {
  Prompt prompt{std::move(text)};
  if (!prompt.text.empty()) {
    WEFT_TRY(prompt.tokens, tokens_of_prompt(model_->text()->tokenizer(), prompt.text));
  }
  return prompt;
}

Result<Embedder::Prompt> Embedder::prompt_of(const EmbedOptions& options) const {
  if (options.prompt) return make_prompt(*options.prompt);
  if (options.prompt_name.empty()) return prompt_;
  WEFT_TRY(std::string named, modules_.prompt_named(options.prompt_name));
  return make_prompt(std::move(named));
}

Result<std::vector<int32_t>> Embedder::encode(const std::string& text) const {
  WEFT_TRY(std::vector<int32_t> ids, model_->text()->tokenizer().encode(text));
  return cut(std::move(ids), text);
}

/// The ids of `text`, cut to most_.
Result<std::vector<int32_t>> Embedder::cut(std::vector<int32_t> ids, std::string_view text) const {
  if (ids.size() <= most_) return ids;
  WEFT_TRY(const TokenizerSettings settings, model_->text()->settings());
  const Truncation how{.max_tokens = most_, .from_left = settings.cuts_left};
  WEFT_TRY(EncodedTexts encoded, model_->text()->tokenizer().encode_texts(std::span(&text, 1), how));
  model_->engine().host().log(
      WEFT_LOG_WARN, "embed",
      fmt::format("a text of {} tokens is cut to the {} that the model says are the most", ids.size(), most_));
  return std::move(encoded.windows[0].ids);
}

Result<std::vector<std::vector<float>>> Embedder::embed(std::span<const std::vector<int32_t>> texts,
                                                        const EmbedOptions& options) {
  return embed(texts, options, 0);
}

Result<std::vector<std::vector<float>>> Embedder::embed(std::span<const std::vector<int32_t>> texts,
                                                        const EmbedOptions& options, std::size_t prompt_tokens) {
  Pooling pooling = modules_.pooling;
  if (options.pooling) pooling.modes = {*options.pooling};
  std::vector<StepItem> items;
  for (const std::vector<int32_t>& ids : texts) items.push_back({0, ids, true});
  std::vector<std::vector<float>> out(texts.size());
  const auto use = [&](std::size_t text, std::span<const float> rows, int64_t width) -> Status {
    std::vector<float>& vector = out[text];
    WEFT_TRY(vector, modules_.vector(rows, width, prompt_tokens, pooling));
    if (options.dimensions < 0 || options.dimensions > std::ssize(vector))
      return invalid("{} dimensions of a vector that has {}", options.dimensions, vector.size());
    if (options.dimensions > 0) vector.resize(static_cast<std::size_t>(options.dimensions));
    if (options.normalize) normalize(vector);
    if (std::all_of(vector.begin(), vector.end(), [](float v) { return std::isfinite(v); })) return {};
    return error(Code::kDataLoss, "the embedding has values that are not finite: the weights may be damaged");
  };
  WEFT_CHECK_OK(run_texts(*session_, items, use, options.batch));
  return out;
}

Result<std::vector<Embedded>> Embedder::embed(std::span<const std::string_view> texts, const EmbedOptions& options) {
  if (model_->text() == nullptr) return error(Code::kFailedPrecondition, "no tokenizer: {}", model_->text_missing());
  WEFT_TRY(const Prompt prompt, prompt_of(options));
  std::vector<std::string> whole;
  for (const std::string_view text : texts) whole.push_back(prompt.text + std::string(text));
  auto encoded = model_->text()->tokenizer().encode_batch(std::vector<std::string_view>(whole.begin(), whole.end()), {},
                                                          false, model_->engine().pool());
  std::vector<std::vector<int32_t>> all;
  for (std::size_t i = 0; i < texts.size(); ++i) {  // one by one where some text failed, to find which
    auto ids = encoded.ok() ? cut(std::move((*encoded)[i].ids), whole[i]) : encode(whole[i]);
    if (!ids.ok()) return options.batch.about(ids.status(), i, texts.size());
    all.push_back(std::move(*ids));
  }
  WEFT_TRY(auto vectors, embed(all, options, prompt.tokens));
  std::vector<Embedded> out;
  for (std::size_t i = 0; i < texts.size(); ++i) out.push_back({std::move(all[i]), std::move(vectors[i])});
  return out;
}

Result<Embedded> Embedder::embed(std::string_view text, const EmbedOptions& options) {
  WEFT_TRY(auto out, embed(std::span(&text, 1), options));
  return std::move(out[0]);
}

}  // namespace weft
