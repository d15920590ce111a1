// From a config to rope frequencies. Formulas: linear (Chen et al. 2023), dynamic NTK (bloc97), YaRN (Peng et al.
// 2023), LongRoPE (Ding et al. 2024), llama3 (Llama 3.1 model card).
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "weft/blocks/rope.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks::rope_detail {

/// The scaling parameters, in the form of transformers 4 or 5, and where in the config they are, for messages.
class Parameters {
 public:
  Parameters(sdk::Config& config, const RopeKeys& keys) : config_(config) {
    const bool scaling = config.has("rope_scaling");
    if (config.has("rope_parameters")) {
      where_ = "rope_parameters";
    } else if (scaling && keys.scaled) {
      where_ = "rope_scaling";
    }
    json_ = where_.empty() ? sdk::Json() : config.get(where_);
    if (!json_.null() && !json_.is_object()) sdk::refuse(config.at(where_) + " is not an object");
    for (uint64_t i = 0; i < json_.size(); ++i) {
      if (!json_[json_.key(i)].is_object()) continue;
      if (keys.layer_type.empty()) {
        sdk::refuse(config.at(where_) + "." + std::string(json_.key(i)) +
                    ": a rope for each type of layers is not in this family");
      }
      where_ += "." + std::string(keys.layer_type);
      json_ = json_[keys.layer_type];
      if (!json_.is_object()) sdk::refuse(config.at(where_) + " is missing");
      break;
    }
    warn_of_unknown();
  }

  std::string type() const {
    for (std::string_view key : {"rope_type", "type"}) {
      sdk::Json v = json_[key];
      if (v.is_string()) return std::string(v.string());
      if (!v.null()) sdk::refuse(at(key) + " is not a string");
    }
    if (!json_.null() && !json_["factor"].null()) {
      sdk::refuse(config_.at(where_) + " has a factor but neither rope_type nor type");
    }
    return "default";
  }
  bool has(std::string_view key) const { return !json_[key].null(); }
  double number(std::string_view key) const {
    sdk::Json v = json_[key];
    if (!v.is_number() || !std::isfinite(v.number())) {
      sdk::refuse(at(key) + " is not a finite number");
    }
    return v.number();
  }
  double positive(std::string_view key) const {
    double v = number(key);
    if (v <= 0) sdk::refuse(at(key) + " is not positive");
    return v;
  }
  double number_or(std::string_view key, double fallback) const {
    return has(key) ? number(key) : fallback;
  }
  std::vector<double> list(std::string_view key, std::size_t size) const {
    sdk::Json v = json_[key];
    if (!v.is_array() || v.size() != size) {
      sdk::refuse(at(key) + " is not a list of " + std::to_string(size) + " numbers");
    }
    std::vector<double> out(size);
    for (std::size_t i = 0; i < size; ++i) {
      if (!v.at(i).is_number() || !(v.at(i).number() > 0) || !std::isfinite(v.at(i).number())) {
        sdk::refuse(at(key) + " has an entry that is no factor");
      }
      out[i] = v.at(i).number();
    }
    return out;
  }
  bool flag_or(std::string_view key, bool fallback) const {
    sdk::Json v = json_[key];
    if (v.null()) return fallback;
    if (!v.is_bool()) sdk::refuse(at(key) + " is not true or false");
    return v.integer() != 0;
  }
  const std::string& where() const { return where_; }
  std::string at(std::string_view key) const { return config_.at(where_) + "." + std::string(key); }

 private:
  void warn_of_unknown() const {
    constexpr std::string_view known[] = {"rope_type", "type", "rope_theta", "partial_rotary_factor", "factor",
        "original_max_position_embeddings", "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim",
        "truncate", "low_freq_factor", "high_freq_factor", "short_factor", "long_factor", "factors", "finetuned"};
    for (uint64_t i = 0; i < json_.size(); ++i) {
      const std::string_view key = json_.key(i);
      if (std::find(std::begin(known), std::end(known), key) != std::end(known)) continue;
      sdk::log(WEFT_LOG_WARN, config_.family(),
          "config key not known to this family, ignored: " + where_ + "." + std::string(key));
    }
  }

