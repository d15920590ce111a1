// bart, mbart, plbart, pegasus, marian, m2m_100, blenderbot, blenderbot-small: encoder-decoders with added positions.
#include "weft/blocks/encoder_decoder_config.hpp"
#include "weft/sdk/family.hpp"

namespace weft::bart {

using namespace sdk;
using blocks::EncoderDecoderShape;

std::unique_ptr<Model> finished(Config& c, EncoderDecoderShape s) {
  c.finish();
  return std::make_unique<blocks::EncoderDecoder>(std::move(s));
}

/// Layers that norm what goes into their branches, and a norm after the last one.
void norm_before(EncoderDecoderShape& s, bool embedding_norms) {
  s.norm_first = s.final_norms = true;
  s.embedding_norms = embedding_norms;
}

/// Sinusoids with the frequencies 10000^(-i / last), i below half of the width.
void use_sinusoids(Config& c, EncoderDecoderShape& s, int64_t last) {
  if (s.hidden % 2 != 0 || last < 1) refuse(c.at("d_model") + " is not an even number from 4 on");
  s.positions = blocks::PositionKind::kSinusoids;
  for (int64_t i = 0; i < s.hidden / 2; ++i)
    s.frequencies.push_back(static_cast<float>(std::pow(10000.0, -static_cast<double>(i) / static_cast<double>(last))));
}

/// Refuses classes whose heads a type does not have in transformers.
void refuse_heads(Config& c, const EncoderDecoderShape& s) {
  if (s.sequence_labels > 0 || s.span_labels > 0)
    refuse(c.at("architectures") + " names a head that " + c.family() + " does not have");
}

struct Bart : Family {
  static constexpr std::string_view kType = "bart";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("bart", json);
    EncoderDecoderShape s = blocks::read_encoder_decoder(c, json, {.start = 2});
    s.position_offset = 2;
    if (s.start_token < 0) refuse(c.at("decoder_start_token_id") + " is null");
    s.shift = blocks::ShiftKind::kBehindStart, s.fills_masks = true;
    return finished(c, std::move(s));
  }
  static Names hf(const Json& config) { return blocks::encoder_decoder_names(config); }
};

struct Mbart : Bart {
  static constexpr std::string_view kType = "mbart";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("mbart", json);
    EncoderDecoderShape s = blocks::read_encoder_decoder(c, json, {});
    norm_before(s, true);
    s.position_offset = 2;
    s.shift = blocks::ShiftKind::kBehindLast, s.fills_masks = true;
    return finished(c, std::move(s));
  }
};

struct Plbart : Bart {
  static constexpr std::string_view kType = "plbart";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("plbart", json);
    EncoderDecoderShape s = blocks::read_encoder_decoder(c, json,
        {.hidden = 768, .encoder_layers = 6, .decoder_layers = 6, .inner = 3072, .heads = 12,
            .scaled = true});
    if (s.span_labels > 0) refuse_heads(c, s);
    s.position_offset = 2;
    s.shift = blocks::ShiftKind::kBehindLast;
    return finished(c, std::move(s));
  }
};

struct Pegasus : Bart {
  static constexpr std::string_view kType = "pegasus";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("pegasus", json);
    EncoderDecoderShape s = blocks::read_encoder_decoder(c, json, {.start = 0, .pad = 0, .end = 1});
    refuse_heads(c, s);
    norm_before(s, false);
    use_sinusoids(c, s, s.hidden / 2);
    return finished(c, std::move(s));
  }
  static Names hf(const Json& config) {
    Names n = blocks::encoder_decoder_names(config);
    n.ignored.emplace_back("embed_positions.weight", "sinusoids, computed from the config");
    return n;
  }
};

struct Marian : Pegasus {
  static constexpr std::string_view kType = "marian";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("marian", json);
    EncoderDecoderShape s =
        blocks::read_encoder_decoder(c, json, {.start = 58100, .begin = -1, .pad = 58100, .end = 0});
    refuse_heads(c, s);
    if (const int64_t targets = c.integer_or("decoder_vocab_size", s.vocab); targets != s.vocab) {
      refuse(c.at("decoder_vocab_size") + " is " + std::to_string(targets) + ", only vocab_size " +
             std::to_string(s.vocab) + " is implemented");
    }
    s.shared_embedding = s.shared_embedding && (c.flag_or("share_encoder_decoder_embeddings", true) || s.decoder_alone);
    s.embedding_norms = false;
    use_sinusoids(c, s, s.hidden / 2);
    return finished(c, std::move(s));
  }
  static Names hf(const Json& config) {
    Names n = Pegasus::hf(config);
    const Json shared = config["share_encoder_decoder_embeddings"];
    if (!shared.is_bool() || shared.integer() != 0 || n.ties.empty()) return n;
    n.ties = {{"lm_head.weight", "model.decoder.embed_tokens.weight"}};
    return n;
  }
};

struct M2m100 : Bart {
  static constexpr std::string_view kType = "m2m_100";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("m2m_100", json);
    EncoderDecoderShape s =
        blocks::read_encoder_decoder(c, json, {.activation = "relu", .scaled = true, .start = 2});
    refuse_heads(c, s);
    if (s.decoder_alone) refuse(c.at("architectures") + " names a decoder alone, which m2m_100 does not have");
    norm_before(s, false);
    use_sinusoids(c, s, s.hidden / 2 - 1);
    if (s.pad_token < 0) refuse(c.at("pad_token_id") + " is null, positions are counted from it on");
    s.padding_has_no_position = true, s.position_offset = s.pad_token + 1;
    s.logits_bias = false;
    return finished(c, std::move(s));
  }
  static Names hf(const Json& config) {
    Names n = blocks::encoder_decoder_names(config);
    n.ignored.emplace_back("embed_positions.weights", "sinusoids, computed from the config");
    return n;
  }
};

/// What both of Blenderbot's types have in common.
EncoderDecoderShape read_blenderbot(Config& c, const Json& json, blocks::EncoderDecoderDefaults d) {
  d.start = d.begin = 1, d.pad = 0;
  EncoderDecoderShape s = blocks::read_encoder_decoder(c, json, d);
  refuse_heads(c, s);
  c.harmless({"do_blenderbot_90_layernorm", "layernorm_variant", "variant"});
  return s;
}

struct Blenderbot : Bart {
  static constexpr std::string_view kType = "blenderbot";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("blenderbot", json);
    EncoderDecoderShape s = read_blenderbot(c, json,
        {.hidden = 2560, .context = 128, .encoder_layers = 2, .decoder_layers = 24, .inner = 10240, .heads = 32});
    norm_before(s, false);
    return finished(c, std::move(s));
  }
};

struct BlenderbotSmall : Bart {
  static constexpr std::string_view kType = "blenderbot-small";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("blenderbot-small", json);
    EncoderDecoderShape s = read_blenderbot(c, json,
        {.hidden = 512, .context = 512, .encoder_layers = 8, .decoder_layers = 8, .inner = 2048});
    s.tokens_normed = true;
    return finished(c, std::move(s));
  }
};

}  // namespace weft::bart

WEFT_FAMILY("weft.bart", weft::bart::Bart, weft::bart::Mbart, weft::bart::Plbart, weft::bart::Pegasus,
    weft::bart::Marian, weft::bart::M2m100, weft::bart::Blenderbot, weft::bart::BlenderbotSmall)
