#include "plugins/backends/vulkan/support.hpp"

#include <algorithm>
#include <array>

#include "weft/abi/dtype.h"
#include "weft/sdk/error.hpp"
#include "weft/sdk/strided.hpp"

namespace weft::vulkan {
namespace {

using sdk::strided;

constexpr int64_t kWidestHead = 512;  // attention.comp's kMostWidth
constexpr uint32_t kMostAxes = 6;     // of binary.comp

class Fit {
 public:
  Fit(const weft_graph& graph, const weft_node& node)
      : graph_(graph), node_(node), op_(sdk::view(graph.op_names[node.op])) {}

  std::string refusal() const {
    for (uint32_t i = 0; i < node_.n_in; ++i) {
      if (node_.in[i] == WEFT_NONE) continue;
      if (!four_bytes(in(i))) return of_other_dtypes();
      if (is_state(in(i)) && op_ != "gather" && op_ != "scatter" && op_ != "attention") return op_ + " of a state";
    }
    for (uint32_t i = 0; i < node_.n_out; ++i) {
      if (!four_bytes(out(i))) return of_other_dtypes();
    }
    if (op_ == "div" && in(0).dtype == WEFT_I32) return "div of i32: no shader tells that it divides by 0";
    if (op_ == "scatter" && is_state(in(0)) && attribute("kind") == 1) return "a scatter that adds to a state";
    if (op_ == "matmul") return matmul();
    if (op_ == "attention" && std::max(in(0).dims[2], out(0).dims[2]) > kWidestHead)
      return "attention with heads wider than " + std::to_string(kWidestHead);
    constexpr std::array<std::string_view, 7> kBinary = {"add", "sub", "mul", "div", "min", "max", "pow"};
    if (std::find(kBinary.begin(), kBinary.end(), op_) != kBinary.end() && out(0).rank > kMostAxes)
      return op_ + " of rank " + std::to_string(out(0).rank) + ", expected at most " + std::to_string(kMostAxes);
    return "";
  }

 private:
  const weft_value& value(uint32_t i) const { return strided(graph_.values, graph_.value_stride, i); }
  const weft_value& in(uint32_t i) const { return value(node_.in[i]); }
  const weft_value& out(uint32_t i) const { return value(node_.out[i]); }
  static bool four_bytes(const weft_value& v) { return v.dtype == WEFT_F32 || v.dtype == WEFT_I32; }
  std::string of_other_dtypes() const { return op_ + " of other dtypes than f32 and i32"; }
  static bool is_state(const weft_value& v) {
    return v.kind == WEFT_STATE || (v.kind == WEFT_TEMP && v.index != WEFT_NONE);
  }
  int64_t attribute(std::string_view key) const {
    for (uint32_t i = 0; i < node_.n_attr; ++i) {
      const weft_attr& a = strided(node_.attr, node_.attr_stride, i);
      if (sdk::view(a.key) == key && a.type == WEFT_ATTR_I64) return *static_cast<const int64_t*>(a.data);
    }
    return 0;
  }

  std::string matmul() const {
    const weft_value &a = in(0), &b = in(1), &y = out(0);
    for (const weft_value* side : {&a, &b}) {
      bool whole = true, one = true;
      for (uint32_t i = 0; side->rank > 2 && i + 2 < side->rank; ++i)
        whole &= side->dims[i] == y.dims[i], one &= side->dims[i] == 1;
      if (!whole && !one) return "matmul that stretches some batch axes of a side and not others";
    }
    return "";
  }

  const weft_graph& graph_;
  const weft_node& node_;
  const std::string op_;
};

}  // namespace

std::string unfit(const weft_graph& graph, const weft_node& node) { return Fit(graph, node).refusal(); }

}  // namespace weft::vulkan
