// weft plugins probe FILE: what an unknown library is, found out in a child process.
#include <filesystem>
#include <memory>

#include "apps/weft/check/check.hpp"
#include "apps/weft/check/probed.hpp"
#include "apps/weft/common.hpp"
#include "apps/weft/output.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

struct Options {
  std::string path;
  double limit = 10;
  bool json = false;
};

std::string as_text(const Json& known) {
  std::string out;
  for (const char* key : {"id", "version", "vendor", "abi"}) {
    if (known.contains(key)) out += fmt::format("{:<8} {}\n", key, one_line(known[key].get<std::string>()));
  }
  for (const Json& offer : known.value("offers", Json::array()))
    out += fmt::format("{:<8} {}\n", "offers", one_line(offer.get<std::string>()));
  return out;
}

Status probe(const Options& o) {
  std::error_code failed;
  const std::string path = std::filesystem::absolute(o.path, failed).string();
  if (failed || !std::filesystem::is_regular_file(path, failed))
    return error(Code::kNotFound, "{}: no such file", o.path);
  WEFT_TRY(const Probed found, probe_library(path, std::chrono::milliseconds(static_cast<int64_t>(o.limit * 1000))));
  WEFT_CHECK_OK(print(o.json ? json_text(found.known, 2) + "\n" : as_text(found.known)));
  return found.wrong.empty() ? Status() : error(Code::kFailedPrecondition, "{}: {}", o.path, found.wrong);
}

}  // namespace

void add_plugins_probe(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("plugins probe", "say what an unknown library is, opened in a process of its own",
                                  [o] { return probe(*o); });
  command.add("FILE", &o->path, "a shared library").required = true;
  command.add("--limit", &o->limit, "seconds that it may take").range = Range{0.1, kMostSeconds};
  command.add("--json", &o->json, "print JSON");
  command.exit_code = exit_code_of_check;
}

}  // namespace weft::app
