// The plugin side of weft.format.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "weft/abi/format.h"
#include "weft/sdk/json.hpp"

namespace weft::sdk {

/// A file of the checkpoint's folder, mapped by the host.
struct MappedBytes {
  uint32_t file = 0;
  const uint8_t* data = nullptr;
  uint64_t size = 0;
};

class Files {
 public:
  explicit Files(const weft_files& api) : api_(api) {}
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (uint32_t i = 0; i < api_.n_files; ++i) all.emplace_back(view(api_.name(api_.ctx, i)));
    return all;
  }
  std::string chosen() const { return std::string(view(api_.chosen)); }
  bool has(std::string_view name) const {
    for (uint32_t i = 0; i < api_.n_files; ++i) {
      if (view(api_.name(api_.ctx, i)) == name) return true;
    }
    return false;
  }
  MappedBytes map(std::string_view name) const {
    MappedBytes m;
    check(api_.map(api_.ctx, str(name), &m.file, &m.data, &m.size));
    return m;
  }
  /// As map, but does not wait for a file that is still being fetched: bytes may be read once await() for them has
  /// returned.
  MappedBytes map_arriving(std::string_view name) const {
    if (!WEFT_HAS(&api_, weft_files, await)) return map(name);
    MappedBytes m;
    check(api_.map_arriving(api_.ctx, str(name), &m.file, &m.data, &m.size));
    return m;
  }
  /// Waits until these bytes have come; does not wait for bytes beyond the file's end.
  void await(const MappedBytes& m, uint64_t offset, uint64_t bytes) const {
    if (!WEFT_HAS(&api_, weft_files, await) || offset >= m.size) return;
    check(api_.await(api_.ctx, m.file, offset, std::min(bytes, m.size - offset)));
  }
  /// Parses JSON text.
  Json parse(std::string_view text) const {
    return given_json([&](const weft_json** out) { return api_.parse_json(api_.ctx, str(text), out); });
  }

 private:
  const weft_files& api_;
};

class FormatSink {
 public:
  struct Part {
    uint32_t file;
    uint64_t offset, bytes;
  };
  explicit FormatSink(const weft_format_sink& api) : api_(api) {}
  /// Hands over a tensor in one plane.
  void tensor(std::string_view name, uint32_t dtype, std::span<const int64_t> dims, uint32_t file,
              uint64_t offset, uint64_t bytes) const {
    const Part all[] = {{file, offset, bytes}};
    tensor(name, dtype, dims, all);
  }
  /// Hands over a tensor whose dtype has several planes; plane i lies in parts[i].
  void tensor(std::string_view name, uint32_t dtype, std::span<const int64_t> dims, std::span<const Part> parts) const {
    if (parts.empty() || parts.size() > 4)
      refuse("tensor " + std::string(name) + " has " + std::to_string(parts.size()) + " planes");
    weft_stored_tensor t{};
    t.hdr = WEFT_HDR(weft_stored_tensor, bytes);
    t.name = str(name);
    t.dtype = dtype;
    t.rank = static_cast<uint32_t>(dims.size());
    t.dims = dims.data();
    t.n_planes = static_cast<uint32_t>(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i)
      t.file[i] = parts[i].file, t.offset[i] = parts[i].offset, t.bytes[i] = parts[i].bytes;
    check(api_.tensor(api_.ctx, &t));
  }
  void metadata(std::string_view json) const { check(api_.metadata(api_.ctx, str(json))); }
  void vocabulary(const weft_vocabulary& v) const { check(api_.vocabulary(api_.ctx, &v)); }
  void generation_config(std::string_view json) const { check(api_.generation_config(api_.ctx, str(json))); }

 private:
  const weft_format_sink& api_;
};

/// Reads an index of shards as Hugging Face writes it, {"weight_map": {tensor: file}}, into the tensors of each file.
/// Every file is in the folder; otherwise the error names the first one that is missing.
inline std::map<std::string, std::set<std::string>> read_shards(const Files& files, const std::string& entry) {
  const MappedBytes bytes = files.map(entry);
  const Json map = files.parse({reinterpret_cast<const char*>(bytes.data), bytes.size})["weight_map"];
  if (!map.is_object()) refuse(entry + ": has no weight_map");
  std::map<std::string, std::set<std::string>> shards;
  for (uint64_t i = 0; i < map.size(); ++i) shards[std::string(map.at(i).string())].emplace(map.key(i));
  for (const auto& [shard, names] : shards) {
    if (!files.has(shard)) refuse(entry + ": the shard \"" + shard.substr(0, 255) + "\" is missing from the folder");
  }
  return shards;
}

/// A tensor that a format has found in one of several shards.
struct FoundTensor {
  std::string name;
  uint32_t dtype = 0;
  std::vector<int64_t> dims;
  uint32_t file = 0;
  uint64_t offset = 0, bytes = 0;
};

/// Gives the tensors of all shards to the sink. What the shards hold counts, and not what the index says of it: that
/// only decides where several shards hold tensors of one name. A difference is logged. `indexed`: as read_shards gives
/// it; `found`: by the shard's name.
inline void give_shards(const std::string& index, const std::map<std::string, std::set<std::string>>& indexed,
                        const std::map<std::string, std::vector<FoundTensor>>& found, const FormatSink& sink) {
  std::map<std::string_view, std::set<std::string_view>> holders;
  std::map<std::string_view, std::string_view> place;  // by tensor: the shard that the index names
  for (const auto& [shard, tensors] : found) {
    for (const FoundTensor& t : tensors) holders[t.name].insert(shard);
  }
  std::size_t wrong = 0;
  std::string first;
  for (const auto& [shard, names] : indexed) {
    for (const std::string& name : names) {
      place[name] = shard;
      const auto held = holders.find(name);
      if (held != holders.end() && held->second.count(shard)) continue;
      if (wrong++ == 0) first = name;
    }
  }
  for (const auto& [shard, tensors] : found) {
    for (const FoundTensor& t : tensors) {
      const auto named = place.find(t.name);
      if (named == place.end() && wrong++ == 0) first = t.name;
      const bool elsewhere = named != place.end() && named->second != shard && holders[t.name].count(named->second);
      if (!elsewhere) sink.tensor(t.name, t.dtype, t.dims, t.file, t.offset, t.bytes);
    }
  }
  if (wrong == 0) return;
  log(WEFT_LOG_WARN, "weights", index + ": is wrong about " + std::to_string(wrong) + " tensors, such as " + first +
                                    "; they are read from the shards that hold them");
}

/// What a format answers to locate: how well a file fits, and which one to start from.
struct Located {
  uint32_t score = 0;
  std::string entry;
};

template <Located (*Locate)(const Files&), void (*Read)(const Files&, const std::string&, const FormatSink&)>
weft_format format_table(std::string_view id) {
  return {WEFT_HDR(weft_format, read), this_host(), nullptr, str(id),
          [](void* self, const weft_files* files, uint32_t* score, const weft_string_sink* entry) noexcept {
            return guard(host_of(self), [&] {
              const Located found = Locate(Files(*files));
              *score = found.score;
              entry->set(entry->ctx, str(found.entry));
            });
          },
          [](void* self, const weft_files* files, weft_str entry, const weft_format_sink* sink) noexcept {
            return guard(host_of(self), [&] { Read(Files(*files), std::string(view(entry)), FormatSink(*sink)); });
          }};
}

}  // namespace weft::sdk
