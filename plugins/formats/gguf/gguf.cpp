// The file format GGUF, v2 and v3: magic, version, counts, metadata, tensor infos, padding, data. A model may be split
// over several files.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>

#include "plugins/formats/gguf/blocks.hpp"
#include "plugins/formats/gguf/ends.hpp"
#include "plugins/formats/gguf/reader.hpp"
#include "weft/sdk/json_writer.hpp"
#include "weft/sdk/plugin.hpp"

namespace weft::gguf {
namespace {

using namespace sdk;

// Files of more tensors or pairs are refused; longer arrays are left out of the metadata that the host gets.
constexpr uint64_t kMaxTensors = 1000000, kMaxPairs = 100000, kMaxKept = 65536;

bool ends_with(std::string_view s, std::string_view end) {
  return s.size() >= end.size() && s.substr(s.size() - end.size()) == end;
}

/// Which part of how many a name like "x-00002-of-00003.gguf" says; 1 of 1 for other names.
struct Part {
  std::string stem;
  unsigned number = 1, of = 1;
};
Part part_of(const std::string& name) {
  Part p;
  const std::size_t tail = std::strlen("-00001-of-00002.gguf");
  unsigned number = 0, of = 0;
  if (name.size() > tail && std::sscanf(name.c_str() + name.size() - tail, "-%5u-of-%5u.gguf", &number, &of) == 2 &&
      number >= 1 && number <= of) {
    p = {name.substr(0, name.size() - tail), number, of};
  }
  return p;
}

Located locate(const Files& files) {
  const std::string chosen = files.chosen();
  auto has_magic = [&](const std::string& name) {
    const MappedBytes m = files.map_arriving(name);
    files.await(m, 0, 4);
    return m.size >= 4 && std::memcmp(m.data, "GGUF", 4) == 0;
  };
  if (!chosen.empty()) {
    if (ends_with(chosen, ".gguf") || has_magic(chosen)) return {100, chosen};
    return {};
  }
  std::vector<std::string> found;
  for (const std::string& name : files.names()) {
    if (ends_with(name, ".gguf") && part_of(name).number == 1) found.push_back(name);
  }
  // A projector of images ("mmproj-model-f16.gguf") lies beside the model that it belongs to and is none itself.
  const auto models = std::stable_partition(found.begin(), found.end(), [](const std::string& name) {
    return name.find("mmproj") == name.npos;
  });
  if (models != found.begin()) found.erase(models, found.end());
  if (found.size() > 1)
    refuse("the folder has " + std::to_string(found.size()) + " GGUF models (" + found[0] + ", " + found[1] +
           ", ...); name one of them");
  return found.empty() ? Located{} : Located{70, found[0]};
}

struct Metadata {
  std::map<std::string, Value> values;
  const Value* find(const std::string& key) const {
    auto it = values.find(key);
    return it == values.end() ? nullptr : &it->second;
  }
  int64_t integer(const std::string& key, int64_t fallback) const {
    const Value* v = find(key);
    return v && v->kind != kString && v->kind != kArray && v->kind != kF32 && v->kind != kF64 ? v->integer : fallback;
  }
  std::string_view string(const std::string& key) const {
    const Value* v = find(key);
    return v && v->kind == kString ? v->string : std::string_view();
  }
  const Value* array(const std::string& key, std::initializer_list<uint32_t> kinds) const {
    const Value* v = find(key);
    if (v == nullptr) return nullptr;
    if (v->kind != kArray || std::find(kinds.begin(), kinds.end(), v->element) == kinds.end())
      refuse("metadata " + key + " is not the array expected");
    return v;
  }
};

struct Info {
  std::string name;
  std::vector<int64_t> dims;
  uint32_t dtype = 0;
  uint64_t offset = 0, bytes = 0;
};

Info read_info(Reader& r) {
  Info t;
  t.name = std::string(r.string("a tensor's name", 4096));
  const auto rank = r.number<uint32_t>("a tensor's rank");
  if (rank > 8) r.refuse("tensor " + t.name + " has rank " + std::to_string(rank) + ", at most 8");
  unsigned __int128 elements = 1;
  for (uint32_t i = 0; i < rank; ++i) {
    const auto d = r.number<uint64_t>("a tensor's dim");
    elements *= d;
    if (d > static_cast<uint64_t>(INT64_MAX) || elements >> 62)
      r.refuse("tensor " + t.name + " has a shape that overflows");
    t.dims.insert(t.dims.begin(), static_cast<int64_t>(d));  // the file has the innermost dim first
  }
  const auto type = r.number<uint32_t>("a tensor's type");
  uint64_t block = 1, block_bytes = 0;
  t.dtype = dtype_of_ggml(type, &block, &block_bytes);
  if (t.dtype == WEFT_NONE)
    r.refuse("tensor " + t.name + " has the type " + std::to_string(type) + ", which is not read");
  const uint64_t row = t.dims.empty() ? 1 : static_cast<uint64_t>(t.dims.back());
  if (row % block != 0)
    r.refuse("tensor " + t.name + " has rows of " + std::to_string(row) + " values, expected a multiple of " +
             std::to_string(block));
  const unsigned __int128 bytes = elements / block * block_bytes;
  if (bytes >> 62) r.refuse("tensor " + t.name + " has a size that overflows");
  t.bytes = static_cast<uint64_t>(bytes);
  t.offset = r.number<uint64_t>("a tensor's offset");
  return t;
}

/// Gives the tensors of one part to the sink, and returns its metadata, whose strings are views of the file.
Metadata read_part(const Files& files, const std::string& name, const FormatSink& sink) {
  const MappedBytes m = files.map_arriving(name);
  Reader r(files, name, m);
  files.await(m, 0, 4);
  if (m.size < 4 || std::memcmp(m.data, "GGUF", 4) != 0) r.refuse("does not begin with GGUF");
  (void)r.number<uint32_t>("the magic");
  const auto version = r.number<uint32_t>("the version");
  if (version == 2u << 24 || version == 3u << 24)
    r.refuse("is big-endian; this machine is little-endian: take a little-endian file");
  if (version != 2 && version != 3) r.refuse("is GGUF version " + std::to_string(version) + ", expected 2 or 3");
  const uint64_t n_tensors = r.count("the number of tensors", 24, kMaxTensors),
                 n_pairs = r.count("the number of metadata pairs", 13, kMaxPairs);
  Metadata meta;
  for (uint64_t i = 0; i < n_pairs; ++i) {
    const std::string key(r.string("a metadata key", 65535));
    const auto kind = r.number<uint32_t>("a metadata type");
    if (!meta.values.emplace(key, read_value(r, kind, key)).second) r.refuse("metadata " + key + " stands twice");
  }
  const int64_t alignment = meta.integer("general.alignment", 32);
  if (alignment < 1 || alignment > 1 << 20 || (alignment & (alignment - 1)) != 0)
    r.refuse("general.alignment is " + std::to_string(alignment));
  std::vector<Info> infos;
  for (uint64_t i = 0; i < n_tensors; ++i) infos.push_back(read_info(r));
  const uint64_t a = static_cast<uint64_t>(alignment), begin = (r.at() + a - 1) / a * a;
  for (const Info& t : infos) {
    if (t.offset % a != 0) r.refuse("tensor " + t.name + " is not aligned to " + std::to_string(a));
    if (begin > m.size || t.offset > m.size - begin || t.bytes > m.size - begin - t.offset) {
      r.refuse("tensor " + t.name + " takes " + std::to_string(t.bytes) + " bytes from " + std::to_string(t.offset) +
               " of the data, the file has " + std::to_string(m.size) + " in all");
    }
    sink.tensor(t.name, t.dtype, t.dims, m.file, begin + t.offset, t.bytes);
  }
  return meta;
}

/// Refuses a part whose metadata gives another number or count than its name.
void check_split(const Metadata& meta, const std::string& name, const Part& part) {
  const int64_t count = meta.integer("split.count", 0), number = meta.integer("split.no", int64_t{part.number} - 1);
  if (count != 0 && count != int64_t{part.of})
    refuse(name + ": says split.count " + std::to_string(count) + ", its name says " + std::to_string(part.of));
  if (count != 0 && number != int64_t{part.number} - 1)
    refuse(name + ": says split.no " + std::to_string(number) + ", its name says " + std::to_string(part.number - 1));
}

/// The special tokens that llama.cpp's reader assumes where the metadata does not name them, by the kind of tokenizer.
struct UsualIds {
  int64_t bos = -1, eos = -1, unk = -1, sep = -1, pad = -1;
};
UsualIds usual_ids(std::string_view model) {
  if (model == "llama") return {1, 2, 0, -1, -1};
  if (model == "bert") return {101, -1, 100, 102, 0};
  if (model == "t5") return {-1, 1, 2, -1, 0};
  if (model == "gpt2") return {11, 11, -1, -1, -1};
  return {};
}

/// The id that the metadata gives under `name`. Where it gives none of the vocabulary, `usual`, if it is a token of the
/// kind that special tokens are.
int64_t special_id(const Metadata& meta, const char* name, int64_t usual, const std::vector<int32_t>& types,
                   uint64_t n) {
  const std::string key = "tokenizer.ggml." + std::string(name) + "_token_id";
  const int64_t given = meta.integer(key, -1);
  if (given >= 0 && given < static_cast<int64_t>(n)) return given;
  constexpr int32_t kNormal = 1;
  const bool special = usual >= 0 && usual < static_cast<int64_t>(n) &&
                       (types.empty() || types[static_cast<std::size_t>(usual)] != kNormal);
  if (meta.find(key) != nullptr && given != -1)
    log(WEFT_LOG_WARN, "gguf", key + " is " + std::to_string(given) + ", beyond the vocabulary of " +
                                   std::to_string(n) + " tokens; it is taken to be " +
                                   (special ? std::to_string(usual) : "none"));
  return special ? usual : -1;
}

void give_vocabulary(const Metadata& meta, const FormatSink& sink) {
  const auto* tokens = meta.array("tokenizer.ggml.tokens", {kString});
  if (tokens == nullptr && meta.string("tokenizer.chat_template").empty()) return;
  std::vector<weft_str> pieces, merges;
  std::vector<float> scores;
  std::vector<int32_t> types;
  if (tokens) {
    for (const std::string_view s : tokens->strings) pieces.push_back(str(s));
  }
  if (const auto* list = meta.array("tokenizer.ggml.merges", {kString})) {
    for (const std::string_view s : list->strings) merges.push_back(str(s));
  }
  if (const auto* list = meta.array("tokenizer.ggml.scores", {kF32})) {
    for (uint64_t i = 0; i < list->count(); ++i) scores.push_back(static_cast<float>(list->at(i).number));
  }
  if (const auto* list = meta.array("tokenizer.ggml.token_type", {kI32, kU32})) {
    for (uint64_t i = 0; i < list->count(); ++i) types.push_back(static_cast<int32_t>(list->at(i).integer));
  }
  if ((!scores.empty() && scores.size() != pieces.size()) || (!types.empty() && types.size() != pieces.size())) {
    refuse("tokenizer.ggml: tokens, scores and token_type have unequal lengths");
  }
  constexpr std::string_view kTemplate = "tokenizer.chat_template.";  // followed by the template's name
  std::vector<weft_str> names, templates;
  for (auto it = meta.values.lower_bound(std::string(kTemplate));
       it != meta.values.end() && it->first.starts_with(kTemplate); ++it) {
    if (it->second.kind != kString) refuse("metadata " + it->first + " is not a string");
    names.push_back(str(std::string_view(it->first).substr(kTemplate.size())));
    templates.push_back(str(it->second.string));
  }
  weft_vocabulary v{};
  v.hdr = WEFT_HDR(weft_vocabulary, strip_accents);
  const std::string_view model = meta.string("tokenizer.ggml.model");
  // BPE of marked pieces, whatever `pre` says; older files say that it has no bos.
  const bool marked = model == "gemma4";
  v.model = str(model == "gpt2" || marked ? "bpe"
                : model == "llama" ? "spm"
                : model == "bert"  ? "wpm"
                : model == "t5"    ? "ugm"
                                   : model);
  v.pre = str(marked ? model : meta.string("tokenizer.ggml.pre"));
  v.tokens = pieces.data(), v.n_tokens = pieces.size();
  v.merges = merges.data(), v.n_merges = merges.size();
  v.scores = scores.empty() ? nullptr : scores.data();
  v.types = types.empty() ? nullptr : types.data();
  const UsualIds usual = usual_ids(model);
  const auto id = [&](const char* name, int64_t fallback) {
    return special_id(meta, name, fallback, types, pieces.size());
  };
  v.bos = id("bos", usual.bos), v.eos = id("eos", usual.eos);
  v.unk = id("unknown", usual.unk), v.pad = id("padding", usual.pad);
  v.add_bos = marked && v.bos >= 0 ? 1 : static_cast<uint32_t>(meta.integer("tokenizer.ggml.add_bos_token", 2));
  v.add_eos = static_cast<uint32_t>(meta.integer("tokenizer.ggml.add_eos_token", 2));
  v.add_space_prefix = static_cast<uint32_t>(meta.integer("tokenizer.ggml.add_space_prefix", 2));
  v.chat_template = str(meta.string("tokenizer.chat_template"));
  v.template_names = names.data(), v.templates = templates.data(), v.n_templates = names.size();
  if (model == "bert") v.bos = id("cls", v.bos);
  // llama.cpp's key is misspelt; some files have it spelt right.
  v.sep = id("seperator", id("separator", model == "bert" && v.eos >= 0 ? v.eos : usual.sep));
  v.add_sep = static_cast<uint32_t>(meta.integer("tokenizer.ggml.add_sep_token", 2));
  v.remove_extra_spaces = static_cast<uint32_t>(meta.integer("tokenizer.ggml.remove_extra_whitespaces", 2));
  v.lowercase = static_cast<uint32_t>(meta.integer("tokenizer.ggml.normalizer.lowercase", 2));
  v.strip_accents = static_cast<uint32_t>(meta.integer("tokenizer.ggml.normalizer.strip_accents", 2));
  if (const auto* map = meta.array("tokenizer.ggml.precompiled_charsmap", {kU8, kI8})) v.charsmap = str(map->string);
  sink.vocabulary(v);
}

/// Whether `named` ("penalties;top_k;...") has all samplers in the usual order. Samplers that are off unless a number
/// sets them may stand anywhere.
bool is_usual_order(std::string_view named) {
  std::string order;
  for (std::size_t at = 0, end; at <= named.size(); at = end + 1) {
    end = std::min(named.find(';', at), named.size());
    const std::string_view one = named.substr(at, end - at);
    if (one != "dry" && one != "top_n_sigma" && one != "typ_p" && one != "xtc") order += std::string(one) + ";";
  }
  return order == "penalties;top_k;top_p;min_p;temperature;";
}

/// The ids that end a generation, as JSON.
std::string end_ids(const Metadata& meta) {
  constexpr int64_t kControl = 3;  // a token's type
  const Value* tokens = meta.array("tokenizer.ggml.tokens", {kString});
  const Value* types = meta.array("tokenizer.ggml.token_type", {kI32, kU32});
  const auto n = static_cast<int64_t>(tokens != nullptr ? tokens->strings.size() : 0);
  std::set<int64_t> ids;
  for (const char* name : {"eos", "eot", "eom", "fim_pad", "fim_rep", "fim_sep"}) {
    const int64_t id = meta.integer("tokenizer.ggml." + std::string(name) + "_token_id", -1);
    if (id >= 0 && id < n) ids.insert(id);
  }
  if (tokens != nullptr) {
    ids = ids_that_end(std::move(ids), tokens->strings,
                       [&](uint64_t i) {
                         return types != nullptr && i < types->count() && types->at(i).integer == kControl;
                       });
  }
  std::string json;
  for (const int64_t id : ids) json += (json.empty() ? "" : ",") + std::to_string(id);
  return "[" + json + "]";
}

/// Gives general.sampling.* and the ids that end a generation to the sink in the terms of generation_config.json.
void give_generation_config(const Metadata& meta, const FormatSink& sink) {
  constexpr std::string_view kPrefix = "general.sampling.";
  static const std::map<std::string_view, const char*> kNames = {
      {"temp", "temperature"}, {"penalty_repeat", "repetition_penalty"}, {"penalty_last_n", "penalty_window"},
      {"penalty_freq", "frequency_penalty"}, {"penalty_present", "presence_penalty"}, {"typ_p", "typical_p"}};
  JsonObject json;
  bool any = false, window = false;
  for (auto it = meta.values.lower_bound(std::string(kPrefix));
       it != meta.values.end() && it->first.starts_with(kPrefix); ++it) {
    const std::string_view key = std::string_view(it->first).substr(kPrefix.size());
    const auto name = kNames.find(key);
    if (key == "sequence") {
      if (it->second.kind == kString && !is_usual_order(it->second.string))
        json.set("sampler_order", it->second.string), any = true;
      continue;
    }
    // A negative top_k of the file means the whole vocabulary, which is 0 in a generation config.
    const bool all = key == "top_k" && it->second.kind != kArray && it->second.integer < 0;
    json.raw(name == kNames.end() ? key : name->second, all ? "0" : to_json(it->second, it->first));
    any = true, window |= key == "penalty_last_n";
  }
  if (meta.find("general.sampling.penalty_repeat") != nullptr && !window)
    json.set("penalty_window", 64);  // llama.cpp's default
  if (const std::string ids = end_ids(meta); ids != "[]") json.raw("eos_token_id", ids), any = true;
  if (any) sink.generation_config(json.text());
}

void read(const Files& files, const std::string& entry, const FormatSink& sink) {
  const Part part = part_of(entry);
  if (part.number != 1)
    refuse(entry + ": is part " + std::to_string(part.number) + " of a split model; name the first");
  const Metadata meta = read_part(files, entry, sink);
  check_split(meta, entry, part);
  for (unsigned i = 2; i <= part.of; ++i) {
    char tail[40];
    std::snprintf(tail, sizeof tail, "-%05u-of-%05u.gguf", i, part.of);
    const std::string name = part.stem + tail;
    if (!files.has(name)) refuse(entry + ": the part " + name + " is missing from the folder");
    check_split(read_part(files, name, sink), name, {part.stem, i, part.of});
  }
  JsonObject json;
  for (const auto& [key, value] : meta.values) {
    if (key.rfind("tokenizer.", 0) == 0 || (value.kind == kArray && value.count() > kMaxKept)) continue;
    json.raw(key, to_json(value, key));
  }
  sink.metadata(json.text());
  give_vocabulary(meta, sink);
  give_generation_config(meta, sink);
}

struct Plugin {
  static constexpr std::string_view kId = "weft.gguf", kVersion = "0.1.0", kVendor = "weft";
  Plugin() { register_blocks(); }
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_FORMAT_INTERFACE && n == 0 ? &table_ : nullptr;
  }

 private:
  const weft_format table_ = format_table<&locate, &read>("gguf");
};

}  // namespace
}  // namespace weft::gguf

WEFT_PLUGIN(weft::gguf::Plugin)
