// The file format safetensors: 8 bytes of header length (little-endian), a JSON header, then the data. A folder may
// have model.safetensors.index.json, whose weight_map names the shards. As in transformers, model.safetensors goes
// before an index, and what shards hold before what the index says of them.
#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "weft/sdk/format.hpp"
#include "weft/sdk/json_writer.hpp"
#include "weft/sdk/plugin.hpp"

namespace {

using namespace weft::sdk;

// Files of a longer header (bytes) or of more tensors are refused.
constexpr uint64_t kMaxHeader = 100u << 20, kMaxTensors = 1000000;
constexpr std::string_view kIndex = "model.safetensors.index.json", kSingle = "model.safetensors",
                           kExtension = ".safetensors";

struct Dtype {
  uint32_t id, bytes;
};

Dtype dtype_of(std::string_view name, const std::string& where) {
  static const std::map<std::string_view, Dtype> known = {
      {"F64", {WEFT_F64, 8}}, {"F32", {WEFT_F32, 4}}, {"F16", {WEFT_F16, 2}}, {"BF16", {WEFT_BF16, 2}},
      {"F8_E4M3", {WEFT_F8_E4M3, 1}}, {"F8_E5M2", {WEFT_F8_E5M2, 1}}, {"I8", {WEFT_I8, 1}}, {"I16", {WEFT_I16, 2}},
      {"I32", {WEFT_I32, 4}}, {"I64", {WEFT_I64, 8}}, {"U8", {WEFT_U8, 1}}, {"U16", {WEFT_U16, 2}},
      {"U32", {WEFT_U32, 4}}, {"U64", {WEFT_U64, 8}}, {"BOOL", {WEFT_BOOL, 1}}};
  auto it = known.find(name);
  if (it == known.end()) refuse(where + " has the unknown dtype \"" + std::string(name.substr(0, 64)) + "\"");
  return it->second;
}

bool ends_with(std::string_view s, std::string_view end) {
  return s.size() >= end.size() && s.substr(s.size() - end.size()) == end;
}

Located locate(const Files& files) {
  const std::string chosen = files.chosen();
  if (!chosen.empty()) {
    const bool mine = ends_with(chosen, kExtension) || ends_with(chosen, ".safetensors.index.json");
    return mine ? Located{100, chosen} : Located{};
  }
  if (files.has(kSingle)) return {90, std::string(kSingle)};
  if (files.has(kIndex)) return {90, std::string(kIndex)};
  std::vector<std::string> loose;
  for (const std::string& name : files.names()) {
    if (ends_with(name, kExtension)) loose.push_back(name);
  }
  if (loose.size() > 1) {
    refuse("the folder has " + std::to_string(loose.size()) + " .safetensors files (" + loose[0] + ", " + loose[1] +
           ", ...) but no " + std::string(kIndex) + "; name one of them");
  }
  return loose.empty() ? Located{} : Located{80, loose[0]};
}

uint64_t offset_at(const Json& list, uint64_t i, const std::string& where) {
  const Json v = list.at(i);
  if (!v.is_integer() || v.integer() < 0) refuse(where + " has data_offsets that are not two counts of bytes");
  return static_cast<uint64_t>(v.integer());
}

/// The tensor's offset counts from the beginning of the data.
FoundTensor read_entry(const std::string& file, std::string_view name, const Json& value, uint64_t data_size) {
  if (name.size() > 4096) refuse(file + ": a tensor name of " + std::to_string(name.size()) + " bytes, at most 4096");
  const std::string where = file + ": tensor " + std::string(name);
  if (!value.is_object()) refuse(where + " is not an object");
  FoundTensor e;
  e.name = name;
  const Dtype dtype = dtype_of(value["dtype"].string(), where);
  e.dtype = dtype.id;
  const Json shape = value["shape"], offsets = value["data_offsets"];
  if (!shape.is_array() || shape.size() > 8) refuse(where + " has no shape of rank 0 to 8");
  if (!offsets.is_array() || offsets.size() != 2) refuse(where + " has no data_offsets of two numbers");
  unsigned __int128 bytes = dtype.bytes;
  for (uint64_t i = 0; i < shape.size(); ++i) {
    if (!shape.at(i).is_integer() || shape.at(i).integer() < 0) refuse(where + " has a dim that is no size");
    e.dims.push_back(shape.at(i).integer());
    bytes *= static_cast<uint64_t>(e.dims.back());
    if (bytes >> 63) refuse(where + " has a shape that overflows");
  }
  const uint64_t begin = offset_at(offsets, 0, where), end = offset_at(offsets, 1, where);
  if (begin > end || end > data_size) {
    refuse(where + " takes bytes " + std::to_string(begin) + " to " + std::to_string(end) + ", the data has " +
           std::to_string(data_size));
  }
  e.offset = begin, e.bytes = end - begin;
  if (e.bytes != static_cast<uint64_t>(bytes)) {
    refuse(where + " takes " + std::to_string(e.bytes) + " bytes, its shape and dtype " +
           std::to_string(static_cast<uint64_t>(bytes)));
  }
  return e;
}

/// Refuses tensors that overlap or leave a gap in the data, and empty ones that lie inside another.
void check_layout(const std::string& file, std::vector<FoundTensor> entries, uint64_t data_size) {
  std::sort(entries.begin(), entries.end(), [](const FoundTensor& a, const FoundTensor& b) {
    return std::tie(a.offset, a.bytes) < std::tie(b.offset, b.bytes);
  });
  uint64_t at = 0;
  for (const FoundTensor& e : entries) {
    if (e.offset != at) {
      refuse(file + ": tensor " + e.name + " begins at byte " + std::to_string(e.offset) + " of the data, expected " +
             std::to_string(at) + (e.offset < at ? " (it overlaps another)" : " (there is a gap)"));
    }
    at = e.offset + e.bytes;
  }
  if (at != data_size)
    refuse(file + ": the tensors end at byte " + std::to_string(at) + ", the data at " + std::to_string(data_size));
}

/// The tensors of one file. `metadata`: takes __metadata__; null ignores it.
std::vector<FoundTensor> read_file(const Files& files, const std::string& name, JsonObject* metadata) {
  const MappedBytes bytes = files.map_arriving(name);
  files.await(bytes, 0, 8);
  if (bytes.size < 8) refuse(name + ": " + std::to_string(bytes.size) + " bytes, too short for a safetensors header");
  uint64_t header = 0;
  std::memcpy(&header, bytes.data, 8);
  if (header > kMaxHeader)
    refuse(name + ": a header of " + std::to_string(header) + " bytes, at most " + std::to_string(kMaxHeader));
  if (header > bytes.size - 8)
    refuse(name + ": a header of " + std::to_string(header) + " bytes in a file of " + std::to_string(bytes.size));
  files.await(bytes, 8, header);
  Json root;
  try {
    root = files.parse({reinterpret_cast<const char*>(bytes.data + 8), header});
  } catch (const Error& e) {
    fail(e.code(), name + ": header: " + e.what());
  }
  if (!root.is_object()) refuse(name + ": the header is not a JSON object");
  if (root.size() > kMaxTensors)
    refuse(name + ": " + std::to_string(root.size()) + " tensors, at most " + std::to_string(kMaxTensors));
  const uint64_t data_begin = 8 + header, data_size = bytes.size - data_begin;
  std::vector<FoundTensor> entries;
  for (uint64_t i = 0; i < root.size(); ++i) {
    if (root.key(i) == "__metadata__") {
      const Json m = root.at(i);
      if (!m.is_object()) refuse(name + ": __metadata__ is not an object");
      for (uint64_t k = 0; k < m.size(); ++k) {
        if (!m.at(k).is_string()) refuse(name + ": __metadata__ has a value that is no string");
        if (metadata) metadata->set(m.key(k), m.at(k).string());
      }
      continue;
    }
    entries.push_back(read_entry(name, root.key(i), root.at(i), data_size));
  }
  check_layout(name, entries, data_size);
  for (FoundTensor& e : entries) e.offset += data_begin, e.file = bytes.file;
  return entries;
}

void read(const Files& files, const std::string& entry, const FormatSink& sink) {
  JsonObject metadata;
  if (ends_with(entry, ".index.json")) {
    const auto indexed = read_shards(files, entry);
    std::map<std::string, std::vector<FoundTensor>> found;
    for (const auto& [shard, names] : indexed) found[shard] = read_file(files, shard, nullptr);
    give_shards(entry, indexed, found, sink);
  } else {
    for (const FoundTensor& t : read_file(files, entry, &metadata))
      sink.tensor(t.name, t.dtype, t.dims, t.file, t.offset, t.bytes);
    if (files.chosen().empty() && entry == kSingle && files.has(kIndex))
      log(WEFT_LOG_WARN, "weights", std::string(kIndex) + ": is not read, since there is " + std::string(kSingle));
  }
  sink.metadata(metadata.text());
}

struct Plugin {
  static constexpr std::string_view kId = "weft.safetensors", kVersion = "0.1.0", kVendor = "weft";

  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_FORMAT_INTERFACE && n == 0 ? &table_ : nullptr;
  }

 private:
  const weft_format table_ = format_table<&locate, &read>("safetensors");
};

}  // namespace

WEFT_PLUGIN(Plugin)
