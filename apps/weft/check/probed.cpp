#include "apps/weft/check/probed.hpp"

#include "apps/weft/check/opened.hpp"
#include "core/base/error.hpp"
#include "core/model/interfaces.hpp"

namespace weft::app {
namespace {

/// The tables of the interfaces that this host knows: "weft.backend/0=acme".
Result<Json> offers(Ready& plugin) {
  Json all = Json::array();
  for (const InterfaceKind* kind : kInterfaces) {
    WEFT_TRY(const auto tables, plugin.tables(kind->id));
    for (const void* table : tables) {
      const auto* const named = static_cast<const NamedTable*>(table);
      const bool has_name = named->head.hdr.struct_size >= WEFT_END(NamedTable, name);
      all.push_back(fmt::format("{}={}", kind->id, has_name ? to_view(named->name) : "?"));
    }
  }
  return all;
}

/// In the child: sends what the library says, as JSON, after each step what is known so far.
void look(const Subject& subject, const SendLine& send) {
  Json known = {{"library", subject.library_path}};
  const auto step = [&](const char* doing) {
    known["doing"] = doing;
    send(known.dump(-1, ' ', false, Json::error_handler_t::replace));
  };
  const auto fail = [&](const Status& s) {
    known["doing"] = "", known["error"] = s.message();
    send(known.dump(-1, ' ', false, Json::error_handler_t::replace));
  };
  Reporter none([](const std::string&) {}, {});
  step("opening the library");
  const auto table = plugin_table(subject, none);
  if (!table.ok()) return fail(table.status());
  known["id"] = to_view((*table)->id);
  known["version"] = to_view((*table)->version);
  known["vendor"] = to_view((*table)->vendor);
  known["abi"] = fmt::format("{}.{}", (*table)->abi_major, (*table)->abi_minor);
  step("init");
  Ready& plugin = Ready::make(*table, none);
  if (const Status s = plugin.init(); !s.ok()) return fail(s);
  step("get_interface");
  const auto offered = offers(plugin);
  if (!offered.ok()) return fail(offered.status());
  known["offers"] = *offered;
  step("shutdown");
  const Status s = plugin.shutdown();
  s.ok() ? step("") : fail(s);
}

}  // namespace

Result<Probed> probe_library(const std::string& absolute_path, std::chrono::milliseconds limit) {
  Subject subject;
  subject.library_path = absolute_path;
  Probed probed{Json::object(), ""};
  Json& known = probed.known;
  WEFT_TRY(const ChildEnd end, run_in_child(
                                   limit, [&](const SendLine& send) { look(subject, send); },
                                   [&](std::string_view line) {
                                     if (auto parsed = parse_json(line); parsed.ok()) known = std::move(*parsed);
                                   }));
  const std::string doing = known.value("doing", std::string());
  probed.wrong = known.value("error", std::string());
  if (end.kind != ChildEnd::Kind::kDone)
    probed.wrong = fmt::format("{}: {}", doing.empty() ? "the end" : doing, end.text());
  known.erase("doing");
  if (!probed.wrong.empty()) known["error"] = probed.wrong;
  if (!end.printed.empty()) known["printed"] = end.printed;
  return probed;
}

}  // namespace weft::app
