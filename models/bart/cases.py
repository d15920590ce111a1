"""Tiny encoder-decoders of bart's kind."""
SIDES = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 3, "encoder_ffn_dim": 40, "decoder_ffn_dim": 48,
    "encoder_attention_heads": 4, "decoder_attention_heads": 2,
         "max_position_embeddings": 64, "is_encoder_decoder": True, "bos_token_id": 0, "eos_token_id": 2,
             "pad_token_id": 1, "decoder_start_token_id": 2}


def bart(name, config, model, **over):
    add(name, SIDES | config, encoder_tokens=23, tied=True, model_class=model, **({"gain": 0.7, "positions": 10,
        "embedding": 0.4, "distinct": 3} | over))


def without_positions(shapes):
    """As published: sinusoids are not stored."""
    return {n: s for n, s in shapes.items() if "embed_positions" not in n}


FIXED = {"gain": 1.4, "distinct": 2}  # sinusoids do not become larger

bart("bart.v4", {"architectures": ["BartForConditionalGeneration"], "activation_function": "gelu",
    "scale_embedding": False, "num_hidden_layers": 2, "normalize_before": False,
     "forced_eos_token_id": 2, "num_beams": 4, "classifier_dropout": 0.0}, "BartForConditionalGeneration",
         bites={"activation_function": "relu"})
bart("bart.scaled_v5", {"scale_embedding": True, "activation_function": "gelu_new", "encoder_layers": 1,
    "encoder_attention_heads": 2}, "BartForConditionalGeneration", form=5,
     dtype="bf16")
bart("bart.untied", {"tie_word_embeddings": False}, "BartForConditionalGeneration")
bart("mbart.v4", {"scale_embedding": True, "activation_function": "relu",
    "architectures": ["MBartForConditionalGeneration"]}, "MBartForConditionalGeneration")
bart("plbart.v5", {"decoder_attention_heads": 4}, "PLBartForConditionalGeneration", form=5)
bart("pegasus.v4", {"scale_embedding": True, "activation_function": "relu", "static_position_embeddings": True},
    "PegasusForConditionalGeneration", publish=without_positions, **FIXED)
bart("marian.v4", {"activation_function": "swish", "scale_embedding": True, "decoder_start_token_id": 1,
    "bad_words_ids": [[1]], "bos_token_id": None}, "MarianMTModel",
     publish=without_positions, **FIXED)
bart("marian.own_embeddings_v5", {"activation_function": "relu", "share_encoder_decoder_embeddings": False},
    "MarianMTModel", form=5, publish=without_positions, **FIXED | {"gain": 0.9})
bart("m2m_100.v4", {"activation_function": "relu", "scale_embedding": True}, "M2M100ForConditionalGeneration",
    bites={"scale_embedding": False}, **FIXED)
bart("m2m_100.plain_v5", {"scale_embedding": False, "pad_token_id": 0, "decoder_layers": 1},
    "M2M100ForConditionalGeneration", form=5, dtype="bf16", **FIXED)
bart("blenderbot.v4", {"max_position_embeddings": 64, "do_blenderbot_90_layernorm": True,
    "layernorm_variant": "prelayernorm", "decoder_start_token_id": 0}, "BlenderbotForConditionalGeneration")
bart("blenderbot-small.v5", {}, "BlenderbotSmallForConditionalGeneration", form=5)


def decoder(name, config, model, **over):
    """A decoder without its encoder, in whose layers the parameters of attention to one are left."""
    add(name, SIDES | {"architectures": [model], "is_decoder": True, "is_encoder_decoder": False,
        "decoder_layers": 2} | config, tied=True, model_class=model,
        **({"gain": 0.7, "positions": 10, "embedding": 0.4, "distinct": 2} | over))


decoder("bart.decoder", {}, "BartForCausalLM")
decoder("marian.decoder_v5", {"activation_function": "swish"}, "MarianForCausalLM", form=5, publish=without_positions)
decoder("blenderbot-small.decoder", {}, "BlenderbotSmallForCausalLM")
bart("bart.without_head", {"architectures": ["BartModel"]}, "BartForConditionalGeneration",
     publish=lambda shapes: {n.removeprefix("model."): s for n, s in shapes.items() if n != "final_logits_bias"})
