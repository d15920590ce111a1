// weft info MODEL: what a repository holds and whether it will run here, without fetching its weights.
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "apps/weft/hub.hpp"
#include "apps/weft/interrupt.hpp"
#include "apps/weft/needs.hpp"
#include "apps/weft/output.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "hub/names.hpp"
#include "hub/peek.hpp"

namespace weft::app {
namespace {

struct Options {
  Common common;
};

class TemporaryFolder {
 public:
  TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "weft-info-XXXXXX").string()) {
    made_ = mkdtemp(path_.data()) != nullptr;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (made_) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  bool made() const { return made_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
};

/// Whether and how it would run: the parts of inspect that need no weights.
Json would_run(Engine& engine, const Options& o, const std::string& path) {
  auto checkpoint = engine.open_checkpoint(path);
  if (!checkpoint.ok()) return {{"runs", false}, {"why", checkpoint.status().message()}};
  auto b = make_blueprint(engine, **checkpoint, any_graph(o.common));
  if (!b.ok()) return {{"runs", false}, {"why", b.status().message()}};
  const Needs n = needs_of(**checkpoint, *b);
  const bool runs = n.all <= n.machine;
  return {{"runs", runs},
          {"family", b->architecture},
          {"converter", b->converter},
          {"parameters", parameter_count(*b)},
          {"context", b->writer->context()},
          {"weight_bytes", n.weights},
          {"cache_bytes", n.cache},
          {"needed_bytes", n.all},
          {"memory_bytes", n.machine},
          {"why", runs ? "" : "this machine has less memory"}};
}

std::string as_text(const Json& d) {
  auto n = [](const Json& o, const char* key) { return bytes_text(o[key].get<uint64_t>()); };
  auto s = [](const Json& o, const char* key) { return one_line(o[key].get_ref<const std::string&>()); };
  std::string out =
      fmt::format("model     {} at {}\nlicense   {}\nfetches   {}, {} ({} cached)\n", s(d, "handle"),
                  s(d, "commit"), s(d, "license").empty() ? "not said" : s(d, "license"),
                  counted(d["chosen"].size(), "file"), n(d, "bytes"), n(d, "cached_bytes"));
  const Json& r = d["run"];
  if (r.contains("family")) {
    auto bytes = [&](const char* key) { return r[key].get<uint64_t>(); };
    const Needs needs{bytes("weight_bytes"), bytes("cache_bytes"), bytes("needed_bytes"), bytes("memory_bytes")};
    out += fmt::format("family    {} ({}), {} parameters\nmemory    {}\n", s(r, "family"), s(r, "converter"),
                       count_text(bytes("parameters")), needs_text(needs, r["context"].get<int64_t>()));
  }
  out += r["runs"].get<bool>() ? "runs      yes\n" : "runs      no: " + s(r, "why") + "\n";
  for (const Json& f : d["files"])
    out += fmt::format("{} {:>10}  {}\n", f["chosen"].get<bool>() ? "*" : " ", n(f, "size"), s(f, "path"));
  return out;
}

Status info(const Options& o) {
  WEFT_TRY(const hub::Settings settings, hub_settings({o.common.config, o.common.json}));
  if (o.common.model.find("://") == std::string::npos) {
    std::error_code ignored;
    const bool here = std::filesystem::exists(o.common.model, ignored);
    return invalid("{}: is no handle, which weft info looks at without fetching; {}", o.common.model,
                   here ? "of what is on this machine weft inspect tells" : "expected one as hf://org/name" +
                                                                                handle_meant(o.common.model));
  }
  const Interrupts interrupts;
  const TemporaryFolder folder;
  if (!folder.made()) return error(Code::kUnavailable, "no temporary folder can be made");
  hub::PullOptions options;
  options.warn = print_warning;
  options.cancelled = [] { return Interrupts::flag().load(); };
  WEFT_TRY(const hub::Peek p, hub::peek(settings, o.common.model, options, folder.path()));
  WEFT_TRY(auto engine, make_engine(o.common));
  Json files = Json::array();
  for (const hub::Entry& e : p.listing) {
    files.push_back({{"path", e.path},
                     {"size", e.size},
                     {"chosen", std::find(p.chosen.begin(), p.chosen.end(), e.path) != p.chosen.end()}});
  }
  Json run = would_run(*engine, o, p.open);
  if (std::string why = run["why"].get<std::string>(); why.find(folder.path()) != why.npos) {
    for (std::size_t at; (at = why.find(folder.path())) != why.npos;)
      why.replace(at, folder.path().size(), o.common.model);
    run["why"] = why;
  }
  const Json d = {
      {"handle", o.common.model},       {"commit", p.commit}, {"license", p.license},  {"bytes", p.bytes},
      {"cached_bytes", p.cached_bytes}, {"chosen", p.chosen}, {"run", std::move(run)}, {"files", std::move(files)}};
  return print(o.common.json ? json_text(d, 2) + "\n" : as_text(d));
}

}  // namespace

void add_info(Commands& commands) {
  auto o = std::make_shared<Options>();
  const char* help = "files, sizes, licence, and whether it runs here, without fetching weights";
  Command& command = commands.add("info", help, [o] { return info(*o); });
  add_model_options(command, o->common, "MODEL", "hf://org/name[@revision][/path][:quant]");
}

}  // namespace weft::app