  sdk::Config& config_;
  std::string where_;
  sdk::Json json_;
};

WEFT_SDK_INLINE std::vector<float> base_frequencies(double theta, int64_t rotated) {
  std::vector<float> f(static_cast<std::size_t>(rotated / 2));
  for (std::size_t i = 0; i < f.size(); ++i) {
    f[i] = static_cast<float>(std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(rotated)));
  }
  return f;
}

WEFT_SDK_INLINE void scale_llama3(const Parameters& p, double context, std::vector<float>& f) {
  const double factor = p.positive("factor"), low = p.positive("low_freq_factor"),
               high = p.positive("high_freq_factor");
  const double original = p.number_or("original_max_position_embeddings", context);
  if (!(high > low) || !(original > 0))
    sdk::refuse("llama3 rope scaling: high_freq_factor must exceed low_freq_factor");
  for (float& x : f) {
    const double wavelength = 2 * std::numbers::pi / x;
    if (wavelength < original / high) continue;
    if (wavelength > original / low) {
      x = static_cast<float>(x / factor);
    } else {
      const double smooth = (original / wavelength - low) / (high - low);
      x = static_cast<float>((1 - smooth) * x / factor + smooth * x);
    }
  }
}

WEFT_SDK_INLINE void scale_yarn(
    const Parameters& p, double theta, double context, Rope& rope, const RopeKeys::Yarn& unsaid = {}) {
  const bool said = unsaid.factor == 0;
  const double original = p.number_or("original_max_position_embeddings", said ? context : unsaid.original);
  if (!(original > 0)) sdk::refuse("yarn rope scaling: original_max_position_embeddings is not positive");
  const double factor = p.has("factor") ? p.positive("factor") : said ? context / original : unsaid.factor;
  auto mscale = [](double scale, double m) { return scale <= 1 ? 1.0 : 0.1 * m * std::log(scale) + 1; };
  if (const double all = p.number_or("mscale_all_dim", 0); all != 0)
    rope.score_factor = mscale(factor, all) * mscale(factor, all);
  if (p.has("attention_factor")) {
    rope.attention_factor = static_cast<float>(p.number("attention_factor"));
  } else if (p.number_or("mscale", 0) != 0 && p.number_or("mscale_all_dim", 0) != 0) {
    rope.attention_factor = static_cast<float>(mscale(factor, p.number("mscale")) /
                                               mscale(factor, p.number("mscale_all_dim")));
  } else {
    rope.attention_factor = static_cast<float>(mscale(factor, 1));
  }
  const double dim = static_cast<double>(rope.rotated);
  // The pair that makes `turns` whole turns within the original context.
  auto pair_of = [&](double turns) {
    return dim * std::log(original / (turns * 2 * std::numbers::pi)) / (2 * std::log(theta));
  };
  double low = pair_of(p.number_or("beta_fast", 32)), high = pair_of(p.number_or("beta_slow", 1));
  if (p.flag_or("truncate", said)) low = std::floor(low), high = std::ceil(high);
  low = std::max(low, 0.0), high = std::min(high, dim - 1);
  if (low == high) high += 0.001;
  for (std::size_t i = 0; i < rope.frequencies.size(); ++i) {
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    const double x = rope.frequencies[i];
    rope.frequencies[i] = static_cast<float>(x / factor * ramp + x * (1 - ramp));
  }
}

