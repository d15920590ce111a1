#include "plugins/formats/torch/globals.hpp"

#include <algorithm>
#include <map>

#include "weft/abi/dtype.h"

namespace weft::torch {
namespace {

enum Function : int64_t { kOrderedDict, kRebuildTensor, kRebuildTensorV2, kRebuildTensorV3, kRebuildParameter };

struct Global {
  Kind kind;
  uint32_t dtype;
  int64_t function;
};

const std::map<std::string, Global, std::less<>>& globals() {
  const auto storage = [](uint32_t dtype) { return Global{Kind::kStorageType, dtype, 0}; };
  const auto dtype = [](uint32_t id) { return Global{Kind::kDtype, id, 0}; };
  const auto function = [](Function f) { return Global{Kind::kFunction, 0, f}; };
  static const std::map<std::string, Global, std::less<>> all = {
      {"collections.OrderedDict", function(kOrderedDict)},
      {"torch._utils._rebuild_tensor", function(kRebuildTensor)},
      {"torch._utils._rebuild_tensor_v2", function(kRebuildTensorV2)},
      {"torch._utils._rebuild_tensor_v3", function(kRebuildTensorV3)},
      {"torch._utils._rebuild_parameter", function(kRebuildParameter)},
      {"torch.DoubleStorage", storage(WEFT_F64)}, {"torch.FloatStorage", storage(WEFT_F32)},
      {"torch.HalfStorage", storage(WEFT_F16)}, {"torch.BFloat16Storage", storage(WEFT_BF16)},
      {"torch.LongStorage", storage(WEFT_I64)}, {"torch.IntStorage", storage(WEFT_I32)},
      {"torch.ShortStorage", storage(WEFT_I16)}, {"torch.CharStorage", storage(WEFT_I8)},
      {"torch.ByteStorage", storage(WEFT_U8)}, {"torch.BoolStorage", storage(WEFT_BOOL)},
      {"torch.UntypedStorage", storage(0)}, {"torch.storage.UntypedStorage", storage(0)},
      {"torch.float64", dtype(WEFT_F64)}, {"torch.float32", dtype(WEFT_F32)},
      {"torch.float16", dtype(WEFT_F16)}, {"torch.bfloat16", dtype(WEFT_BF16)},
      {"torch.float8_e4m3fn", dtype(WEFT_F8_E4M3)}, {"torch.float8_e5m2", dtype(WEFT_F8_E5M2)},
      {"torch.int64", dtype(WEFT_I64)}, {"torch.int32", dtype(WEFT_I32)}, {"torch.int16", dtype(WEFT_I16)},
      {"torch.int8", dtype(WEFT_I8)}, {"torch.uint64", dtype(WEFT_U64)}, {"torch.uint32", dtype(WEFT_U32)},
      {"torch.uint16", dtype(WEFT_U16)}, {"torch.uint8", dtype(WEFT_U8)}, {"torch.bool", dtype(WEFT_BOOL)}};
  return all;
}

/// The arguments of a call; each is checked for its kind when it is read.
class Arguments {
 public:
  Arguments(const Cursor& c, const std::vector<Value>& values, std::string_view callee, const Value& tuple)
      : c_(c), values_(values), callee_(callee), tuple_(tuple) {}

  std::size_t size() const { return tuple_.items.size(); }
  void count(std::size_t least, std::size_t most) const {
    if (size() < least || size() > most)
      c_.refuse(callee_ + " with " + std::to_string(size()) + " arguments, expected " + std::to_string(least) + " to " +
                std::to_string(most));
  }
  const Value& at(std::size_t i, Kind kind) const {
    const Value& v = values_[tuple_.items[i]];
    if (v.kind != kind)
      c_.refuse(callee_ + ": argument " + std::to_string(i) + " is a " + name_of(v.kind) + ", expected a " +
                name_of(kind));
    return v;
  }
  bool none(std::size_t i) const { return values_[tuple_.items[i]].kind == Kind::kNone; }
  int64_t size_at(std::size_t i) const {
    const int64_t v = at(i, Kind::kInteger).integer;
    if (v < 0)
      c_.refuse(callee_ + ": argument " + std::to_string(i) + " is " + std::to_string(v) +
                ", expected no negative number");
    return v;
  }
  std::vector<int64_t> sizes(std::size_t i) const {
    const Value& tuple = at(i, Kind::kTuple);
    if (tuple.items.size() > 8)
      c_.refuse(callee_ + ": a rank of " + std::to_string(tuple.items.size()) + ", at most 8");
    std::vector<int64_t> all;
    const Arguments each(c_, values_, callee_ + ": sizes", tuple);
    for (std::size_t k = 0; k < tuple.items.size(); ++k) all.push_back(each.size_at(k));
    return all;
  }
  /// Refuses hooks, since they are code.
  void no_hooks(std::size_t i) const {
    if (!none(i) && !at(i, Kind::kDict).items.empty()) c_.refuse(callee_ + ": has backward hooks");
  }
  [[noreturn]] void refuse(const std::string& why) const { c_.refuse(callee_ + ": " + why); }

