// weft list, rm, prune, verify: what lies in the cache.
#include <ctime>

#include "apps/weft/hub.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "hub/inventory.hpp"
#include "hub/names.hpp"

namespace weft::app {
namespace {

struct Options {
  HubOptions hub;
  std::string handle;
  bool flag = false;  // prune --dry-run, verify --remove
};

std::string day(int64_t seconds) {
  const auto t = static_cast<std::time_t>(seconds);
  std::tm tm{};
  char text[32] = "never";
  if (seconds > 0 && localtime_r(&t, &tm) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%d", &tm);
  return text;
}

Status list(const Options& o) {
  WEFT_TRY(const hub::Settings settings, hub_settings(o.hub));
  WEFT_TRY(const auto repos, hub::inventory(settings));
  Json all = Json::array();
  uint64_t bytes = 0;
  for (const hub::CachedRepo& repo : repos) {
    Json revisions = Json::array();
    for (const hub::CachedRevision& r : repo.revisions) {
      revisions.push_back({{"commit", r.commit}, {"refs", r.refs}, {"bytes", r.bytes}, {"files", r.files}});
    }
    all.push_back({{"handle", repo.handle}, {"bytes", repo.bytes}, {"last_used", repo.last_used}, {"path", repo.folder},
                   {"revisions", std::move(revisions)}});
    bytes += repo.bytes;
    if (o.hub.json) continue;
    WEFT_CHECK_OK(print(
        fmt::format("{:<52} {:>10}  {}\n", one_line(repo.handle), bytes_text(repo.bytes), day(repo.last_used))));
    for (const hub::CachedRevision& r : repo.revisions) {
      std::string refs;
      for (const std::string& ref : r.refs) refs += " " + one_line(ref);
      WEFT_CHECK_OK(print(fmt::format("  {} {:>9} {:>10} {}\n", one_line(r.commit).substr(0, 12),
                                      counted(r.files, "file"), bytes_text(r.bytes), refs)));
    }
  }
  if (o.hub.json) return print(json_text(all, 2) + "\n");
  return print(fmt::format("{}, {} on disk\n", counted(repos.size(), "model"), bytes_text(bytes)));
}

Status rm(const Options& o) {
  WEFT_TRY(const hub::Settings settings, hub_settings(o.hub));
  WEFT_TRY(const uint64_t bytes, hub::remove_cached(settings, o.handle));
  if (o.hub.json) return print(json_text({{"freed", bytes}}) + "\n");
  return print(fmt::format("{} freed\n", bytes_text(bytes)));
}

Status prune(const Options& o) {
  WEFT_TRY(const hub::Settings settings, hub_settings(o.hub));
  WEFT_TRY(const hub::Pruned p, hub::prune(settings, o.flag));
  if (o.hub.json)
    return print(
        json_text({{"freed", p.bytes}, {"files", p.files}, {"revisions", p.revisions}, {"dry_run", o.flag}}) + "\n");
  return print(fmt::format("{} and {}{}, {} {}\n", counted(p.revisions, "revision"), counted(p.files, "blob"),
                           o.flag ? " would go" : " removed", bytes_text(p.bytes),
                           o.flag ? "of blobs that nothing leads to" : "freed"));
}

Status verify(const Options& o) {
  WEFT_TRY(const hub::Settings settings, hub_settings(o.hub));
  hub::Verified v;
  {
    Progress progress("verifying");
    WEFT_TRY(v, hub::verify(settings, o.handle, o.flag,
                            [&](const std::string& what) { progress.now("verifying " + one_line(what)); }));
  }
  Json damaged = Json::array();
  for (const hub::Damage& d : v.damaged) {
    damaged.push_back({{"repo", d.repo}, {"file", d.file}, {"what", d.what}});
    if (!o.hub.json)
      WEFT_CHECK_OK(print(fmt::format("{}: {}: {}\n", one_line(d.repo), one_line(d.file), one_line(d.what))));
  }
  if (o.hub.json) {
    WEFT_CHECK_OK(print(json_text({{"files", v.files}, {"bytes", v.bytes}, {"damaged", damaged}}) + "\n"));
  } else {
    WEFT_CHECK_OK(print(fmt::format("{}, {} are whole\n", counted(v.files, "blob"), bytes_text(v.bytes))));
  }
  if (v.damaged.empty()) return {};
  return error(Code::kDataLoss,
               "{} files are damaged; weft verify --remove takes them out, and the next pull fetches them",
               v.damaged.size());
}

}  // namespace

void add_cache_commands(Commands& commands) {
  auto add = [&](const char* name, const char* help, Status (*body)(const Options&)) {
    auto o = std::make_shared<Options>();
    Command& command = commands.add(name, help, [o, body] { return body(*o); });
    add_hub_options(command, o->hub);
    return std::pair<Command&, Options&>(command, *o);  // which the command owns
  };
  add("list", "what the cache holds: size, last used, revisions", list).first.alias = "ls";
  auto [remove, removed] = add("rm", "remove a model, or one revision of it, from the cache", rm);
  Option& model = remove.add("MODEL", &removed.handle, "hf://org/name[@revision], or a name as weft list shows it");
  model.required = true, model.value = "MODEL";
  auto [clear, cleared] = add("prune", "remove revisions that no branch or tag leads to, and left-over blobs", prune);
  clear.add("--dry-run", &cleared.flag, "say what would go");
  auto [check, checked] = add("verify", "hash what the cache holds again", verify);
  check.add("MODEL", &checked.handle, "hf://org/name; all models without").value = "MODEL";
  check.add("--remove", &checked.flag, "remove damaged blobs");
}

}  // namespace weft::app
