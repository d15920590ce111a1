#include "core/runtime/sampling/choice.hpp"

#include <cmath>
#include <random>

#include "core/base/error.hpp"
#include "core/runtime/sampling/settings.hpp"

namespace weft {
namespace {

/// Settings of methods that the sampler does not have, each with the number that changes nothing. Null, false and empty
/// values change nothing either.
constexpr std::pair<const char*, double> kNotFollowed[] = {
    {"num_beams", 1},      {"num_beam_groups", 1},                  {"diversity_penalty", 0},
    {"penalty_alpha", 0},  {"epsilon_cutoff", 0},                   {"eta_cutoff", 0},
    {"top_h", 1},          {"encoder_repetition_penalty", 1},       {"guidance_scale", 1},
    {"mirostat", 0},       {"xtc_probability", 0},                  {"exponential_decay_length_penalty", 0},
    {"sequence_bias", 0},  {"force_words_ids", 0},                  {"watermarking_config", 0},
    {"constraints", 0},    {"stop_strings", 0},                     {"sampler_order", 0}};

std::string shown(const Json& value) {
  constexpr std::size_t kMost = 60;  // bytes; the text of a longer value is cut
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return text;
}

bool changes_nothing(const Json& value, double off) {
  if (value.is_number()) return value.get<double>() == off;
  return value.is_null() || value == Json(false) || value.empty() || (value.is_string() && value == "");
}

template <class T>
std::optional<T> number(const Json& value, T least, T most) {
  if (!value.is_number()) return std::nullopt;
  const double v = value.get<double>();
  const bool whole = std::is_floating_point_v<T> || std::trunc(v) == v;
  if (!whole || !(v >= static_cast<double>(least) && v <= static_cast<double>(most))) return std::nullopt;
  return static_cast<T>(v);
}

uint64_t random_seed() { return std::random_device()(); }  // 32 bits, short enough to be typed again

}  // namespace

SamplingChoice read_sampling_choice(const Json& config, const std::function<void(const std::string&)>& warn) {
  SamplingChoice choice;
  const auto find = [&](const char* key) -> const Json* {
    const auto it = config.find(key);
    return it == config.end() || it->is_null() ? nullptr : &*it;
  };
  for_each_setting([&](const auto& s) {
    const Json* value = find(s.name);
    if (value == nullptr) return;
    choice.*s.chosen = number(*value, s.least, s.most);
    if (choice.*s.chosen) return;
    warn(fmt::format("{} is {}, expected a number from {} to {}; weft's {} is used", s.name, shown(*value), s.least,
                     s.most, s.ours));
  });
  if (choice.repetition_penalty && !choice.penalty_window) choice.penalty_window = -1;
  if (const Json* sample = find("do_sample")) {
    if (*sample == Json(false)) choice.temperature = 0;
    if (!sample->is_boolean()) warn(fmt::format("do_sample is {}, expected true or false; ignored", shown(*sample)));
  }
  choice.rules = read_token_rules(config, warn);
  std::string others;
  for (const auto& [key, off] : kNotFollowed) {
    const Json* value = find(key);
    if (value == nullptr || changes_nothing(*value, off)) continue;
    others += (others.empty() ? "" : ", ") + std::string(key) + " " + shown(*value);
  }
  if (!others.empty()) warn(fmt::format("{}: not followed, weft does not have it", others));
  return choice;
}

Sampling settle_sampling(const SamplingChoice& given, const SamplingChoice& model) {
  Sampling s;
  const auto from_of = [&](const auto& chosen) { return given.*chosen ? "given" : model.*chosen ? "model" : "weft"; };
  const auto tell = [&](const char* name, auto value, const char* from, bool in_text) {
    s.json += fmt::format(R"({}"{}":{{"value":{},"from":"{}"}})", s.json.empty() ? "{" : ",", name, value, from);
    if (!in_text) return;
    const char* comma = s.text.empty() ? "" : ", ";
    if constexpr (std::is_floating_point_v<decltype(value)>) {
      s.text += fmt::format("{}{} {:.6g} ({})", comma, name, value, from);
    } else {
      s.text += fmt::format("{}{} {} ({})", comma, name, value, from);
    }
  };
  s.options.greedy = given.greedy || given.temperature.value_or(model.temperature.value_or(1)) == 0;
  const char* greedy_from = given.greedy ? "given" : from_of(&SamplingChoice::temperature);
  tell("greedy", s.options.greedy, greedy_from, false);
  if (s.options.greedy) s.text = fmt::format("greedy ({})", greedy_from);
  for_each_setting([&](const auto& setting) {
    const auto value = (given.*setting.chosen).value_or((model.*setting.chosen).value_or(setting.ours));
    s.options.*setting.used = value;
    const bool draws = std::string_view(setting.name).find("penalty") == std::string_view::npos;
    tell(setting.name, value, from_of(setting.chosen), value != setting.off && !(s.options.greedy && draws));
  });
  s.options.rules = model.rules;
  s.options.seed = given.seed ? *given.seed : random_seed();
  tell("seed", s.options.seed, given.seed ? "given" : "random", !s.options.greedy);
  s.json += "}";
  return s;
}

double sampling_default(std::string_view setting) {
  double value = 0;
  for_each_setting([&](const auto& s) {
    if (s.name == setting) value = static_cast<double>(s.ours);
  });
  return value;
}

}  // namespace weft
