// Making a plugin ready, the tables that it gives then, and its end.
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "apps/weft/check/groups.hpp"
#include "apps/weft/check/lent.hpp"
#include "apps/weft/check/opened.hpp"
#include "apps/weft/check/own_memory.hpp"
#include "core/base/folder.hpp"
#include "core/model/interfaces.hpp"

namespace weft::app {
namespace {

constexpr const char* kNobody = "com.example.nobody/0";  // no interface and no extension

/// Every table that the plugin has, with its kind; a null kind: an interface that this host does not use.
struct Offered {
  const InterfaceKind* kind = nullptr;
  std::string interface_id;
  std::vector<const void*> tables;

  std::string at(std::size_t i) const { return fmt::format("table {} of {}", i, interface_id); }
};

Result<std::vector<Offered>> offered(const Subject& subject, Ready& plugin) {
  std::vector<Offered> all;
  for (const InterfaceKind* kind : kInterfaces) all.push_back({kind, std::string(kind->id), {}});
  for (const Manifest::Provided& p : subject.manifest.provides) {
    const auto known = [&](const Offered& o) { return o.interface_id == p.interface_id; };
    if (std::none_of(all.begin(), all.end(), known)) all.push_back({nullptr, p.interface_id, {}});
  }
  for (Offered& o : all) {
    WEFT_TRY(o.tables, plugin.tables(o.interface_id));
  }
  return all;
}

Verdict provides(const Manifest& m, const std::vector<Offered>& all) {
  for (const Offered& o : all) {
    const bool promised = m.offers(o.interface_id);
    if (promised && o.tables.empty()) return Verdict::breaks("the manifest promises {}, there is none", o.interface_id);
    if (!promised && !o.tables.empty())
      return Verdict::breaks("there is a table of {}, the manifest does not promise it", o.interface_id);
  }
  return Verdict::holds();
}

uint32_t least_size(const Offered& o) {
  const uint32_t head = WEFT_END(weft_interface, get_extension);
  if (o.kind == nullptr) return head;
  return std::max({head, o.kind->least_size, o.kind->named ? WEFT_END(NamedTable, name) : head});
}

Verdict struct_size(const std::vector<Offered>& all) {
  for (const Offered& o : all) {
    for (std::size_t i = 0; i < o.tables.size(); ++i) {
      const uint32_t size = static_cast<const weft_hdr*>(o.tables[i])->struct_size;
      if (size < least_size(o)) return Verdict::breaks("{}: struct_size is {}, expected at least {}", o.at(i), size,
                                                       least_size(o));
    }
  }
  return Verdict::holds();
}

Verdict functions(const std::vector<Offered>& all) {
  for (const Offered& o : all) {
    for (std::size_t i = 0; i < o.tables.size() && o.kind != nullptr; ++i) {
      for (const InterfaceKind::Function& f : o.kind->required) {
        void (*function)() = nullptr;
        std::memcpy(&function, static_cast<const char*>(o.tables[i]) + f.offset, sizeof function);
        if (function == nullptr) return Verdict::breaks("{}: {} is NULL", o.at(i), f.name);
      }
    }
  }
  return Verdict::holds();
}

Verdict names(const Manifest& m, const std::vector<Offered>& all) {
  for (const Offered& o : all) {
    if (o.kind == nullptr || !o.kind->named || !m.offers(o.interface_id)) continue;
    std::set<std::string> there;
    for (std::size_t i = 0; i < o.tables.size(); ++i) {
      const std::string name(to_view(static_cast<const NamedTable*>(o.tables[i])->name));
      if (name.empty()) return Verdict::breaks("{} has no name", o.at(i));
      if (!there.insert(name).second) return Verdict::breaks("{}: an earlier one is called {} too", o.at(i), name);
      if (!m.offers(o.interface_id, name) && !m.offers(o.interface_id, ""))
        return Verdict::breaks("{} is called {}, the manifest does not promise that name", o.at(i), name);
    }
    for (const Manifest::Provided& p : m.provides) {
      if (p.interface_id == o.interface_id && !p.name.empty() && !there.contains(p.name))
        return Verdict::breaks("the manifest promises {}={}, no table has the name", p.interface_id, p.name);
    }
  }
  return Verdict::holds();
}

Verdict equal_answers(const Subject& subject, Ready& plugin, const std::vector<Offered>& first) {
  const auto again = offered(subject, plugin);
  if (!again.ok()) return Verdict::of(again.status());
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i].tables != (*again)[i].tables)
      return Verdict::breaks("asked again for {}, get_interface gives other tables", first[i].interface_id);
  }
  return Verdict::holds();
}

