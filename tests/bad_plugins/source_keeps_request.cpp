// A source that reads the handle of the fetch before.
#include "source.hpp"

namespace {

constexpr std::string_view kId = "test.source_keeps_request";

std::string give(const weft::sdk::SourceRequest& request) {
  static std::string_view before;
  [[maybe_unused]] const volatile char first = before.empty() ? 0 : before[0];
  before = request.handle();
  return "/";
}

}  // namespace

using Plugin = test_plugin::OneSource<kId, test_plugin::Shelf<give>>;
WEFT_PLUGIN(Plugin)
