// A source that is good but for what `give` does.
#pragma once

#include "weft/sdk/json.hpp"
#include "weft/sdk/plugin.hpp"
#include "weft/sdk/source.hpp"

namespace test_plugin {

/// What fetch answers where the handle is SCHEME://sample; there is no other.
using Give = std::string (*)(const weft::sdk::SourceRequest& request);

template <Give kGive>
class Shelf : public weft::sdk::Source {
 public:
  using Source::Source;
  std::string fetch(const weft::sdk::SourceRequest& request) const override {
    request.stop_if_cancelled();
    if (request.path() != "sample") weft::sdk::fail(WEFT_NOT_FOUND, "there is only one thing here: sample");
    return kGive(request);
  }
};

/// A plugin with one source, whose scheme is its id. `kId`: a constexpr string_view.
template <const std::string_view& kName, class Source>
struct OneSource {
  static constexpr std::string_view kId = kName, kVersion = "1.0.0", kVendor = "tests";
  explicit OneSource(const weft::sdk::Json& options) {
    if (options.size() > 0) weft::sdk::refuse("unknown option " + std::string(options.key(0)));
  }
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_SOURCE_INTERFACE && n == 0 ? source_.table() : nullptr;
  }

 private:
  const Source source_{std::string(kName)};
};

}  // namespace test_plugin
