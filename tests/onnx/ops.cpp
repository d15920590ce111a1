#include "tests/onnx/ops.hpp"

#include <set>

namespace weft::onnx {

WriteOp find_op(std::string_view name) {
  for (const Ops* table : {&kElementwise, &kBits, &kReductions, &kLayout, &kIndexing, &kProducts, &kWindows,
                           &kConvolutions, &kNorms, &kAttention, &kRecurrences, &kLosses, &kSampling, &kResize,
                           &kQuantisation, &kSpectra, &kControl, &kTraining}) {
    if (const auto found = table->find(name); found != table->end()) return found->second;
  }
  return nullptr;
}

bool moves(std::string_view op) {
  // clang-format off
  static const std::set<std::string_view> ops = {
      "Cast", "CastLike", "CenterCropPad", "Concat", "Constant", "ConstantOfShape", "DepthToSpace", "Expand", "EyeLike",
      "Flatten", "Gather", "GatherElements", "GatherND", "Identity", "If", "Loop", "OneHot", "Pad", "Reshape",
      "ReverseSequence", "Scan", "Shape", "Size", "Slice", "SpaceToDepth", "Split", "Squeeze", "TensorScatter", "Tile",
      "Transpose", "Trilu", "Unsqueeze", "Where"};
  // clang-format on
  return ops.contains(op);
}

}  // namespace weft::onnx
