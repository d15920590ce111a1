// Reads what a Hugging Face folder says of its quantised weights, and how each weight is put together from its tensors;
// one implementation for all families. Unknown methods and values are refused by name.
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "weft/sdk/config.hpp"
#include "weft/sdk/inline.hpp"
#include "weft/sdk/names.hpp"

namespace weft::sdk {

class Quantisation {
 public:
  /// Reads quantization_config of config.json, or the files that older tools wrote beside it.
  explicit Quantisation(const Checkpoint& c) : c_(c) {  // no WEFT_SDK_INLINE: clang emits no constructor for it
    const Json config = c.json_file("config.json");
    Json q = config["quantization_config"];
    if (q.null()) q = config["compression_config"];
    if (q.null()) q = config["text_config"]["quantization_config"];
    std::string_view method;
    if (q.null()) q = c.json_file("quantize_config.json"), method = "gptq";
    if (q.null()) q = c.json_file("quant_config.json"), method = "awq";
    if (!q.null()) read(q, method);
  }

  /// FindWeight for this folder.
  WEFT_SDK_INLINE bool find(const std::string& name, Stored& out) const {
    switch (method_) {
      case Method::kNone: return false;
      case Method::kScaled: return scaled(name, out);
      case Method::kPacked: return packed(name, out) || scaled(name, out);
      case Method::kGptq: return gptq(name, out);
      case Method::kAwq: return awq(name, out);
      case Method::kBnb: return bnb4(name, out) || scaled(name, out);
      case Method::kMxfp4: return mxfp4(name, out);
    }
    return false;
  }

  /// Ignores tensors that belong to quantised weights but do not change their values.
  WEFT_SDK_INLINE void ignore_rest(const std::set<uint32_t>& used, const Plan& plan) const {
    if (method_ == Method::kNone) return;
    for (uint32_t i = 0; i < c_.size(); ++i) {
      const std::string_view name = c_.tensor(i).name;
      if (used.count(i)) continue;
      for (std::string_view end : {".input_scale", ".input_scale_inv", ".activation_scale"}) {
        if (ends(name, end)) plan.ignore(i, "activations are not rounded to FP8");
      }
      for (std::string_view end : {".q_scale", ".prob_scale", ".output_scale", ".prob_output_scale"}) {
        if (ends(name, end)) plan.ignore(i, "attention is not rounded to FP8");
      }
      if (ends(name, ".k_zero_point") || ends(name, ".v_zero_point")) plan.ignore(i, "the cache is not rounded to FP8");
      if (ends(name, ".weight_zero_point") && c_.all_zero(i)) plan.ignore(i, "zero points of zero");
      if (ends(name, ".weight_shape")) plan.ignore(i, "a shape that its packed weight has");
      if (name.find(".quant_state.bitsandbytes__") != std::string_view::npos) plan.ignore(i, "read by the converter");
      if (ends(name, ".weight_format") && c_.all_zero(i)) plan.ignore(i, "rows in order");
    }
  }

 private:
  enum class Method { kNone, kScaled, kPacked, kGptq, kAwq, kBnb, kMxfp4 };

  static bool ends(std::string_view s, std::string_view end) {
    return s.size() >= end.size() && s.substr(s.size() - end.size()) == end;
  }
  static std::string lower(std::string s) {
    for (char& c : s) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return s;
  }
  /// The text under `key` in lower case; refuses one that is not in `known`.
  static std::string one_of(Config& c, std::string_view key, std::string_view fallback,
                            std::initializer_list<std::string_view> known) {
    const std::string text = lower(c.text_or(key, fallback));
    std::string list;
    for (std::string_view k : known) {
      if (text == k) return text;
      list += (list.empty() ? "" : ", ") + std::string(k);
    }
    refuse(c.at(key) + " is \"" + text.substr(0, 64) + "\", known are " + list);
  }

