#include "hub/select.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <span>

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "hub/names.hpp"

namespace weft::hub {
namespace {

// Names of files that are taken beside the weights; they are compared in lower case.
const char* const kBeside[] = {"config.json",    "*_config.json",     "config_*.json",
                               "tokenizer*",     "token*.json",       "vocab*",
                               "merges.txt",     "added_tokens.json", "special_tokens_map.json",
                               "*.tiktoken",     "tekken.json",       "*.model",
                               "*.spm",          "chat_template*",    "*.jinja",
                               "modules.json",   "params.json",       "preprocessor*.json",
                               "processor*.json"};
// The quants to try, in this order, when a repository has GGUF files of several and none is asked for.
const char* const kUsualQuants[] = {"Q4_K_M", "Q4_K_S", "Q4_0", "IQ4_XS", "Q4_1",  "Q5_K_M", "Q6_K",
                                    "Q8_0",   "MXFP4",  "Q5_0", "Q3_K_M", "BF16", "F16",    "F32"};
const char* const kNotBeside[] = {"*.safetensors", "*.bin", "*.gguf", "*.h5",         "*.msgpack",
                                  "*.onnx",        "*.pt",  "*.pth",  "*.index.json", "adapter_config.json"};

bool matches(const std::string& name, std::span<const char* const> globs) {
  return std::any_of(globs.begin(), globs.end(), [&](const char* g) { return glob(g, name); });
}

/// A shard by its name: "model-00001-of-00003.safetensors" is "model", 1 of 3; a file that is no shard is 1 of 1.
struct Shard {
  std::string stem;
  unsigned index = 1, count = 1;
};
Shard shard_of(const std::string& name, const std::string& suffix) {
  static const std::regex pattern("(.*)-([0-9]{5,6})-of-([0-9]{5,6})");
  const std::string stem = name.substr(0, name.size() - suffix.size());
  std::smatch m;
  if (stem.size() > 300 || !std::regex_match(stem, m, pattern)) return {stem};
  return {m[1], static_cast<unsigned>(std::stoul(m[2])), static_cast<unsigned>(std::stoul(m[3]))};
}

class Selector {
 public:
  Selector(const Listing& listing, const std::string& folder, const ReadFile& read)
      : folder_(folder.empty() ? "" : folder + "/"), read_(read) {
    for (const Entry& e : listing) {
      if (e.path.starts_with(folder_)) files_[e.path.substr(folder_.size())] = &e;
    }
  }

  Result<Selection> model(const std::string& quant) {
    Selection s;
    s.open = folder_.substr(0, folder_.empty() ? 0 : folder_.size() - 1);
    WEFT_TRY(const bool tensors, quant.empty() ? hf_weights(s, ".safetensors", "model") : Result<bool>(false));
    if (!tensors) {
      WEFT_TRY(const bool torch, quant.empty() ? hf_weights(s, ".bin", "pytorch_model") : Result<bool>(false));
      if (!torch) return gguf(quant);
    }
    beside(s);
    return s;
  }

  /// One file and, if it is a shard of GGUF, the others of its set.
  static Selection one_file(const Listing& listing, const std::string& path) {
    Selection s{{}, path};
    const std::string suffix = path.ends_with(".gguf") ? ".gguf" : "";
    const Shard given = suffix.empty() ? Shard{path} : shard_of(path, suffix);
    for (const Entry& e : listing) {
      const bool sibling = !suffix.empty() && e.path.ends_with(suffix) && given.count > 1 &&
                           shard_of(e.path, suffix).stem == given.stem;
      if (e.path == path || sibling) s.paths.push_back(e.path);
    }
    return s;
  }

 private:
  void add(Selection& s, const std::string& name) const { s.paths.push_back(folder_ + name); }
  bool has(const std::string& name) const { return files_.contains(name); }

  void beside(Selection& s) const {
    for (const auto& [path, e] : files_) {
      // Modules of sentence embedders ("1_Pooling/config.json") and further templates lie one folder deeper.
      const std::size_t slash = path.find('/');
      const bool module = slash != path.npos &&
                          (std::isdigit(static_cast<unsigned char>(path[0])) && path.find('_') < slash) &&
                          has("modules.json");
      const bool templates = path.starts_with("additional_chat_templates/");
      const std::string name = lower(path.substr(path.rfind('/') + 1));
      if (slash != path.npos && !module && !templates) continue;
      const bool old = name == "pytorch_model.bin" && !has(path.substr(0, slash) + "/model.safetensors");
      if (module && (name.ends_with(".safetensors") || old)) add(s, path);
      if (matches(name, kBeside) && !matches(name, kNotBeside)) add(s, path);
    }
  }

