#include "tests/family_golden.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/hostile_files.hpp"
#include "tests/made_values.hpp"

namespace weft::test {
namespace {

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
  for (const char* key : {"num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers",
           "encoder_layers", "decoder_layers"}) {
    if (part.contains(key) && part[key].is_number()) part[key] = std::min(part[key].get<int64_t>(), layers);
  }
  for (const char* key : {"layer_types", "no_rope_layers", "mlp_layer_types"}) {
    if (part.contains(key) && part[key].is_array()) part[key].erase(part[key].begin() + layers, part[key].end());
  }
  return config;
}

using testing_files::raw;

// --- GGUF: values as llama.cpp's converter would store them -----------------------------------------

/// All tensors in one, along a new first axis; a single tensor stays as it is.
Values stacked(const std::vector<Values>& in) {
  Values x = in.at(0);
  if (in.size() == 1) return x;
  x.dims.insert(x.dims.begin(), static_cast<int64_t>(in.size()));
  for (std::size_t i = 1; i < in.size(); ++i) {
    x.f32.insert(x.f32.end(), in[i].f32.begin(), in[i].f32.end());
    x.bytes += in[i].bytes;
  }
  return x;
}

Values concatenated(const std::vector<Values>& in) {
  Values x = in.at(0);
  for (std::size_t i = 1; i < in.size(); ++i) {
    x.dims.at(0) += in[i].dims.at(0);
    x.f32.insert(x.f32.end(), in[i].f32.begin(), in[i].f32.end());
  }
  return x;
}

/// Applies an operation of a golden's recipe for GGUF to a tensor: ["offset", by], ["permute", heads], ["transpose"] of
/// the last two axes, ["every_second", first] of axis 1, ["groups", groups, [counts]], ["squeeze"], ["reshape", dims],
/// ["minus_exp"], ["take", 1, start, count] of axis 1 of three.
Values transformed(const Json& op, Values x) {
  const std::string kind = op[0];
  const int64_t rows = x.dims.empty() ? 0 : x.dims[0], row = rows ? static_cast<int64_t>(x.f32.size()) / rows : 0;
  const auto moved = [&](auto from) {  // makes row r of the result from row from(r)
    std::vector<float> out;
    std::string bytes;
    const std::size_t pitch = rows ? x.bytes.size() / static_cast<std::size_t>(rows) : 0;
    for (int64_t r = 0; r < rows; ++r) {
      out.insert(out.end(), x.f32.begin() + from(r) * row, x.f32.begin() + (from(r) + 1) * row);
      bytes += x.bytes.substr(static_cast<std::size_t>(from(r)) * pitch, pitch);
    }
    x.f32 = out, x.bytes = bytes;
  };
  if (!x.bytes.empty() && kind != "permute") throw std::logic_error("the rows of blocks can be permuted alone");
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
      y.f32.insert(y.f32.end(), x.f32.begin() + (a * all + start) * width,
                   x.f32.begin() + (a * all + start + count) * width);
    x = y;
  } else if (kind == "minus_exp") {
    for (float& v : x.f32) v = -std::exp(v);
  } else if (kind == "permute") {  // within each head: row i of its first half is followed by row i of its second half
    const int64_t head = rows / op[1].get<int64_t>();
    moved([&](int64_t r) { return r / head * head + r % head % 2 * (head / 2) + r % head / 2; });
  } else if (kind == "groups") {
    // Reorders heads: the first counts[0] of every group, then the next counts[1] of every group, and so on.
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

/// The recipe for the model's first `layers` layers alone.
Json truncated_gguf(Json recipe, int64_t layers) {
  for (auto& [key, value] : recipe["metadata"].items()) {
    if (key.ends_with(".block_count") || key.ends_with(".decoder_block_count"))
      value = std::min(value.get<int64_t>(), layers);
    if (value.is_array() && static_cast<int64_t>(value.size()) > layers)
      value.erase(value.begin() + layers, value.end());
  }
  Json& tensors = recipe["tensors"];
  const auto beyond = [&](const Json& t) { return first_number(t[0]) >= layers; };
  tensors.erase(std::remove_if(tensors.begin(), tensors.end(), beyond), tensors.end());
  return recipe;
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
  std::copy_n(bytes.data(), values.size() * 4, reinterpret_cast<char*>(values.data()));
  return values;
}

std::vector<float> made_values(const Json& spec, uint64_t seed) { return values_of(spec, seed, false).f32; }

bool FamilyGolden::in_blocks() const {
  const Json& tensors = json["tensors"];
  return std::any_of(tensors.begin(), tensors.end(), [](const Json& spec) { return ggml_type(spec) != nullptr; });
}

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
  if (g.json.contains("encoder_ids")) g.encoder_ids = g.json["encoder_ids"].get<std::vector<int32_t>>();
  g.logits = unpack(g.json["logits"]);
  for (const Json& j : g.json["first_layers"]) g.first_layers.push_back(unpack(j));
  g.by_length = g.json["by_length"];
  return g;
}

void write_folder(const FamilyGolden& golden, const std::filesystem::path& folder, int64_t layers) {
  const bool bf16 = golden.json["dtype"] == "bf16";
  std::string header = "{", data;
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
    if (header.size() > 1) header += ',';
    header += testing_files::entry(spec[0],
                  !v.bytes.empty() ? v.dtype
                  : bf16           ? "BF16"
                                   : "F32",
                  spec[1].dump(), Json::array({begin, data.size()}).dump());
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "model.safetensors", std::ios::binary) << raw<uint64_t>(header.size()) << header << data;
  std::ofstream(folder / "config.json")
      << (layers > 0 ? truncated(golden.json["config"], layers) : golden.json["config"]).dump();
}

void write_module(const Json& module, const std::string& name, uint64_t seed, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / name);
  if (!module["config"].is_null()) std::ofstream(folder / name / "config.json") << module["config"].dump();
  if (module["tensors"].empty()) return;
  Json header = Json::object();
  std::string data;
  for (Json spec : module["tensors"]) {
    const std::string tensor = spec[0];
    spec[0] = name + "." + tensor;
    const std::size_t begin = data.size();
    for (float v : made_values(spec, seed)) data += raw(v);
    header[tensor] = {{"dtype", "F32"}, {"shape", spec[1]}, {"data_offsets", {begin, data.size()}}};
  }
  std::ofstream(folder / name / "model.safetensors", std::ios::binary)
      << testing_files::safetensors(header.dump()) << data;
}

void write_gguf(const FamilyGolden& golden, const std::filesystem::path& path, int64_t layers) {
  const Json recipe = layers > 0 ? truncated_gguf(golden.json["gguf"], layers) : golden.json["gguf"];
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
    const bool rows = t.size() > 2 && !t[2].empty() && t[2][0][0] == "concat";
    Values v = rows ? concatenated(in) : stacked(in);
    for (const Json& op : t.size() > 2 ? t[2] : Json::array()) {
      if (op[0] != "stack" && op[0] != "concat") v = transformed(op, std::move(v));
    }
    std::vector<uint64_t> dims(v.dims.rbegin(), v.dims.rend());
    data.resize((data.size() + 31) / 32 * 32);
    file.tensor(t[0], dims, v.ggml, data.size());
    data += v.bytes;
    for (float f : v.f32) data += raw(f);
  }
  file.data_bytes = 0;
  std::ofstream(path, std::ios::binary) << file.bytes() << data;
}

}  // namespace weft::test