  // --- the config ---------------------------------------------------------------------------------
  void read(const Json& json, std::string_view fallback) {
    Config c("quantization_config", json);
    if (fallback.empty() && (c.flag_or("load_in_8bit", false) || c.flag_or("load_in_4bit", false)))
      fallback = "bitsandbytes";
    const std::string method = one_of(c, "quant_method", fallback,
        {"fp8", "fbgemm_fp8", "modelopt", "gptq", "awq", "bitsandbytes", "compressed-tensors", "mxfp4"});
    c.harmless({"modules_to_not_convert", "modules_to_convert", "ignored_layers", "ignore", "exclude_modules",
                "quantizer", "dequantize"});
    if (method == "gptq") {
      read_gptq(c);
    } else if (method == "awq") {
      read_awq(c);
    } else if (method == "bitsandbytes") {
      read_bnb(c);
    } else if (method == "compressed-tensors") {
      read_compressed(c);
    } else if (method == "mxfp4") {
      method_ = Method::kMxfp4;
    } else {
      read_fp8(c);
    }
    c.finish();
  }

  void read_fp8(Config& c) {
    method_ = Method::kScaled;
    one_of(c, "activation_scheme", "dynamic", {"dynamic", "static"});  // either is fine: products use float activations
    one_of(c, "fmt", "e4m3", {"e4m3", "e5m2"});
    one_of(c, "quant_algo", "fp8", {"fp8"});
    one_of(c, "expert_dtype", "fp8", {"fp8"});
    block_ = read_block(c, "weight_block_size");
    c.harmless(
        {"scale_fmt", "activation_scale_ub", "kv_cache_quant_algo", "kv_cache_scheme", "producer", "config_groups"});
  }

  void read_gptq(Config& c) {
    method_ = Method::kGptq;
    c.alias("checkpoint_format", "format");
    bits_ = c.integer("bits", 2, 8);
    if (bits_ > 4 && bits_ != 8) refuse(c.at("bits") + " is " + std::to_string(bits_) + ", known are 2, 3, 4 and 8");
    group_ = c.integer_or("group_size", -1, -1);
    zero_ = one_of(c, "checkpoint_format", "gptq", {"gptq", "gptq_v2"}) == "gptq" ? 1 : 0;
    one_of(c, "pack_dtype", "int32", {"int32"});
    if (c.get("dynamic").size() > 0)
      refuse(c.at("dynamic") + " says other bits for some modules, which is not implemented");
    c.only("is_marlin_format", false);
    c.harmless({"desc_act", "sym", "lm_head", "meta", "damp_percent", "damp_auto_increment", "true_sequential",
                "static_groups", "dataset", "tokenizer", "model_name_or_path", "model_file_base_name", "model_seqlen",
                "block_name_to_quantize", "module_name_preceding_first_block", "modules_in_block_to_quantize",
                "batch_size", "cache_block_outputs", "use_cuda_fp16", "use_exllama", "disable_exllama",
                "exllama_config", "max_input_length", "pad_token_id", "backend", "act_group_aware", "hyb_act", "mse",
                "rotation", "adapter"});
  }

  void read_awq(Config& c) {
    method_ = Method::kAwq;
    c.alias("bits", "w_bit"), c.alias("group_size", "q_group_size"), c.alias("version", "format");
    if (const int64_t bits = c.integer_or("bits", 4, 1, 64); bits != 4)
      refuse(c.at("bits") + " is " + std::to_string(bits) + ", known is 4");
    group_ = c.integer_or("group_size", 128, -1);
    one_of(c, "version", "gemm", {"gemm"});
    c.only("zero_point", true);
    c.harmless({"backend", "do_fuse", "fuse_max_seq_len", "modules_to_fuse", "exllama_config"});
  }

  void read_bnb(Config& c) {
    method_ = Method::kBnb;
    for (std::string_view alias : {"load_in_4bit", "load_in_8bit"}) c.alias(alias, "_" + std::string(alias));
    const bool four = c.flag_or("load_in_4bit", false), eight = c.flag_or("load_in_8bit", false);
    if (four == eight) refuse(c.at("load_in_4bit") + " and load_in_8bit are " + (four ? "both true" : "both false"));
    one_of(c, "bnb_4bit_quant_type", "fp4", {"nf4", "fp4"});
    one_of(c, "bnb_4bit_quant_storage", "uint8", {"uint8"});
    c.only("llm_int8_has_fp16_weight", false);
    c.harmless({"bnb_4bit_compute_dtype", "bnb_4bit_use_double_quant", "llm_int8_enable_fp32_cpu_offload",
                "llm_int8_skip_modules", "llm_int8_threshold"});
  }

