"""The tiny models of every family: configs as published, with the switches that each family has.

A family may have them in its own folder instead: models/*/cases.py, with `add` and all else that this file defines.
"""
import dataclasses
import pathlib
from typing import Callable


@dataclasses.dataclass
class Case:
    config: dict
    form: int = 4  # of config.json: as given (transformers 4), or 5: as transformers 5 writes it
    dtype: str = "f32"
    bites: dict = dataclasses.field(default_factory=dict)  # config key -> another value, which must change the logits
    gguf: bool | str = False  # llama.cpp has all that this case asks for; a string: its name of the architecture
    old_gguf: bool = False  # as its converter wrote it in former times
    fused_gguf: bool = False  # as it writes it with --fuse-qkv and --fuse-gate-up-exps
    root: str = ""  # what published names begin with and transformers' do not
    publish: Callable = lambda shapes: shapes  # name -> shape as transformers saves it, to those as published
    model_class: str = ""
    encoder_tokens: int = 0  # ids that an encoder reads
    attention: str = "eager"  # transformers' implementation
    tied: bool = False
    by_length: bool = False  # rope depends on the length of a forward pass, so that a cache changes the result
    cached: bool = True  # False: transformers' own step with a cache forgets what the case asks for
    zero_centred: bool = False  # norms multiply by 1 + weight
    conv1d: bool = False  # some weights are [in, out]
    embedding: float = 1.0
    distinct: int = 4  # least number of different greedy tokens
    positions: float = 1.0  # how much larger than the embeddings learned positions are
    gain: float = 1.0


CASES = {}
NOT_IN_LLAMA_CPP = {
    "opt.v4", "opt.post_norm", "opt.no_bias_v5", "opt.plain_norm",  # no such architecture
    "qwen2.window", "qwen3.window", "qwen3.bias_v5", "gemma3.multimodal", "gemma3_text.v4", "gemma3_text.linear", "phi.qk_v5",
    "gpt2.switches_v5", "gpt2.unscaled", "gpt_neox.no_bias", "bloom.six_heads_v5", "mpt.clip", "falcon.rw", "falcon.multi_head", "cohere2.v4", "cohere2.v5", "smollm3.v4",
    "smollm3.window_v5", "smollm3.interval", "exaone4.v4", "qwen2_moe.sparse_v5", "qwen3_moe.sparse_v5", "olmo2.v5", "gpt_oss.v4", "gpt_oss.v5", "gpt_oss.mxfp4", "cohere.qk_norm_v5", "gemma2.v4", "olmoe.clip_v5",
    "qwen3_next.v4", "qwen3_next.dense_v5", "mamba.gelu", "lfm2.bias_v5", "lfm2_moe.plain_v5", "bamba.v4", "bamba.bias_v5", "granitemoehybrid.v4", "granitemoehybrid.dense_v5",
    "deepseek_v3.halves_v5", "rwkv.v4", "rwkv.wide_v5", "jamba.dense", "jamba.bias_v5", "falcon_mamba.v5", "mamba2.limit"}


VOCAB = 48


