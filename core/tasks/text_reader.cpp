#include "core/tasks/text_reader.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"

namespace weft {
namespace {

constexpr const char* kTokenTypes = "token_types";
// Of one step. More tokens would leave the caches between the parts of a layer, fewer would read weights more often.
constexpr int64_t kStepTokens = 2048, kStepTexts = 128;

}  // namespace

Result<int64_t> logits_width(const Graph& g) {
  for (std::size_t i = 0; i < g.outputs.size(); ++i) {
    const Value& v = g.values[g.outputs[i]];
    if (g.output_names[i] == "logits" && v.dtype == WEFT_F32 && v.dims.size() == 2 && v.dims[1] > 0) return v.dims[1];
  }
  return error(Code::kUnimplemented, "graph {} does not give logits f32 [sequences or rows, width]", g.name);
}

BatchOptions named_by_text(const BatchOptions& options, std::span<const std::size_t> text_of, std::size_t texts) {
  BatchOptions out = options;
  out.name = [name = options.name, text_of, texts](std::size_t input) -> std::string {
    if (name) return name(text_of[input]);
    return texts > 1 ? fmt::format("text {}", text_of[input] + 1) : "the text";
  };
  return out;
}

void TextReader::prepare(LoadOptions& options, const char* role) {
  options.roles = {role};
  options.sequences = kStepTexts, options.step_tokens = kStepTokens;
}

Result<TextReader> TextReader::create(std::shared_ptr<const Model> model, const char* task) {
  TextReader r;
  r.task_ = task;
  if (model->text() == nullptr) return error(Code::kFailedPrecondition, "no tokenizer: {}", model->text_missing());
  WEFT_TRY(const TokenizerSettings settings, model->text()->settings());
  const Graph& graph = model->compiled()->graph();
  WEFT_TRY(r.width_, logits_width(graph));
  r.takes_types_ = settings.gives_types &&
                   std::any_of(graph.inputs.begin(), graph.inputs.end(),
                               [&](uint32_t input) { return graph.values[input].name == kTokenTypes; });
  int64_t most = model->limits().context;
  if (settings.max_tokens > 0) most = std::min(most, settings.max_tokens);
  r.max_tokens_ = static_cast<std::size_t>(most);
  WEFT_TRY(r.session_, model->new_session());
  r.model_ = std::move(model);
  return r;
}

Result<EncodedTexts> TextReader::encode(TextOrPair texts, Truncation how) const {
  how.max_tokens = how.max_tokens == 0 ? max_tokens_ : std::min(how.max_tokens, max_tokens_);
  how.from_left = settings().cuts_left;
  WEFT_TRY(EncodedTexts encoded, tokenizer().encode_texts(texts, how));
  const std::size_t kept = encoded.windows[0].ids.size();
  if (kept == 0) return invalid("the text is empty: it has no tokens");
  if (encoded.uncut > kept && !how.windows) {
    model_->engine().host().log(WEFT_LOG_WARN, task_,
                                fmt::format("a text of {} tokens is cut to the {} that the model says are the most",
                                            encoded.uncut, kept));
  }
  return encoded;
}

Status TextReader::run(std::span<const Encoding> inputs, bool all_rows, const UseRows& use,
                       const BatchOptions& options) {
  std::vector<TokenInput> types(inputs.size());
  std::vector<StepItem> items;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    items.push_back({0, inputs[i].ids, all_rows});
    types[i] = {kTokenTypes, std::as_bytes(std::span(inputs[i].types))};
    if (takes_types_) items.back().inputs = std::span(&types[i], 1);
  }
  const auto use_finite = [&](std::size_t input, std::span<const float> rows, int64_t width) -> Status {
    if (!std::all_of(rows.begin(), rows.end(), [](float v) { return std::isfinite(v); }))
      return error(Code::kDataLoss, "the logits have values that are not finite: the weights may be damaged");
    return use(input, rows, width);
  };
  return run_texts(*session_, items, use_finite, options);
}

}  // namespace weft
