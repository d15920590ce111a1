// A good plugin with a thread of its own, which uses the SDK before it has a host and afterwards.
#include <thread>

#include "weft/sdk/plugin.hpp"

namespace {

struct OwnThread {
  static constexpr std::string_view kId = "test.own_thread", kVersion = "1.0.0", kVendor = "tests";

  explicit OwnThread(const weft::sdk::Json&) {
    std::thread([host = weft::sdk::host_slot()] {
      weft::sdk::log(WEFT_LOG_INFO, "own", "without a host");
      std::string said;
      try {
        weft::sdk::host();
      } catch (const weft::sdk::Error& e) {
        said = e.what();
      }
      const weft::sdk::Entry entry(host);
      weft::sdk::log(WEFT_LOG_INFO, "own", said);
    }).join();
  }
  const void* interface(std::string_view, uint32_t) { return nullptr; }
};

}  // namespace

WEFT_PLUGIN(OwnThread)
