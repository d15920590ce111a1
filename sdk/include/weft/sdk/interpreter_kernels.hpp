// The kernels of an Interpreter, and which nodes they run.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "weft/blocks/bodies.hpp"
#include "weft/sdk/body_reader.hpp"
#include "weft/sdk/call.hpp"

namespace weft::sdk {

struct KernelOptions {
  std::vector<uint32_t> stored = {};  // inputs that the kernel takes as Call::weights when they are parameters
  /// Nodes of this op that have equal attributes, the same first input and as many others, which are parameters, come
  /// as one call: the first input, then the other inputs of each node in turn; the outputs are in the same order.
  bool joins = false;
  uint32_t version = 1;
  std::vector<std::string> attributes = {};  // of an op that is not weft's: those that the kernel reads
  /// Of a composite that is not weft's: nodes with another body are refused. Null: the name is trusted. It writes no
  /// composites in its scans. The bodies of weft's composites are always compared with what its blocks write.
  BodyWriter body = nullptr;
};

struct Kernel {
  std::function<void(Call&)> run;
  KernelOptions options;
  const Op* op;  // the row of weft's table; null: the op is not weft's
};
using Kernels = std::map<std::pair<std::string, uint32_t>, Kernel>;  // by op and version

/// The kernel of a node; null: there is none.
inline const Kernel* find_kernel(const Kernels& kernels, const weft_graph& g, const weft_node& n) {
  const auto it = kernels.find({std::string(view(g.op_names[n.op])), n.version});
  return it == kernels.end() ? nullptr : &it->second;
}

/// Says of the nodes of one graph why kernels do not run them.
class KernelFit {
 public:
  KernelFit(const Kernels& kernels, const weft_graph& outermost) : kernels_(kernels), outermost_(outermost) {}

  /// Empty: the node is run. Of a scan, also each node of its body must be.
  std::string refusal(const weft_node& n) { return refusal(outermost_, n); }

 private:
  std::string refusal(const weft_graph& g, const weft_node& n) {
    const std::string op(view(g.op_names[n.op]));
    const Kernel* kernel = find_kernel(kernels_, g, n);
    if (kernel == nullptr)
      return "there is no kernel for " + op + (n.version == 1 ? "" : " of version " + std::to_string(n.version));
    std::string reason = kernel->op != nullptr ? row_unfit(*kernel->op, g, n) : unread(*kernel, n);
    if (!reason.empty()) return op + ": " + reason;
    if (n.body == 0) return "";
    const weft_graph& body = *g.bodies[n.body - 1];
    if (op != "scan") {
      if (computes(*kernel, op, body, n)) return "";
      return "the body of " + op + " is not the one this kernel computes";
    }
    for (uint32_t i = 0; i < body.n_nodes && reason.empty(); ++i)
      reason = refusal(body, strided(body.nodes, body.node_stride, i));
    return reason;
  }

  static std::string row_unfit(const Op& op, const weft_graph& g, const weft_node& n) {
    const auto value = [&](std::size_t i) -> const weft_value& { return strided(g.values, g.value_stride, n.in[i]); };
    const auto input = [&](std::size_t i) {
      if (n.in[i] == WEFT_NONE) return GivenInput{};
      const weft_value& v = value(i);
      return GivenInput{true, v.dtype, v.rank, v.kind == WEFT_STATE || (v.kind == WEFT_TEMP && v.index != WEFT_NONE)};
    };
    std::string reason = inputs_unfit(op, n.n_in, input, [&](std::size_t i) {
      return std::string(value_dtype(value(i).dtype).name) + " of rank " + std::to_string(value(i).rank);
    });
    if (!reason.empty()) return reason;
    return attributes_unfit(op, n.n_attr, [&](std::size_t i) {
      return given(strided(n.attr, n.attr_stride, static_cast<uint32_t>(i)));
    });
  }

  static std::string unread(const Kernel& kernel, const weft_node& n) {
    const std::vector<std::string>& known = kernel.options.attributes;
    for (uint32_t i = 0; i < n.n_attr; ++i) {
      const std::string_view key = view(strided(n.attr, n.attr_stride, i).key);
      if (std::find(known.begin(), known.end(), key) == known.end())
        return "attribute " + std::string(key) + " is none that the kernel reads";
    }
    return "";
  }

  bool computes(const Kernel& kernel, const std::string& op, const weft_graph& body, const weft_node& n) {
    const BodyWriter write = kernel.op != nullptr ? blocks::body_writer(op, n.version) : kernel.options.body;
    if (write == nullptr) return kernel.op == nullptr;
    std::vector<weft_attr> attrs;
    for (uint32_t i = 0; i < n.n_attr; ++i) attrs.push_back(strided(n.attr, n.attr_stride, i));
    // Bodies are stored once, so that all layers of a model share a few.
    std::string key(reinterpret_cast<const char*>(&write), sizeof write);
    const weft_graph* address = &body;
    key.append(reinterpret_cast<const char*>(&address), sizeof address);
    for (const weft_attr& a : attrs) {
      key.append(view(a.key)).push_back(static_cast<char>(a.type));
      key.append(reinterpret_cast<const char*>(&a.count), sizeof a.count);
      key.append(static_cast<const char*>(a.data), std::size_t{a.count} * (a.type == WEFT_ATTR_STR ? 1 : 8));
    }
    const auto [it, first] = known_.try_emplace(std::move(key), false);
    if (first) it->second = BodyReader(outermost_, kernel.op).reads(body, attrs, write);
    return it->second;
  }

  const Kernels& kernels_;
  const weft_graph& outermost_;
  std::map<std::string, bool> known_;  // writer, body and attributes -> whether they agree
};

}  // namespace weft::sdk
