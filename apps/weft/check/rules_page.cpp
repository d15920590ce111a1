// Writes docs/reference/rules.md to standard output: the rules of the ABI, for people. scripts/check.sh rules compares.
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "apps/weft/check/all_rules.hpp"

namespace {

using weft::app::kOps;

constexpr const char* kHead = R"(# Rules of the ABI

This page is made by `apps/weft/check/rules_page.cpp` from the table that weft itself checks plugins by.

`weft plugins check PATH` holds a plugin to these rules, and names those that it breaks. The library is opened in child
processes alone, one for each group of rules, so a plugin that crashes or hangs is told by the rule that was being
checked. `--filter 'backend.*'` checks some rules, `--filter '!backend.op.*'` leaves some out, `--all` tells of all,
`--sample SAMPLE` gives a file or a checkpoint that formats, families and tokenizers are tried on, or the handle of
something that a source has (`acme://thing`). It exits with 1 where a rule is broken, and with 3 where something could
not be checked.

With `WEFT_VALIDATE=1` every host holds its plugins to the rules of the group `conduct` that are about memory, statuses
and the host's services: what breaks one is logged with the rule's name, and fails the call that it is found in.
)";

constexpr std::pair<std::string_view, const char*> kGroups[] = {
    {"manifest", "The manifest, before anything is opened"},
    {"load", "Opening the library"},
    {"query", "What the query gives"},
    {"init", "From init to shutdown"},
    {"backend", "Backends"},
    {"op", "Backends: what they compute, by weft's conformance tests"},
    {"format", "Formats; wants a sample"},
    {"model", "Families: converters and blueprints; wants a checkpoint as sample"},
    {"tokenizer", "Tokenizers; wants a checkpoint as sample"},
    {"source", "Sources"},
    {"conduct", "Conduct: watched while all others are checked"},
};

}  // namespace

int main() {
  std::string page = kHead;
  for (const auto& [group, title] : kGroups) {
    page += fmt::format("\n## {}\n| rule | demands |\n|---|---|\n", title);
    for (const weft::Rule& r : weft::kRules) {
      if (r.group == group) page += fmt::format("| `{}` | {} |\n", r.name, r.demand);
    }
    if (group == kOps)
      page += fmt::format("| `{}OP` | OP, where the backend takes it, computes what [ops.md](ops.md) says of it. |\n",
                          weft::app::kOpPrefix);
  }
  return std::fputs(page.c_str(), stdout) < 0 ? 1 : 0;
}
