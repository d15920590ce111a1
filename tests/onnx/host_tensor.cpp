#include "tests/onnx/host_tensor.hpp"

#include <algorithm>
#include <limits>

namespace weft::onnx {

const char* name_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::kF32: return "f32";
    case Dtype::kF16: return "f16";
    case Dtype::kBf16: return "bf16";
    case Dtype::kI32: return "i32";
    case Dtype::kI64: return "i64";
    case Dtype::kU8: return "u8";
    case Dtype::kBool: return "bool";
  }
  return "";
}

Dtype dtype_of(const std::string& name) {
  for (Dtype d : {Dtype::kF32, Dtype::kF16, Dtype::kBf16, Dtype::kI32, Dtype::kI64, Dtype::kU8, Dtype::kBool}) {
    if (name == name_of(d)) return d;
  }
  throw Refused("dtype " + name);
}

Dtype dtype_of_number(int64_t number) {
  static const std::vector<std::string> names = {"none", "f32", "u8", "i8", "u16", "i16", "i32", "i64",
                                                 "string", "bool", "f16", "f64", "u32", "u64", "c64", "c128", "bf16"};
  return dtype_of(number >= 0 && number < std::ssize(names) ? names[static_cast<std::size_t>(number)]
                                                            : "number " + std::to_string(number));
}

uint32_t stored_as(Dtype dtype) {
  switch (dtype) {
    case Dtype::kF32: return WEFT_F32;
    case Dtype::kF16: return WEFT_F16;
    case Dtype::kBf16: return WEFT_BF16;
    case Dtype::kI32:
    case Dtype::kI64: return WEFT_I32;
    default: return WEFT_U8;
  }
}

bool is_float(Dtype dtype) { return computed_in(dtype) == Dtype::kF32; }

Dtype computed_in(Dtype dtype) {
  return dtype == Dtype::kF16 || dtype == Dtype::kBf16 ? Dtype::kF32 : dtype;
}

bool HostTensor::fits() const {
  return std::ranges::all_of(integers, [](int64_t v) { return v == static_cast<int32_t>(v); });
}

Array HostTensor::array() const {
  if (!fits()) throw Refused("i64 beyond i32");
  switch (stored_as(dtype)) {
    case WEFT_F32: return conformance::f32(dims, floats);
    case WEFT_F16: return conformance::f16(dims, floats);
    case WEFT_BF16: return conformance::bf16(dims, floats);
    case WEFT_I32: return conformance::i32(dims, {integers.begin(), integers.end()});
    default: return conformance::u8(dims, {integers.begin(), integers.end()});
  }
}

HostTensor host_tensor(Dtype dtype, const Array& array) {
  HostTensor t{.dtype = dtype, .dims = array.dims, .floats = {}, .integers = {}};
  if (const auto* f = std::get_if<conformance::Floats>(&array.values)) t.floats = *f;
  if (const auto* h = std::get_if<std::vector<sdk::F16>>(&array.values)) t.floats.assign(h->begin(), h->end());
  if (const auto* h = std::get_if<std::vector<sdk::Bf16>>(&array.values)) t.floats.assign(h->begin(), h->end());
  if (const auto* i = std::get_if<conformance::Ints>(&array.values)) t.integers.assign(i->begin(), i->end());
  if (const auto* m = std::get_if<conformance::Mask>(&array.values)) t.integers.assign(m->begin(), m->end());
  return t;
}

}  // namespace weft::onnx
