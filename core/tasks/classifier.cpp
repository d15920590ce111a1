#include "core/tasks/classifier.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/image/decode.hpp"

namespace weft {
namespace {

constexpr const char* kPixels = "pixels";

/// Reads a file that must exist; the error for a missing one says what it tells.
Result<Json> needed_json(const Checkpoint& c, const std::string& name, const char* what) {
  auto read = c.files().read_json(name);
  if (read.status().code() != Code::kNotFound) return read;
  return error(Code::kNotFound, "{}: there is no {}, which says {}", c.files().folder(), name, what);
}

const Value* input_of(const Graph& g, std::string_view name) {
  for (uint32_t v : g.inputs) {
    if (g.values[v].name == name) return &g.values[v];
  }
  return nullptr;
}

/// The number of labels: the width of the output "logits" [S, labels].
Result<int64_t> outputs_of(const Graph& g) {
  for (std::size_t i = 0; i < g.outputs.size(); ++i) {
    const Dims& dims = g.values[g.outputs[i]].dims;
    if (g.output_names[i] == "logits" && dims.size() == 2 && dims[1] > 0) return dims[1];
  }
  return error(Code::kUnimplemented, "graph {} does not give logits [images or texts, labels]", g.name);
}

}  // namespace

Result<Classifier> Classifier::create(std::shared_ptr<const Model> model) {
  Classifier c;
  c.model_ = std::move(model);
  const Checkpoint& checkpoint = c.model_->checkpoint();
  const Graph& graph = c.model_->compiled()->graph();
  WEFT_TRY(const int64_t outputs, outputs_of(graph));
  WEFT_TRY(Json config, needed_json(checkpoint, "config.json", "what the labels are called"));
  const DrainAtEnd drain(config);
  WEFT_TRY(c.labels_, Labels::read(config, checkpoint.files().folder() + "/config.json", outputs));
  if (input_of(graph, kPixels) != nullptr) {
    WEFT_CHECK_OK(c.open_images());
  } else {
    WEFT_TRY(c.session_, c.model_->new_session());
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
  WEFT_TRY(auto instance, GraphInstance::create(model_->compiled()));
  float* input = instance->f32_input(kPixels);
  if (input == nullptr) return error(Code::kUnimplemented, "graph {} does not use its pixels", graph.name);
  image_.emplace(ImageSide{std::move(preprocess), std::move(instance), input, d[1], d[2], d[3]});
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

Result<Classified> Classifier::classify_text(std::string_view text) {
  if (session_ == nullptr) return error(Code::kFailedPrecondition, "the model classifies images, not texts");
  if (model_->text() == nullptr) return error(Code::kFailedPrecondition, "no tokenizer: {}", model_->text_missing());
  WEFT_TRY(const std::vector<int32_t> ids, model_->text()->tokenizer().encode(text));
  WEFT_TRY(const SequenceId sequence, session_->open());
  const struct Opened {  // closes the sequence
    Session& session;
    SequenceId id;
    ~Opened() { (void)session.close(id); }
  } opened{*session_, sequence};
  const StepItem item{sequence, ids, false};
  WEFT_TRY(const StepRows logits, session_->step({&item, 1}));
  return conclude(logits.row(0));
}

Result<Classified> Classifier::classify_file(std::string_view file) {
  if (!image_) return error(Code::kFailedPrecondition, "the model classifies texts, not images");
  WEFT_TRY(const Image image, decode_image(file));
  return classify_image(image);
}

Result<Classified> Classifier::classify_image(const Image& image) {
  if (!image_) return error(Code::kFailedPrecondition, "the model classifies texts, not images");
  WEFT_CHECK_OK(image_->preprocess.run(image, image_->channels, image_->height, image_->width, image_->pixels));
  WEFT_CHECK_OK(image_->graph->run({{"S", 1}}));
  WEFT_CHECK_OK(model_->check_intact());
  return conclude({image_->graph->output("logits"), labels_.names.size()});
}

}  // namespace weft
