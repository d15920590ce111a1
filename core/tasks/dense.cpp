#include "core/tasks/dense.hpp"

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"

namespace weft {
namespace {

constexpr uint64_t kMostValues = 1u << 28;  // the most values of a weight
constexpr const char* kActivation = "activation_function";

/// All values of a tensor, whose shape must be `dims`.
Result<std::vector<float>> values_of(const Checkpoint& c, const char* name, const std::vector<int64_t>& dims) {
  const uint32_t i = c.find(name);
  if (i == WEFT_NONE) return error(Code::kNotFound, "{}: no tensor {}", c.path(), name);
  const StoredTensor& t = c.tensors()[i];
  if (t.dims != dims)
    return invalid("{}: tensor {} is [{}], expected [{}]", c.path(), name, fmt::join(t.dims, ", "),
                   fmt::join(dims, ", "));
  if (t.rows() * t.cols() > kMostValues)
    return invalid("{}: tensor {} has {} values, expected at most {}", c.path(), name, t.rows() * t.cols(),
                   kMostValues);
  const weft_dtype& dtype = *c.dtypes().find(t.dtype);
  WEFT_TRY(const weft_slab slab, c.slab(t, 0, t.rows()));
  std::vector<float> out(t.rows() * t.cols());
  WEFT_CHECK_OK(from_abi(dtype.decode(dtype.self, &slab, t.rows(), t.cols(), out.data())));
  return out;
}

Result<int64_t> size_of(const Json& config, const char* key, const std::string& where) {
  const auto it = config.find(key);
  if (it == config.end() || !it->is_number_integer() || *it <= 0 || *it > (1 << 20)) {
    return invalid("{}: {} is {}, expected a number from 1 to {}", where, key,
                   it == config.end() ? "missing" : it->dump(), 1 << 20);
  }
  return it->get<int64_t>();
}

}  // namespace

Result<Dense> Dense::load(Engine& engine, const std::string& folder, const Json& config) {
  const std::string where = folder + "/config.json";
  if (!config.is_object()) return invalid("{}: expected an object", where);
  for (const char* key : {"module_input_name", "module_output_name"}) {
    if (config.contains(key) && !config[key].is_null() && config[key] != "sentence_embedding") {
      return error(Code::kUnimplemented, "{}: {} is {}, only \"sentence_embedding\" is implemented", where, key,
                   config[key].dump());
    }
  }
  if (config.contains("use_residual") && config["use_residual"] != false) {
    return error(Code::kUnimplemented, "{}: use_residual is {}, only false is implemented", where,
                 config["use_residual"].dump());
  }
  const auto biased = config.find("bias");
  if (biased != config.end() && !biased->is_boolean())
    return invalid("{}: bias is {}, expected true or false", where, biased->dump());
  WEFT_TRY(const int64_t in, size_of(config, "in_features", where));
  WEFT_TRY(const int64_t out, size_of(config, "out_features", where));
  Dense d;
  d.in_ = static_cast<std::size_t>(in), d.out_ = static_cast<std::size_t>(out);
  const Json tanh = "torch.nn.modules.activation.Tanh";
  WEFT_TRY(d.activation_, activation_of(config.contains(kActivation) ? config[kActivation] : tanh, where, kActivation));
  WEFT_TRY(const auto weights, engine.open_checkpoint(folder));
  WEFT_TRY(d.weight_, values_of(*weights, "linear.weight", {out, in}));
  if (biased == config.end() || *biased == true) {
    WEFT_TRY(d.bias_, values_of(*weights, "linear.bias", {out}));
  }
  if (weights->tensors().size() != (d.bias_.empty() ? 1 : 2)) {
    return invalid("{}: has {} tensors, expected linear.weight{} alone", weights->path(), weights->tensors().size(),
                   d.bias_.empty() ? "" : " and linear.bias");
  }
  return d;
}

std::vector<float> Dense::apply(std::span<const float> x) const {
  std::vector<float> y(out_);
  for (std::size_t o = 0; o < out_; ++o) {
    double sum = bias_.empty() ? 0 : static_cast<double>(bias_[o]);
    for (std::size_t i = 0; i < in_; ++i) sum += static_cast<double>(weight_[o * in_ + i]) * static_cast<double>(x[i]);
    y[o] = static_cast<float>(activation_(sum));
  }
  return y;
}

}  // namespace weft
