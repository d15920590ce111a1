// A good plugin. It logs what its option "say" says, and refuses every other option.
#include "weft/sdk/plugin.hpp"

namespace {

struct Echo {
  static constexpr std::string_view kId = "test.echo", kVersion = "1.0.0", kVendor = "tests";

  explicit Echo(const weft::sdk::Json& options) {
    for (uint64_t i = 0; i < options.size(); ++i) {
      if (options.key(i) != "say") {
        weft::sdk::refuse("unknown option \"" + std::string(options.key(i)) + "\", known is say");
      }
    }
    weft::sdk::log(WEFT_LOG_INFO, "echo", options["say"].string());
  }
  ~Echo() { weft::sdk::log(WEFT_LOG_INFO, "echo", "shut down"); }

  const void* interface(std::string_view id, uint32_t n) {
    return (id == "test.thing/0" || id == "test.unpromised/0") && n < 2 ? &tables_[n] : nullptr;
  }

 private:
  // The self of each table is the table's own address, so that they differ.
  weft_interface tables_[2] = {{WEFT_HDR(weft_interface, get_extension), &tables_[0], nullptr},
                               {WEFT_HDR(weft_interface, get_extension), &tables_[1], nullptr}};
};

}  // namespace

WEFT_PLUGIN(Echo)
