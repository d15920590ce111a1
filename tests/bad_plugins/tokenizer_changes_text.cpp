// A tokenizer whose tokens of small letters become large ones.
#include "tokenizer.hpp"

namespace {

constexpr std::string_view kId = "test.tokenizer_changes_text";

class Broken : public test_plugin::Bytes {
  struct Stream : weft::sdk::TextStream {
    std::string push(uint32_t id) override {
      const char c = static_cast<char>(id);
      return std::string(1, c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    }
  };
  std::unique_ptr<weft::sdk::TextStream> stream() const override { return std::make_unique<Stream>(); }
};

}  // namespace

using Plugin = test_plugin::OneTokenizer<kId, Broken>;
WEFT_PLUGIN(Plugin)