  void read_compressed(Config& c) {
    const std::string format =
        one_of(c, "format", "", {"float-quantized", "int-quantized", "naive-quantized", "pack-quantized"});
    method_ = format == "pack-quantized" ? Method::kPacked : Method::kScaled;
    one_of(c, "quantization_status", "compressed", {"compressed", "frozen"});
    const Json sparsity = c.get("sparsity_config");
    if (!sparsity["format"].null() && sparsity["format"].string() != "dense")
      refuse(c.at("sparsity_config") + " has the format " + std::string(sparsity["format"].string()));
    const Json groups = c.get("config_groups");
    if (!groups.is_object() || groups.size() == 0) refuse(c.at("config_groups") + " is no object of groups");
    for (uint64_t i = 0; i < groups.size(); ++i) {
      const auto [bits, group, block, symmetric] = std::tuple(bits_, group_, block_, symmetric_);
      read_group(groups.at(i)["weights"]);
      if (i > 0 && std::tuple(bits, group, block, symmetric) != std::tuple(bits_, group_, block_, symmetric_))
        refuse(c.at("config_groups") + " has groups that differ in their weights, which is not implemented");
    }
    c.harmless({"global_compression_ratio", "kv_cache_scheme", "version", "compression_version"});
    if (c.get("transform_config").size() > 0)
      refuse(c.at("transform_config") + " says that activations are turned, which is not implemented");
  }
  void read_group(const Json& json) {
    Config c("quantization_config.config_groups.weights", json);
    bits_ = c.integer_or("num_bits", 8, 1, 64);
    const bool real = one_of(c, "type", "int", {"int", "float"}) == "float";
    const std::string strategy = one_of(c, "strategy", "tensor", {"tensor", "channel", "group", "block"});
    if (method_ == Method::kPacked ? real || (bits_ != 4 && bits_ != 8) : bits_ != 8) {
      refuse(c.at("num_bits") + " is " + std::to_string(bits_) + " of type " + (real ? "float" : "int") +
             ", which this format is not known with");
    }
    c.only("dynamic", false);
    symmetric_ = c.flag_or("symmetric", true);
    group_ = c.integer_or("group_size", -1, -1);
    block_ = strategy == "block" ? read_block(c, "block_structure") : std::vector<int64_t>();
    if (strategy == "group" && group_ > 0) block_ = {1, group_};
    c.harmless({"actorder", "observer", "observer_kwargs", "block_structure", "scale_dtype", "zp_dtype"});
    c.finish();
  }

  static std::vector<int64_t> read_block(Config& c, std::string_view key) {
    const Json block = c.get(key);
    if (block.null()) return {};
    if (!block.is_array() || block.size() != 2 || block.at(0).integer() < 1 || block.at(1).integer() < 1)
      refuse(c.at(key) + " is not two sizes");
    return {block.at(0).integer(), block.at(1).integer()};
  }

  // --- weights --------------------------------------------------------------------------------------
  /// The name without ".weight"; empty: the name is not a weight's.
  static std::string base_of(const std::string& name) {
    return ends(name, ".weight") ? name.substr(0, name.size() - 7) : std::string();
  }
  uint32_t part(const std::string& name) const {
    const uint32_t i = c_.find(name);
    if (i == WEFT_NONE) refuse("the checkpoint has no tensor " + name + ", a part of a quantised weight");
    return i;
  }
  /// The tensor, which must be a matrix.
  TensorInfo matrix(uint32_t i) const {
    TensorInfo t = c_.tensor(i);
    if (t.dims.size() != 2)
      refuse("tensor " + std::string(t.name) + " has rank " + std::to_string(t.dims.size()) + ", expected 2");
    return t;
  }
  static int64_t group_of(int64_t group, int64_t columns) { return group > 0 ? group : std::max<int64_t>(1, columns); }

