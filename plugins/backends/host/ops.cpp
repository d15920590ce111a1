#include "plugins/backends/host/ops.hpp"

namespace weft::host_ops {

void add_all(Interpreter& b, Product product) {
  add_elementwise(b);
  add_layout(b);
  add_reduce(b);
  add_indexing(b);
  add_products(b, product);
  add_conv(b, product);
  add_attention(b);
  add_scan(b);
  add_ssm(b);
}

}  // namespace weft::host_ops
