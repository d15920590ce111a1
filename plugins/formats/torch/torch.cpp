// PyTorch checkpoints: a pickled dict of tensors and their storages, in a zip archive or (before torch 1.6) one after
// another in a legacy file. A folder may have pytorch_model.bin.index.json, whose weight_map names the shards.
// pytorch_model.bin goes before an index, and what shards hold before what the index says of them.
#include <map>
#include <set>

#include "plugins/formats/torch/archive.hpp"
#include "plugins/formats/torch/globals.hpp"
#include "weft/sdk/format.hpp"
#include "weft/sdk/plugin.hpp"

namespace weft::torch {
namespace {

using namespace weft::sdk;

constexpr std::string_view kIndex = "pytorch_model.bin.index.json", kSingle = "pytorch_model.bin", kZip = "PK\3\4",
                           // The pickle of torch's magic number.
                           kLegacy{"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15};
constexpr int64_t kLegacyProtocol = 1001;

bool starts_with(const MappedBytes& file, std::string_view head) {
  return file.size >= head.size() && std::memcmp(file.data, head.data(), head.size()) == 0;
}

Located locate(const Files& files) {
  const std::string chosen = files.chosen();
  if (chosen.ends_with(".bin.index.json")) return {100, chosen};
  if (chosen.ends_with(".bin") || chosen.ends_with(".pt") || chosen.ends_with(".pth")) {
    const MappedBytes file = files.map(chosen);
    return {starts_with(file, kZip) || starts_with(file, kLegacy) ? 100u : 10u, chosen};
  }
  if (!chosen.empty()) return {};
  for (std::string_view name : {kSingle, kIndex}) {
    if (files.has(name)) return {60, std::string(name)};
  }
  return {};
}

/// Where each storage of a file lies, by its key.
using Storages = std::map<std::string, Extent, std::less<>>;

/// The bytes that a storage has according to the pickle.
uint64_t storage_bytes(const std::string& file, const Value& storage) {
  const uint64_t element = element_bytes(storage.dtype), n = static_cast<uint64_t>(storage.integer);
  if (n > INT64_MAX / element)
    refuse(file + ": storage " + std::string(storage.text.substr(0, 64)) + " has " + std::to_string(n) +
           " elements, too many");
  return n * element;
}

Pickle read_zip(const std::string& name, const MappedBytes& file, Storages& storages) {
  constexpr std::string_view kPickle = "/data.pkl", kData = "/data/";
  const std::map<std::string, Extent> entries = read_archive(name, file);
  std::string root;
  for (const auto& [entry, extent] : entries) {
    if (!entry.ends_with(kPickle) || entry.find('/') != entry.size() - kPickle.size()) continue;
    if (!root.empty()) refuse(name + ": holds both " + root + std::string(kPickle) + " and " + entry);
    root = entry.substr(0, entry.size() - kPickle.size());
  }
  if (root.empty()) refuse(name + ": a zip archive without a data.pkl, no checkpoint of torch.save");
  if (entries.contains(root + "/constants.pkl"))
    refuse(name + ": a TorchScript archive, which holds code; expected what torch.save writes of a state_dict");
  if (const auto order = entries.find(root + "/byteorder"); order != entries.end()) {
    Cursor c(name + ": byteorder", file.data, order->second);
    if (c.take(c.left(), "byteorder") != "little") refuse(name + ": its byteorder is not little");
  }
  for (const auto& [entry, extent] : entries) {
    if (entry.starts_with(root + std::string(kData)))
      storages.emplace(entry.substr(root.size() + kData.size()), extent);
  }
  Cursor c(name + ": data.pkl", file.data, entries.at(root + std::string(kPickle)));
  Pickle p = read_pickle(c);
  if (c.left() != 0) c.refuse(std::to_string(c.left()) + " bytes after the pickle");
  return p;
}

/// Reads a legacy file: the pickles of the magic number, protocol, system, dict and keys; then, for each key, the count
/// of its elements and the elements.
Pickle read_legacy(const std::string& name, const MappedBytes& file, Storages& storages) {
  Cursor c(name, file.data, {kLegacy.size(), file.size});
  const Pickle protocol = read_pickle(c), system = read_pickle(c);
  if (const Value& v = protocol.values[protocol.root]; v.kind != Kind::kInteger || v.integer != kLegacyProtocol)
    c.refuse("an unknown protocol, expected 1001");
  const Value& facts = system.values[system.root];
  bool little = false;
  for (std::size_t i = 0; facts.kind == Kind::kDict && i < facts.items.size(); i += 2) {
    if (system.values[facts.items[i]].text == "little_endian") little = system.values[facts.items[i + 1]].integer == 1;
  }
  if (!little) c.refuse("the file does not say that it is little-endian");
  Pickle p = read_pickle(c);
  std::map<std::string_view, uint64_t> element;
  for (const Value& v : p.values) {
    if (v.kind == Kind::kStorage) element.emplace(v.text, element_bytes(v.dtype));
  }
  const Pickle keys = read_pickle(c);
  const Value& list = keys.values[keys.root];
  if (list.kind != Kind::kList) c.refuse("the keys of storages are no list");
  for (uint32_t i : list.items) {
    const Value& key = keys.values[i];
    const auto known = element.find(key.text);
    if (key.kind != Kind::kString || known == element.end())
      c.refuse("storage " + std::string(key.text.substr(0, 64)) + " is of no tensor");
    const auto n = c.number<uint64_t>("count of a storage");
    if (n > c.left() / known->second)
      c.refuse("storage " + std::string(key.text.substr(0, 64)) + " of " + std::to_string(n) + " elements, " +
               std::to_string(c.left()) + " bytes are left");
    const uint64_t begin = c.at();
    c.take(n * known->second, "storage");
    if (!storages.emplace(key.text, Extent{begin, c.at()}).second)
      c.refuse("storage " + std::string(key.text.substr(0, 64)) + " is there twice");
  }
  if (c.left() != 0) c.refuse(std::to_string(c.left()) + " bytes after the last storage");
  return p;
}

Extent extent_of(const std::string& file, const std::string& name, const Pickle& p, const Value& tensor,
                 const Storages& storages) {
  const std::string where = file + ": tensor " + name;
  if (tensor.strided)
    refuse(where + " is a view with strides; expected its rows one after another, as contiguous() makes them");
  const Value& storage = p.values[tensor.items[0]];
  const auto found = storages.find(storage.text);
  if (found == storages.end())
    refuse(where + " lies in storage " + std::string(storage.text.substr(0, 64)) + ", which is not in the file");
  const Extent there = found->second;
  if (const uint64_t said = storage_bytes(file, storage); said != there.size()) {
    refuse(where + " lies in a storage of " + std::to_string(there.size()) + " bytes, expected " +
           std::to_string(said));
  }
  const uint64_t element = element_bytes(tensor.dtype);
  unsigned __int128 bytes = element;
  for (int64_t d : tensor.dims) {
    bytes *= static_cast<uint64_t>(d);
    if (bytes >> 63) refuse(where + " has a shape that overflows");
  }
  const unsigned __int128 begin = static_cast<unsigned __int128>(tensor.integer) * element;
  if (begin + bytes > there.size()) {
    refuse(where + " takes " + std::to_string(static_cast<uint64_t>(bytes)) + " bytes from element " +
           std::to_string(tensor.integer) + " on, its storage has " + std::to_string(there.size()));
  }
  const uint64_t first = there.begin + static_cast<uint64_t>(begin);
  return {first, first + static_cast<uint64_t>(bytes)};
}

/// The tensors of one file. `again`: takes the names of those that are another tensor once more.
std::vector<FoundTensor> read_file(const Files& files, const std::string& name, std::set<std::string>& again) {
  const MappedBytes file = files.map(name);
  Storages storages;
  if (!starts_with(file, kZip) && !starts_with(file, kLegacy))
    refuse(name + ": neither a zip archive nor a legacy checkpoint of torch.save");
  const Pickle p = starts_with(file, kZip) ? read_zip(name, file, storages) : read_legacy(name, file, storages);
  const Value& root = p.values[p.root];
  if (root.kind != Kind::kDict) refuse(name + ": holds a " + name_of(root.kind) + ", expected a dict of tensors");
  std::set<std::string> there;
  std::vector<FoundTensor> found;
  std::map<std::tuple<uint64_t, uint32_t, std::vector<int64_t>>, std::string> firsts;
  for (std::size_t i = 0; i < root.items.size(); i += 2) {
    const Value &key = p.values[root.items[i]], &value = p.values[root.items[i + 1]];
    if (key.kind != Kind::kString)
      refuse(name + ": a key that is a " + name_of(key.kind) + ", expected the name of a tensor");
    const std::string tensor(key.text);
    if (value.kind != Kind::kTensor)
      refuse(name + ": " + tensor + " is a " + name_of(value.kind) + ", expected a tensor");
    if (!there.insert(tensor).second) refuse(name + ": two tensors are called " + tensor);
    const Extent at = extent_of(name, tensor, p, value, storages);
    // Tied weights are one tensor with two names. The host takes each byte once, so only the first name is given.
    const auto [first, fresh] = firsts.try_emplace({at.begin, value.dtype, value.dims}, tensor);
    if (!fresh && at.size() > 0) {
      log(WEFT_LOG_DEBUG, "torch", name + ": " + tensor + " is " + first->second + " again");
      again.insert(tensor);
      continue;
    }
    found.push_back({tensor, value.dtype, value.dims, file.file, at.begin, at.size()});
  }
  return found;
}

void read(const Files& files, const std::string& entry, const FormatSink& sink) {
  std::set<std::string> again;
  if (!entry.ends_with(".index.json")) {
    for (const FoundTensor& t : read_file(files, entry, again))
      sink.tensor(t.name, t.dtype, t.dims, t.file, t.offset, t.bytes);
    return;
  }
  auto indexed = read_shards(files, entry);
  std::map<std::string, std::vector<FoundTensor>> found;
  for (auto& [shard, names] : indexed) {
    again.clear();
    found[shard] = read_file(files, shard, again);
    for (const std::string& name : again) names.erase(name);
  }
  give_shards(entry, indexed, found, sink);
}

struct Plugin {
  static constexpr std::string_view kId = "weft.torch", kVersion = "0.1.0", kVendor = "weft";

  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_FORMAT_INTERFACE && n == 0 ? &table_ : nullptr;
  }

 private:
  const weft_format table_ = format_table<&locate, &read>("torch");
};

}  // namespace
}  // namespace weft::torch

using weft::torch::Plugin;
WEFT_PLUGIN(Plugin)
