#include "apps/weft/check/opened.hpp"

#include <algorithm>

#include "apps/weft/check/lent.hpp"
#include "core/base/error.hpp"
#include "core/base/json_view.hpp"
#include "core/plugins/library.hpp"
#include "core/plugins/trust.hpp"

namespace weft::app {
namespace {

constexpr uint32_t kThreads = 2;        // so that what runs at once does
constexpr uint32_t kMostTables = 1024;  // of one interface, as the core takes

}  // namespace

Result<weft_plugin_query_fn> open_library(const Subject& subject) {
  constexpr bool kInsecure = true;  // the parent has looked at owners and modes
  WEFT_TRY(const std::string path, trusted_path(subject.library_path, kInsecure));
  return open_plugin_library(path);
}

Result<const weft_plugin*> plugin_table(const Subject& subject, Reporter& reporter) {
  WEFT_TRY(const weft_plugin_query_fn query, open_library(subject));
  const weft_plugin* table = nullptr;
  const Status asked = catch_thrown("query", [&] { table = query(WEFT_ABI_MAJOR, WEFT_ABI_MINOR); });
  reporter.note(asked);
  WEFT_CHECK_OK(asked);
  if (table == nullptr) return error(Code::kFailedPrecondition, "the query gives NULL");
  if (!WEFT_HAS(table, weft_plugin, get_interface) || table->init == nullptr || table->shutdown == nullptr ||
      table->get_interface == nullptr)
    return error(Code::kFailedPrecondition, "the plugin's table is broken");
  return table;
}

Ready::Ready(const weft_plugin* table, Reporter& reporter)
    : table_(table),
      id_(to_view(table->id)),
      reporter_(reporter),
      host_(kThreads, {}),
      watched_(host_, id_, [&reporter](std::string_view, std::string_view rule, std::string_view what) {
        reporter.breach(rule, what);
      }) {}

Status Ready::init(const std::string& options) {
  Json document;
  if (!options.empty()) {
    WEFT_TRY(document, parse_json(options));
  }
  Lent lent("the view of the options that init is given");
  const weft_json* const view = lent.copy(make_json_view(options.empty() ? nullptr : &document));
  const Status s = call("init", [&] { return table_->init(watched_.table(), view, &self_); });
  if (!s.ok()) watched_.end();
  return s;
}

Status Ready::shutdown() {
  const Status s = catch_thrown("shutdown", [&] { table_->shutdown(self_); });
  reporter_.note(s);
  watched_.end();
  return s;
}

const void* Ready::get_interface(std::string_view id, uint32_t n) {
  const void* table = nullptr;
  reporter_.note(catch_thrown("get_interface", [&] { table = table_->get_interface(self_, to_str(id), n); }));
  return table;
}

Result<std::vector<const void*>> Ready::tables(std::string_view id) {
  std::vector<const void*> all;
  for (const void* table; (table = get_interface(id, static_cast<uint32_t>(all.size()))) != nullptr;) {
    all.push_back(table);
    if (all.size() > kMostTables) return error(Code::kOutOfRange, "{} has more than {} tables", id, kMostTables);
  }
  return all;
}

void with_tables(const Subject& subject, Reporter& reporter, const InterfaceKind& kind, std::string_view group,
                 const std::function<void(const void* table, Ready& plugin)>& check) {
  const auto skip = [&](const std::string& why) { reporter.skip_rest(group, why); };
  const Manifest& m = subject.manifest;
  if (!m.id.empty() && !m.offers(kind.id)) return skip("the plugin offers no " + std::string(kind.id));
  const auto table = plugin_table(subject, reporter);
  if (!table.ok()) return skip(std::string(table.status().message()));
  const int64_t statuses = statuses_abroad();
  Ready& plugin = Ready::make(*table, reporter);
  if (!plugin.init().ok()) return skip("init does not succeed");
  const auto tables = plugin.tables(kind.id);
  const bool whole = tables.ok() && std::all_of(tables->begin(), tables->end(),
                                                [&](const void* t) { return lack_of_table(t, kind).empty(); });
  for (const void* t : whole ? *tables : std::vector<const void*>()) check(t, plugin);
  if (const Status s = plugin.shutdown(); !s.ok()) skip(std::string(s.message()));
  skip(whole ? "the plugin offers no " + std::string(kind.id) : "a table of " + std::string(kind.id) + " is broken");
  Lent::tell(reporter);
  if (const int64_t now = statuses_abroad(); now > statuses)
    reporter.breach("status.leak", fmt::format("{} statuses are not freed", now - statuses));
  reporter.end();
}

}  // namespace weft::app
