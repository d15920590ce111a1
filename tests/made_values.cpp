#include "tests/made_values.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/hostile_files.hpp"
#include "weft/sdk/half.hpp"

namespace weft::test {
namespace {

/// Numbers of 24 bits, one for each index: splitmix64 from the state fnv1a(name) + seed.
std::vector<uint32_t> random_bits(const std::string& name, uint64_t seed, std::size_t n) {
  uint64_t state = 0xcbf29ce484222325;
  for (char c : name) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  state += seed;
  std::vector<uint32_t> bits(n);
  for (uint32_t& b : bits) {
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    b = static_cast<uint32_t>((z ^ (z >> 31)) >> 40);
  }
  return bits;
}

/// Fills `v` with blocks of a GGUF type: random bytes, and scales in f16 of 0.5 to 1.5 times those of `spec`.
void make_blocks(const Json& spec, const std::vector<uint32_t>& bits, const GgmlType& type, Values& v) {
  v.ggml = type.id;
  for (uint32_t b : bits) v.bytes += static_cast<char>(b & 0xff);
  const float scale = spec[2].get<float>(), other = scale * spec[3].get<float>();
  for (std::size_t block = 0; block < bits.size(); block += type.bytes) {
    for (const auto& [at, mean] : {std::pair{type.scale, scale}, std::pair{type.other, other}}) {
      if (at < 0) continue;
      const std::size_t i = block + static_cast<std::size_t>(at);
      const float u = static_cast<float>(bits[i]) * 0x1p-23f - 1.0f;
      v.bytes.replace(i, 2, testing_files::raw(sdk::to_f16(mean * (1.0f + 0.5f * u))));
    }
  }
}

/// The values of a tensor of another kind than f32, most of them parts of quantised weights; tests/golden/families.py
/// (`values`) computes the same.
Values parts_of(const Json& spec, uint64_t seed, Values v) {
  const std::string name = spec[0], kind = spec[4];
  std::size_t n = 1;
  for (int64_t d : v.dims) n *= static_cast<std::size_t>(d);
  if (kind == "text") v.bytes = spec[2];
  if (kind == "values") {
    v.dtype = "F32";
    for (const Json& x : spec[2]) v.bytes += testing_files::raw(x.get<float>());
  }
  if (kind == "text" || kind == "values") return v;
  if (const GgmlType* type = ggml_type(spec)) {
    make_blocks(spec, random_bits(name, seed, n / type->values * type->bytes), *type, v);
    return v;
  }
  const std::vector<uint32_t> bits = random_bits(name, seed, kind == "i32" ? 2 * n : n);
  const auto number = [&](std::size_t i) { return spec[i].get<uint32_t>(); };
  if (kind == "i32") {
    v.dtype = "I32";
    for (std::size_t i = 0; i < n; ++i) v.bytes += testing_files::raw((bits[2 * i] & 0xffff) | bits[2 * i + 1] << 16);
  } else if (kind == "order") {
    v.dtype = "I32";
    std::vector<uint32_t> order(n), groups(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = static_cast<uint32_t>(i);
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return bits[a] < bits[b]; });
    for (std::size_t i = 0; i < n; ++i) groups[order[i]] = static_cast<uint32_t>(i) / number(3);
    for (uint32_t g : groups) v.bytes += testing_files::raw(g);
  } else if (kind == "u8") {
    for (uint32_t b : bits) v.bytes += static_cast<char>(number(2) + b % number(3));
  } else if (kind == "f16" || kind == "f32") {
    v.dtype = kind == "f16" ? "F16" : "F32";
    for (uint32_t b : bits) {
      const float x = spec[2].get<float>() + spec[3].get<float>() * (static_cast<float>(b) * 0x1p-23f - 1.0f);
      v.bytes += kind == "f16" ? testing_files::raw(sdk::to_f16(x)) : testing_files::raw(x);
    }
  } else {
    v.dtype = kind == "i8" ? "I8" : kind == "f8_e4m3" ? "F8_E4M3" : "F8_E5M2";
    for (uint32_t b : bits) v.bytes += static_cast<char>((number(2) + (b >> 1) % number(3)) | (b & 1) << 7);
  }
  return v;
}

}  // namespace

const GgmlType* ggml_type(const Json& spec) {
  static const GgmlType kTypes[] = {{"q4_0", 2, 32, 18, 0, -1},   {"q4_1", 3, 32, 20, 0, 2},
                                    {"q5_0", 6, 32, 22, 0, -1},   {"q5_1", 7, 32, 24, 0, 2},
                                    {"q8_0", 8, 32, 34, 0, -1},   {"q4_k", 12, 256, 144, 0, 2},
                                    {"q5_k", 13, 256, 176, 0, 2}, {"q6_k", 14, 256, 210, 208, -1}};
  for (const GgmlType& t : kTypes) {
    if (spec.size() > 4 && spec[4] == t.name) return &t;
  }
  return nullptr;
}

Values values_of(const Json& spec, uint64_t seed, bool bf16) {
  Values v{spec[1].get<std::vector<int64_t>>(), {}, {}};
  std::size_t n = 1;
  for (int64_t d : v.dims) n *= static_cast<std::size_t>(d);
  if (spec.size() > 4) return parts_of(spec, seed, std::move(v));
  const std::vector<uint32_t> bits = random_bits(spec[0], seed, n);
  const float mean = spec[2].get<float>(), scale = spec[3].get<float>();
  for (uint32_t b : bits) {
    const float u = static_cast<float>(b) * 0x1p-23f - 1.0f;
    v.f32.push_back(bf16 ? sdk::from_bf16(sdk::to_bf16(mean + scale * u)) : mean + scale * u);
  }
  return v;
}

}  // namespace weft::test
