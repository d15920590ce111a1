// A plugin as the checker opens it, in the child.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/weft/check/reporter.hpp"
#include "apps/weft/check/subject.hpp"
#include "core/base/status_abi.hpp"
#include "core/plugins/registry.hpp"

namespace weft::app {

/// As the tables of all interfaces of weft begin.
struct NamedTable {
  weft_interface head;
  weft_str name;
};

/// An option that nobody knows.
inline constexpr const char* kUnknownOption = "weft.check.unknown";

/// Opens the library and finds its query function.
Result<weft_plugin_query_fn> open_library(const Subject& subject);
/// Opens the library and gives the plugin's table, once it has all fields and functions.
Result<const weft_plugin*> plugin_table(const Subject& subject, Reporter& reporter);

/// A plugin for one host, which watches it. What breaks a rule of conduct goes to the reporter. It lives as long as the
/// process: a plugin that keeps its host is found by what it does with it later.
class Ready {
 public:
  static Ready& make(const weft_plugin* table, Reporter& reporter) { return *new Ready(table, reporter); }
  Ready(const Ready&) = delete;
  Ready& operator=(const Ready&) = delete;

  /// `options`: a JSON object, or empty: there are none.
  Status init(const std::string& options = "");
  /// To be called where init has succeeded. Tells what the plugin has not given back.
  Status shutdown();
  WatchedHost& watched() { return watched_; }
  const weft_host* host() const { return watched_.table(); }
  /// The n-th table of an interface; null: there is none.
  const void* get_interface(std::string_view id, uint32_t n);
  /// All tables of an interface; the error: it threw, or gives tables without an end.
  Result<std::vector<const void*>> tables(std::string_view id);
  /// Calls a function that gives a status; what it breaks goes to the reporter.
  template <class F>
  Status call(std::string_view function, F&& f) {
    const Status s = call_plugin(id_, function, f);
    reporter_.note(s);
    return s;
  }

 private:
  Ready(const weft_plugin* table, Reporter& reporter);

  const weft_plugin* table_;
  const std::string id_;
  Reporter& reporter_;
  Host host_;
  WatchedHost watched_;
  void* self_ = nullptr;
};

/// Makes the plugin ready and calls `check` with each table of an interface that has all that `kind` asks for. Where
/// there is none, all rules of the group are skipped. What the plugin breaks meanwhile is told, too.
void with_tables(const Subject& subject, Reporter& reporter, const InterfaceKind& kind, std::string_view group,
                 const std::function<void(const void* table, Ready& plugin)>& check);

}  // namespace weft::app
