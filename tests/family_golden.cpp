#include "tests/family_golden.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/hostile_files.hpp"

namespace weft::test {
namespace {

/// splitmix64 from the state fnv1a(name) + seed: 24 bits for each index.
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

struct Values {
  std::vector<int64_t> dims;
  std::vector<float> f32;
  std::string bytes;           // of what is no f32
  std::string dtype = "U8";  // of the bytes, as safetensors names it
};

float to_bf16(float v) {
  uint32_t bits;
  std::memcpy(&bits, &v, 4);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  std::memcpy(&v, &bits, 4);
  return v;
}

uint16_t to_f16(float v) {  // of what is a normal f16
  uint32_t bits;
  std::memcpy(&bits, &v, 4);
  if (v == 0) return 0;
  const uint32_t rounded = (bits & 0x7fffffff) + 0xfff + (bits >> 13 & 1);
  return static_cast<uint16_t>((bits >> 16 & 0x8000) | (rounded - 0x38000000) >> 13);
}

/// What quantised weights are made of; tests/golden/families.py (`values`) says the same.
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
      v.bytes += kind == "f16" ? testing_files::raw(to_f16(x)) : testing_files::raw(x);
    }
  } else {
    v.dtype = kind == "i8" ? "I8" : kind == "f8_e4m3" ? "F8_E4M3" : "F8_E5M2";
    for (uint32_t b : bits) v.bytes += static_cast<char>((number(2) + (b >> 1) % number(3)) | (b & 1) << 7);
  }
  return v;
}

/// spec: [name, dims, mean, scale] or [name, dims, .., .., kind].
Values values_of(const Json& spec, uint64_t seed, bool bf16) {
  Values v{spec[1].get<std::vector<int64_t>>(), {}, {}};
  std::size_t n = 1;
  for (int64_t d : v.dims) n *= static_cast<std::size_t>(d);
  if (spec.size() > 4) return parts_of(spec, seed, std::move(v));
  const std::vector<uint32_t> bits = random_bits(spec[0], seed, n);
  const float mean = spec[2].get<float>(), scale = spec[3].get<float>();
  for (uint32_t b : bits) {
    const float u = static_cast<float>(b) * 0x1p-23f - 1.0f;
    v.f32.push_back(bf16 ? to_bf16(mean + scale * u) : mean + scale * u);
  }
  return v;
}

int64_t first_number(const std::string& name) {
  std::stringstream parts(name);
  for (std::string part; std::getline(parts, part, '.');) {
    if (!part.empty() && std::all_of(part.begin(), part.end(), [](unsigned char c) { return std::isdigit(c); }))
      return std::stoll(part);
  }
  return -1;
}

Json truncated(Json config, int64_t layers) {
  Json& part = config.contains("text_config") ? config["text_config"] : config;
  for (const char* key : {"num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers"}) {
    if (part.contains(key) && part[key].is_number()) part[key] = std::min(part[key].get<int64_t>(), layers);
  }
  for (const char* key : {"layer_types", "no_rope_layers", "mlp_layer_types"}) {
    if (part.contains(key) && part[key].is_array()) part[key].erase(part[key].begin() + layers, part[key].end());
  }
  return config;
}

using testing_files::raw;

// --- GGUF: values as llama.cpp's converter would store them -----------------------------------------

/// All tensors in one, along a new first axis.
Values stacked(const std::vector<Values>& in) {
  Values x = in.at(0);
  if (in.size() == 1) return x;
  x.dims.insert(x.dims.begin(), static_cast<int64_t>(in.size()));
  for (std::size_t i = 1; i < in.size(); ++i) x.f32.insert(x.f32.end(), in[i].f32.begin(), in[i].f32.end());
  return x;
}

