// A tokenizer that gives other tokens each time.
#include <atomic>

#include "tokenizer.hpp"

namespace {

constexpr std::string_view kId = "test.tokenizer_unsure";

class Broken : public test_plugin::Bytes {
  void encode(std::string_view text, weft::sdk::TokenSink& out) const override {
    static std::atomic<int32_t> next{0};
    out.add(next++ % 2, 0, text.size());
  }
};

}  // namespace

using Plugin = test_plugin::OneTokenizer<kId, Broken>;
WEFT_PLUGIN(Plugin)
