// A tokenizer whose ids go beyond its vocabulary.
#include "tokenizer.hpp"

namespace {

constexpr std::string_view kId = "test.tokenizer_ids_outside";

class Broken : public test_plugin::Bytes {
  void encode(std::string_view text, weft::sdk::TokenSink& out) const override { out.add(kSize, 0, text.size()); }
};

}  // namespace

using Plugin = test_plugin::OneTokenizer<kId, Broken>;
WEFT_PLUGIN(Plugin)
