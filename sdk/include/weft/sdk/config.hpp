// A blueprint's view of its config, typed and checked. A key is known when the family reads it or declares it harmless.
// An unknown key gives a warning; a known key whose value is not implemented gives an error that names the key.
#pragma once

#include <cmath>
#include <initializer_list>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "weft/sdk/json.hpp"

namespace weft::sdk {

/// A member that marks configs made by converters. Such a config holds the keys of all families, of which each reads
/// only some, so that finish() does not warn.
inline constexpr std::string_view kMadeByConverter = "_made_by_converter";

/// A member that the converter of GGUF files sets: the letters of those projections of attention (q, k, v, o) that have
/// a bias in the file.
inline constexpr std::string_view kStoredBiases = "_stored_biases";

class Config {
 public:
  Config(std::string family, const Json& json) : family_(std::move(family)), json_(json) {
    if (!json.is_object()) refuse(family_ + ": the config is not a JSON object");
  }

  const std::string& family() const { return family_; }

  /// The config may write `key` as `other`; where it has both, `key` counts.
  void alias(std::string_view key, std::string_view other) { aliases_.emplace(key, other); }

  /// The member under `key`; where that is absent or null, the one under an alias. Marks the keys as read.
  Json get(std::string_view key) {
    Json found = read(key);
    const auto [first, last] = aliases_.equal_range(key);
    for (auto it = first; it != last; ++it) {
      const Json other = read(it->second);
      if (found.null() && !other.absent()) found = other;
    }
    return found;
  }
  bool has(std::string_view key) { return !get(key).null(); }

  int64_t integer(std::string_view key, int64_t least = 1, int64_t most = int64_t{1} << 31) {
    if (!has(key)) refuse(at(key) + " is missing");
    return integer(key, 0, least, most);
  }
  int64_t integer_or(std::string_view key, int64_t fallback, int64_t least = 1,
                     int64_t most = int64_t{1} << 31) {
    return integer(key, fallback, least, most);
  }
  double number_or(std::string_view key, double fallback) {
    Json v = get(key);
    if (v.null()) return fallback;
    if (!v.is_number() || !std::isfinite(v.number())) refuse(at(key) + " is not a finite number");
    return v.number();
  }
  bool flag_or(std::string_view key, bool fallback) {
    Json v = get(key);
    if (v.null()) return fallback;
    if (!v.is_bool()) refuse(at(key) + " is not true or false");
    return v.integer() != 0;
  }
  std::string text_or(std::string_view key, std::string_view fallback) {
    Json v = get(key);
    if (v.null()) return std::string(fallback);
    if (!v.is_string()) refuse(at(key) + " is not a string");
    return std::string(v.string());
  }

  /// Declares keys that change nothing in what the graphs compute.
  void harmless(std::span<const std::string_view> keys) { known_.insert(keys.begin(), keys.end()); }

  void harmless(std::initializer_list<std::string_view> keys) { known_.insert(keys.begin(), keys.end()); }

  /// Whether the config is of the model type that this family is named after, as transformers reads it. Otherwise a
  /// converter made it, or a user runs another type as this one.
  bool is_of_own_type() const { return json_[kMadeByConverter].null() && json_["model_type"].string() == family_; }
  /// Declares keys that transformers does not read for this type, so that they count in configs of other types alone.
  /// tests/differential/foreign_keys.py finds them.
  void unread(std::initializer_list<std::string_view> keys) {
    if (is_of_own_type()) unread_.insert(keys.begin(), keys.end());
  }

  /// Refuses a switch that has another value than the one implemented.
  void only(std::string_view key, bool value) {
    if (flag_or(key, value) != value)
      refuse(at(key) + " is " + (value ? "false" : "true") + ", which is not implemented");
  }

  /// The same for a number.
  void only_number(std::string_view key, int64_t value) {
    if (number_or(key, static_cast<double>(value)) != static_cast<double>(value))
      refuse(at(key) + " is not " + std::to_string(value) + ", which alone is implemented");
  }

  /// Warns of members that nobody has read, unless a converter made the config.
  void finish() const {
    if (!json_[kMadeByConverter].null()) return;
    for (uint64_t i = 0; i < json_.size(); ++i) {
      if (known_.count(std::string(json_.key(i)))) continue;
      log(WEFT_LOG_WARN, family_, "config key not known to this family, ignored: " +
                                      std::string(json_.key(i)));
    }
  }

  std::string at(std::string_view key) const { return family_ + ": config " + std::string(key); }

 private:
  Json read(std::string_view key) {
    known_.emplace(key);
    return unread_.count(key) ? Json() : json_[key];
  }
  int64_t integer(std::string_view key, int64_t fallback, int64_t least, int64_t most) {
    Json v = get(key);
    if (v.null()) return fallback;
    if (!v.is_integer()) refuse(at(key) + " is not an integer");
    if (v.integer() < least || v.integer() > most) {
      refuse(at(key) + " is " + std::to_string(v.integer()) + ", expected " +
             std::to_string(least) + " to " + std::to_string(most));
    }
    return v.integer();
  }

  std::string family_;
  Json json_;
  std::set<std::string> known_;
  std::set<std::string, std::less<>> unread_;
  std::multimap<std::string, std::string, std::less<>> aliases_;
};

/// Keys that transformers writes into every config and that no graph depends on.
inline constexpr std::string_view kCommonHarmlessKeys[] = {
    "architectures", "model_type", "torch_dtype", "dtype", "transformers_version", "_name_or_path",
    "initializer_range", "use_cache", "bos_token_id", "eos_token_id", "pad_token_id",
    "attention_dropout", "hidden_dropout", "pretraining_tp", "is_llama_config", "auto_map",
    "_attn_implementation", "_attn_implementation_autoset", "transformers.js_config",
    "output_attentions", "output_hidden_states", "return_dict", "chunk_size_feed_forward",
    "is_encoder_decoder", "unsloth_version", "unsloth_fixed", "id2label", "label2id",
    "problem_type", "use_bfloat16", "torchscript", "sep_token_id", "embd_pdrop", "attn_pdrop",
    "resid_pdrop", "embedding_dropout", "residual_dropout", "classifier_dropout", "task_specific_params",
    "tokenizer_class", "output_router_logits", "router_aux_loss_coef", "cache_implementation",
    "gradient_checkpointing", "quantization_config", "compression_config"};  // the last two are the converter's

}  // namespace weft::sdk