  /// Adds <stem><suffix>, or else the shards that an index names, or else shards by their names, or else the only set
  /// there is. False: there are none.
  Result<bool> hf_weights(Selection& s, const std::string& suffix, const std::string& stem) const {
    const std::string index = stem + suffix + ".index.json";
    if (has(stem + suffix)) {
      add(s, stem + suffix);
      return true;
    }
    if (has(index)) {
      WEFT_TRY(const std::set<std::string> shards, indexed(index));
      for (const std::string& shard : shards) add(s, shard);
      add(s, index);
      return true;
    }
    std::map<std::string, std::set<std::string>> sets;  // names of files by stem
    std::map<std::string, unsigned> counts;
    for (const auto& [name, e] : files_) {
      if (name.find('/') != name.npos || !name.ends_with(suffix) || name.starts_with("adapter_") ||
          name.starts_with("training_args") || name.starts_with("optimizer") || name.starts_with("scheduler")) {
        continue;
      }
      const Shard shard = shard_of(name, suffix);
      sets[shard.stem].insert(name);
      counts[shard.stem] = shard.count;
    }
    // Only safetensors may have any name: .bin files are often something else.
    if (sets.size() > 1) std::erase_if(sets, [](const auto& set) { return set.first.starts_with("consolidated"); });
    auto chosen = sets.find(stem);
    if (chosen == sets.end() && suffix == ".safetensors" && sets.size() == 1) chosen = sets.begin();
    if (chosen == sets.end()) return false;
    if (chosen->second.size() != counts[chosen->first]) {
      return error(Code::kFailedPrecondition, "{}{}: {} shards are there, expected {}", chosen->first, suffix,
                   chosen->second.size(), counts[chosen->first]);
    }
    for (const std::string& name : chosen->second) add(s, name);
    return true;
  }

  Result<std::set<std::string>> indexed(const std::string& index) const {
    WEFT_TRY(const std::string text, read_(*files_.at(index)));
    auto json = parse_json(text);
    if (!json.ok()) return json.status().with_context(index);
    const DrainAtEnd drain(*json);
    const auto map = json->is_object() ? json->find("weight_map") : json->end();
    if (map == json->end() || !map->is_object()) return invalid("{}: has no weight_map", index);
    std::set<std::string> shards;
    for (const auto& [tensor, shard] : map->items()) {
      const std::string name = shard.is_string() ? shard.get<std::string>() : "";
      if (!has(name))
        return error(Code::kNotFound, "{}: names \"{}\", which the repository does not have", index, clean(name));
      shards.insert(name);
    }
    return shards;
  }

  using Sets = std::map<std::string, std::vector<std::string>>;  // paths by stem, with its folder

  /// Chooses one of the models in GGUF files, which may each be a set of shards.
  Result<Selection> gguf(const std::string& quant) const {
    Sets sets;
    for (const auto& [path, e] : files_) {
      const std::string name = lower(base(path));
      if (!name.ends_with(".gguf") || name.find("mmproj") != name.npos || name.find("imatrix") != name.npos) continue;
      sets[shard_of(path, path.substr(path.size() - 5)).stem].push_back(path);
    }
    if (sets.empty()) return error(Code::kFailedPrecondition, "{}", nothing_to_run(quant));
    WEFT_TRY(const Sets::const_iterator found, choose(sets, quant));
    Selection s;
    for (const std::string& path : found->second) add(s, path);
    s.open = s.paths.front();
    if (quant.empty() && sets.size() > 1) {
      s.told = fmt::format("takes {}, one of {} GGUF models; name another as hf://org/name:Q8_0: {}",
                           clean(base(found->first)), sets.size(), names_of(sets));
    }
    const Shard first = shard_of(s.open, ".gguf");
    if (s.paths.size() != first.count) {
      return error(Code::kFailedPrecondition, "{}: {} shards are there, expected {}", first.stem, s.paths.size(),
                   first.count);
    }
    return s;
  }

  static std::string base(const std::string& path) { return path.substr(path.rfind('/') + 1); }

  static Result<Sets::const_iterator> choose(const Sets& sets, const std::string& quant) {
    if (sets.size() == 1 && quant.empty()) return sets.begin();
    std::vector<std::string> wanted = {quant};
    if (quant.empty()) wanted.assign(std::begin(kUsualQuants), std::end(kUsualQuants));
    for (const std::string& q : wanted) {
      WEFT_TRY(const Sets::const_iterator found, of_quant(sets, q));
      if (found != sets.end()) return found;
    }
    return error(Code::kFailedPrecondition, "{}; add one of its quants, as hf://org/name:Q8_0: {}",
                 quant.empty() ? "the repository has several GGUF files"
                               : "the repository has no quant \"" + clean(quant) + "\"",
                 names_of(sets));
  }

