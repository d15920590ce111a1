#include "tests/onnx/case.hpp"

#include <cstring>
#include <fstream>
#include <iterator>

namespace weft::onnx {
namespace {

std::string whole(const char* name) {
  const std::string path = std::string(WEFT_SOURCE_DIR "/tests/onnx/") + name;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + " cannot be read; tests/onnx/make_cases.py writes it");
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class T>
std::vector<T> values(const std::string& bytes, std::size_t offset, std::size_t count) {
  if (offset > bytes.size() || count > (bytes.size() - offset) / sizeof(T)) {
    throw std::runtime_error("tensors.bin ends before " + std::to_string(count) + " values at byte " +
                             std::to_string(offset) + "; make_cases.py writes it together with cases.json");
  }
  std::vector<T> v(count);
  if (count > 0) std::memcpy(v.data(), bytes.data() + offset, count * sizeof(T));
  return v;
}

}  // namespace

HostTensor Tensors::read(std::size_t number) const {
  const Json& row = rows_.at(number);
  HostTensor t;
  t.dtype = dtype_of(row.at(0).get<std::string>()), t.dims = row.at(1).get<Dims>();
  const auto offset = row.at(2).get<std::size_t>();
  const auto count = static_cast<std::size_t>(conformance::elements(t.dims));
  const auto take = [&](const auto& v) { t.integers.assign(v.begin(), v.end()); };
  const auto widen = [&](const auto& v) { t.floats.assign(v.begin(), v.end()); };
  switch (t.dtype) {
    case Dtype::kF32: t.floats = values<float>(bytes_, offset, count); break;
    case Dtype::kF16: widen(values<sdk::F16>(bytes_, offset, count)); break;
    case Dtype::kBf16: widen(values<sdk::Bf16>(bytes_, offset, count)); break;
    case Dtype::kI32: take(values<int32_t>(bytes_, offset, count)); break;
    case Dtype::kI64: take(values<int64_t>(bytes_, offset, count)); break;
    default: take(values<uint8_t>(bytes_, offset, count));
  }
  return t;
}

void Case::require_data() const {
  for (const Json& dtype : row->at("dtypes")) dtype_of(dtype.get<std::string>());
  if (row->contains("large")) throw Refused("large");
}

std::vector<std::pair<int, HostTensor>> Case::read(const char* key) const {
  std::vector<std::pair<int, HostTensor>> all;
  for (const Json& pair : row->at(key)) {
    all.emplace_back(pair.at(0).get<int>(), tensors->read(pair.at(1).get<std::size_t>()));
  }
  return all;
}

const std::vector<Case>& all_cases() {
  static const Json document = [] {
    auto parsed = parse_json(whole("cases.json"), {.python = true});
    if (!parsed.ok()) throw std::runtime_error("cases.json: " + std::string(parsed.status().message()));
    return std::move(*parsed);
  }();
  static const Tensors tensors(document.at("tensors"), whole("tensors.bin"));
  static const std::vector<Case> cases = [] {
    std::vector<Case> all;
    for (const Json& row : document.at("cases")) all.push_back({row.at("name").get<std::string>(), &row, &tensors});
    return all;
  }();
  return cases;
}

}  // namespace weft::onnx
