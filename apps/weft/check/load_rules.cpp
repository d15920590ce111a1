// Opening the library, and what this does to the process.
#include <dlfcn.h>

#include <cfenv>
#include <clocale>
#include <csignal>
#include <filesystem>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "apps/weft/check/exported_symbols.hpp"
#include "apps/weft/check/groups.hpp"
#include "apps/weft/check/opened.hpp"

namespace weft::app {
namespace {

/// What a library has no business with.
struct ProcessState {
  std::vector<std::pair<int, void (*)(int)>> handlers;
  std::string locale;
  std::filesystem::path folder;
  int rounding = 0;
  unsigned floats = 0;  // the control bits of vector arithmetic, where the machine has them

  static ProcessState now() {
    ProcessState s;
    for (int signal = 1; signal < NSIG; ++signal) {
      struct sigaction action {};
      if (sigaction(signal, nullptr, &action) == 0) s.handlers.emplace_back(signal, action.sa_handler);
    }
    s.locale = std::setlocale(LC_ALL, nullptr);
    std::error_code failed;
    s.folder = std::filesystem::current_path(failed);
    s.rounding = std::fegetround();
#if defined(__x86_64__)
    constexpr unsigned kControl = 0xFFC0;  // masks, rounding, flush-to-zero, denormals-are-zero: no status flags
    s.floats = _mm_getcsr() & kControl;
#endif
    return s;
  }
};

Verdict compare(const ProcessState& before, const ProcessState& after) {
  for (std::size_t i = 0; i < before.handlers.size() && i < after.handlers.size(); ++i) {
    if (before.handlers[i].second != after.handlers[i].second)
      return Verdict::breaks("it installs a handler for signal {}", before.handlers[i].first);
  }
  if (before.locale != after.locale)
    return Verdict::breaks("it changes the locale from {} to {}", before.locale, after.locale);
  if (before.folder != after.folder) return Verdict::breaks("it changes the working directory");
  if (before.rounding != after.rounding || before.floats != after.floats)
    return Verdict::breaks(
        "it changes how floats are rounded or denormals treated, as code does that is linked with "
        "-ffast-math");
  return Verdict::holds();
}

Verdict only_symbol(const Subject& subject) {
  const auto names = exported_symbols(subject.library_path);
  if (!names.ok()) return Verdict::skipped("{}", names.status().message());
  std::string others;
  std::size_t count = 0;
  constexpr std::size_t kShown = 3;
  for (const std::string& name : *names) {
    if (name == WEFT_PLUGIN_QUERY_SYMBOL) continue;
    if (count++ < kShown) others += (others.empty() ? "" : ", ") + name;
  }
  if (count == 0) return Verdict::holds();
  return Verdict::breaks("it exports {} more: {}{}; link with a version script, as weft_add_plugin does", count, others,
                         count > kShown ? ", ..." : "");
}

}  // namespace

void check_load(const Subject& subject, Reporter& reporter) {
  const ProcessState before = ProcessState::now();
  Result<weft_plugin_query_fn> query = Status(Code::kUnknown, "it was not opened");
  reporter.rule("load.no-other-symbols", [&] { return only_symbol(subject); });
  const bool opened = reporter.needed("load.opens", [&] {
    query = open_library(subject);
    const bool symbol_missing = query.status().code() == Code::kNotFound;
    return symbol_missing ? Verdict::holds() : Verdict::of(query.status());
  });
  if (!opened) return reporter.skip_rest("load", "the library is not opened");
  reporter.rule("load.symbol", [&] { return Verdict::of(query.status()); });
  reporter.rule("load.process-unchanged", [&] {
    if (query.ok()) reporter.note(catch_thrown("query", [&] { (*query)(WEFT_ABI_MAJOR, WEFT_ABI_MINOR); }));
    return compare(before, ProcessState::now());
  });
  reporter.end();
}

}  // namespace weft::app
