// weft plugins add, weft plugins remove: the plugins of the user's folder, and their pins in weft.json. No library is
// opened: what is known of a plugin is what its manifest says.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "apps/weft/output.hpp"
#include "apps/weft/pins.hpp"
#include "apps/weft/plugin_commands.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "core/plugins/config_path.hpp"
#include "core/plugins/discovery.hpp"
#include "core/plugins/trust.hpp"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".weftplugin.json";  // of manifests

struct Options {
  std::string config, subject;  // subject: a path to add, an id to remove
  bool json = false, force = false;
};

/// Where the user's plugins and their pins are.
struct Place {
  Environment environment;
  std::string folder, config_file;
};

Result<Place> users_place(const Options& o) {
  Place p{read_environment(), "", ""};
  WEFT_TRY(p.config_file, config_path(o.config, p.environment));
  if (p.environment.data_home.empty() || p.config_file.empty())
    return error(Code::kFailedPrecondition, "there is no home folder for plugins: set HOME, or XDG_DATA_HOME and "
                 "XDG_CONFIG_HOME, to a path that begins with /");
  p.folder = fs::path(p.environment.data_home + "/weft/plugins").lexically_normal().string();
  return p;
}

/// The plugins of one folder as their manifests tell of them, refused ones too.
std::vector<Candidate> plugins_in(const std::string& folder, const Environment& environment) {
  Environment alone;
  alone.insecure = environment.insecure;
  std::vector<Candidate> all = discover({folder}, {}, alone);
  std::erase_if(all, [](const Candidate& c) { return !c.manifest_path.ends_with(kSuffix); });
  return all;
}

/// The plugins that a library, its manifest, or a folder of them stands for.
Result<std::vector<Candidate>> plugins_at(const std::string& path, const Environment& environment) {
  std::error_code failed;
  if (!fs::exists(path, failed)) return error(Code::kNotFound, "{}: no such file or folder", path);
  const bool is_folder = fs::is_directory(path, failed);
  const fs::path absolute = fs::absolute(path, failed);
  const fs::path folder = fs::canonical(is_folder ? absolute : absolute.parent_path(), failed);
  if (failed) return error(Code::kNotFound, "{}: {}", path, failed.message());
  const std::string file = (folder / absolute.filename()).string();
  std::vector<Candidate> all = plugins_in(folder.string(), environment);
  if (!is_folder) std::erase_if(all, [&](auto& c) { return c.manifest_path != file && c.library_path != file; });
  if (all.empty())
    return invalid("{}: no plugin, expected a library with its manifest (NAME{}) beside it, or a folder with both",
                   path, kSuffix);
  for (const Candidate& c : all) {
    if (c.state != PluginState::kFound) return error(Code::kFailedPrecondition, "{}: {}", c.manifest_path, c.reason);
  }
  return all;
}

/// The sha256 of a plugin's library, if it is one that the registry would open.
Result<std::string> checked_sha256(const Candidate& c, const Environment& environment) {
  WEFT_CHECK_OK(trusted_path(c.library_path, environment.insecure).status());
  char magic[4] = {};
  std::ifstream(c.library_path, std::ios::binary).read(magic, sizeof magic);
  if (std::string_view(magic, sizeof magic) != "\x7f" "ELF")
    return invalid("{}: no shared library, its first bytes are not those of ELF", c.library_path);
  WEFT_TRY(std::string sha256, sha256_of_file(c.library_path));
  if (!c.manifest.sha256.empty() && c.manifest.sha256 != sha256)
    return error(Code::kDataLoss, "{}: its sha256 is {}, its manifest says {}; get the plugin anew", c.library_path,
                 sha256, c.manifest.sha256);
  return sha256;
}

std::string name_of(const std::string& path) { return fs::path(path).filename().string(); }

/// What stands in the way of a plugin in the user's folder; `old` gets the names of the files that it replaces.
Status check_place_of(const Candidate& c, const std::vector<Candidate>& there, bool force, std::set<std::string>& old) {
  for (const Candidate& t : there) {
    if (t.manifest.id == c.manifest.id) {
      if (t.manifest.version != c.manifest.version && !force)
        return error(Code::kAlreadyExists, "{} {} is there already, as {}; --force replaces it with {}", t.manifest.id,
                     t.manifest.version, t.manifest_path, c.manifest.version);
      old.insert({name_of(t.manifest_path), name_of(t.library_path)});
    } else if (name_of(t.manifest_path) == name_of(c.manifest_path) ||
               name_of(t.library_path) == name_of(c.library_path)) {
      return error(Code::kAlreadyExists, "{}: {} has files of the same names; weft plugins remove {} takes them away",
                   c.manifest_path, t.manifest_path, t.manifest.id);
    }
  }
  return {};
}

