// What the query gives: the plugin's table.
#include "apps/weft/check/groups.hpp"
#include "apps/weft/check/opened.hpp"

namespace weft::app {
namespace {

Verdict other_hosts(weft_plugin_query_fn query, Reporter& reporter) {
  struct Version {
    uint32_t major, minor;
  };
  for (const Version v : {Version{WEFT_ABI_MAJOR + 1, 0}, {WEFT_ABI_MAJOR, 0}, {UINT32_MAX, UINT32_MAX}}) {
    const weft_plugin* table = nullptr;
    const Status asked = catch_thrown("query", [&] { table = query(v.major, v.minor); });
    reporter.note(asked);
    if (!asked.ok()) return Verdict::of(asked);
    if (table != nullptr && table->hdr.struct_size < WEFT_END(weft_plugin, abi_minor))
      return Verdict::breaks("asked by a host of ABI {}.{}, it gives a table without the ABI that it needs", v.major,
                             v.minor);
  }
  const weft_plugin* later = nullptr;
  const Status asked = catch_thrown("query", [&] { later = query(WEFT_ABI_MAJOR, WEFT_ABI_MINOR + 1); });
  if (!asked.ok()) return Verdict::of(asked);
  return later != nullptr ? Verdict::holds()
                          : Verdict::breaks("it gives NULL to a host of ABI {}.{}, which serves plugins of {}.{}",
                                            WEFT_ABI_MAJOR, WEFT_ABI_MINOR + 1, WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
}

void check_table(const weft_plugin& t, const Subject& subject, Reporter& reporter) {
  const Manifest& m = subject.manifest;
  const bool whole = WEFT_HAS(&t, weft_plugin, get_interface);
  reporter.rule("table.struct-size", [&] {
    return whole ? Verdict::holds()
                 : Verdict::breaks("struct_size is {}, expected at least {}", t.hdr.struct_size,
                                   WEFT_END(weft_plugin, get_interface));
  });
  if (!whole) return;
  reporter.rule("table.abi", [&] {
    if (!Manifest::serves(t.abi_major, t.abi_minor))
      return Verdict::breaks("the table says ABI {}.{}, which this host does not serve", t.abi_major, t.abi_minor);
    if (!m.id.empty() && (t.abi_major != m.abi_major || t.abi_minor != m.abi_minor))
      return Verdict::breaks("the table says ABI {}.{}, the manifest {}.{}", t.abi_major, t.abi_minor, m.abi_major,
                             m.abi_minor);
    return Verdict::holds();
  });
  reporter.rule("table.functions", [&] {
    std::string lacks;
    const std::pair<const char*, bool> functions[] = {
        {"init", t.init != nullptr},
        {"shutdown", t.shutdown != nullptr},
        {"get_interface", t.get_interface != nullptr}};
    for (const auto& [name, there] : functions) {
      if (!there) lacks += (lacks.empty() ? "" : ", ") + std::string(name);
    }
    return lacks.empty() ? Verdict::holds() : Verdict::breaks("NULL are: {}", lacks);
  });
  const auto same = [](std::string_view table, std::string_view manifest) {
    return table == manifest ? Verdict::holds()
                             : Verdict::breaks("the table says \"{}\", the manifest \"{}\"", table, manifest);
  };
  const Verdict unknown = Verdict::skipped("the manifest does not say it");
  reporter.rule("table.id", [&] { return m.id.empty() ? unknown : same(to_view(t.id), m.id); });
  reporter.rule("table.version", [&] { return m.version.empty() ? unknown : same(to_view(t.version), m.version); });
}

}  // namespace

void check_query(const Subject& subject, Reporter& reporter) {
  const auto query = open_library(subject);
  if (!query.ok()) return reporter.skip_rest("query", "there is no query function");
  const weft_plugin* table = nullptr;
  const auto ask = [&] {
    const weft_plugin* given = nullptr;
    const Status asked = catch_thrown("query", [&] { given = (*query)(WEFT_ABI_MAJOR, WEFT_ABI_MINOR); });
    reporter.note(asked);
    return asked.ok() ? Result<const weft_plugin*>(given) : Result<const weft_plugin*>(asked);
  };
  const bool given_one = reporter.needed("query.table", [&] {
    const auto given = ask();
    if (!given.ok()) return Verdict::of(given.status());
    table = *given;
    return table != nullptr ? Verdict::holds()
                            : Verdict::breaks("it gives NULL to a host of ABI {}.{}", WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
  });
  if (!given_one) {
    reporter.skip_rest("query", "there is no table");
    return reporter.end();
  }
  reporter.rule("query.pure", [&] {
    const auto again = ask();
    if (!again.ok()) return Verdict::of(again.status());
    return *again == table ? Verdict::holds() : Verdict::breaks("asked again, it gives another table");
  });
  check_table(*table, subject, reporter);
  reporter.rule("query.other-hosts", [&] { return other_hosts(*query, reporter); });
  reporter.skip_rest("query", "the table is too short");
  reporter.end();
}

}  // namespace weft::app