def add(name, config, **over):
    over.setdefault("gguf", name not in NOT_IN_LLAMA_CPP)
    CASES[name] = Case({"vocab_size": VOCAB, "model_type": name.split(".")[0], "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0} | config, **over)


DENSE = {"hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "tie_word_embeddings": False}

# --- qwen ----------------------------------------------------------------------------------------------------
QWEN2 = DENSE | {"hidden_act": "silu", "rope_theta": 1000.0, "use_sliding_window": False, "sliding_window": 8, "max_window_layers": 1}
add("qwen2.v4", QWEN2)
add("qwen2.tied_v5", QWEN2 | {"tie_word_embeddings": True}, form=5, tied=True, dtype="bf16")
add("qwen2.without_head", QWEN2 | {"tie_word_embeddings": True}, tied=True, publish=lambda shapes: {n.removeprefix("model."): s for n, s in shapes.items()},
    gguf=False)
add("qwen2.fused", QWEN2, fused_gguf=True)
add("qwen2.window", QWEN2 | {"use_sliding_window": True, "num_hidden_layers": 3}, bites={"use_sliding_window": False})
add("qwen2.yarn", QWEN2 | {"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}}, bites={"rope_scaling": None})
add("qwen2.late_window", QWEN2 | {"use_sliding_window": True, "num_hidden_layers": 4, "max_window_layers": 2}, gguf=False, bites={"max_window_layers": 0})
QWEN3 = DENSE | {"head_dim": 16, "rope_theta": 1000.0, "attention_bias": False, "use_sliding_window": False}
add("qwen3.v4", QWEN3)
add("qwen3.bias_v5", QWEN3 | {"attention_bias": True, "tie_word_embeddings": True}, form=5, tied=True, dtype="bf16")
add("qwen3.window", QWEN3 | {"use_sliding_window": True, "sliding_window": 6, "max_window_layers": 1}, bites={"use_sliding_window": False})


# --- gemma ---------------------------------------------------------------------------------------------------
GEMMA = DENSE | {"head_dim": 16, "tie_word_embeddings": True, "hidden_act": "gelu_pytorch_tanh", "rope_theta": 1000.0, "attention_bias": False}
GEMMAS = {"zero_centred": True, "tied": True, "embedding": 0.2}
add("gemma.v4", GEMMA | {"hidden_activation": None, "num_key_value_heads": 1}, **GEMMAS)
add("gemma.first", GEMMA | {"hidden_act": "gelu", "hidden_activation": "relu"}, gguf=False, bites={"hidden_act": "relu"}, **GEMMAS)
add("gemma.v5", GEMMA, form=5, dtype="bf16", **GEMMAS)
add("gemma.bias", GEMMA | {"attention_bias": True}, gguf=False, **GEMMAS)
GEMMA2 = {k: v for k, v in GEMMA.items() if k != "hidden_act"} | {
    "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 24, "attn_logit_softcapping": 3.0,
    "final_logit_softcapping": 2.0, "sliding_window": 6, "num_hidden_layers": 3}
add("gemma2.v4", GEMMA2, bites={"sliding_window": 40, "attn_logit_softcapping": None, "final_logit_softcapping": None, "query_pre_attn_scalar": 12}, **GEMMAS)
add("gemma2.v5", GEMMA2 | {"query_pre_attn_scalar": 16}, form=5, dtype="bf16", **GEMMAS)
add("gemma2.plain", GEMMA2 | {"attention_bias": True, "hidden_activation": "gelu", "attn_logit_softcapping": None, "final_logit_softcapping": None, "sliding_window": 4},
    gguf=False, bites={"sliding_window": 6, "hidden_activation": "relu"}, **GEMMAS)
GEMMA3 = GEMMA2 | {"attn_logit_softcapping": None, "final_logit_softcapping": None, "rope_local_base_freq": 100.0, "num_hidden_layers": 4,
                   "intermediate_size": 32}
add("gemma3_text.v4", GEMMA3 | {"sliding_window_pattern": 3}, bites={"sliding_window": 40, "rope_local_base_freq": 5000.0}, **GEMMAS)
add("gemma3_text.linear", GEMMA3 | {"sliding_window_pattern": 2, "num_hidden_layers": 2, "rope_scaling": {"rope_type": "linear", "factor": 8.0},
                                "attn_logit_softcapping": 3.0},
    bites={"rope_scaling": None}, **GEMMAS)
add("gemma3_text.v5", GEMMA3 | {"query_pre_attn_scalar": 16, "layer_types": ["full_attention", "sliding_attention"] * 2}, form=5, dtype="bf16", **GEMMAS)
add("gemma3_text.bias", GEMMA3 | {"attention_bias": True, "hidden_activation": "silu", "sliding_window": 4, "sliding_window_pattern": 2}, gguf=False,
    bites={"sliding_window": 6, "hidden_activation": "gelu"}, **GEMMAS)


def text_of_gemma3(shapes):
    """As published: the text under language_model.model, and something of the vision tower beside it."""
    out = {n.replace("model.language_model.", "language_model.model."): s for n, s in shapes.items() if "vision" not in n and "projector" not in n}
    return out | {n: s for n, s in shapes.items() if "vision" in n or "projector" in n}


VISION = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 14, "patch_size": 14,
          "model_type": "siglip_vision_model"}
TEXT = {k: v for k, v in GEMMA3.items() if k != "num_hidden_layers"} | {"model_type": "gemma3_text", "num_hidden_layers": 2, "vocab_size": VOCAB}
CASES["gemma3.multimodal"] = Case({"model_type": "gemma3", "text_config": TEXT | {"sliding_window_pattern": 2, "final_logit_softcapping": 2.0}, "vision_config": VISION,
                                   "mm_tokens_per_image": 1, "image_token_index": 40, "boi_token_index": 41, "eoi_token_index": 42}, publish=text_of_gemma3,
                                  model_class="Gemma3ForConditionalGeneration", **GEMMAS)
CASES["gemma3.switches"] = Case({"model_type": "gemma3", "text_config": TEXT | {
    "num_hidden_layers": 3, "sliding_window_pattern": 3, "sliding_window": 4, "query_pre_attn_scalar": 16, "attention_bias": True, "hidden_activation": "gelu",
    "rope_local_base_freq": 50.0}, "vision_config": VISION, "mm_tokens_per_image": 1, "image_token_index": 40, "boi_token_index": 41, "eoi_token_index": 42},
    publish=text_of_gemma3, model_class="Gemma3ForConditionalGeneration", bites={"rope_local_base_freq": 100.0}, **GEMMAS)

# --- phi -----------------------------------------------------------------------------------------------------
PHI = {"hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": None,
       "max_position_embeddings": 64, "layer_norm_eps": 1e-5, "tie_word_embeddings": False, "hidden_act": "gelu_new", "rope_theta": 1000.0,
       "partial_rotary_factor": 0.5, "qk_layernorm": False}
add("phi.v4", PHI, bites={"partial_rotary_factor": 1.0})
add("phi.qk_v5", PHI | {"qk_layernorm": True, "num_key_value_heads": 2}, form=5, dtype="bf16")
add("phi.wide", PHI | {"intermediate_size": 72, "layer_norm_eps": 0.01, "partial_rotary_factor": 1.0, "hidden_act": "relu"}, gguf=False, bites={"layer_norm_eps": 1e-5})
PHI3 = DENSE | {"rope_theta": 1000.0, "original_max_position_embeddings": 64, "sliding_window": None, "rope_scaling": None}
add("phi3.v4", PHI3)
add("phi3.window_v5", PHI3 | {"sliding_window": 6, "partial_rotary_factor": 0.5}, form=5, dtype="bf16", bites={"sliding_window": 30})
LONG = {"type": "longrope", "short_factor": [1.0, 1.1, 1.3, 1.6], "long_factor": [1.2, 2.0, 3.5, 5.0]}
add("phi3.longrope", PHI3 | {"original_max_position_embeddings": 16, "rope_scaling": LONG}, bites={"rope_scaling": None}, by_length=True)
add("phi3.longrope_short", PHI3 | {"original_max_position_embeddings": 40, "rope_scaling": LONG}, bites={"rope_scaling": None})

# --- gpt2 ----------------------------------------------------------------------------------------------------
GPT2 = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64, "n_ctx": 64, "n_inner": None, "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5}


def without_prefix(prefix, extra=()):
    def publish(shapes):
        return {n.removeprefix(prefix): s for n, s in shapes.items() if n != "lm_head.weight"} | dict(extra)
    return publish


add("gpt2.published", GPT2, publish=without_prefix("transformer."), conv1d=True, tied=True, embedding=0.7)
add("gpt2.switches_v5", GPT2 | {"n_inner": 40, "scale_attn_by_inverse_layer_idx": True, "activation_function": "gelu"}, form=5, conv1d=True, tied=True,
    bites={"scale_attn_by_inverse_layer_idx": False}, dtype="bf16", embedding=0.7)
add("gpt2.unscaled", GPT2 | {"scale_attn_weights": False}, conv1d=True, tied=True, bites={"scale_attn_weights": True}, embedding=0.7)
add("gpt2.six_heads", GPT2 | {"n_embd": 48, "n_head": 6, "n_layer": 3, "n_positions": 40, "n_ctx": 40, "layer_norm_epsilon": 0.01}, conv1d=True, tied=True, embedding=0.7,
    bites={"layer_norm_epsilon": 1e-5})

# --- gpt_neox, gptj ------------------------------------------------------------------------------------------
NEOX = {"hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 64,
        "layer_norm_eps": 1e-5, "hidden_act": "gelu", "rotary_pct": 0.25, "rotary_emb_base": 1000, "use_parallel_residual": True, "tie_word_embeddings": False}
add("gpt_neox.v4", NEOX, bites={"use_parallel_residual": False})
add("gpt_neox.sequential_v5", NEOX | {"use_parallel_residual": False, "rotary_pct": 0.5}, form=5, dtype="bf16")
add("gpt_neox.without_head", NEOX | {"tie_word_embeddings": True}, gguf=False, tied=True,
    publish=lambda shapes: {n.removeprefix("gpt_neox."): s for n, s in shapes.items() if not n.startswith(("lm_head", "embed_out"))})
add("gpt_neox.no_bias", NEOX | {"attention_bias": False, "rotary_pct": 1.0})
add("gpt_neox.six_heads", NEOX | {"hidden_size": 48, "num_attention_heads": 6, "hidden_act": "gelu_new", "rotary_pct": 0.5, "rotary_emb_base": 100,
    "layer_norm_eps": 0.01}, gguf=False, bites={"layer_norm_eps": 1e-5})
GPTJ = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64, "n_inner": None, "rotary_dim": 4, "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5, "tie_word_embeddings": False}
add("gptj.v4", GPTJ, bites={"rotary_dim": 8})
add("gptj.v5", GPTJ | {"n_inner": 40, "rotary_dim": 8}, form=5, dtype="bf16")
add("gptj.six_heads", GPTJ | {"n_embd": 48, "n_head": 6, "n_layer": 3, "rotary_dim": 6, "activation_function": "gelu", "layer_norm_epsilon": 0.01},
    gguf=False, bites={"activation_function": "relu", "layer_norm_epsilon": 1e-5})

# --- opt, bloom, mpt -----------------------------------------------------------------------------------------
OPT = {"hidden_size": 32, "ffn_dim": 40, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 64, "word_embed_proj_dim": 32,
       "do_layer_norm_before": True, "activation_function": "relu"}
add("opt.v4", OPT, tied=True, publish=lambda shapes: {n.replace("model.decoder.", "decoder."): s for n, s in shapes.items() if n != "lm_head.weight"})
add("opt.post_norm", OPT | {"do_layer_norm_before": False, "word_embed_proj_dim": 16}, tied=True, bites={"do_layer_norm_before": True} and {})
add("opt.no_bias_v5", OPT | {"enable_bias": False, "activation_function": "gelu"}, form=5, dtype="bf16", tied=True)
add("opt.plain_norm", OPT | {"layer_norm_elementwise_affine": False}, tied=True)
add("opt.wide", OPT | {"ffn_dim": 72, "hidden_size": 48, "num_attention_heads": 6, "word_embed_proj_dim": 32, "num_hidden_layers": 3}, tied=True, gguf=False)
BLOOM = {"hidden_size": 32, "n_layer": 2, "n_head": 4, "layer_norm_epsilon": 1e-5, "apply_residual_connection_post_layernorm": False}
add("bloom.published", BLOOM | {"seq_length": 64}, publish=without_prefix("transformer."), tied=True)
add("bloom.six_heads_v5", BLOOM | {"hidden_size": 48, "n_head": 6, "apply_residual_connection_post_layernorm": True}, form=5, dtype="bf16", tied=True,
    bites={"apply_residual_connection_post_layernorm": False})
add("bloom.three_layers", BLOOM | {"n_layer": 3, "layer_norm_epsilon": 0.01}, tied=True, embedding=0.3, publish=without_prefix("transformer."),
    bites={"layer_norm_epsilon": 1e-5})
MPT = {"d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": 64, "expansion_ratio": 4, "no_bias": True,
       "attn_config": {"alibi": True, "alibi_bias_max": 8, "attn_impl": "torch", "clip_qkv": None, "softmax_scale": None, "qk_ln": False, "prefix_lm": False,
                       "attn_type": "multihead_attention", "attn_pdrop": 0, "attn_uses_sequence_id": False}}
add("mpt.v4", MPT, tied=True)
add("mpt.clip", MPT | {"attn_config": MPT["attn_config"] | {"clip_qkv": 1.0, "softmax_scale": 0.5}}, tied=True,
    bites={"attn_config.clip_qkv": None, "attn_config.softmax_scale": None})
add("mpt.six_heads_v5", MPT | {"d_model": 48, "n_heads": 6}, form=5, dtype="bf16", tied=True)
add("mpt.three_layers", MPT | {"n_layers": 3, "max_seq_len": 40}, tied=True)

# --- falcon --------------------------------------------------------------------------------------------------
FALCON = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "layer_norm_epsilon": 1e-5, "alibi": False, "bias": False,
          "multi_query": True, "new_decoder_architecture": False, "parallel_attn": True, "max_position_embeddings": 64, "rope_theta": 1000.0}
add("falcon.7b", FALCON, tied=True)
add("falcon.40b", FALCON | {"new_decoder_architecture": True, "num_kv_heads": 2}, tied=True)
add("falcon.11b_v5", FALCON | {"new_decoder_architecture": True, "num_kv_heads": 2, "num_ln_in_parallel_attn": 1, "ffn_hidden_size": 40, "tie_word_embeddings": False},
    form=5, dtype="bf16")
# Eager attention of transformers 5.24 adds alibi twice.
add("falcon.rw", FALCON | {"alibi": True, "bias": True, "multi_query": False, "parallel_attn": False}, tied=True, attention="sdpa")
add("falcon.multi_head", FALCON | {"multi_query": False, "bias": True}, tied=True)
add("falcon.six_heads", FALCON | {"hidden_size": 48, "num_attention_heads": 6, "num_hidden_layers": 3, "rope_theta": 100.0, "layer_norm_epsilon": 0.01}, tied=True,
    bites={"rope_theta": 1000.0, "layer_norm_epsilon": 1e-5})

# --- granite, cohere, olmo2, glm4 ----------------------------------------------------------------------------
GRANITE = DENSE | {"rope_theta": 1000.0, "attention_bias": False, "mlp_bias": False, "embedding_multiplier": 3.0, "attention_multiplier": 0.2,
                   "residual_multiplier": 0.4, "logits_scaling": 2.0}
add("granite.v4", GRANITE, bites={"embedding_multiplier": 1.0, "attention_multiplier": 0.5, "residual_multiplier": 1.0, "logits_scaling": 1.0})
add("granite.bias_v5", GRANITE | {"attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True, "embedding_multiplier": 1.5}, form=5, dtype="bf16",
    tied=True, embedding=0.3)
add("granite.neutral", GRANITE | {"embedding_multiplier": 1.0, "attention_multiplier": 1.0, "residual_multiplier": 1.0, "logits_scaling": 8.0}, bites={"logits_scaling": 2.0})
COHERE = {k: v for k, v in DENSE.items() if k != "rms_norm_eps"} | {"layer_norm_eps": 1e-5, "rope_theta": 1000.0, "logit_scale": 0.25, "tie_word_embeddings": True,
                                                                    "attention_bias": False, "use_qk_norm": False}
add("cohere.v4", COHERE, tied=True, bites={"logit_scale": 1.0})
add("cohere.qk_norm_v5", COHERE | {"use_qk_norm": True, "attention_bias": True}, form=5, dtype="bf16", tied=True)
add("cohere.unscaled", COHERE | {"logit_scale": 1.0, "layer_norm_eps": 0.01}, tied=True, bites={"layer_norm_eps": 1e-5})
COHERE2 = {k: v for k, v in COHERE.items() if k != "use_qk_norm"} | {"sliding_window": 6, "num_hidden_layers": 4, "sliding_window_pattern": 2, "intermediate_size": 32}
add("cohere2.v4", COHERE2, tied=True, bites={"sliding_window": 40})
add("cohere2.v5", COHERE2 | {"layer_types": ["full_attention", "sliding_attention"] * 2}, form=5, dtype="bf16", tied=True)
add("cohere2.bias", COHERE2 | {"attention_bias": True, "logit_scale": 1.0, "sliding_window": 4, "layer_norm_eps": 0.01}, tied=True, gguf=False,
    bites={"sliding_window": 6, "layer_norm_eps": 1e-5})
add("olmo2.v4", DENSE | {"rope_theta": 1000.0, "attention_bias": False})
add("olmo2.v5", DENSE | {"rope_theta": 1000.0, "attention_bias": True}, form=5, dtype="bf16")
GLM4 = DENSE | {"head_dim": 16, "partial_rotary_factor": 0.5, "attention_bias": True, "rope_theta": 1000.0}
add("glm4.v4", GLM4, bites={"partial_rotary_factor": 1.0})
add("glm4.v5", GLM4 | {"attention_bias": False}, form=5, dtype="bf16")

# --- smollm3, exaone4, stablelm, starcoder2 ------------------------------------------------------------------
SMOLLM3 = DENSE | {"rope_theta": 1000.0, "no_rope_layer_interval": 2, "no_rope_layers": [1, 0, 1], "num_hidden_layers": 3, "use_sliding_window": False,
                   "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": True}
add("smollm3.v4", SMOLLM3, tied=True, bites={"no_rope_layers": [1, 1, 1]})
add("smollm3.window_v5", SMOLLM3 | {"use_sliding_window": True, "sliding_window": 6, "attention_bias": True, "mlp_bias": True, "tie_word_embeddings": False},
    form=5, dtype="bf16")
add("smollm3.interval", {k: v for k, v in SMOLLM3.items() if k != "no_rope_layers"}, tied=True)
EXAONE4 = DENSE | {"rope_theta": 1000.0, "sliding_window": 6, "sliding_window_pattern": 2, "num_hidden_layers": 3}
add("exaone4.v4", EXAONE4, bites={"sliding_window": 30})
add("exaone4.full_v5", EXAONE4 | {"sliding_window": None, "layer_types": ["full_attention"] * 3}, form=5, dtype="bf16")
STABLELM = {k: v for k, v in DENSE.items() if k != "rms_norm_eps"} | {"layer_norm_eps": 1e-5, "partial_rotary_factor": 0.25, "rope_theta": 1000,
                                                                      "use_qkv_bias": False, "qk_layernorm": False, "use_parallel_residual": False}
add("stablelm.v4", STABLELM)
add("stablelm.qk_v5", STABLELM | {"use_qkv_bias": True, "qk_layernorm": True, "use_parallel_residual": True, "partial_rotary_factor": 0.5}, form=5, dtype="bf16")
add("stablelm.full_rotary", STABLELM | {"layer_norm_eps": 0.01, "partial_rotary_factor": 1.0, "use_qkv_bias": True}, bites={"layer_norm_eps": 1e-5})
add("stablelm.sixty_of_88", STABLELM | {"hidden_size": 176, "num_attention_heads": 2, "num_key_value_heads": 1, "partial_rotary_factor": 0.682})
STARCODER2 = {k: v for k, v in DENSE.items() if k != "rms_norm_eps"} | {"norm_epsilon": 1e-5, "rope_theta": 1000.0, "use_bias": True, "sliding_window": 6,
                                                                        "tie_word_embeddings": True, "mlp_type": "default", "norm_type": "layer_norm"}
add("starcoder2.v4", STARCODER2, tied=True, bites={"sliding_window": 30})
add("starcoder2.no_bias_v5", STARCODER2 | {"use_bias": False, "sliding_window": None}, form=5, dtype="bf16", tied=True)
add("starcoder2.untied", STARCODER2 | {"tie_word_embeddings": False, "norm_epsilon": 0.01, "sliding_window": 4}, gguf=False, bites={"sliding_window": 6, "norm_epsilon": 1e-5})

# --- experts -------------------------------------------------------------------------------------------------
MIXTRAL = DENSE | {"rope_theta": 1000.0, "num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": None, "intermediate_size": 16}
add("mixtral.v4", MIXTRAL)
add("mixtral.window_v5", MIXTRAL | {"sliding_window": 6, "num_experts_per_tok": 3}, form=5, dtype="bf16")
add("mixtral.six_experts", MIXTRAL | {"num_local_experts": 6, "num_experts_per_tok": 1, "intermediate_size": 24})
OLMOE = DENSE | {"rope_theta": 1000.0, "num_experts": 4, "num_experts_per_tok": 2, "intermediate_size": 16, "norm_topk_prob": False, "clip_qkv": None}
add("olmoe.v4", OLMOE, bites={"norm_topk_prob": True})
add("olmoe.clip_v5", OLMOE | {"clip_qkv": 0.8, "norm_topk_prob": True}, form=5, dtype="bf16", bites={"clip_qkv": None})
add("olmoe.six_experts", OLMOE | {"num_experts": 6, "num_experts_per_tok": 3, "intermediate_size": 24})
QWEN2_MOE = QWEN2 | {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16, "shared_expert_intermediate_size": 24, "decoder_sparse_step": 1,
                     "mlp_only_layers": [], "norm_topk_prob": False}
add("qwen2_moe.v4", QWEN2_MOE, bites={"norm_topk_prob": True})
add("qwen2_moe.sparse_v5", QWEN2_MOE | {"decoder_sparse_step": 2, "num_hidden_layers": 4, "mlp_only_layers": [3], "norm_topk_prob": True}, form=5, dtype="bf16")
add("qwen2_moe.window", QWEN2_MOE | {"use_sliding_window": True, "sliding_window": 6, "max_window_layers": 3, "num_hidden_layers": 4, "num_experts": 3}, gguf=False,
    bites={"max_window_layers": 1})
add("qwen2_moe.wide", QWEN2_MOE | {"moe_intermediate_size": 12, "shared_expert_intermediate_size": 40, "num_experts": 6, "num_experts_per_tok": 4})
QWEN3_MOE = QWEN3 | {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16, "decoder_sparse_step": 1, "mlp_only_layers": [], "norm_topk_prob": True}
add("qwen3_moe.v4", QWEN3_MOE, bites={"norm_topk_prob": False})
add("qwen3_moe.fused", QWEN3_MOE | {"num_experts": 3}, fused_gguf=True)
add("qwen3_moe.sparse_v5", QWEN3_MOE | {"mlp_only_layers": [1], "norm_topk_prob": False, "attention_bias": True}, form=5, dtype="bf16")
add("qwen3_moe.window", QWEN3_MOE | {"use_sliding_window": True, "sliding_window": 6}, gguf=False, bites={"use_sliding_window": False})
GPT_OSS = DENSE | {"head_dim": 16, "num_local_experts": 4, "num_experts_per_tok": 2, "intermediate_size": 32, "sliding_window": 6, "rope_theta": 1000.0,
                   "swiglu_limit": 1.5, "attention_bias": True, "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "beta_fast": 8.0, "beta_slow": 1.0,
                                                                                "truncate": False, "original_max_position_embeddings": 16}}
add("gpt_oss.v4", GPT_OSS, bites={"sliding_window": 30, "swiglu_limit": 100.0})
add("gpt_oss.no_scaling", {k: v for k, v in GPT_OSS.items() if k != "rope_scaling"} | {"num_local_experts": 2}, gguf=False, bites={"rope_scaling": {"rope_type": "default"}})
add("gpt_oss.v5", GPT_OSS | {"layer_types": ["full_attention", "sliding_attention"]}, form=5, dtype="bf16")
add("gpt_oss.no_bias", GPT_OSS | {"attention_bias": False, "sliding_window": 4, "num_experts_per_tok": 3, "num_local_experts": 6, "intermediate_size": 24}, gguf=False,
    bites={"sliding_window": 6})


# --- states that are no keys and values ------------------------------------------------------------------------
MAMBA = {"hidden_size": 32, "state_size": 8, "num_hidden_layers": 3, "expand": 2, "conv_kernel": 4, "use_bias": False, "use_conv_bias": True, "hidden_act": "silu",
         "layer_norm_epsilon": 1e-5, "time_step_rank": 3, "residual_in_fp32": True, "tie_word_embeddings": True}
add("mamba.v4", MAMBA | {"d_inner": 64, "d_model": 32, "intermediate_size": 64, "n_layer": 3, "fused_add_norm": True, "rms_norm": True, "ssm_cfg": {}}, tied=True)
add("mamba.bias_v5", MAMBA | {"use_bias": True, "use_conv_bias": False, "conv_kernel": 3, "time_step_rank": "auto", "tie_word_embeddings": False}, form=5, dtype="bf16")
add("mamba.gelu", MAMBA | {"hidden_act": "gelu", "expand": 3, "conv_kernel": 2}, tied=True, bites={"hidden_act": "silu"})
add("mamba.sixteen_states", MAMBA | {"state_size": 16, "residual_in_fp32": False, "layer_norm_epsilon": 0.01}, tied=True, embedding=0.3, publish=without_prefix("transformer."),
    bites={"layer_norm_epsilon": 1e-5})
add("falcon_mamba.v4", MAMBA | {"mixer_rms_eps": 1e-6, "tie_word_embeddings": False})
add("falcon_mamba.v5", MAMBA | {"mixer_rms_eps": 0.01, "num_hidden_layers": 2, "tie_word_embeddings": True}, form=5, dtype="bf16", tied=True, bites={"mixer_rms_eps": 1e-6})
add("falcon_mamba.switches", MAMBA | {"use_bias": True, "use_conv_bias": False, "conv_kernel": 3, "expand": 3, "state_size": 16, "hidden_act": "gelu", "time_step_rank": 5,
    "residual_in_fp32": False, "layer_norm_epsilon": 0.01, "mixer_rms_eps": 1e-6, "tie_word_embeddings": False}, gguf=False,
    bites={"hidden_act": "silu", "layer_norm_epsilon": 1e-5})
MAMBA2 = {k: v for k, v in MAMBA.items() if k != "time_step_rank"} | {"num_heads": 8, "head_dim": 8, "n_groups": 2, "chunk_size": 8, "tie_word_embeddings": False}
add("mamba2.v4", MAMBA2)
add("mamba2.one_group_v5", MAMBA2 | {"n_groups": 1, "use_bias": True, "use_conv_bias": False, "tie_word_embeddings": True}, form=5, dtype="bf16", tied=True)
add("mamba2.codestral", MAMBA2 | {"num_hidden_layers": 2}, root="model.", publish=lambda shapes: {"model." + n: s for n, s in shapes.items()}, gguf=False)
add("mamba2.limit", MAMBA2 | {"time_step_limit": [0.3, 0.7], "num_hidden_layers": 2}, bites={"time_step_limit": [0.0, 100.0]}, cached=False)
add("mamba2.sizes", MAMBA2 | {"num_heads": 6, "head_dim": 16, "expand": 3, "state_size": 16, "conv_kernel": 3, "chunk_size": 4, "hidden_act": "gelu", "residual_in_fp32": False,
    "layer_norm_epsilon": 0.01}, gguf=False, bites={"hidden_act": "silu", "layer_norm_epsilon": 1e-5})


LFM2 = {k: v for k, v in DENSE.items() if k != "rms_norm_eps"} | {
    "norm_eps": 1e-5, "rope_theta": 1000.0, "conv_L_cache": 3, "conv_bias": False, "num_hidden_layers": 4, "full_attn_idxs": [1, 3], "tie_word_embeddings": True,
    "block_auto_adjust_ff_dim": True, "block_multiple_of": 16, "block_ffn_dim_multiplier": 1.0, "intermediate_size": 60, "block_ff_dim": 60}
add("lfm2.v4", LFM2 | {"block_dim": 32, "conv_dim": 32, "block_use_swiglu": True, "use_pos_enc": True, "num_heads": 4}, tied=True)
add("lfm2.bias_v5", {k: v for k, v in LFM2.items() if k != "block_ff_dim"} | {"conv_bias": True, "conv_L_cache": 4, "block_ffn_dim_multiplier": 0.7, "num_hidden_layers": 3,
    "tie_word_embeddings": False}, form=5, dtype="bf16")
add("lfm2.types", LFM2 | {"layer_types": ["conv", "conv", "full_attention"], "num_hidden_layers": 3, "block_auto_adjust_ff_dim": False}, tied=True)
add("lfm2.six_heads", LFM2 | {"hidden_size": 48, "block_dim": 48, "num_attention_heads": 6, "full_attn_idxs": [0, 2], "num_hidden_layers": 3, "rope_theta": 100.0, "norm_eps": 0.01,
    "block_multiple_of": 32, "intermediate_size": 80, "block_ff_dim": 80}, tied=True, gguf=False, bites={"rope_theta": 1000.0, "norm_eps": 1e-5})
LFM2_MOE = {k: v for k, v in LFM2.items() if not k.startswith(("block", "full"))} | {
    "layer_types": ["conv", "full_attention", "conv"], "num_hidden_layers": 3, "num_dense_layers": 1, "num_experts": 4, "num_experts_per_tok": 2,
    "moe_intermediate_size": 16, "use_expert_bias": True, "norm_topk_prob": True, "routed_scaling_factor": 1.0}
add("lfm2_moe.v4", LFM2_MOE, tied=True, bites={"norm_topk_prob": False})
add("lfm2_moe.plain_v5", LFM2_MOE | {"use_expert_bias": False, "norm_topk_prob": False, "routed_scaling_factor": 2.0, "tie_word_embeddings": False}, form=5, dtype="bf16",
    bites={"routed_scaling_factor": 1.0})
add("lfm2_moe.sizes", LFM2_MOE | {"num_dense_layers": 2, "num_experts": 6, "num_experts_per_tok": 3, "moe_intermediate_size": 12, "conv_L_cache": 4, "conv_bias": True,
    "layer_types": ["full_attention", "conv", "conv", "full_attention"], "num_hidden_layers": 4, "rope_theta": 100.0, "norm_eps": 0.01}, tied=True, gguf=False,
    bites={"rope_theta": 1000.0})
BAMBA = DENSE | {"attn_layer_indices": [1], "num_hidden_layers": 3, "mamba_n_heads": 8, "mamba_d_head": "auto", "mamba_n_groups": 2, "mamba_d_state": 8, "mamba_d_conv": 4,
                 "mamba_expand": 2, "mamba_chunk_size": 8, "mamba_conv_bias": True, "mamba_proj_bias": False, "attention_bias": False, "mlp_bias": False, "rope_theta": 1000.0}
add("bamba.v4", BAMBA, cached=False)
add("bamba.bias_v5", BAMBA | {"mamba_d_head": 8, "mamba_n_groups": 1, "mamba_conv_bias": False, "mamba_proj_bias": True, "attention_bias": True, "mlp_bias": True,
                              "num_hidden_layers": 2, "tie_word_embeddings": True}, form=5, dtype="bf16", tied=True, cached=False)
add("bamba.sizes", BAMBA | {"attn_layer_indices": [0, 2], "intermediate_size": 24, "mamba_d_state": 16, "mamba_d_conv": 3, "mamba_chunk_size": 4, "rope_theta": 100.0}, cached=False,
    gguf=False, bites={"rope_theta": 1000.0})
HYBRID = {k: v for k, v in BAMBA.items() if k != "attn_layer_indices" and k != "mlp_bias"} | {
    "layer_types": ["mamba", "attention", "mamba"], "num_local_experts": 4, "num_experts_per_tok": 2, "intermediate_size": 12, "shared_intermediate_size": 20,
    "embedding_multiplier": 3.0, "attention_multiplier": 0.2, "residual_multiplier": 0.4, "logits_scaling": 2.0, "position_embedding_type": "nope"}
add("granitemoehybrid.v4", HYBRID, bites={"residual_multiplier": 1.0, "attention_multiplier": 1.0, "position_embedding_type": "rope"})
add("granitemoehybrid.dense_v5", HYBRID | {"num_local_experts": 0, "num_experts_per_tok": 0, "position_embedding_type": "rope", "tie_word_embeddings": True,
                                           "attention_bias": True, "embedding_multiplier": 1.0}, form=5, dtype="bf16", tied=True)
add("granitemoehybrid.neutral", HYBRID | {"layer_types": ["attention", "mamba"], "num_hidden_layers": 2, "num_local_experts": 6, "num_experts_per_tok": 3, "intermediate_size": 20,
    "shared_intermediate_size": 12, "attention_multiplier": 1.0, "residual_multiplier": 1.0, "logits_scaling": 8.0, "rope_theta": 100.0,
    "position_embedding_type": "rope"}, gguf=False, bites={"rope_theta": 1000.0, "logits_scaling": 2.0})
NEXT = DENSE | {"head_dim": 16, "partial_rotary_factor": 0.25, "rope_theta": 1000.0, "num_hidden_layers": 4, "full_attention_interval": 2, "linear_conv_kernel_dim": 4,
                "linear_key_head_dim": 6, "linear_value_head_dim": 8, "linear_num_key_heads": 2, "linear_num_value_heads": 4, "num_experts": 4, "num_experts_per_tok": 2,
                "moe_intermediate_size": 12, "shared_expert_intermediate_size": 20, "decoder_sparse_step": 1, "mlp_only_layers": [], "norm_topk_prob": True,
                "attention_bias": False}


def with_mtp(shapes):
    """As published: with what predicts further tokens."""
    return shapes | {"mtp.fc.weight": [32, 64]}


add("qwen3_next.v4", NEXT, zero_centred=True, publish=with_mtp, bites={"partial_rotary_factor": 1.0})
add("qwen3_next.dense_v5", NEXT | {"mlp_only_layers": [1], "decoder_sparse_step": 2, "linear_num_value_heads": 2, "norm_topk_prob": False, "attention_bias": True,
                                   "num_hidden_layers": 3, "tie_word_embeddings": True}, form=5, dtype="bf16", zero_centred=True, tied=True)
add("qwen3_next.sizes", NEXT | {"linear_conv_kernel_dim": 3, "linear_key_head_dim": 8, "linear_value_head_dim": 6, "linear_num_key_heads": 3, "linear_num_value_heads": 6,
    "num_experts": 6, "num_experts_per_tok": 3, "moe_intermediate_size": 20, "shared_expert_intermediate_size": 12, "num_attention_heads": 6, "full_attention_interval": 3,
    "num_hidden_layers": 3}, zero_centred=True, gguf=False)
JAMBA = DENSE | {"num_hidden_layers": 4, "attn_layer_period": 4, "attn_layer_offset": 2, "expert_layer_period": 2, "expert_layer_offset": 1, "num_experts": 4,
                 "num_experts_per_tok": 2, "mamba_d_state": 8, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_dt_rank": 3, "mamba_conv_bias": True,
                 "mamba_proj_bias": False, "intermediate_size": 16, "use_mamba_kernels": False}
add("jamba.v4", JAMBA | {"calc_logits_for_entire_prompt": False})
add("jamba.bias_v5", JAMBA | {"mamba_conv_bias": False, "mamba_proj_bias": True, "mamba_dt_rank": "auto", "attn_layer_period": 2, "attn_layer_offset": 0,
                              "num_hidden_layers": 3, "tie_word_embeddings": True}, form=5, dtype="bf16", tied=True)
add("jamba.dense", JAMBA | {"num_experts": 1, "num_experts_per_tok": 1, "num_hidden_layers": 3})
add("jamba.sizes", JAMBA | {"mamba_d_state": 16, "mamba_d_conv": 3, "mamba_expand": 3, "intermediate_size": 24, "num_experts": 6, "num_experts_per_tok": 3,
    "expert_layer_period": 3, "num_hidden_layers": 3}, gguf=False)
DEEPSEEK = {k: v for k, v in DENSE.items() if k != "num_key_value_heads"} | {
    "num_key_value_heads": 4, "kv_lora_rank": 16, "q_lora_rank": None, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4, "v_head_dim": 12, "n_routed_experts": 8,
    "num_experts_per_tok": 3, "n_shared_experts": 2, "moe_intermediate_size": 12, "first_k_dense_replace": 1, "num_hidden_layers": 3, "rope_theta": 1000.0,
    "attention_bias": False, "hidden_act": "silu", "moe_layer_freq": 1, "routed_scaling_factor": 1.0, "rms_norm_eps": 1e-6}
LATENT_YARN = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 32, "beta_slow": 1, "mscale": 0.707, "mscale_all_dim": 0.707}
DEEPSEEK2 = DEEPSEEK | {"topk_method": "greedy", "scoring_func": "softmax", "norm_topk_prob": False, "n_group": 1, "topk_group": 1, "aux_loss_alpha": 0.001,
                        "seq_aux": True}
add("deepseek_v2.v4", DEEPSEEK2 | {"rope_scaling": LATENT_YARN}, bites={"rope_scaling.mscale_all_dim": 0.1})
add("deepseek_v2.groups_v5", DEEPSEEK2 | {"topk_method": "group_limited_greedy", "n_group": 4, "topk_group": 2, "q_lora_rank": 12, "routed_scaling_factor": 2.0,
                                          "attention_bias": True, "num_hidden_layers": 2}, form=5, dtype="bf16", bites={"topk_group": 4, "routed_scaling_factor": 1.0})
add("deepseek_v2.lite", DEEPSEEK2, old_gguf=True)
add("deepseek_v2.all_experts", DEEPSEEK2 | {"first_k_dense_replace": 0, "n_shared_experts": 1, "n_routed_experts": 6, "kv_lora_rank": 12, "qk_nope_head_dim": 12,
    "qk_rope_head_dim": 8, "v_head_dim": 8, "num_attention_heads": 6, "num_key_value_heads": 6, "moe_intermediate_size": 20, "num_hidden_layers": 2, "hidden_size": 48})
add("deepseek_v2.dense", DEEPSEEK2 | {"first_k_dense_replace": 3}, gguf=False)
DEEPSEEK3 = DEEPSEEK | {"q_lora_rank": 12, "n_group": 4, "topk_group": 2, "norm_topk_prob": True, "scoring_func": "sigmoid", "topk_method": "noaux_tc",
                        "routed_scaling_factor": 2.5, "n_shared_experts": 1, "num_nextn_predict_layers": 1, "ep_size": 1}


def with_next(shapes):
    """As published: with the layer that predicts further tokens."""
    return shapes | {"model.layers.3.eh_proj.weight": [32, 64], "model.layers.3.self_attn.kv_a_layernorm.weight": [16]}


add("deepseek_v3.v4", DEEPSEEK3 | {"rope_scaling": LATENT_YARN | {"mscale": 1.0, "mscale_all_dim": 1.0}}, publish=with_next,
    bites={"topk_group": 4, "norm_topk_prob": False, "rope_scaling.mscale_all_dim": 0.1})
add("deepseek_v3.halves_v5", DEEPSEEK3 | {"rope_interleave": False, "q_lora_rank": None, "n_group": 1, "topk_group": 1, "norm_topk_prob": False, "attention_bias": True,
                                          "num_hidden_layers": 2}, form=5, dtype="bf16", bites={"rope_interleave": True})
add("deepseek_v3.gguf", DEEPSEEK3)
add("deepseek_v3.two_dense", DEEPSEEK3 | {"first_k_dense_replace": 2, "n_shared_experts": 2, "routed_scaling_factor": 1.0, "qk_rope_head_dim": 8, "num_attention_heads": 6,
    "num_key_value_heads": 6, "hidden_size": 48}, bites={"routed_scaling_factor": 2.5})
add("deepseek_v3.all_experts", DEEPSEEK3 | {"first_k_dense_replace": 0, "num_hidden_layers": 2}, gguf=False)
RWKV = {"hidden_size": 32, "num_hidden_layers": 3, "context_length": 64, "layer_norm_epsilon": 1e-5, "rescale_every": 2, "attention_hidden_size": 32, "intermediate_size": 40,
        "tie_word_embeddings": False}
add("rwkv.v4", RWKV)
add("rwkv.wide_v5", {k: v for k, v in RWKV.items() if k != "intermediate_size"} | {"attention_hidden_size": 48, "rescale_every": 0, "num_hidden_layers": 2}, form=5, dtype="bf16", cached=False)
add("rwkv.epsilon", RWKV | {"layer_norm_epsilon": 0.01, "rescale_every": 1, "context_length": 32}, gguf=False, bites={"layer_norm_epsilon": 1e-5})


# --- the layer patterns that llama.cpp has built in -------------------------------------------------------------
add("gemma3_text.gguf", GEMMA3 | {"num_hidden_layers": 7, "intermediate_size": 24, "query_pre_attn_scalar": 16, "rope_scaling": {"rope_type": "linear", "factor": 8.0}}, **GEMMAS)
add("cohere2.gguf", COHERE2 | {"sliding_window_pattern": 4, "num_hidden_layers": 5}, tied=True)

add("smollm3.gguf", {k: v for k, v in SMOLLM3.items() if k != "no_rope_layers"} | {"no_rope_layer_interval": 4, "num_hidden_layers": 5}, tied=True)
add("exaone4.gguf", EXAONE4 | {"sliding_window_pattern": 4, "num_hidden_layers": 5})


def mxfp4(shapes):
    """Experts as published: blocks of 16 bytes, [out, in], and their exponents."""
    out = {}
    for name, dims in shapes.items():
        if name.endswith(("experts.gate_up_proj", "experts.down_proj")):
            experts, inner, rows = dims
            out[name + "_blocks"] = ["raw", [experts, rows, inner // 32, 16], 0, 256, "u8"]
            out[name + "_scales"] = ["raw", [experts, rows, inner // 32], 120, 6, "u8"]
        else:
            out[name] = dims
    return out


add("gpt_oss.mxfp4", GPT_OSS | {"swiglu_limit": 7.0, "quantization_config": {"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn"]}},
    dtype="bf16", publish=mxfp4)
add("gpt_oss.gguf", GPT_OSS | {"swiglu_limit": 7.0})

# --- t5 ------------------------------------------------------------------------------------------------------
T5 = {"d_model": 32, "d_kv": 12, "d_ff": 40, "num_layers": 2, "num_heads": 4, "relative_attention_num_buckets": 8, "relative_attention_max_distance": 16,
      "layer_norm_epsilon": 1e-6, "dropout_rate": 0.1, "initializer_factor": 1.0, "is_encoder_decoder": True, "decoder_start_token_id": 0,
      "bos_token_id": None, "eos_token_id": 1, "use_cache": True}
FLAN = T5 | {"feed_forward_proj": "gated-gelu", "dense_act_fn": "gelu_new", "is_gated_act": True, "tie_word_embeddings": False,
             "architectures": ["T5ForConditionalGeneration"]}


def with_head(shapes):
    """As published: a head of its own, which transformers 5 ties where it makes a model itself."""
    return shapes | {"lm_head.weight": shapes["shared.weight"]}


def first_t5(shapes):
    """As the first checkpoints were published: the positions of attention to the encoder, which nobody uses."""
    return shapes | {"decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight": [8, 4]}


def t5(name, config, model="T5", **over):
    add(name, config, encoder_tokens=23, model_class=model + "ForConditionalGeneration", gain=0.7, **over)


LLAMA_CPP = {"relative_attention_max_distance": 128}  # whatever the config says
t5("t5.v1_0", T5 | {"feed_forward_proj": "relu", "n_positions": 512, "num_decoder_layers": 3}, tied=True, publish=first_t5, embedding=0.6, gguf=False,
   bites={"relative_attention_max_distance": 64, "tie_word_embeddings": False})
t5("t5.v1_1", FLAN | LLAMA_CPP, publish=with_head, bites={"dense_act_fn": "silu"})
t5("t5.v1_1_v5", FLAN | {"num_layers": 3, "num_decoder_layers": 2}, form=5, dtype="bf16", publish=with_head, gguf=False)
t5("t5.tied_gguf", T5 | LLAMA_CPP | {"feed_forward_proj": "relu", "num_decoder_layers": 3, "relative_attention_num_buckets": 12}, tied=True, embedding=0.6)
t5("t5.sizes", FLAN | {"d_model": 48, "d_kv": 8, "d_ff": 24, "num_heads": 3, "num_layers": 1, "layer_norm_epsilon": 0.01, "relative_attention_num_buckets": 12},
   publish=with_head, gguf=False, bites={"layer_norm_epsilon": 1e-6})
MT5 = {k: v for k, v in FLAN.items() if k not in ("dense_act_fn", "is_gated_act", "architectures")}
t5("mt5.v4", MT5 | {"num_heads": 3, "d_kv": 16}, "MT5", publish=with_head, gguf=False)
t5("mt5.silu_v5", MT5 | {"num_heads": 4, "d_kv": 12, "feed_forward_proj": "gated-silu", "num_layers": 3, "num_decoder_layers": 1, "relative_attention_num_buckets": 12,
    "layer_norm_epsilon": 0.01}, "MT5", form=5, publish=with_head, gguf=False, bites={"layer_norm_epsilon": 1e-6})
t5("umt5.v4", MT5 | LLAMA_CPP | {"num_layers": 2, "num_decoder_layers": 2}, "UMT5", publish=with_head)
t5("umt5.sizes", MT5 | {"num_layers": 1, "num_decoder_layers": 3, "num_heads": 3, "d_kv": 16, "d_ff": 24, "feed_forward_proj": "gated-silu", "relative_attention_num_buckets": 12,
    "layer_norm_epsilon": 0.01}, "UMT5", publish=with_head, gguf=False, bites={"layer_norm_epsilon": 1e-6, "relative_attention_max_distance": 64})


# --- families that have their cases beside them ---------------------------------------------------------------
for _file in sorted((pathlib.Path(__file__).resolve().parent.parent.parent / "models").glob("*/cases.py")):
    exec(compile(_file.read_text(), str(_file), "exec"), globals() | {"add": lambda name, config, **over: add(name, config, **{"gguf": False} | over)})

# --- keys of other types, which transformers' class of the type does not read ---------------------------------------
OTHERS = {"head_dim": 16, "intermediate_size": 40, "num_key_value_heads": 2}
add("gptj.others_keys", GPTJ | OTHERS | {"rope_theta": 100.0, "rope_scaling": {"type": "linear", "factor": 8.0}}, gguf=False)
add("bloom.others_keys", CASES["bloom.published"].config | OTHERS | {"hidden_act": "silu"}, publish=without_prefix("transformer."), tied=True, gguf=False)
add("cohere2.others_keys", CASES["cohere2.v4"].config | {"use_qk_norm": True, "partial_rotary_factor": 0.5}, tied=True, gguf=False)