/// op: ["offset", by], ["permute", heads], ["transpose"] of the last two axes, ["every_second", first] of axis 1,
/// ["groups", groups, [counts]], ["squeeze"], ["reshape", dims], ["minus_exp"],
/// ["take", 1, start, count] of axis 1 of three.
Values transformed(const Json& op, Values x) {
  const std::string kind = op[0];
  const int64_t rows = x.dims.empty() ? 0 : x.dims[0], row = rows ? static_cast<int64_t>(x.f32.size()) / rows : 0;
  const auto moved = [&](auto from) {  // row r of the result is row from(r)
    std::vector<float> out;
    for (int64_t r = 0; r < rows; ++r)
      out.insert(out.end(), x.f32.begin() + from(r) * row, x.f32.begin() + (from(r) + 1) * row);
    x.f32 = out;
  };
  if (kind == "offset") {
    for (float& v : x.f32) v += op[1].get<float>();
  } else if (kind == "squeeze") {
    std::erase(x.dims, 1);
  } else if (kind == "reshape") {
    x.dims = op[1].get<std::vector<int64_t>>();
  } else if (kind == "take") {
    const int64_t start = op[2], count = op[3], all = x.dims[1], width = x.dims[2];
    Values y{{x.dims[0], count, width}, {}, {}};
    for (int64_t a = 0; a < x.dims[0]; ++a)
      y.f32.insert(y.f32.end(), x.f32.begin() + (a * all + start) * width, x.f32.begin() + (a * all + start + count) * width);
    x = y;
  } else if (kind == "minus_exp") {
    for (float& v : x.f32) v = -std::exp(v);
  } else if (kind == "permute") {  // rows of each head: pairs next to each other
    const int64_t head = rows / op[1].get<int64_t>();
    moved([&](int64_t r) { return r / head * head + r % head % 2 * (head / 2) + r % head / 2; });
  } else if (kind == "groups") {  // heads of groups, all groups' first `counts[0]` first
    const int64_t groups = op[1];
    int64_t per = 0, dim = 0;
    for (int64_t n : op[2]) per += n;
    dim = rows / (groups * per);
    std::vector<int64_t> order;
    int64_t start = 0;
    for (int64_t n : op[2]) {
      for (int64_t g = 0; g < groups; ++g) {
        for (int64_t i = 0; i < n * dim; ++i) order.push_back((g * per + start) * dim + i);
      }
      start += n;
    }
    moved([&](int64_t r) { return order[static_cast<std::size_t>(r)]; });
  } else if (kind == "transpose") {
    Values y = x;
    const std::size_t n = x.dims.size();
    const int64_t R = x.dims[n - 2], C = x.dims[n - 1];
    std::swap(y.dims[n - 1], y.dims[n - 2]);
    for (int64_t i = 0; i < static_cast<int64_t>(x.f32.size()); ++i) {
      y.f32[static_cast<std::size_t>(i / (R * C) * R * C + i % C * R + i / C % R)] =
          x.f32[static_cast<std::size_t>(i)];
    }
    x = y;
  } else if (kind == "every_second") {
    Values y{x.dims, {}, {}};
    y.dims[1] /= 2;
    const int64_t inner = static_cast<int64_t>(x.f32.size()) / (x.dims[0] * x.dims[1]);
    for (int64_t r = op[1]; r < x.dims[0] * x.dims[1]; r += 2)
      y.f32.insert(y.f32.end(), x.f32.begin() + r * inner, x.f32.begin() + (r + 1) * inner);
    x = y;
  }
  return x;
}

void add_metadata(testing_files::Gguf& file, const std::string& key, const Json& v) {
  using G = testing_files::Gguf;
  if (v.is_string())
    file.pair(key, G::STRING, G::text(v));
  else if (v.is_boolean())
    file.pair(key, G::BOOL, raw(static_cast<uint8_t>(v.get<bool>())));
  else if (v.is_number_integer())
    file.pair(key, G::U32, raw(v.get<uint32_t>()));
  else if (v.is_number())
    file.pair(key, G::F32, raw(v.get<float>()));
  else if (v.is_array()) {
    std::string items;
    const bool flags = !v.empty() && v[0].is_boolean();
    for (const Json& i : v) items += flags ? raw(static_cast<uint8_t>(i.get<bool>())) : raw(i.get<uint32_t>());
    file.array(key, flags ? G::BOOL : G::U32, v.size(), items);
  }
}

}  // namespace

std::vector<float> unpack(const std::string& base64) {
  std::string bytes;
  uint32_t buffer = 0;
  int have = 0;
  for (char c : base64) {
    const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char* at = std::strchr(digits, c);
    if (c == '=' || at == nullptr) break;
    buffer = buffer << 6 | static_cast<uint32_t>(at - digits);
    if ((have += 6) >= 8) bytes += static_cast<char>(buffer >> (have -= 8));
  }
  std::vector<float> values(bytes.size() / 4);
  std::memcpy(values.data(), bytes.data(), values.size() * 4);
  return values;
}

