#include "tests/onnx/ops.hpp"

namespace weft::onnx {

WriteOp find_op(std::string_view name) {
  for (const Ops* table : {&kElementwise, &kBits, &kReductions, &kLayout, &kIndexing, &kProducts, &kWindows,
                           &kConvolutions, &kNorms, &kAttention, &kRecurrences, &kLosses, &kSampling, &kResize,
                           &kQuantisation, &kSpectra, &kControl, &kTraining}) {
    if (const auto found = table->find(name); found != table->end()) return found->second;
  }
  return nullptr;
}

}  // namespace weft::onnx
