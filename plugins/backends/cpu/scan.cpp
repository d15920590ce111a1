#include "plugins/backends/cpu/kernels.hpp"
#include "plugins/backends/host/ssm.hpp"

namespace weft::cpu {

void add_scan(Interpreter& b) {
  b.kernel("selective_scan", [](Call& c) { host_ops::selective_scan(c, isa_of(c).scan); });
}

}  // namespace weft::cpu
