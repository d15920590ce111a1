// A tokenizer that tells from two threads at once, in its first call, that it still works.
#include <atomic>
#include <chrono>
#include <thread>

#include "tokenizer.hpp"

namespace {

constexpr std::string_view kId = "test.tokenizer_two_threads";

weft_status* (*encode_alone)(void*, weft_str, const weft_token_sink*) = nullptr;

void tell(const weft_host* host, const weft_token_sink* sink) {
  constexpr std::chrono::milliseconds kLong{50};
  const auto end = std::chrono::steady_clock::now() + kLong;
  while (std::chrono::steady_clock::now() < end) host->status_free(sink->add(sink->ctx, 0, nullptr, nullptr));
}

struct Plugin {
  static constexpr std::string_view kId = ::kId, kVersion = "1.0.0", kVendor = "tests";
  explicit Plugin(const weft::sdk::Json& options) {
    if (options.size() > 0) weft::sdk::refuse("unknown option " + std::string(options.key(0)));
    encode_alone = table_.encode;
    host = &weft::sdk::host();
    table_.encode = [](void* self, weft_str text, const weft_token_sink* sink) {
      static std::atomic<bool> told{false};
      if (!told.exchange(true)) {
        std::thread other([&] { tell(host, sink); });
        tell(host, sink);
        other.join();
      }
      return encode_alone(self, text, sink);
    };
  }
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_TOKENIZER_INTERFACE && n == 0 ? &table_ : nullptr;
  }

 private:
  static inline const weft_host* host = nullptr;
  weft_tokenizer table_ = weft::sdk::tokenizer_table<&test_plugin::make<test_plugin::Bytes>>(kId);
};

}  // namespace

WEFT_PLUGIN(Plugin)
