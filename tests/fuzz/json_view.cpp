// Any text as JSON: refused, or walked through the ABI's view, and unchanged after writing and reading it again.
#include <cstdlib>

#include "core/base/json_view.hpp"

namespace {

/// The number of nodes below and including `n`, seen through the view alone.
uint64_t walk(const weft_json& v, const weft_json_node* n) {
  (void)v.integer(n), (void)v.number(n), (void)v.string(n), (void)v.key(n, 0), (void)v.member(n, {"a", 1});
  if (v.at(n, v.size(n)) != nullptr) std::abort();
  uint64_t count = 1;
  for (uint64_t i = 0; i < v.size(n); ++i) {
    const weft_str key = v.key(n, i);
    if (v.type(n) == WEFT_JSON_OBJECT && v.member(n, key) != v.at(n, i)) std::abort();  // keys are unique
    count += walk(v, v.at(n, i));
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const bool comments = size % 2 == 0;
  auto parsed = weft::parse_json({reinterpret_cast<const char*>(data), size},
                                 {.allow_comments = comments, .python = !comments});
  if (!parsed.ok()) return 0;
  const weft_json view = weft::make_json_view(&*parsed);
  if (walk(view, view.root) > size) std::abort();
  auto again = weft::parse_json(parsed->dump());
  if (!again.ok() || again->dump() != parsed->dump()) std::abort();
  return 0;
}