 private:
  const Cursor& c_;
  const std::vector<Value>& values_;
  std::string callee_;
  const Value& tuple_;
};

bool row_major(const std::vector<int64_t>& dims, const std::vector<int64_t>& strides) {
  if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return true;
  unsigned __int128 expected = 1;
  for (std::size_t i = dims.size(); i-- > 0;) {
    if (dims[i] != 1 && static_cast<unsigned __int128>(strides[i]) != expected) return false;
    expected *= static_cast<uint64_t>(dims[i]);
    if (expected >> 63) return false;
  }
  return true;
}

Value rebuild_tensor(const Arguments& a, uint32_t storage, int64_t version) {
  const Value& from = a.at(0, Kind::kStorage);
  Value t;
  t.kind = Kind::kTensor;
  t.dtype = version == kRebuildTensorV3 ? a.at(6, Kind::kDtype).dtype : from.dtype;
  if (t.dtype == 0) a.refuse("a tensor of no dtype");
  t.integer = a.size_at(1);
  t.dims = a.sizes(2);
  t.items = {storage};
  const std::vector<int64_t> strides = a.sizes(3);
  if (strides.size() != t.dims.size())
    a.refuse(std::to_string(t.dims.size()) + " sizes and " + std::to_string(strides.size()) + " strides");
  t.strided = !row_major(t.dims, strides);
  return t;
}

}  // namespace

uint64_t element_bytes(uint32_t dtype) {
  switch (dtype) {
    case WEFT_F64: case WEFT_I64: case WEFT_U64: return 8;
    case WEFT_F32: case WEFT_I32: case WEFT_U32: return 4;
    case WEFT_F16: case WEFT_BF16: case WEFT_I16: case WEFT_U16: return 2;
    default: return 1;
  }
}

Value find_global(const Cursor& c, std::string_view module, std::string_view name) {
  const std::string full = std::string(module) + "." + std::string(name);
  const auto it = globals().find(full);
  if (it == globals().end()) c.refuse("names " + full + ", which no checkpoint of tensors needs");
  Value v;
  v.kind = it->second.kind, v.dtype = it->second.dtype, v.integer = it->second.function, v.text = it->first;
  return v;
}

Value call_global(const Cursor& c, const std::vector<Value>& values, uint32_t function, uint32_t arguments) {
  const Value& f = values[function];
  if (f.kind != Kind::kFunction)
    c.refuse(std::string("calls a ") + name_of(f.kind) +
             (f.text.empty() ? "" : " (" + std::string(f.text.substr(0, 64)) + ")"));
  if (values[arguments].kind != Kind::kTuple)
    c.refuse(std::string("calls ") + std::string(f.text) + " with no tuple of arguments");
  const Arguments a(c, values, f.text, values[arguments]);
  if (f.integer == kOrderedDict) {
    a.count(0, 0);
    Value dict;
    dict.kind = Kind::kDict;
    return dict;
  }
  if (f.integer == kRebuildParameter) {  // arguments: tensor, requires_grad, hooks
    a.count(3, 3);
    a.no_hooks(2);
    return a.at(0, Kind::kTensor);
  }
  // Arguments: storage, first element, sizes, strides [, requires_grad, hooks [, dtype] [, metadata]].
  const bool v3 = f.integer == kRebuildTensorV3;
  if (f.integer == kRebuildTensor) a.count(4, 4);
  else a.count(v3 ? 7 : 6, v3 ? 8 : 7);
  if (a.size() > 4) a.no_hooks(5);
  if (const std::size_t metadata = v3 ? 7 : 6;
      a.size() > metadata && !a.none(metadata) && !a.at(metadata, Kind::kDict).items.empty()) {
    a.refuse("the tensor has metadata (a conjugate or negative view)");
  }
  return rebuild_tensor(a, values[arguments].items[0], f.integer);
}

Value find_storage(const Cursor& c, const std::vector<Value>& values, uint32_t id) {
  if (values[id].kind != Kind::kTuple)
    c.refuse(std::string("a persistent id that is a ") + name_of(values[id].kind) + ", expected a tuple");
  const Arguments a(c, values, "a persistent id", values[id]);
  a.count(5, 6);  // "storage", type, key, device, elements [, view of another]
  const std::string_view what = a.at(0, Kind::kString).text;
  if (what != "storage") a.refuse("stands for a " + std::string(what.substr(0, 64)) + ", expected a storage");
  if (a.size() == 6 && !a.none(5)) a.refuse("a storage that is a view of another");
  a.at(3, Kind::kString);
  Value s;
  s.kind = Kind::kStorage;
  s.dtype = a.at(1, Kind::kStorageType).dtype;
  s.text = a.at(2, Kind::kString).text;
  s.integer = a.size_at(4);
  return s;
}

}  // namespace weft::torch