Verdict unknown(Ready& plugin, const std::vector<Offered>& all, Reporter& reporter) {
  if (plugin.get_interface(kNobody, 0) != nullptr)
    return Verdict::breaks("get_interface gives a table of {}", kNobody);
  for (const Offered& o : all) {
    for (std::size_t i = 0; i < o.tables.size(); ++i) {
      const auto* const head = static_cast<const weft_interface*>(o.tables[i]);
      if (head->get_extension == nullptr) continue;
      const void* given = nullptr;
      reporter.note(catch_thrown("get_extension", [&] { given = head->get_extension(head->self, to_str(kNobody)); }));
      if (given != nullptr) return Verdict::breaks("{}: get_extension gives one called {}", o.at(i), kNobody);
    }
  }
  return Verdict::holds();
}

std::size_t threads_of_process() {
  const auto tasks = list_folder("/proc/self/task", Entries::kAll);
  return tasks.ok() ? tasks->size() : 0;
}

/// A thread that was joined may be listed for a moment longer.
Verdict joined(std::size_t before) {
  constexpr int kTries = 50;
  std::size_t now = threads_of_process();
  for (int i = 0; i < kTries && now > before; ++i) {
    usleep(2000);
    now = threads_of_process();
  }
  return now <= before ? Verdict::holds() : Verdict::breaks("{} threads are left", now - before);
}

Verdict unknown_option(const weft_plugin* table, Reporter& reporter) {
  Ready& plugin = Ready::make(table, reporter);
  const Status s = plugin.init(fmt::format("{{\"{}\": 1}}", kUnknownOption));
  if (s.ok()) {
    (void)plugin.shutdown();
    return Verdict::breaks("init takes the option {}", kUnknownOption);
  }
  if (s.message().find(kUnknownOption) != std::string_view::npos) return Verdict::holds();
  return Verdict::breaks("the error of init does not name the option {}: {}", kUnknownOption, s.message());
}

Verdict two_hosts(const weft_plugin* table, const Subject& subject, Reporter& reporter) {
  Ready &first = Ready::make(table, reporter), &second = Ready::make(table, reporter);
  if (const Status s = first.init(); !s.ok()) return Verdict::breaks("init for another host: {}", s.message());
  if (const Status s = second.init(); !s.ok()) return Verdict::breaks("init for a second host: {}", s.message());
  const auto count = [](const Result<std::vector<Offered>>& all) {
    std::size_t n = 0;
    for (const Offered& o : all.ok() ? *all : std::vector<Offered>()) n += o.tables.size();
    return n;
  };
  const std::size_t there = count(offered(subject, first));
  if (const Status s = first.shutdown(); !s.ok()) return Verdict::of(s);
  const std::size_t left = count(offered(subject, second));
  if (left != there)
    return Verdict::breaks("the first host was given {} tables, the second, once the first was gone, {}", there, left);
  return Verdict::of(second.shutdown());
}

