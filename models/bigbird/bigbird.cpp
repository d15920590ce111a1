// big_bird: bert for long texts, of which those are taken whose tokens all see each other.
#include <limits>

#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::bigbird {

using namespace sdk;
using blocks::Scope, blocks::Tensor;

struct BigBird : Family {
  static constexpr std::string_view kType = "big_bird";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("big_bird", json);
    auto d = blocks::kBertDefaults;
    d.vocab = 50358, d.context = 4096, d.activation = "gelu_new";
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    const std::string attention = c.text_or("attention_type", "block_sparse");
    if (attention != "block_sparse" && attention != "original_full")
      refuse(c.at("attention_type") + " is \"" + attention + "\", expected block_sparse or original_full");
    c.integer_or("block_size", 64, 1, 1 << 16), c.integer_or("num_random_blocks", 3, 0, 1 << 16);
    s.context = std::min(s.context, most_tokens(json));
    s.attention.qkv_bias = c.flag_or("use_bias", true);
    if (c.flag_or("rescale_embeddings", false)) s.embedding_scale = std::sqrt(static_cast<double>(s.hidden));
    s.token_types = c.integer_or("type_vocab_size", 2, 0, 1 << 20);
    blocks::add_encoder_heads(c, s, {.dense = "classifier.dense",
                                        .labels = "classifier.out_proj",
                                        .activation = s.mlp.activation,
                                        .spans = ""});
    if (blocks::may_be(c, "ForQuestionAnswering")) s.heads.push_back({WEFT_ROLE_CLASSIFY_SPANS, spans_of(s)});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(config, "bert.", {"cls.", "classifier.", "qa_classifier.", "bert.pooler."});
    const int64_t rows_used = std::min(most_tokens(config), integer_in(config, "max_position_embeddings", 4096));
    n.rules.insert(n.rules.begin(), {"model.embed_positions", "embeddings.position_embeddings", rows(0, rows_used)});
    return n;
  }

 private:
  /// How long a text may be whose tokens all see each other.
  static int64_t most_tokens(const Json& config) {
    if (config["attention_type"].string() == "original_full") return std::numeric_limits<int64_t>::max();
    const auto number = [&](const char* key, int64_t fallback) {
      return std::clamp<int64_t>(integer_in(config, key, fallback), 0, 1 << 16);
    };
    return (5 + 2 * number("num_random_blocks", 3)) * std::max<int64_t>(number("block_size", 64), 1);
  }

  /// A layer's MLP before the labels.
  static std::function<Tensor(const Scope&, Tensor)> spans_of(const blocks::DecoderShape& s) {
    return [hidden = s.hidden, inner = s.mlp.inner, activation = s.mlp.activation, norm = s.norm](
               const Scope& root, Tensor x) {
      const Scope head = root / "qa_classifier";
      Tensor y = blocks::linear(head / "intermediate" / "dense", x, hidden, inner, true, activation);
      y = blocks::linear(head / "output" / "dense", y, inner, hidden, true);
      y = blocks::norm(head / "output" / "LayerNorm", root.graph().add(x, y), norm);
      return blocks::linear(head / "qa_outputs", y, hidden, 2, true);
    };
  }
};

}  // namespace weft::bigbird

WEFT_FAMILY("weft.bigbird", weft::bigbird::BigBird)
