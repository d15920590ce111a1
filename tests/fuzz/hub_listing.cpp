// Any JSON as a server's list of files or as a manifest. A model's files are then chosen from it, with the same text
// read as every index.
#include <algorithm>
#include <cstdlib>
#include <set>

#include "hub/names.hpp"
#include "hub/select.hpp"
#include "hub/sources/listings.hpp"

using namespace weft;
using namespace weft::hub;

namespace {

void check(const Listing& listing, const std::string& text) {
  std::set<std::string> paths;
  for (const Entry& e : listing) {
    if (!check_path(e.path).ok() || (!is_hex(e.id(), 40) && !is_hex(e.id(), 64))) std::abort();
    paths.insert(e.path);
  }
  for (const char* quant : {"", "Q8_0"}) {
    Wanted wanted;
    wanted.quant = quant;
    const auto s = select_files(listing, wanted, [&](const Entry&) { return Result<std::string>(text); });
    if (!s.ok()) continue;
    for (const std::string& p : s->paths) {
      if (!paths.contains(p)) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto layers = ollama_files(text); layers.ok()) check(*layers, text);
  auto json = parse_json(text, {.max_bytes = 1 << 20, .max_depth = 32});
  if (!json.ok()) return 0;
  const DrainAtEnd drain(*json);
  if (const auto files = modelscope_files(*json); files.ok()) check(*files, text);
  Listing listing;
  for (const Json& item : json->is_array() ? *json : Json::array()) {
    if (auto e = hf_entry(item); e.ok()) listing.push_back(std::move(*e));
  }
  check(listing, text);
  return 0;
}