Verdict alloc_fails(const weft_plugin* table, Reporter& reporter) {
  constexpr uint64_t kTried[] = {1, 2, 3, 5, 8, 13, 21};  // which allocation is the first to fail
  for (const uint64_t n : kTried) {
    reporter.at(fmt::format("alloc fails from call {} on", n));
    Ready& plugin = Ready::make(table, reporter);
    plugin.watched().fail_alloc_at(n);
    const Status s = plugin.init();
    if (s.ok() && !plugin.shutdown().ok()) return Verdict::breaks("after call {} of alloc failed, shutdown fails", n);
  }
  return Verdict::holds();
}

Verdict new_fails(const weft_plugin* table, Reporter& reporter) {
  if (const Status taken = OwnMemory::take(table); !taken.ok()) return Verdict::skipped("{}", taken.message());
  const auto whole = [&] {
    Ready& plugin = Ready::make(table, reporter);
    const Status s = plugin.init();
    return s.ok() ? plugin.shutdown() : s;
  };
  OwnMemory::count_from_zero();
  if (const Status s = whole(); !s.ok()) return Verdict::of(s);
  for (const uint64_t n : OwnMemory::tried(OwnMemory::calls())) {
    reporter.at(fmt::format("new fails from call {} on", n));
    OwnMemory::fail_at(n);
    (void)whole();  // an error is right, and doing without
    OwnMemory::fail_at(0);
  }
  reporter.at("");
  const Status after = whole();
  return after.ok() ? Verdict::holds() : Verdict::breaks("after new failed: {}", after.message());
}

/// Whether init succeeds: otherwise nothing else can be said.
bool check_ready(const weft_plugin* table, const Subject& subject, Reporter& reporter) {
  Ready& plugin = Ready::make(table, reporter);
  const std::size_t threads = threads_of_process();
  if (!reporter.needed("init.ok", [&] { return Verdict::of(plugin.init()); }))
    return false;
  std::vector<Offered> all;
  if (reporter.needed("interface.equal-answers", [&] {
        auto found = offered(subject, plugin);
        if (!found.ok()) return Verdict::of(found.status());
        all = std::move(*found);
        return equal_answers(subject, plugin, all);
      })) {
    const bool whole = reporter.needed("interface.struct-size", [&] { return struct_size(all); });
    const Manifest& m = subject.manifest;
    const auto promised = [&](Verdict (*rule)(const Manifest&, const std::vector<Offered>&)) {
      return m.id.empty() ? Verdict::skipped("there is no manifest") : rule(m, all);
    };
    reporter.rule("interface.provides", [&] { return promised(provides); });
    if (whole) {
      reporter.rule("interface.functions", [&] { return functions(all); });
      reporter.rule("interface.names", [&] { return promised(names); });
      reporter.rule("interface.unknown", [&] { return unknown(plugin, all, reporter); });
    }
  }
  reporter.needed("shutdown.ok", [&] { return Verdict::of(plugin.shutdown()); });
  reporter.rule("shutdown.threads", [&] { return joined(threads); });
  return true;
}

}  // namespace

void check_init(const Subject& subject, Reporter& reporter) {
  const auto table = plugin_table(subject, reporter);
  if (!table.ok()) {
    reporter.skip_rest("init", std::string(table.status().message()));
    return reporter.end();
  }
  const int64_t statuses = statuses_abroad();
  const bool ready = check_ready(*table, subject, reporter);
  if (ready) {
    reporter.rule("init.unknown-option", [&] { return unknown_option(*table, reporter); });
    reporter.rule("init.two-hosts", [&] { return two_hosts(*table, subject, reporter); });
    reporter.rule("init.alloc-fails", [&] { return alloc_fails(*table, reporter); });
    reporter.rule("init.new-fails", [&] { return new_fails(*table, reporter); });
  }
  reporter.skip_rest("init", ready ? "a table is too short" : "init does not succeed");
  Lent::tell(reporter);
  if (const int64_t now = statuses_abroad(); now > statuses)
    reporter.breach("status.leak", fmt::format("{} statuses are not freed", now - statuses));
  reporter.end();
}

}  // namespace weft::app