  bool scaled(const std::string& name, Stored& out) const {
    const uint32_t i = c_.find(name);
    if (i == WEFT_NONE) return false;
    const uint32_t dtype = c_.tensor(i).dtype;
    if (dtype != WEFT_F8_E4M3 && dtype != WEFT_F8_E5M2 && dtype != WEFT_I8) return false;
    const TensorInfo t = matrix(i);
    const std::string base = base_of(name);
    uint32_t scale = WEFT_NONE;
    for (const char* end : {".weight_scale_inv", ".weight_scale", ".SCB"}) {
      if (scale == WEFT_NONE) scale = c_.find(base + end);
    }
    if (base.empty() || scale == WEFT_NONE)
      refuse("tensor " + name + " is in 8 bits, and there is no " + name + "_scale");
    if (const uint32_t zero = c_.find(base + ".weight_zero_point"); zero != WEFT_NONE && !c_.all_zero(zero))
      refuse("tensor " + base + ".weight_zero_point: zero points of 8-bit weights are not implemented");
    const std::vector<int64_t> s = c_.tensor(scale).dims;
    const int64_t N = t.dims[0], K = t.dims[1];
    int64_t count = 1, down = 0, across = 0;
    for (int64_t d : s) count = __builtin_mul_overflow(count, d, &count) ? -1 : count;
    if (!block_.empty() && s.size() == 2) {
      down = block_[0], across = block_[1];
    } else if (count == 1) {
      down = N, across = K;
    } else if (count == N) {
      down = 1, across = K;
    } else {
      refuse("tensor " + std::string(c_.tensor(scale).name) + " has " + std::to_string(count) +
             " scales, expected 1 or " + std::to_string(N));
    }
    const double factor = ends(c_.tensor(scale).name, ".SCB") ? 1.0 / 127 : 1.0;
    out = {Expression::dequant({i, scale},
                           {WEFT_QUANT_SCALED, N, K, std::max<int64_t>(1, down), std::max<int64_t>(1, across)}, factor),
           t.dims, name};
    return true;
  }

  bool packed(const std::string& name, Stored& out) const {
    const std::string base = base_of(name);
    const uint32_t i = base.empty() ? WEFT_NONE : c_.find(base + ".weight_packed");
    if (i == WEFT_NONE) return false;
    const TensorInfo t = matrix(i);
    if (t.dims[1] > INT64_MAX / 32) refuse("tensor " + std::string(t.name) + " has a shape that overflows");
    const int64_t N = t.dims[0], K = t.dims[1] * (32 / bits_);
    std::vector<uint32_t> parts = {i, part(base + ".weight_scale")};
    int64_t flags = 0;
    if (!symmetric_) parts.push_back(part(base + ".weight_zero_point")), flags |= 1;
    if (c_.has(base + ".weight_g_idx")) parts.push_back(part(base + ".weight_g_idx")), flags |= 2;
    out = {Expression::dequant(parts, {WEFT_QUANT_PACKED, N, K, bits_, group_of(group_, K), flags}),
           {N, K},
           std::string(t.name)};
    return true;
  }

  bool gptq(const std::string& name, Stored& out) const {
    const std::string base = base_of(name);
    const uint32_t i = base.empty() ? WEFT_NONE : c_.find(base + ".qweight");
    if (i == WEFT_NONE) return false;
    const TensorInfo t = matrix(i);
    if (t.dims[0] > INT64_MAX / 32) refuse("tensor " + std::string(t.name) + " has a shape that overflows");
    const int64_t K = t.dims[0] * 32 / bits_, N = t.dims[1];
    std::vector<uint32_t> parts = {i, part(base + ".qzeros"), part(base + ".scales")};
    if (c_.has(base + ".g_idx")) parts.push_back(part(base + ".g_idx"));
    out = {Expression::dequant(parts, {WEFT_QUANT_GPTQ, N, K, bits_, group_of(group_, K), zero_}),
           {N, K},
           std::string(t.name)};
    return true;
  }

