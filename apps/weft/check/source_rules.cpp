// Sources, asked for handles that nobody has, by a host that has given up already: nothing is fetched.
#include "apps/weft/check/groups.hpp"
#include "apps/weft/check/opened.hpp"
#include "core/model/interfaces.hpp"

namespace weft::app {
namespace {

weft_status* fetch(const weft_source& api, const std::string& handle, std::string& path) {
  const weft_string_sink sink = string_sink(path);
  weft_source_request request{};
  request.hdr.struct_size = WEFT_END(weft_source_request, cancelled);
  request.handle = to_str(handle);
  request.variable = [](void*, weft_str) -> weft_str { return {"", 0}; };
  request.cancelled = [](void*) -> uint32_t { return 1; };
  return api.fetch(api.self, &request, &sink);
}

void check_source(const weft_source& api, Ready& plugin, Reporter& reporter) {
  const bool fetches = WEFT_HAS(&api, weft_source, fetch) && api.fetch != nullptr;
  const Verdict cannot = Verdict::skipped("it has no fetch, which alone can be cancelled");
  const std::string scheme = std::string(to_view(api.scheme)) + "://";
  reporter.rule("source.cancelled", [&] {
    if (!fetches) return cannot;
    std::string path;
    const Status s = plugin.call("fetch", [&] { return fetch(api, scheme + "weft-check/nobody-has-this", path); });
    if (s.ok()) return Verdict::breaks("fetch gives {} though the host has cancelled", path);
    return Verdict::holds();  // another error is right where the handle is none of the source's
  });
  reporter.rule("source.malformed", [&] {
    if (!fetches) return cannot;
    const std::string senseless[] = {
        "", "..", "a/../../b", std::string("a\0b/c", 5), std::string(100000, 'a'), "\xff\xfe/x"};
    for (const std::string& rest : senseless) {
      std::string path;
      if (plugin.call("fetch", [&] { return fetch(api, scheme + rest, path); }).ok())
        return Verdict::breaks("fetch takes the handle {}", scheme + rest.substr(0, 20));
    }
    return Verdict::holds();
  });
}

}  // namespace

void check_source(const Subject& subject, Reporter& reporter) {
  with_tables(subject, reporter, kSources, "source", [&](const void* table, Ready& plugin) {
    check_source(*static_cast<const weft_source*>(table), plugin, reporter);
  });
}

}  // namespace weft::app
