// A tokenizer whose streams hold back a byte in one place.
#include <mutex>
#include <utility>

#include "tokenizer.hpp"

namespace {

constexpr std::string_view kId = "test.tokenizer_shares_streams";

class Broken : public test_plugin::Bytes {
  struct Stream : weft::sdk::TextStream {
    std::string push(uint32_t id) override {
      std::lock_guard lock(mutex);
      return std::exchange(held, std::string(1, static_cast<char>(id)));
    }
    std::string flush() override {
      std::lock_guard lock(mutex);
      return std::exchange(held, "");
    }
    static inline std::mutex mutex;
    static inline std::string held;
  };
  std::unique_ptr<weft::sdk::TextStream> stream() const override { return std::make_unique<Stream>(); }
};

}  // namespace

using Plugin = test_plugin::OneTokenizer<kId, Broken>;
WEFT_PLUGIN(Plugin)
