// A family: the models of one model_type. This one is a decoder as Llama is: pre-norms, rotary positions, a gated MLP.
//
// To fill in:  1. `make`: what differs, as fields of the shape (weft/blocks/decoder.hpp) and keys of config.json
//              2. `hf`: tensors whose names differ from the parameters', which are those of Hugging Face's Llama
//              3. kGguf and gguf(), where there are GGUF files of it (weft/sdk/family.hpp)
// What is no decoder of layers derives from sdk::Model and writes its graph itself.
#include <weft/blocks/decoder.hpp>
#include <weft/sdk/family.hpp>

namespace {

using namespace weft;
using namespace weft::sdk;

struct Type : Family {
  static constexpr std::string_view kType = "@NAME@";  // the model_type of config.json

  /// Config refuses a key of the wrong type by its name; `finish` warns of keys that nobody has read.
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("@NAME@", json);
    blocks::DecoderShape s = blocks::read_decoder(c, {});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) { return {}; }
};

}  // namespace

WEFT_FAMILY_OF("@VENDOR@", "@ID@", "0.1.0", Type)
