// A backend with one kernel. `supports` refuses nodes without a kernel, and the core runs them on the next backend of
// the list, so that kernels can be added one by one.
//
// To fill in:  1. a function for each kernel, registered in Plugin's constructor; begin with the slowest op, "matmul"
//              2. PREFERENCE in CMakeLists.txt, once it is faster than the cpu as a whole (docs/plugins.md)
// docs/reference/ops.md, installed in share/doc/weft, says what each op means.
#include <cmath>

#include <weft/sdk/interpreter.hpp>
#include <weft/sdk/plugin.hpp>

namespace {

using weft::sdk::Call;
using weft::sdk::View;

/// y = 1 / (1 + exp(-x)). Tensors are dense and row-major; the x and y of "sigmoid" are f32 of equal dims. In any
/// kernel call.in and call.out are the node's tensors, call.has(i) says whether input i is there, and
/// call.integer("axis", 0) reads an attribute. An exception ends the step with its message.
void sigmoid(Call& call) {
  const View &x = call.in[0], &y = call.out[0];
  // Elements that make a piece worth a thread; smaller: threads cost more than they compute.
  constexpr int64_t kLeast = 4096;
  call.parallel(y.size(), kLeast, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y.f32()[i] = 1 / (1 + std::exp(-x.f32()[i]));
  });
}

/// There is one Plugin for each host.
struct Plugin {
  static constexpr std::string_view kId = "@ID@", kVersion = "0.1.0", kVendor = "@VENDOR@";

  /// A plugin with options takes them here, plugins.options["@ID@"] of weft.json, as a const weft::sdk::Json&, and
  /// throws to refuse them. Without, as here, all are refused.
  Plugin() {
    backend_.kernel("sigmoid", sigmoid);
    // backend_.kernel("matmul", matmul);
  }

  /// The n-th table of an interface. A plugin may serve several interfaces, and several tables of one.
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_BACKEND_INTERFACE && n == 0 ? backend_.table() : nullptr;
  }

 private:
  weft::sdk::Interpreter backend_{"@NAME@", "what weft devices says of it"};  // --backend @NAME@
};

}  // namespace

WEFT_PLUGIN(Plugin)
