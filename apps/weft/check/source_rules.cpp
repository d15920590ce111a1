// Sources: asked for handles that make no sense or that nobody has, by a host that has given up, and for the author's
// samples, which are handles: acme://model.
#include <cstdlib>
#include <filesystem>

#include "apps/weft/check/groups.hpp"
#include "apps/weft/check/lent.hpp"
#include "apps/weft/check/opened.hpp"
#include "core/model/interfaces.hpp"

namespace weft::app {
namespace {

/// What a fetch tells of its progress, judged as it comes. [any-thread]
struct Progress {
  std::mutex mutex;
  std::atomic<bool> busy{false};
  std::string wrong;  // the first thing that must not be
  uint64_t all_done = 0, all_size = 0;
  uint32_t files_done = 0;

  void take(const weft_source_progress& p) {
    const bool alone = !busy.exchange(true);
    std::lock_guard lock(mutex);
    const auto demand = [&](bool holds, const char* otherwise) {
      if (!holds && wrong.empty()) wrong = otherwise;
    };
    demand(alone, "two calls come at the same time");
    demand(p.done <= p.size, "of a file more bytes are done than it has");
    demand(p.all_done <= p.all_size, "of all files more bytes are done than they have");
    demand(p.files_done <= p.files, "more files are done than there are");
    demand(p.all_done >= all_done && p.files_done >= files_done, "it goes back");
    all_done = p.all_done, all_size = p.all_size, files_done = p.files_done;
    if (alone) busy = false;
  }
};

/// The source's functions, called with what is taken back when they return.
struct Fetcher {
  const weft_source& api;
  Ready& plugin;

  bool fetches() const { return WEFT_HAS(&api, weft_source, fetch) && api.fetch != nullptr; }
  bool starts() const { return WEFT_HAS(&api, weft_source, start) && api.start != nullptr; }

  Status resolve(const std::string& handle, std::string& path) {
    Lent lent("the handle that resolve is given");
    const weft_string_sink sink = string_sink(path);
    const weft_str text = lent.text(handle);
    const weft_string_sink* const given = lent.copy(sink);
    return plugin.call("resolve", [&] { return api.resolve(api.self, text, given); });
  }
  Status fetch(const std::string& handle, bool cancelled, Progress& progress, std::string& path) {
    Lent lent("the request that fetch is given");
    const weft_string_sink sink = string_sink(path);
    const weft_source_request* const request = lent.copy(request_of(lent.text(handle), cancelled, progress));
    const weft_string_sink* const given = lent.copy(sink);
    return plugin.call("fetch", [&] { return api.fetch(api.self, request, given); });
  }
  /// start, and all that follows from it.
  Status start(const std::string& handle, Progress& progress, std::string& path) {
    Lent lent("the request that start is given");
    const weft_string_sink sink = string_sink(path);
    const weft_source_request* const request = lent.copy(request_of(lent.text(handle), false, progress));
    const weft_arrival* arrival = nullptr;
    WEFT_CHECK_OK(plugin.call("start", [&] { return api.start(api.self, request, &sink, &arrival); }));
    if (arrival == nullptr) return {};
    const Status done = plugin.call("complete", [&] { return arrival->complete(arrival->self); });
    arrival->release(arrival->self);
    return done;
  }

