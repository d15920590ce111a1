// A tokenizer of bytes that is good but for what a test overrides: the token of a byte is its value.
#pragma once

#include <array>
#include <string>

#include "weft/sdk/plugin.hpp"
#include "weft/sdk/tokenizer.hpp"

namespace test_plugin {

class Bytes : public weft::sdk::Tokenizer {
 public:
  static constexpr uint32_t kSize = 256;

  Bytes() {
    for (uint32_t id = 0; id < kSize; ++id) texts_[id] = "byte " + std::to_string(id);
  }
  weft::sdk::TokenizerInfo info() const override { return {.size = kSize}; }
  weft::sdk::TokenInfo token(uint32_t id) const override { return {texts_[id]}; }
  void encode(std::string_view text, weft::sdk::TokenSink& out) const override {
    for (std::size_t i = 0; i < text.size(); ++i) out.add(static_cast<uint8_t>(text[i]), i, i + 1);
  }
  std::unique_ptr<weft::sdk::TextStream> stream() const override { return std::make_unique<Stream>(); }

 private:
  struct Stream : weft::sdk::TextStream {
    std::string push(uint32_t id) override { return std::string(1, static_cast<char>(id)); }
  };
  std::array<std::string, kSize> texts_;
};

template <class T>
std::unique_ptr<weft::sdk::Tokenizer> make(const weft::sdk::TokenizerSource&) {
  return std::make_unique<T>();
}

/// A plugin with one kind of tokenizer, which is called like it.
template <const std::string_view& kName, class T>
struct OneTokenizer {
  static constexpr std::string_view kId = kName, kVersion = "1.0.0", kVendor = "tests";
  explicit OneTokenizer(const weft::sdk::Json& options) {
    if (options.size() > 0) weft::sdk::refuse("unknown option " + std::string(options.key(0)));
  }
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_TOKENIZER_INTERFACE && n == 0 ? &table_ : nullptr;
  }

 private:
  const weft_tokenizer table_ = weft::sdk::tokenizer_table<&make<T>>(kName);
};

}  // namespace test_plugin
