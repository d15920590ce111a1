#include "core/tasks/classifier.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/image/decode.hpp"

namespace weft {
namespace {

constexpr const char* kPixels = "pixels";

const Value* input_of(const Graph& g, std::string_view name) {
  for (uint32_t v : g.inputs) {
    if (g.values[v].name == name) return &g.values[v];
  }
  return nullptr;
}

}  // namespace

Result<Classifier> Classifier::create(std::shared_ptr<const Model> model) {
  Classifier c;
  c.model_ = std::move(model);
  const Graph& graph = c.model_->compiled()->graph();
  WEFT_TRY(const int64_t width, logits_width(graph));
  WEFT_TRY(c.labels_, Labels::of(c.model_->checkpoint(), width));
  if (input_of(graph, kPixels) != nullptr) {
    WEFT_CHECK_OK(c.open_images());
  } else {
    c.text_ = TextReader::create(c.model_, "classify");
  }
  return c;
}

Status Classifier::open_images() {
  const Checkpoint& checkpoint = model_->checkpoint();
  const Graph& graph = model_->compiled()->graph();
  const Value& pixels = *input_of(graph, kPixels);
  const Dims& d = pixels.dims;
  if (graph.inputs.size() != 1 || pixels.dtype != WEFT_F32 || d.size() != 4 || d[0] >= 0 || (d[1] != 1 && d[1] != 3) ||
      d[2] <= 0 || d[3] <= 0) {
    return error(Code::kUnimplemented, "graph {} takes more than pixels f32 [images, 1 or 3, height, width]",
                 graph.name);
  }
  WEFT_TRY(Json config, needed_json(checkpoint, "preprocessor_config.json", "how images become pixels"));
  const DrainAtEnd drain(config);
  WEFT_TRY(Preprocess preprocess, Preprocess::read(config, checkpoint.files().folder() + "/preprocessor_config.json"));
  WEFT_TRY(auto call, model_->new_call(WEFT_ROLE_CLASSIFY_SEQUENCE));
  image_.emplace(ImageSide{std::move(preprocess), std::move(call), d[1], d[2], d[3], {}});
  image_->pixels.resize(static_cast<std::size_t>(d[1] * d[2] * d[3]));
  return {};
}

Result<Classified> Classifier::conclude(std::span<const float> logits) const {
  if (!std::all_of(logits.begin(), logits.end(), [](float v) { return std::isfinite(v); })) {
    return error(Code::kDataLoss, "the logits have values that are not finite: the weights may be damaged");
  }
  Classified out;
  out.logits.assign(logits.begin(), logits.end());
  out.scores = labels_.scores(logits);
  out.label = static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  return out;
}

Result<std::vector<Classified>> Classifier::classify_texts(std::span<const ClassifiedText> texts,
                                                           const BatchOptions& options) {
  if (!text_.ok()) return text_.status();
  std::vector<Encoding> inputs;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string_view both[] = {texts[i].text, texts[i].pair.value_or("")};
    auto encoded = text_->encode(std::span(both).first(texts[i].pair ? 2 : 1));
    if (!encoded.ok()) return options.about(encoded.status(), i, texts.size());
    inputs.push_back(std::move(encoded->windows[0]));
  }
  std::vector<Classified> out(inputs.size());
  const auto use = [&](std::size_t i, std::span<const float> logits, int64_t) -> Status {
    WEFT_TRY(out[i], conclude(logits));
    return {};
  };
  WEFT_CHECK_OK(text_->run(inputs, false, use, options));
  return out;
}

Result<Classified> Classifier::classify_text(std::string_view text, std::optional<std::string_view> pair) {
  const ClassifiedText one{text, pair};
  WEFT_TRY(auto out, classify_texts({&one, 1}));
  return std::move(out[0]);
}

Result<Classified> Classifier::classify_file(std::string_view file, const GoOn& go_on) {
  if (!image_) return error(Code::kFailedPrecondition, "the model classifies texts, not images");
  WEFT_TRY(const Image image, decode_image(file));
  return classify_image(image, go_on);
}

Result<Classified> Classifier::classify_image(const Image& image, const GoOn& go_on) {
  if (!image_) return error(Code::kFailedPrecondition, "the model classifies texts, not images");
  auto& [preprocess, call, channels, height, width, pixels] = *image_;
  WEFT_CHECK_OK(preprocess.run(image, channels, height, width, pixels.data()));
  WEFT_CHECK_OK(call->set(kPixels, {WEFT_F32, {1, channels, height, width}, pixels.data()}));
  WEFT_CHECK_OK(call->run(go_on));
  WEFT_TRY(const TensorView logits, call->output("logits"));
  return conclude({static_cast<const float*>(logits.data), labels_.names.size()});
}

}  // namespace weft
