// What is checked before anything is opened.
#include <algorithm>
#include <filesystem>
#include <set>

#include "apps/weft/check/groups.hpp"
#include "core/plugins/trust.hpp"
#include "weft/abi/base.h"

namespace weft::app {
namespace {

Verdict version(const std::string& v) {
  const bool dotted = !v.empty() && v.front() != '.' && v.back() != '.' && v.find("..") == std::string::npos &&
                      v.find_first_not_of("0123456789.") == std::string::npos;
  return dotted ? Verdict::holds() : Verdict::breaks("\"version\" is \"{}\", expected numbers with dots, as 0.1.0", v);
}

Verdict provides(const Manifest& m) {
  if (m.provides.empty()) return Verdict::breaks("\"provides\" is empty: nothing asks for the plugin");
  std::set<std::pair<std::string, std::string>> seen;
  for (const Manifest::Provided& p : m.provides) {
    if (!seen.emplace(p.interface_id, p.name).second)
      return Verdict::breaks("\"provides\" has {}={} twice", p.interface_id, p.name);
  }
  return Verdict::holds();
}

Verdict sha256(const Subject& s) {
  if (s.manifest.sha256.empty()) return Verdict::skipped("the manifest gives none");
  const auto actual = sha256_of_file(s.library_path);
  if (!actual.ok()) return Verdict::of(actual.status());
  if (*actual == s.manifest.sha256) return Verdict::holds();
  return Verdict::breaks("{} has {}, the manifest says {}", s.library_path, *actual, s.manifest.sha256);
}

}  // namespace

void check_manifest(const Subject& s, Reporter& reporter) {
  if (s.manifest_path.empty()) {
    reporter.tell("manifest.present", Verdict::breaks("no NAME.weftplugin.json beside {} names it", s.library_path));
    return reporter.skip_rest("manifest", "there is no manifest");
  }
  if (!s.readable.ok()) {
    reporter.tell("manifest.present", Verdict::holds());
    reporter.tell("manifest.well-formed", Verdict::of(s.readable));
    return reporter.skip_rest("manifest", "the manifest is not well-formed");
  }
  reporter.tell("manifest.present", Verdict::holds());
  reporter.tell("manifest.well-formed", Verdict::holds());
  reporter.rule("manifest.abi", [&] {
    const Manifest& m = s.manifest;
    if (Manifest::serves(m.abi_major, m.abi_minor)) return Verdict::holds();
    return Verdict::breaks("\"abi\" is {}.{}, this host serves {}.{} to {}.{}", m.abi_major, m.abi_minor,
                           WEFT_ABI_MAJOR, WEFT_ABI_LEAST_MINOR, WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
  });
  reporter.rule("manifest.version", [&] { return version(s.manifest.version); });
  reporter.rule("manifest.provides", [&] { return provides(s.manifest); });
  std::error_code failed;
  const bool there = std::filesystem::is_regular_file(s.library_path, failed);
  reporter.rule("manifest.library", [&] {
    return there ? Verdict::holds() : Verdict::breaks("{}: no such file", s.library_path);
  });
  reporter.rule("manifest.sha256", [&] { return there ? sha256(s) : Verdict::skipped("there is no library"); });
}

}  // namespace weft::app
