#include "core/tasks/pooling.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"

namespace weft {
namespace {

using Mode = Pooling::Mode;

struct Named {
  const char* name;  // the name in "pooling_mode", which is one name or a list
  const char* flag;  // or the flag that asks for the mode; the rows are in the order of the vectors
  Mode mode;
};
constexpr Named kModes[] = {{"cls", "pooling_mode_cls_token", Mode::kCls},
                            {"max", "pooling_mode_max_tokens", Mode::kMax},
                            {"mean", "pooling_mode_mean_tokens", Mode::kMean},
                            {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", Mode::kMeanSqrt},
                            {"weightedmean", "pooling_mode_weightedmean_tokens", Mode::kWeightedMean},
                            {"lasttoken", "pooling_mode_lasttoken", Mode::kLast}};
constexpr std::size_t kMostModes = 32;  // the most names in a list, where a name may stand twice

Result<std::vector<Mode>> named_modes(const Json& names, const std::string& where) {
  std::vector<Mode> modes;
  const Json list = names.is_array() ? names : Json::array({names});
  if (list.empty() || list.size() > kMostModes)
    return invalid("{}: pooling_mode has {} modes, expected 1 to {}", where, list.size(), kMostModes);
  for (const Json& name : list) {
    const auto* it = std::find_if(std::begin(kModes), std::end(kModes), [&](const Named& n) { return name == n.name; });
    if (it == std::end(kModes))
      return error(Code::kUnimplemented, "{}: pooling_mode {} is not implemented", where, name.dump());
    modes.push_back(it->mode);
  }
  return modes;
}

Result<std::vector<Mode>> flagged_modes(const Json& config, const std::string& where) {
  std::vector<Mode> modes;
  for (const Named& n : kModes) {
    if (config.contains(n.flag) && config[n.flag] == true) modes.push_back(n.mode);
  }
  for (const auto& [key, value] : config.items()) {
    const std::string& flag = key;
    const bool known =
        std::any_of(std::begin(kModes), std::end(kModes), [&](const Named& n) { return flag == n.flag; });
    if (flag.starts_with("pooling_mode_") && !known && value != false) {
      return error(Code::kUnimplemented, "{}: {} is not implemented", where, flag);
    }
  }
  if (modes.empty()) modes.push_back(Mode::kMean);  // the default of sentence-transformers
  return modes;
}

/// What a mode makes of each column of rows [rows, width]; `first` is the number of the first row in its text.
void pool_rows(Mode mode, std::span<const float> rows, std::size_t first, std::span<float> out) {
  const std::size_t width = out.size(), n = rows.size() / width;
  const auto row = [&](std::size_t t) { return rows.subspan(t * width, width); };
  if (mode == Mode::kCls || mode == Mode::kLast) {
    std::ranges::copy(row(mode == Mode::kCls ? 0 : n - 1), out.begin());
    return;
  }
  if (mode == Mode::kMax) {
    std::ranges::copy(row(0), out.begin());
    for (std::size_t t = 1; t < n; ++t) {
      for (std::size_t d = 0; d < width; ++d) out[d] = std::max(out[d], row(t)[d]);
    }
    return;
  }
  std::vector<double> sum(width);
  double weights = 0;
  for (std::size_t t = 0; t < n; ++t) {
    const double weight = mode == Mode::kWeightedMean ? static_cast<double>(first + t + 1) : 1;
    const float* from = row(t).data();
    for (std::size_t d = 0; d < width; ++d) sum[d] += weight * static_cast<double>(from[d]);
    weights += weight;
  }
  const double by = mode == Mode::kMeanSqrt ? std::sqrt(weights) : weights;
  for (std::size_t d = 0; d < width; ++d) out[d] = static_cast<float>(sum[d] / by);
}

}  // namespace

Result<Mode> Pooling::named(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Named& n : kModes) {
    if (name == n.name) return n.mode;
    names.emplace_back(n.name);
  }
  return invalid("pooling \"{}\", expected one of {}", name, fmt::join(names, ", "));
}

Result<Pooling> Pooling::read(const Json& config, const std::string& where) {
  Pooling p;
  if (!config.is_object()) return p;
  const auto names = config.find("pooling_mode");
  const bool named = names != config.end() && !names->is_null();
  WEFT_TRY(p.modes, named ? named_modes(*names, where) : flagged_modes(config, where));
  if (const auto it = config.find("include_prompt"); it != config.end()) {
    if (!it->is_boolean()) return invalid("{}: include_prompt is {}, expected true or false", where, it->dump());
    p.include_prompt = it->get<bool>();
  }
  return p;
}

std::vector<float> Pooling::pool(std::span<const float> hidden, int64_t width, std::size_t prompt) const {
  const auto columns = static_cast<std::size_t>(width);
  const std::size_t skipped = include_prompt ? 0 : std::min(prompt, hidden.size() / columns - 1);
  std::vector<float> out(modes.size() * columns);
  for (std::size_t i = 0; i < modes.size(); ++i)
    pool_rows(modes[i], hidden.subspan(skipped * columns), skipped, std::span(out).subspan(i * columns, columns));
  return out;
}

}  // namespace weft
