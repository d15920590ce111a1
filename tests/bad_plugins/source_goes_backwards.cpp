// A source whose progress goes back.
#include "source.hpp"

namespace {

constexpr std::string_view kId = "test.source_goes_backwards";

std::string give(const weft::sdk::SourceRequest& request) {
  request.progress("file", 5, 10);
  request.progress("file", 3, 10);
  return "/";
}

}  // namespace

using Plugin = test_plugin::OneSource<kId, test_plugin::Shelf<give>>;
WEFT_PLUGIN(Plugin)