WEFT_SDK_INLINE void scale_longrope(const Parameters& p, sdk::Config& config, double context, Rope& rope) {
  const std::size_t pairs = rope.frequencies.size();
  double original = p.number_or("original_max_position_embeddings", 0);
  if (config.has("original_max_position_embeddings")) {
    original = static_cast<double>(config.integer("original_max_position_embeddings"));
  }
  if (!(original > 0)) original = context;
  const double factor = p.has("factor") ? p.positive("factor") : context / original;
  if (p.has("attention_factor")) {
    rope.attention_factor = static_cast<float>(p.number("attention_factor"));
  } else if (factor > 1) {
    rope.attention_factor = static_cast<float>(std::sqrt(1 + std::log(factor) / std::log(original)));
  }
  rope.original_context = static_cast<int64_t>(original);
  if (p.has("factors")) {  // the checkpoint stores the factors as tensors
    rope.divisors = "model.rope_factors_short.weight", rope.long_divisors = "model.rope_factors_long.weight";
    return;
  }
  const std::vector<double> near = p.list("short_factor", pairs), far = p.list("long_factor", pairs);
  rope.long_frequencies = rope.frequencies;
  for (std::size_t i = 0; i < pairs; ++i) {
    rope.frequencies[i] = static_cast<float>(rope.frequencies[i] / near[i]);
    rope.long_frequencies[i] = static_cast<float>(rope.long_frequencies[i] / far[i]);
  }
}

}  // namespace weft::blocks::rope_detail

namespace weft::blocks {

WEFT_SDK_INLINE Rope read_rope(sdk::Config& config, int64_t head_dim, double default_theta,
                      int64_t context, const RopeKeys& keys) {
  using namespace rope_detail;
  const Parameters p(config, keys);
  const double theta = p.number_or("rope_theta", config.number_or(keys.theta_key, default_theta));
  if (!(theta > 0)) sdk::refuse(config.at(keys.theta_key) + " is not positive");
  const double partial = p.number_or("partial_rotary_factor", config.number_or(keys.partial_key, keys.partial));
  if (!(partial > 0 && partial <= 1)) sdk::refuse(config.at(keys.partial_key) + " is not in (0,1]");

  Rope rope;
  rope.interleaved = keys.interleaved;
  // A fraction that is the quotient of two integers may be a hair too small.
  rope.rotated = keys.rotated ? keys.rotated : static_cast<int64_t>(static_cast<double>(head_dim) * partial + 1e-9);
  if (rope.rotated < 2 || rope.rotated % 2 != 0 || rope.rotated > head_dim) {
    sdk::refuse(config.family() + ": rope over " + std::to_string(rope.rotated) +
                " dims of a head, expected an even number");
  }
  rope.frequencies = base_frequencies(theta, rope.rotated);
  const std::string type = p.type();
  if (p.where().empty() && keys.yarn.factor > 0) {
    scale_yarn(p, theta, static_cast<double>(context), rope, keys.yarn);
  } else if (type == "default") {
  } else if (type == "factors") {  // a checkpoint that stores what each frequency is divided by
    rope.divisors = "model.rope_factors.weight";
  } else if (type == "linear") {
    const double factor = p.positive("factor");
    for (float& f : rope.frequencies) f = static_cast<float>(f / factor);
  } else if (type == "dynamic") {
    rope.dynamic = {theta, p.positive("factor"), static_cast<double>(context)};
  } else if (type == "llama3") {
    scale_llama3(p, static_cast<double>(context), rope.frequencies);
  } else if (type == "yarn") {
    scale_yarn(p, theta, static_cast<double>(context), rope);
  } else if (type == "longrope" || type == "su") {
    scale_longrope(p, config, static_cast<double>(context), rope);
  } else {
    sdk::refuse(config.at(p.where()) + " has the rope type \"" + type +
                "\", expected default, linear, dynamic, llama3, yarn or longrope");
  }
  if (!std::all_of(rope.frequencies.begin(), rope.frequencies.end(), [](float f) { return std::isfinite(f); }))
    sdk::refuse(config.at(keys.theta_key) + " gives frequencies that are not finite");
  return rope;
}

}  // namespace weft::blocks