std::vector<float> made_values(const Json& spec, uint64_t seed) { return values_of(spec, seed, false).f32; }

std::vector<std::filesystem::path> family_goldens(const std::string& name) {
  std::vector<std::filesystem::path> all;
  for (const auto& family : std::filesystem::directory_iterator(std::filesystem::path(WEFT_SOURCE_DIR) / "models")) {
    if (!std::filesystem::is_directory(family.path() / "golden")) continue;
    for (const auto& entry : std::filesystem::directory_iterator(family.path() / "golden")) {
      const std::filesystem::path& file = entry.path();
      if (file.extension() == ".json" && (name.empty() || file.stem() == name)) all.push_back(file);
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.filename() < b.filename(); });
  return all;
}

FamilyGolden read_family_golden(const std::filesystem::path& file) {
  FamilyGolden g;
  g.name = file.stem().string();
  g.json = std::move(parse_json(testing_files::read_file(file))).value();
  g.ids = g.json["ids"].get<std::vector<int32_t>>(), g.greedy = g.json["greedy"].get<std::vector<int32_t>>();
  if (g.json.contains("source")) g.source = g.json["source"].get<std::vector<int32_t>>();
  g.logits = unpack(g.json["logits"]);
  for (const Json& j : g.json["first_layers"]) g.first_layers.push_back(unpack(j));
  g.by_length = g.json["by_length"];
  return g;
}

void write_folder(const FamilyGolden& golden, const std::filesystem::path& folder, int64_t layers) {
  const bool bf16 = golden.json["dtype"] == "bf16";
  std::string header, data;
  for (const Json& spec : golden.json["tensors"]) {
    if (layers > 0 && first_number(spec[0]) >= layers) continue;
    const Values v = values_of(spec, golden.json["seed"], bf16);
    const std::size_t begin = data.size();
    data += v.bytes;
    for (float f : v.f32) {
      uint32_t bits;
      std::memcpy(&bits, &f, 4);
      data += bf16 ? raw(static_cast<uint16_t>(bits >> 16)) : raw(bits);
    }
    header += (header.empty() ? "{" : ",") +
              testing_files::entry(spec[0],
                  !v.bytes.empty() ? v.dtype
                  : bf16           ? "BF16"
                                   : "F32",
                  spec[1].dump(), "[" + std::to_string(begin) + "," + std::to_string(data.size()) + "]");
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "model.safetensors", std::ios::binary) << raw<uint64_t>(header.size()) << header << data;
  std::ofstream(folder / "config.json")
      << (layers > 0 ? truncated(golden.json["config"], layers) : golden.json["config"]).dump();
}

void write_gguf(const FamilyGolden& golden, const std::filesystem::path& path) {
  const Json& recipe = golden.json["gguf"];
  std::map<std::string, Json> specs;
  for (const Json& spec : golden.json["tensors"]) specs[spec[0]] = spec;
  testing_files::Gguf file;
  for (const auto& [key, value] : recipe["metadata"].items()) add_metadata(file, key, value);
  std::string data;
  for (const Json& t : recipe["tensors"]) {  // [name, [tensors], [operations]], or [name, [values]]
    std::vector<Values> in;
    if (t[1][0].is_number()) {
      in.push_back({{static_cast<int64_t>(t[1].size())}, t[1].get<std::vector<float>>(), {}});
    } else {
      for (const Json& name : t[1])
        in.push_back(values_of(specs.at(name), golden.json["seed"], golden.json["dtype"] == "bf16"));
    }
    Values v = stacked(in);
    for (const Json& op : t.size() > 2 ? t[2] : Json::array()) {
      if (op[0] != "stack") v = transformed(op, std::move(v));
    }
    std::vector<uint64_t> dims(v.dims.rbegin(), v.dims.rend());
    data.resize((data.size() + 31) / 32 * 32);
    file.tensor(t[0], dims, 0, data.size());
    for (float f : v.f32) data += raw(f);
  }
  file.data_bytes = 0;
  std::ofstream(path, std::ios::binary) << file.bytes() << data;
}

}  // namespace weft::test
