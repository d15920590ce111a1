// A source that gives a path where nothing is.
#include "source.hpp"

namespace {

constexpr std::string_view kId = "test.source_gives_no_path";

std::string give(const weft::sdk::SourceRequest&) { return "/nothing/is/here"; }

}  // namespace

using Plugin = test_plugin::OneSource<kId, test_plugin::Shelf<give>>;
WEFT_PLUGIN(Plugin)
