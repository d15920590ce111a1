// A source that gives the root folder for any handle of some letters.
#include "source.hpp"

namespace {

constexpr std::string_view kId = "test.source_finds_all";

class FindsAll : public weft::sdk::Source {
 public:
  using Source::Source;
  std::string fetch(const weft::sdk::SourceRequest& request) const override {
    request.stop_if_cancelled();
    const std::string_view letters = "abcdefghijklmnopqrstuvwxyz-/", path = request.path();
    if (path.empty() || path.size() > 100 || path.find_first_not_of(letters) != path.npos)
      weft::sdk::refuse("letters are expected");
    return "/";
  }
};

}  // namespace

using Plugin = test_plugin::OneSource<kId, FindsAll>;
WEFT_PLUGIN(Plugin)
