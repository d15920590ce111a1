#include "core/tasks/activations.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"

namespace weft {
namespace {

struct NamedActivation {
  const char* name;  // the name of a class in torch.nn
  Activation value;
};
constexpr NamedActivation kActivations[] = {
    {"Tanh", [](double x) { return std::tanh(x); }},
    {"Identity", [](double x) { return x; }},
    {"ReLU", [](double x) { return std::max(x, 0.0); }},
    {"GELU", [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }},
    {"SiLU", [](double x) { return x / (1 + std::exp(-x)); }},
    {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
};

}  // namespace

Result<Activation> activation_of(const Json& name, const std::string& where, const char* key) {
  const std::string full = name.is_string() ? name.get<std::string>()
                                            : name.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 80);
  const std::string own = full.substr(full.rfind('.') + 1);
  if (full.starts_with("torch.nn.")) {
    for (const NamedActivation& a : kActivations) {
      if (own == a.name) return a.value;
    }
  }
  return error(Code::kUnimplemented, "{}: {} \"{}\" is not implemented", where, key, full);
}

}  // namespace weft