  static std::string names_of(const Sets& sets) {
    std::string names;
    for (const auto& [stem, paths] : sets) names += (names.empty() ? "" : ", ") + base(stem);
    return clean(names, 2000);
  }

  /// What stands in a stem before the quant's name, where that is a word of its own ("Q4_K" is neither "Q4_K_M" nor
  /// "UD-Q4_K_XL"); or the whole name, where the folder has the quant's name.
  static std::optional<std::string> before_quant(const std::string& stem, const std::string& quant) {
    const std::string name = lower(base(stem)), q = lower(quant);
    for (std::size_t at = name.rfind(q); at != name.npos && at < name.size();
         at = at == 0 ? name.npos : name.rfind(q, at - 1)) {
      const std::size_t end = at + q.size();
      const bool begins = at == 0 || std::string_view("-._").find(name[at - 1]) != std::string_view::npos;
      const bool ends = end == name.size() || name[end] == '-' || name[end] == '.';
      if (begins && ends) return name.substr(0, at);
    }
    const std::size_t slash = stem.rfind('/');
    if (slash != stem.npos && lower(base(stem.substr(0, slash))) == q) return name;
    return std::nullopt;
  }

  /// The plainest set of a quant: "m-Q4_K_M" rather than "m-UD-Q4_K_M". FAILED_PRECONDITION when the sets are of
  /// different models.
  static Result<Sets::const_iterator> of_quant(const Sets& sets, const std::string& quant) {
    auto best = sets.end();
    std::string shortest;
    std::vector<std::string> all;
    const bool half = lower(quant) == "f16";
    for (auto it = sets.begin(); it != sets.end(); ++it) {
      auto before = before_quant(it->first, quant);
      if (!before && half) before = before_quant(it->first, "fp16");
      if (!before) continue;
      all.push_back(*before);
      const bool plainer = best == sets.end() || before->size() < shortest.size() ||
                           (before->size() == shortest.size() && it->first.size() < best->first.size());
      if (plainer) best = it, shortest = *before;
    }
    for (const std::string& before : all) {
      if (before.starts_with(shortest)) continue;
      return error(Code::kFailedPrecondition,
                   "the repository has several models in {}; name a file, as hf://org/name/file.gguf: {}", quant,
                   names_of(sets));
    }
    return best;
  }

  std::string nothing_to_run(const std::string& quant) const {
    if (!quant.empty()) return "the repository has no GGUF files, so no quant \"" + quant + "\"";
    std::set<std::string> endings;
    for (const auto& [path, e] : files_) {
      const std::size_t dot = path.rfind('.');
      if (dot != path.npos && path.find('/', dot) == path.npos && endings.size() < 12)
        endings.insert(clean(path.substr(dot), 20));
    }
    std::string text = "no weights in safetensors, PyTorch or GGUF files are there; files end in";
    for (const std::string& e : endings) text += " " + e;
    return text;
  }

  std::string folder_;
  const ReadFile& read_;
  std::map<std::string, const Entry*> files_;
};

}  // namespace

Result<Selection> select_files(const Listing& listing, const Wanted& wanted, const ReadFile& read) {
  const bool is_file =
      std::any_of(listing.begin(), listing.end(), [&](const Entry& e) { return e.path == wanted.path; });
  const std::string folder = wanted.path.empty() ? "" : wanted.path + "/";
  if (!is_file &&
      !std::any_of(listing.begin(), listing.end(), [&](const Entry& e) { return e.path.starts_with(folder); })) {
    return error(Code::kNotFound, "has no file or folder \"{}\"", clean(wanted.path));
  }
  if (is_file) return Selector::one_file(listing, wanted.path);
  if (!wanted.all && wanted.include.empty() && wanted.exclude.empty())
    return Selector(listing, wanted.path, read).model(wanted.quant);
  Selection s;
  s.open = wanted.path;
  auto any = [](const std::vector<std::string>& globs, const std::string& path) {
    return std::any_of(globs.begin(), globs.end(),
                       [&](const std::string& g) { return glob(g.ends_with('/') ? g + "*" : g, path); });
  };
  for (const Entry& e : listing) {
    const bool in = wanted.all || wanted.include.empty() || any(wanted.include, e.path);
    if (e.path.starts_with(folder) && in && !any(wanted.exclude, e.path)) s.paths.push_back(e.path);
  }
  if (s.paths.empty()) return error(Code::kNotFound, "has no file that --include and --exclude leave");
  return s;
}

}  // namespace weft::hub
