#include "core/tasks/cross_encoder.hpp"

#include "core/base/error.hpp"
#include "core/tasks/published_files.hpp"
#include "core/tasks/softmax.hpp"

namespace weft {
namespace {

/// The function of the logit that config.json names: by "sentence_transformers", or as versions before 4 did; the
/// sigmoid unless it names one.
Result<Activation> named_activation(const Checkpoint& c) {
  WEFT_TRY(Json config, c.files().read_object("config.json"));
  const DrainAtEnd drain(config);
  const std::string where = c.files().folder() + "/config.json";
  constexpr const char *kSection = "sentence_transformers", *kKey = "activation_fn";
  if (const auto section = config.find(kSection); section != config.end() && section->is_object()) {
    if (const auto found = section->find(kKey); found != section->end()) return activation_of(*found, where, kKey);
  }
  if (const auto found = config.find(kOldActivationKey); found != config.end() && !found->is_null())
    return activation_of(*found, where, kOldActivationKey);
  return Activation(sigmoid);
}

}  // namespace

Result<std::unique_ptr<PairScorer>> CrossEncoder::create(std::shared_ptr<const Model> model) {
  WEFT_TRY(TextReader reader, TextReader::create(std::move(model), "rerank"));
  const Checkpoint& checkpoint = reader.model().checkpoint();
  if (reader.width() != 1) {
    return error(Code::kUnimplemented,
                 "{}: the model has {} labels, expected one, which says how well texts go together", checkpoint.path(),
                 reader.width());
  }
  WEFT_TRY(const Activation activation, named_activation(checkpoint));
  return std::unique_ptr<PairScorer>(new CrossEncoder(std::move(reader), activation));
}

Result<std::vector<PairScore>> CrossEncoder::score(std::string_view query, std::span<const std::string_view> documents,
                                                   std::string_view instruction, const BatchOptions& options) {
  if (!instruction.empty()) return invalid("the model takes no instruction, only a query and documents");
  std::vector<Encoding> inputs;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const std::string_view pair[] = {query, documents[i]};
    auto encoded = reader_.encode(pair);
    if (!encoded.ok()) return options.about(encoded.status(), i, documents.size());
    inputs.push_back(std::move(encoded->windows[0]));
  }
  std::vector<PairScore> out(inputs.size());
  const auto use = [&](std::size_t i, std::span<const float> row, int64_t) {
    return out[i] = {activation_(static_cast<double>(row[0])), {row[0]}}, Status();
  };
  WEFT_CHECK_OK(reader_.run(inputs, false, use, options));
  return out;
}

}  // namespace weft
