#include "core/tasks/labels.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "core/base/error.hpp"
#include "core/tasks/softmax.hpp"

namespace weft {
namespace {

Result<std::vector<std::string>> names_of(const Json& config, const std::string& where, std::size_t outputs) {
  std::vector<std::string> names(outputs);
  for (std::size_t i = 0; i < outputs; ++i) names[i] = fmt::format("LABEL_{}", i);
  const auto found = config.find("id2label");
  if (found == config.end() || found->is_null()) return names;
  if (!found->is_object() || found->size() != outputs) {
    return invalid("{}: id2label has {} names, the model has {} outputs", where, found->is_object() ? found->size() : 0,
                   outputs);
  }
  // There are as many keys as outputs and no key twice, so each output has one.
  for (const auto& [key, name] : found->items()) {
    std::size_t i = outputs;
    const auto [rest, failed] = std::from_chars(key.data(), key.data() + key.size(), i);
    if (failed != std::errc() || rest != key.data() + key.size() || i >= outputs || !name.is_string() ||
        fmt::format("{}", i) != key) {
      return invalid("{}: id2label is not an object of a name for each of 0 to {}", where, outputs - 1);
    }
    names[i] = name.get<std::string>();
  }
  std::map<std::string, int> uses;
  for (const std::string& name : names) ++uses[name];
  for (std::size_t i = 0; i < outputs; ++i) {
    if (uses[names[i]] > 1) names[i] += fmt::format(" ({})", i);
  }
  return names;
}

}  // namespace

Result<Labels> Labels::read(const Json& config, const std::string& where, int64_t outputs) {
  if (!config.is_object()) return invalid("{}: is not a JSON object", where);
  Labels labels;
  WEFT_TRY(labels.names, names_of(config, where, static_cast<std::size_t>(outputs)));
  labels.kind = outputs == 1 ? Kind::kMulti : Kind::kSingle;
  const auto found = config.find("problem_type");
  if (found == config.end() || found->is_null()) return labels;
  if (*found == "single_label_classification") {
    labels.kind = outputs == 1 ? Kind::kMulti : Kind::kSingle;  // the softmax of one output is always 1
  } else if (*found == "multi_label_classification") {
    labels.kind = Kind::kMulti;
  } else if (*found == "regression") {
    labels.kind = Kind::kRegression;
  } else {
    return error(
        Code::kUnimplemented,
        "{}: problem_type is {}, expected single_label_classification, multi_label_classification or regression", where,
        found->dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 80));
  }
  return labels;
}

Result<Json> needed_json(const Checkpoint& c, const std::string& name, const char* what) {
  auto read = c.files().read_json(name);
  if (read.status().code() != Code::kNotFound) return read;
  return error(Code::kNotFound, "{}: there is no {}, which says {}", c.files().folder(), name, what);
}

Result<Labels> Labels::of(const Checkpoint& c, int64_t outputs) {
  WEFT_TRY(Json config, needed_json(c, "config.json", "what the labels are called"));
  const DrainAtEnd drain(config);
  return read(config, c.files().folder() + "/config.json", outputs);
}

std::vector<float> Labels::scores(std::span<const float> logits) const {
  std::vector<float> out(logits.begin(), logits.end());
  if (kind == Kind::kMulti) {
    for (float& v : out) v = static_cast<float>(sigmoid(static_cast<double>(v)));
  } else if (kind == Kind::kSingle) {
    const std::vector<double> probabilities = softmax(logits);
    std::copy(probabilities.begin(), probabilities.end(), out.begin());
  }
  return out;
}

}  // namespace weft
