// A family as a plugin: for each model type a blueprint, and converters for Hugging Face folders and GGUF files that
// are made from tables of names.
//
//   struct Qwen3 : weft::sdk::Family {
//     static constexpr std::string_view kType = "qwen3", kGguf = "qwen3";
//     static std::unique_ptr<Model> make(const Json& config, int64_t context);
//   };
//   WEFT_FAMILY("weft.qwen", Qwen2, Qwen3)
#pragma once

#include <array>

#include "weft/sdk/architecture.hpp"
#include "weft/sdk/gguf.hpp"
#include "weft/sdk/plugin.hpp"
#include "weft/sdk/quantisation.hpp"

namespace weft::sdk {

/// What a model type says about its checkpoints. Types derive from this and hide the members that differ.
struct Family {
  static constexpr std::string_view kGguf = "";  // llama.cpp's name of the architecture; empty: it has none
  static constexpr std::string_view kGgufEncoder = "";  // llama.cpp's name of the encoder without a decoder
  static constexpr bool kYarnTruncates = true;   // whether YaRN's ramp ends at whole pairs; GGUF files do not say
  static constexpr bool kYarnScores = false;     // whether yarn_log_multiplier scales attention; GGUF files do not say

  /// How a folder's names differ from the parameters' names, which are those of Hugging Face.
  static Names hf(const Json&) { return {}; }
  /// How a file's names differ from llama.cpp's common names.
  static Names gguf(const Json&) { return {}; }
  /// Adds to the config what gguf_decoder_config does not read.
  static void gguf_config(GgufMetadata&, JsonObject&) {}
  /// Whether a GGUF file whose architecture has this name holds this type.
  static bool is_gguf(const Checkpoint&) { return true; }
};

template <class F>
struct HuggingFaceConverter {
  static uint32_t probe(const Checkpoint& c) {
    if (c.format() == "gguf") return 0;  // a GGUF file is complete by itself, whatever lies beside it
    return c.json_file("config.json")["model_type"].string() == F::kType ? 100 : 0;
  }
  static Identity identify(const Checkpoint& c) {
    const Quantisation quantisation(c);  // refuses unknown quantisation before the blueprint is built
    const Json config = c.json_file("config.json");
    const bool untied = has_own_head(c, config, quantisation);
    return {std::string(F::kType), untied ? untie(config) : ""};  // empty: config.json as it is
  }
  static void plan(const Checkpoint& c, const Json& config, const std::vector<Param>& params, const Plan& plan) {
    Names names = F::hf(config);
    for (std::string_view buffer : {".rotary_emb.inv_freq", ".rotary_emb.cos_cached", ".rotary_emb.sin_cached"}) {
      names.ignored.emplace_back(buffer, "rope frequencies, computed from the config");
    }
    const Quantisation quantisation(c);
    const auto weight = [&](const std::string& name, Stored& out) { return quantisation.find(name, out); };
    quantisation.ignore_rest(plan_by_names(c, names, params, plan, weight), plan);
  }

 private:
  static constexpr std::string_view kTied = "tie_word_embeddings";

  /// Whether the checkpoint stores a head though the config says, or leaves it to the default, that it is the
  /// embedding. As in transformers, what is stored counts.
  static bool has_own_head(const Checkpoint& c, const Json& config, const Quantisation& quantisation) {
    const Json tied = config[kTied];
    if (tied.is_bool() && tied.integer() == 0) return false;
    const Names names = F::hf(config);
    for (const auto& [param, other] : names.ties) {
      if (param == "lm_head.weight") return false;  // the plan takes what is stored by itself
    }
    Stored out;
    const auto weight = [&](const std::string& name, Stored& found) { return quantisation.find(name, found); };
    return find_by_names(c, names, {"lm_head.weight", {}}, weight, out);
  }
  /// The config's text, in which the head is not tied.
  static std::string untie(const Json& config) {
    JsonObject text;
    for (uint64_t i = 0; i < config.size(); ++i) {
      const std::string_view key = config.key(i);
      if (key != kTied) text.raw(key, key == "text_config" ? untie(config.at(i)) : json_text(config.at(i)));
    }
    return text.set(kTied, false).text();
  }
};

template <class F>
struct GgufConverter {
  static uint32_t probe(const Checkpoint& c) {
    const std::string_view name = c.format() == "gguf" ? c.metadata()["general.architecture"].string() : "";
    const bool named = !name.empty() && (name == F::kGguf || name == F::kGgufEncoder);
    return named && F::is_gguf(c) ? 100 : 0;
  }
  static Identity identify(const Checkpoint& c) {
    GgufMetadata m(c);
    m.yarn_truncates = F::kYarnTruncates, m.yarn_scores = F::kYarnScores;
    JsonObject config;
    config.set("model_type", F::kType).set(kMadeByConverter, true);
    gguf_decoder_config(m, config);
    F::gguf_config(m, config);
    m.finish();
    return {std::string(F::kType), config.text()};
  }
  static void plan(const Checkpoint& c, const Json& config, const std::vector<Param>& params, const Plan& plan) {
    Names names = F::gguf(config).with(fused_qkv_of("attn_qkv", config)).with(gguf_rules());
    names.rules.insert(names.rules.begin(), {"model.layers", "blk"});
    plan_by_names(c, names, params, plan);
  }
};

/// The plugin that serves several model types.
template <class... F>
class FamilyPlugin {
 public:
  const void* interface(std::string_view id, uint32_t n) {
    if (id == WEFT_ARCHITECTURE_INTERFACE && n < architectures_.size()) return &architectures_[n];
    if (id == WEFT_CONVERTER_INTERFACE && n < converters_.size()) return &converters_[n];
    return nullptr;
  }

 private:
  static std::string name(std::string_view type, std::string_view suffix) {
    return std::string(type) + std::string(suffix);
  }

  std::array<std::string, 2 * sizeof...(F)> ids_{name(F::kType, ".hf")..., name(F::kType, ".gguf")...};
  std::array<weft_architecture, sizeof...(F)> architectures_{architecture_table<&F::make>(F::kType)...};
  std::vector<weft_converter> converters_ = [this] {
    std::vector<weft_converter> all{
        converter_table<HuggingFaceConverter<F>>("")..., converter_table<GgufConverter<F>>("")...};
    for (std::size_t i = 0; i < all.size(); ++i) all[i].id = str(ids_[i]);
    const std::array<bool, sizeof...(F)> has_gguf{!F::kGguf.empty()...};
    for (std::size_t i = sizeof...(F); i-- > 0;) {
      if (!has_gguf[i]) all.erase(all.begin() + static_cast<std::ptrdiff_t>(sizeof...(F) + i));
    }
    return all;
  }();
};

}  // namespace weft::sdk

// Of a family that is not weft's: WEFT_FAMILY_OF("com.acme", "com.acme.lm", "1.0.0", AcmeLM). Id and version are those
// of the manifest.
#define WEFT_FAMILY(Id, ...) WEFT_FAMILY_OF("weft", Id, "0.1.0", __VA_ARGS__)
#define WEFT_FAMILY_OF(Vendor, Id, Version, ...)                                      \
  namespace {                                                                         \
  struct FamilyOfTypes : ::weft::sdk::FamilyPlugin<__VA_ARGS__> {                     \
    using FamilyPlugin::FamilyPlugin;                                                 \
    static constexpr std::string_view kId = Id, kVersion = Version, kVendor = Vendor; \
  };                                                                                  \
  }                                                                                   \
  WEFT_PLUGIN(FamilyOfTypes)