/// Makes a folder, and those above it that are missing, which nobody else can write to whatever the umask is.
Status make_private_folder(const fs::path& folder) {
  std::error_code failed;
  if (folder.empty() || fs::is_directory(folder, failed)) return {};
  WEFT_CHECK_OK(make_private_folder(folder.parent_path()));
  fs::create_directory(folder, failed);
  if (!failed) fs::permissions(folder, fs::perms::owner_all, failed);
  if (failed) return error(Code::kUnavailable, "{}: cannot be made: {}", folder.string(), failed.message());
  return {};
}

/// Copies files beside their places first, and then renames all: until then nothing of the folder has changed.
class Copies {
 public:
  ~Copies() {
    std::error_code ignored;
    for (const auto& [beside, to] : all_) fs::remove(beside, ignored);
  }

  /// Copies a file beside `to`, and gives the path of that copy.
  Result<std::string> add(const std::string& from, const std::string& to, fs::perms mode) {
    const std::string beside = fmt::format("{}.partial-{}", to, getpid());
    all_.emplace_back(beside, to);
    std::error_code failed;
    fs::copy_file(from, beside, fs::copy_options::overwrite_existing, failed);
    if (!failed) fs::permissions(beside, mode, failed);
    if (failed) return error(Code::kUnavailable, "{}: cannot be copied to {}: {}", from, to, failed.message());
    return beside;
  }
  Status place() {
    for (const auto& [beside, to] : all_) {
      std::error_code failed;
      fs::rename(beside, to, failed);
      if (failed) return error(Code::kUnavailable, "{}: cannot be replaced: {}", to, failed.message());
    }
    return {};
  }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

/// What becomes of the plugin with this manifest when weft looks for plugins.
Result<Candidate> found(const std::string& manifest, const Options& o, const Environment& environment) {
  WEFT_TRY(const Config config, load_config(o.config, environment));
  std::error_code failed;
  const std::string real = fs::canonical(manifest, failed).string();
  for (Candidate& c : discover({}, config, environment)) {
    if (c.manifest_path == real) return std::move(c);
  }
  return error(Code::kInternal, "{}: is not found where it was put", manifest);
}

Status add(const Options& o) {
  WEFT_TRY(const Place place, users_place(o));
  WEFT_TRY(const std::vector<Candidate> plugins, plugins_at(o.subject, place.environment));
  const std::vector<Candidate> there = plugins_in(place.folder, place.environment);
  std::map<std::string, std::string> pins;
  std::set<std::string> old;
  WEFT_TRY(const Config config, load_config(o.config, place.environment));
  for (const Candidate& c : plugins) {
    const std::string& id = c.manifest.id;
    WEFT_CHECK_OK(check_place_of(c, there, o.force, old));
    WEFT_TRY(pins[id], checked_sha256(c, place.environment));
    // A pin of a plugin that is not there is not the pin of an earlier `add`.
    const auto pinned = config.pin.find(id);
    const bool by_hand = std::none_of(there.begin(), there.end(), [&](auto& t) { return t.manifest.id == id; });
    if (!o.force && by_hand && pinned != config.pin.end() && pinned->second != pins[id])
      return error(Code::kFailedPrecondition,
                   "{}: its sha256 is {}, plugins.pin of {} says {}; --force replaces the pin", c.library_path,
                   pins[id], place.config_file, pinned->second);
  }
  WEFT_CHECK_OK(make_private_folder(place.folder));
  Copies copies;
  std::vector<std::string> manifests;
  using enum fs::perms;
  const fs::perms readable = owner_read | owner_write | group_read | others_read;
  for (const Candidate& c : plugins) {
    const auto place_of = [&](const std::string& file) { return place.folder + "/" + name_of(file); };
    old.erase(name_of(c.library_path)), old.erase(name_of(c.manifest_path));
    manifests.push_back(place_of(c.manifest_path));
    WEFT_TRY(const std::string library, copies.add(c.library_path, place_of(c.library_path), readable));
    WEFT_TRY(const std::string sha256, sha256_of_file(library));
    if (sha256 != pins[c.manifest.id])
      return error(Code::kDataLoss, "{}: changed while it was copied", c.library_path);
    WEFT_CHECK_OK(trusted_path(library, place.environment.insecure).status());
    WEFT_CHECK_OK(copies.add(c.manifest_path, manifests.back(), readable).status());
  }
  WEFT_CHECK_OK(write_pins(place.config_file, pins));
  WEFT_CHECK_OK(copies.place());
  for (const std::string& name : old) {
    std::error_code failed;
    const std::string file = place.folder + "/" + name;
    if (!name.empty()) fs::remove(file, failed);
    if (failed) return error(Code::kUnavailable, "{}: {}", file, failed.message());
  }
  Json list = Json::array();
  for (const std::string& manifest : manifests) {
    WEFT_TRY(const Candidate c, found(manifest, o, place.environment));
    list.push_back({{"id", c.manifest.id}, {"version", c.manifest.version}, {"manifest", c.manifest_path},
                    {"library", c.library_path}, {"sha256", pins[c.manifest.id]}, {"state", text(c.state)},
                    {"reason", c.reason}});
    if (o.json) continue;
    WEFT_CHECK_OK(print(fmt::format("{} {} is added to {} and pinned in {}\n", one_line(c.manifest.id),
                                    one_line(c.manifest.version), place.folder, place.config_file)));
    if (!c.reason.empty()) WEFT_CHECK_OK(print(fmt::format("{}: {}\n", text(c.state), one_line(c.reason))));
  }
  if (!o.json) return {};
  return print(json_text({{"added", std::move(list)}, {"config", place.config_file}}, 2) + "\n");
}

/// Why no plugin of the user's folder has this id.
Status not_there(const Options& o, const Place& place, const std::vector<Candidate>& there) {
  WEFT_TRY(const Config config, load_config(o.config, place.environment));
  for (const Candidate& c : discover({}, config, place.environment)) {
    if (c.manifest.id == o.subject)
      return error(Code::kFailedPrecondition, "{} does not lie in {}, where weft plugins add puts plugins, but is {}; "
                   "plugins.disable of weft.json keeps it from being used", o.subject, place.folder, c.manifest_path);
  }
  std::string known;
  for (const Candidate& c : there) known += (known.empty() ? "" : ", ") + c.manifest.id;
  return error(Code::kNotFound, "no plugin has the id \"{}\"; in {} there {}", o.subject, place.folder,
               known.empty() ? "is none" : "are " + known);
}

Status remove(const Options& o) {
  WEFT_TRY(const Place place, users_place(o));
  const std::vector<Candidate> there = plugins_in(place.folder, place.environment);
  std::vector<std::string> files;  // manifests first, so that no manifest is left that names a missing library
  std::set<std::string> libraries, kept;
  for (const Candidate& c : there) {
    if (c.manifest.id == o.subject) files.push_back(c.manifest_path), libraries.insert(c.library_path);
    else kept.insert(c.library_path);
  }
  if (files.empty()) return not_there(o, place, there);
  WEFT_CHECK_OK(load_config(o.config, place.environment).status());
  std::error_code failed;
  for (const std::string& library : libraries) {
    if (!library.empty() && !kept.contains(library) && fs::is_regular_file(library, failed)) files.push_back(library);
  }
  for (const std::string& file : files) {
    fs::remove(file, failed);
    if (failed) return error(Code::kUnavailable, "{}: {}", file, failed.message());
  }
  if (fs::exists(place.config_file, failed)) WEFT_CHECK_OK(write_pins(place.config_file, {{o.subject, ""}}));
  if (o.json) return print(json_text({{"removed", o.subject}, {"files", files}}, 2) + "\n");
  return print(fmt::format("{} is removed from {}\n", one_line(o.subject), place.folder));
}

}  // namespace

void add_plugins_install(Commands& commands) {
  const auto command = [&](const char* name, const char* help, Status (*body)(const Options&)) {
    auto o = std::make_shared<Options>();
    Command& added = commands.add(name, help, [o, body] { return body(*o); });
    added.add("--config", &o->config, "weft.json to use instead of the user's").value = "FILE";
    added.add("--json", &o->json, "machine-readable output");
    return std::pair<Command&, Options&>(added, *o);  // which the command owns
  };
  auto [adding, added] =
      command("plugins add", "copy a plugin to the user's folder, and pin its sha256 in weft.json", add);
  Option& path = adding.add("PATH", &added.subject, "a library or its manifest, or a folder with both");
  path.required = true, path.value = "FILE";
  adding.add("--force", &added.force, "replace another version of it, or another pin");
  auto [removing, removed] = command("plugins remove", "take a plugin out of the user's folder, and its pin", remove);
  removing.add("ID", &removed.subject, "the plugin's id, as weft plugins shows it").required = true;
}

}  // namespace weft::app