  bool awq(const std::string& name, Stored& out) const {
    const std::string base = base_of(name);
    const uint32_t i = base.empty() ? WEFT_NONE : c_.find(base + ".qweight");
    if (i == WEFT_NONE) return false;
    const TensorInfo t = matrix(i);
    if (t.dims[1] > INT64_MAX / 8) refuse("tensor " + std::string(t.name) + " has a shape that overflows");
    const int64_t K = t.dims[0], N = t.dims[1] * 8;
    out = {Expression::dequant({i, part(base + ".qzeros"), part(base + ".scales")},
                           {WEFT_QUANT_AWQ, N, K, group_of(group_, K)}),
           {N, K},
           std::string(t.name)};
    return true;
  }

  bool bnb4(const std::string& name, Stored& out) const {
    const uint32_t i = c_.find(name);
    if (i == WEFT_NONE || !c_.has(name + ".absmax")) return false;
    uint32_t at = WEFT_NONE;
    for (const char* type : {"nf4", "fp4"}) {
      if (at == WEFT_NONE) at = c_.find(name + ".quant_state.bitsandbytes__" + type);
    }
    if (at == WEFT_NONE) refuse("the checkpoint has no tensor " + name + ".quant_state.bitsandbytes__nf4 or __fp4");
    const Json state = c_.json_tensor(at), shape = state["shape"];
    const std::string where = "tensor " + std::string(c_.tensor(at).name) + ": ";
    if (!shape.is_array() || shape.size() != 2 || shape.at(0).integer() < 0 || shape.at(1).integer() < 0)
      refuse(where + "shape is not two sizes");
    if (state["blocksize"].integer() < 1) refuse(where + "blocksize is not a size");
    const int64_t N = shape.at(0).integer(), K = shape.at(1).integer();
    std::vector<uint32_t> parts = {i, part(name + ".quant_map"), part(name + ".absmax")};
    std::vector<int64_t> arg = {WEFT_QUANT_BNB4, N, K, state["blocksize"].integer(), 0};
    double offset = 0;
    if (c_.has(name + ".nested_absmax")) {
      parts.push_back(part(name + ".nested_quant_map")), parts.push_back(part(name + ".nested_absmax"));
      if (state["nested_blocksize"].integer() < 1 || !state["nested_offset"].is_number())
        refuse(where + "nested_blocksize or nested_offset is missing");
      arg[4] = state["nested_blocksize"].integer(), offset = state["nested_offset"].number();
    }
    out = {Expression::dequant(parts, arg, offset), {N, K}, name};
    return true;
  }

  /// X_blocks u8 [.., n, 16] with X_scales u8 [.., n] is a weight [.., 32 n].
  bool mxfp4(const std::string& name, Stored& out) const {
    const uint32_t i = ends(name, "_blocks") ? c_.find(name) : WEFT_NONE;
    if (i == WEFT_NONE) return false;
    const TensorInfo t = c_.tensor(i);
    if (t.dims.size() < 2 || t.dims.back() != 16) refuse("tensor " + name + " is not made of blocks of 16 bytes");
    std::vector<int64_t> dims(t.dims.begin(), t.dims.end() - 1);
    int64_t rows = 1;
    bool fits = !__builtin_mul_overflow(dims.back(), 32, &dims.back());
    for (std::size_t d = 0; d + 1 < dims.size(); ++d) fits = fits && !__builtin_mul_overflow(rows, dims[d], &rows);
    if (!fits) refuse("tensor " + name + " has a shape that overflows");
    const uint32_t scales = part(name.substr(0, name.size() - 7) + "_scales");
    out = {Expression::dequant({i, scales}, {WEFT_QUANT_MXFP4, rows, dims.back()}).reshape(dims), dims, name};
    return true;
  }

  const Checkpoint& c_;
  Method method_ = Method::kNone;
  int64_t bits_ = 0, group_ = -1, zero_ = 0;
  bool symmetric_ = true;
  std::vector<int64_t> block_;  // rows and columns that share a scale; empty: the scales' shape says
};

}  // namespace weft::sdk