 private:
  static weft_source_request request_of(weft_str handle, bool cancelled, Progress& progress) {
    weft_source_request request{};
    request.hdr.struct_size = WEFT_END(weft_source_request, cancelled);
    request.handle = handle;
    request.ctx = &progress;
    request.variable = [](void*, weft_str name) -> weft_str {
      const char* const value = std::getenv(std::string(to_view(name)).c_str());
      return to_str(value != nullptr ? value : "");
    };
    request.progress = [](void* ctx, const weft_source_progress* p) { static_cast<Progress*>(ctx)->take(*p); };
    request.cancelled = [](void*) -> uint32_t { return 0; };
    if (cancelled) request.cancelled = [](void*) -> uint32_t { return 1; };
    return request;
  }
};

Verdict cancelled(Fetcher source, const std::string& nobody) {
  if (!source.fetches()) return Verdict::skipped("it has no fetch, which alone can be cancelled");
  std::string path;
  Progress progress;
  const Status s = source.fetch(nobody, true, progress, path);
  if (s.ok()) return Verdict::breaks("fetch gives {} though the host has cancelled", path);
  return Verdict::holds();  // another error is right where the handle is none of the source's
}

Verdict malformed(Fetcher source, const std::string& scheme) {
  const std::string senseless[] = {
      "", "..", "a/../../b", std::string("a\0b/c", 5), std::string(100000, 'a'), "\xff\xfe/x"};
  for (const std::string& rest : senseless) {
    std::string path;
    Progress progress;
    const bool fetches = source.fetches();
    const Status s = fetches ? source.fetch(scheme + rest, false, progress, path) : source.resolve(scheme + rest, path);
    if (s.ok()) return Verdict::breaks("the handle {} gives {}", scheme + rest.substr(0, 20), path);
  }
  return Verdict::holds();
}

Verdict not_found(Fetcher source, const std::string& nobody) {
  std::string path;
  Progress progress;
  const Status s = source.fetches() ? source.fetch(nobody, false, progress, path) : source.resolve(nobody, path);
  if (s.ok()) return Verdict::breaks("{} gives {}", nobody, path);
  switch (s.code()) {
    case Code::kNotFound:
    case Code::kUnavailable:         // no service is reached
    case Code::kUnauthenticated:     // a service that tells strangers nothing
    case Code::kPermissionDenied:
    case Code::kFailedPrecondition:  // an option that says where to look is missing
    case Code::kInvalidArgument:     // the source has handles of another form
      return Verdict::holds();
    default: return Verdict::breaks("{} gives the error {}", nobody, s.message());
  }
}

Verdict fetches(Fetcher source, const std::string& handle, Progress& progress) {
  std::string paths[4];
  Status s = source.fetches() ? source.fetch(handle, false, progress, paths[0]) : source.resolve(handle, paths[0]);
  if (!s.ok()) return Verdict::of(s);
  std::error_code failed;
  if (!std::filesystem::path(paths[0]).is_absolute() || !std::filesystem::exists(paths[0], failed))
    return Verdict::breaks("{} gives the path \"{}\", where nothing is", handle, paths[0]);
  Progress again;
  s = source.resolve(handle, paths[1]);
  if (s.ok() && source.fetches()) s = source.fetch(handle, false, again, paths[2]);
  if (s.ok() && source.starts()) s = source.start(handle, again, paths[3]);
  if (!s.ok()) return Verdict::breaks("{}, asked again: {}", handle, s.message());
  for (const std::string& path : paths) {
    if (!path.empty() && path != paths[0])
      return Verdict::breaks("{} gives the path {}, and {} when it is asked again", handle, paths[0], path);
  }
  return Verdict::holds();
}

void check_source(const weft_source& api, const Subject& subject, Ready& plugin, Reporter& reporter) {
  const Fetcher source{api, plugin};
  const std::string scheme = std::string(to_view(api.scheme)) + "://", nobody = scheme + "weft-check/nobody-has-this";
  reporter.rule("source.cancelled", [&] { return cancelled(source, nobody); });
  reporter.rule("source.malformed", [&] { return malformed(source, scheme); });
  reporter.rule("source.not-found", [&] { return not_found(source, nobody); });
  for (const std::string& handle : subject.handles) {
    if (!handle.starts_with(scheme)) continue;
    Progress progress;
    const bool fetched = reporter.needed("source.fetches", [&] { return fetches(source, handle, progress); });
    reporter.rule("source.progress", [&] {
      if (!progress.wrong.empty()) return Verdict::breaks("{}: {}", handle, progress.wrong);
      return fetched ? Verdict::holds() : Verdict::skipped("the sample is not fetched");
    });
  }
  reporter.skip_rest("source", "no sample is a handle of the source; --sample " + scheme + "... gives one");
}

}  // namespace

void check_source(const Subject& subject, Reporter& reporter) {
  with_tables(subject, reporter, kSources, "source", [&](const void* table, Ready& plugin) {
    check_source(*static_cast<const weft_source*>(table), subject, plugin, reporter);
  });
}

}  // namespace weft::app
