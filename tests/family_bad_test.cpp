// Wrong configs and checkpoints of every family: they are refused quickly, with a message that names the fault. Also
// checkpoints of a type that no family claims.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/family_golden.hpp"
#include "tests/golden_model.hpp"
#include "tests/hostile_files.hpp"

namespace weft {
namespace {

namespace fs = std::filesystem;
using test::engine, test::FamilyGolden;
using testing_files::TempFolder;

/// The golden of this name; an empty list where the folder of its family is gone.
std::vector<FamilyGolden> named(const std::string& name) {
  std::vector<FamilyGolden> all;
  for (const fs::path& f : test::family_goldens(name)) all.push_back(test::read_family_golden(f));
  return all;
}

/// One golden of each family, of those that have a folder.
std::vector<FamilyGolden> one_each() {
  std::vector<FamilyGolden> all;
  for (const fs::path& f : test::family_goldens()) {
    FamilyGolden g = test::read_family_golden(f);
    if (g.in_blocks()) continue;
    const auto family = [](const std::string& name) { return name.substr(0, name.find('.')); };
    if (all.empty() || family(all.back().name) != family(g.name)) all.push_back(std::move(g));
  }
  return all;
}

Json& text_of(Json& config) { return config.contains("text_config") ? config["text_config"] : config; }

/// What making the blueprint of a folder gives when its config.json is `config`.
Status load_with(const TempFolder& folder, const std::string& config) {
  folder.write("config.json", config);
  auto checkpoint = engine().open_checkpoint(folder.path());
  if (!checkpoint.ok()) return checkpoint.status();
  return make_blueprint(engine(), **checkpoint,
                        {.backend = "reference", .precision = "exact", .roles = {}, .context = 64})
      .status();
}

void expect_refused(const Status& status, const std::string& part, const std::string& what) {
  EXPECT_FALSE(status.ok()) << what;
  EXPECT_NE(status.message().find(part), std::string_view::npos) << what << ": " << status.message();
}

std::string layers_key(const Json& config) {
  for (const char* key : {"decoder_layers", "num_hidden_layers", "n_layer", "n_layers", "num_layers"}) {
    if (config.contains(key)) return key;
  }
  return "";
}

TEST(BadFamilies, Layers_that_disagree_with_the_config_are_named) {
  for (const FamilyGolden& g : one_each()) {
    const TempFolder folder;
    test::write_folder(g, folder.path());
    Json config = g.json["config"];
    Json& text = text_of(config);
    const std::string key = layers_key(text);
    const int64_t n = text[key];
    const auto with_layers = [&](int64_t count) {
      text[key] = count;
      for (const char* list : {"layer_types", "no_rope_layers"}) {
        if (!text.contains(list) || !text[list].is_array() || text[list].empty()) continue;
        while (static_cast<int64_t>(text[list].size()) > count) text[list].erase(text[list].size() - 1);
        while (static_cast<int64_t>(text[list].size()) < count) text[list].push_back(Json(text[list].back()));
      }
    };
    with_layers(n + 1);
    expect_refused(
        load_with(folder, config.dump()), "layers." + std::to_string(n), g.name + " with a layer too many");
    if (n == 1) continue;
    with_layers(n - 1);
    expect_refused(
        load_with(folder, config.dump()), "." + std::to_string(n - 1) + ".", g.name + " with a layer too few");
  }
}

TEST(BadFamilies, Absurd_numbers_are_refused_by_the_key) {
  for (const FamilyGolden& g : one_each()) {
    const TempFolder folder;
    test::write_folder(g, folder.path());
    const std::string layers = layers_key(text_of(const_cast<Json&>(g.json["config"])));
    const std::string named = layers == "decoder_layers" ? layers : "num_hidden_layers";
    for (const Json& value : {Json(1000000000), Json(0), Json(-1), Json(int64_t{1} << 62), Json(1.5), Json("2"),
             Json::array(), Json::object()}) {
      Json config = g.json["config"];
      text_of(config)[layers] = value;
      expect_refused(
          load_with(folder, config.dump()), named, g.name + " with " + value.dump() + " layers");
    }
    Json config = g.json["config"];
    text_of(config).erase("vocab_size");
    if (g.name.substr(0, 6) != "gemma3")
      expect_refused(load_with(folder, config.dump()), "vocab_size is missing", g.name);
  }
}

TEST(BadFamilies, Unknown_keys_are_warned_of_wherever_they_stand) {
  const TempFolder folder;
  const FamilyGolden g = test::read_family_golden(WEFT_SOURCE_DIR "/models/qwen/golden/qwen2.v4.json");
  test::write_folder(g, folder.path());
  Json config = g.json["config"];
  config["spiral"] = 1;
  config["rope_scaling"] = Json::object({{"rope_type", "linear"}, {"factor", 2.0}, {"coil", 1}});
  test::warnings().clear();
  EXPECT_TRUE(load_with(folder, config.dump()).ok());
  EXPECT_NE(test::warnings().find("ignored: spiral\n"), std::string::npos) << test::warnings();
  EXPECT_NE(test::warnings().find("ignored: rope_scaling.coil\n"), std::string::npos) << test::warnings();
}

TEST(BadFamilies, Every_key_with_any_value_loads_or_is_refused_with_a_message) {
  for (const FamilyGolden& g : one_each()) {
    const TempFolder folder;
    test::write_folder(g, folder.path());
    Json original = g.json["config"];
    for (const auto& [key, old] : text_of(original).items()) {
      if (key == "model_type") continue;
      for (const Json& value : {Json(-3), Json(1000000007), Json("spiral"),
               Json::object({{"factor", -1}, {"rope_type", "linear"}})}) {
        Json config = original;
        text_of(config)[key] = value;
        const Status status = load_with(folder, config.dump());
        EXPECT_TRUE(status.ok() || !status.message().empty()) << g.name << " " << key << " " << value.dump();
      }
    }
  }
}

TEST(BadFamilies, A_truncated_config_is_refused) {
  for (const FamilyGolden& g : named("gemma2.v4")) {
    const TempFolder folder;
    test::write_folder(g, folder.path());
    const std::string config = g.json["config"].dump();
    for (std::size_t size = 0; size < config.size(); size += 7)
      expect_refused(load_with(folder, config.substr(0, size)), "", std::to_string(size));
  }
}

TEST(BadFamilies, What_is_not_implemented_is_refused_by_name) {
  const auto refused = [](const std::string& golden, const std::string& key, const Json& value,
                           const std::string& part) {
    for (const FamilyGolden& g : named(golden)) {
      const TempFolder folder;
      test::write_folder(g, folder.path());
      Json config = g.json["config"];
      config[key] = value;
      expect_refused(load_with(folder, config.dump()), part, golden + " " + key);
    }
  };
  refused("gemma2.v4", "use_bidirectional_attention", true, "use_bidirectional_attention");
  refused("gpt2.published", "add_cross_attention", true, "add_cross_attention");
  refused("mpt.v4", "no_bias", false, "no_bias");
  refused("mpt.v4", "attn_config", Json::object({{"qk_ln", true}}), "qk_ln");
  refused("qwen2.v4", "sliding_window", -4, "sliding_window");
  refused("qwen2.v4", "num_key_value_heads", 3, "not a multiple of num_key_value_heads");
  refused("qwen2.v4", "layer_types", Json::array({"full_attention", "chunked_attention"}), "chunked_attention");
  refused("qwen2.v4", "layer_types", Json::array({"full_attention"}), "layer_types");
  refused("qwen2.v4", "rope_theta", 1e-320, "rope_theta");
  refused("qwen2.v4", "rope_parameters", Json::object({{"rope_type", 4}}), "rope_type is not a string");
  refused("qwen2.v4", "rope_parameters", Json::object({{"full_attention", Json::object({{"rope_type", "default"}})}}),
      "full_attention");
  refused("qwen2.v4", "quantization_config", Json::object({{"quant_method", "gptq"}}), "bits is missing");
  refused("qwen3.v4", "hidden_act", "spiral", "spiral");
  refused("deepseek_v2.v4", "norm_topk_prob", true, "norm_topk_prob");
  refused("deepseek_v2.v4", "topk_method", "noaux_tc", "topk_method");
  refused("deepseek_v3.v4", "scoring_func", "softmax", "scoring_func");
  refused("deepseek_v3.v4", "n_group", 3, "n_group");
  refused("deepseek_v3.v4", "topk_group", 1, "topk_group");
  refused("jamba.v4", "sliding_window", 4, "sliding_window");
  refused("lfm2.v4", "layer_types", Json::array({"conv", "conv", "conv", "sliding_attention"}), "sliding_attention");
  refused("mamba.v4", "intermediate_size", 65, "intermediate_size");
  refused("mamba2.v4", "n_groups", 3, "n_groups");
  refused("mamba2.v4", "time_step_limit", Json::array({0.0}), "time_step_limit");
  refused("granitemoehybrid.v4", "position_embedding_type", "learned", "position_embedding_type");
  refused("exaone4.v4", "sliding_window_pattern", "LLXG", "LLXG");
  refused("bart.v4", "decoder_attention_heads", 3, "not a multiple of decoder_attention_heads 3");
  refused("bart.v4", "encoder_layers", 0, "encoder_layers");
  refused("bart.v4", "decoder_start_token_id", 48, "decoder_start_token_id");
  refused("bart.v4", "max_position_embeddings", 65, "embed_positions.weight");
  refused("pegasus.v4", "architectures", Json::array({"PegasusForSequenceClassification"}), "architectures");
  refused("plbart.v5", "architectures", Json::array({"PLBartForQuestionAnswering"}), "architectures");
  refused("m2m_100.v4", "architectures", Json::array({"M2M100ForCausalLM"}), "architectures");
  refused("m2m_100.v4", "pad_token_id", nullptr, "pad_token_id");
  refused("marian.v4", "decoder_vocab_size", 47, "decoder_vocab_size is 47");
  for (const char* kind : {"t5.v1_0", "umt5.v4"}) {
    refused(kind, "decoder_start_token_id", nullptr, "decoder_start_token_id is missing");
    refused(kind, "decoder_start_token_id", 48, "decoder_start_token_id");
    refused(kind, "decoder_start_token_id", -1, "decoder_start_token_id");
    refused(kind, "num_decoder_layers", 1000000000, "num_decoder_layers");
    refused(kind, "num_decoder_layers", 0, "num_decoder_layers");
    refused(kind, "num_decoder_layers", 5, "decoder.layers.");
    refused(kind, "d_kv", 0, "head_dim");
    refused(kind, "num_heads", 5, "relative_attention_bias");
    refused(kind, "relative_attention_num_buckets", 1, "relative_attention_num_buckets");
    refused(kind, "relative_attention_num_buckets", int64_t{1} << 40, "relative_attention_num_buckets");
    refused(kind, "relative_attention_max_distance", 4, "relative_attention_max_distance");
    refused(kind, "relative_attention_max_distance", int64_t{1} << 40, "relative_attention_max_distance");
    refused(kind, "feed_forward_proj", "gated-spiral", "spiral");
    refused(kind, "architectures", Json::array({"T5ForSequenceClassification"}), "T5ForSequenceClassification");
  }
}

TEST(BadFamilies, What_a_quantised_folder_says_and_nobody_knows_is_refused_by_name) {
  const auto refused = [](const std::string& golden, const Json& changes, const std::string& part) {
    for (const FamilyGolden& g : named(golden)) {
      const TempFolder folder;
      test::write_folder(g, folder.path());
      Json config = g.json["config"];
      config["quantization_config"].merge_patch(changes);
      expect_refused(load_with(folder, config.dump()), part, golden + " " + changes.dump());
    }
  };
  refused("llama.gptq3", {{"quant_method", "hqq"}}, "quant_method is \"hqq\"");
  refused("llama.gptq3", {{"bits", 5}}, "bits is 5");
  refused("llama.gptq3", {{"bits", 4}}, "q_proj.q");  // the tensors are packed for 3 bits
  refused("llama.gptq3", {{"group_size", 32}}, "q_proj.qzeros");
  refused("llama.gptq3", {{"checkpoint_format", "marlin"}}, "checkpoint_format is \"marlin\"");
  refused("llama.gptq3", {{"dynamic", {{"+:.*up.*", {{"bits", 8}}}}}}, "dynamic");
  refused("qwen2.awq", {{"version", "gemv"}}, "version is \"gemv\"");
  refused("qwen2.awq", {{"bits", 8}}, "bits is 8");
  refused("qwen2.awq", {{"zero_point", false}}, "zero_point");
  refused("llama.nf4_nested", {{"load_in_8bit", true}}, "both true");
  refused("llama.nf4_nested", {{"bnb_4bit_quant_type", "int4"}}, "bnb_4bit_quant_type is \"int4\"");
  refused("llama.nf4_nested", {{"bnb_4bit_quant_storage", "bfloat16"}}, "bnb_4bit_quant_storage");
  refused("llama.fp8_channel", {{"format", "nvfp4-pack-quantized"}}, "nvfp4");
  refused("llama.fp8_channel", {{"sparsity_config", {{"format", "sparse-24-bitmask"}}}}, "sparse-24");
  refused("llama.fp8_channel", {{"transform_config", {{"config_groups", 1}}}}, "transform_config");
  const auto weights = [](const Json& changes) {
    return Json{{"config_groups", {{"group_0", {{"weights", changes}}}}}};
  };
  refused("llama.packed4", weights({{"num_bits", 3}}), "num_bits is 3");
  refused("llama.packed4", weights({{"strategy", "token"}}), "strategy is \"token\"");
  refused("llama.packed4", weights({{"type", "float"}}), "type float");
  refused("llama.packed4", {{"config_groups", {{"group_1", {{"weights", {{"num_bits", 8}}}}}}}}, "differ");
  refused("qwen3.fp8_block", {{"activation_scheme", "token"}}, "activation_scheme is \"token\"");
  refused("qwen3.fp8_block", {{"weight_block_size", {128, 0}}}, "weight_block_size");
  refused("qwen3.fp8_block", {{"weight_block_size", {64, 64}}}, "weight_scale_inv");
}

TEST(BadFamilies, Parts_of_a_quantised_weight_that_are_missing_or_odd_are_named) {
  const auto refused = [](const std::string& golden, const std::string& part, const auto& change) {
    for (FamilyGolden g : named(golden)) {
      Json& tensors = g.json["tensors"];
      for (auto it = tensors.begin(); it != tensors.end(); ++it) {
        if ((*it)[0].get<std::string>().find(part) == std::string::npos) continue;
        if (!change(*it)) tensors.erase(it);
        break;
      }
      const TempFolder folder;
      test::write_folder(g, folder.path());
      expect_refused(Model::load(engine(), folder.path(), {}).status(), part, golden);
    }
  };
  const auto without = [](Json&) { return false; };
  for (const char* part : {"q_proj.qzeros", "q_proj.scales"}) refused("llama.gptq3", part, without);
  refused("qwen2.awq", "q_proj.qzeros", without);
  refused("llama.fp8_channel", "q_proj.weight_scale", without);
  refused("llama.nf4_nested", "q_proj.weight.nested_quant_map", without);
  refused("llama.nf4_nested", "q_proj.weight.quant_map", without);
  refused("llama.bnb8", "q_proj.SCB", [](Json& t) { return t[1][0] = 4, true; });
  refused("llama.packed4", "q_proj.weight_zero_point", without);
  // A bias is accepted only when it is all zeros.
  refused("llama.gptq4_order", "q_proj.bias", [](Json& t) { return t[2] = 0.5, true; });
  for (const char* state : {R"({"blocksize": 0, "shape": [128, 128]})", R"({"blocksize": 64, "shape": [128]})",
                            R"({"blocksize": 64, "shape": [-1, 128]})", R"({"blocksize": 64, "shape": [128, 1e30]})",
                            R"({"blocksize": 64, "shape": [1099511627776, 1099511627776]})", "{", "[]"}) {
    for (FamilyGolden g : named("llama.nf4_nested")) {
      for (Json& t : g.json["tensors"]) {
        if (t[0].get<std::string>().find("quant_state") != std::string::npos)
          t[1][0] = std::string(state).size(), t[2] = state;
      }
      const TempFolder folder;
      test::write_folder(g, folder.path());
      expect_refused(Model::load(engine(), folder.path(), {}).status(), "", state);
    }
  }
}

TEST(BadFamilies, Infinity_as_python_writes_it_is_a_limit_that_is_none) {
  for (const FamilyGolden& g : named("mamba2.v4")) {
    const TempFolder folder;
    test::write_folder(g, folder.path());
    std::string config = g.json["config"].dump();
    config.back() = ',';
    const Status status = load_with(folder, config + R"("time_step_limit": [0.0, Infinity]})");
    EXPECT_TRUE(status.ok()) << status.message();
  }
}

TEST(BadFamilies, A_missing_expert_is_named) {
  for (FamilyGolden g : named("qwen3_moe.v4")) {
    const std::string gone = "model.layers.1.mlp.experts.2.up_proj.weight";
    Json& tensors = g.json["tensors"];
    for (auto it = tensors.begin(); it != tensors.end(); ++it) {
      if ((*it)[0] == gone) {
        tensors.erase(it);
        break;
      }
    }
    const TempFolder folder;
    test::write_folder(g, folder.path());
    expect_refused(Model::load(engine(), folder.path(), {}).status(), gone, "");
  }
}

TEST(UnknownType, The_message_says_which_family_has_the_tensors_and_suggests_none) {
  for (const char* name : {"qwen3.v4", "gpt_neox.v4", "olmoe.v4"}) {
    for (const FamilyGolden& g : named(name)) {
      const std::string family = g.name.substr(0, g.name.find('.'));
      const TempFolder folder;
      test::write_folder(g, folder.path());
      Json config = g.json["config"];
      config["model_type"] = "nova";
      const Status refused = load_with(folder, config.dump());
      expect_refused(refused, "names and shapes of those of " + family, name);
      EXPECT_EQ(refused.message().find("architecture"), std::string_view::npos) << refused.message();
      auto model = Model::load(engine(), folder.path(),
          {.backend = "reference", .precision = "exact", .architecture = family, .context = 64});
      ASSERT_TRUE(model.ok()) << model.status().message();
      EXPECT_LE(test::max_difference(test::logits_in_pieces(**model, g.ids, g.ids.size()), g.logits),
          1e-3 * test::deviation(g.logits));
    }
  }
}

TEST(UnknownType, Tensors_of_no_family_are_said_to_be_so) {
  for (const FamilyGolden& g : named("qwen3.v4")) {
    const TempFolder folder;
    test::write_folder(g, folder.path());
    Json config = g.json["config"];
    config["model_type"] = "nova", config["head_dim"] = 8;
    expect_refused(load_with(folder, config.dump()), "its tensors are those of none", "");
    const auto forced = Model::load(engine(), folder.path(), {.architecture = "qwen3"});
    expect_refused(forced.status(), "q_proj.weight", "");
  }
}

}  // namespace
}  // namespace weft
