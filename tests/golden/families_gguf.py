"""How llama.cpp's converter stores a checkpoint: names from gguf-py, and what it does to values and metadata."""
import math
import re

import gguf

ARCHITECTURES = {
    "gemma": "gemma", "gemma2": "gemma2", "gemma3_text": "gemma3", "qwen2": "qwen2", "qwen3": "qwen3", "phi": "phi2", "phi3": "phi3", "gpt2": "gpt2",
    "gpt_neox": "gptneox", "bloom": "bloom", "falcon": "falcon", "mpt": "mpt", "granite": "granite", "cohere": "command-r", "cohere2": "cohere2",
    "olmo2": "olmo2", "glm4": "glm4", "smollm3": "smollm3", "exaone4": "exaone4", "stablelm": "stablelm", "starcoder2": "starcoder2",
    "mixtral": "llama", "olmoe": "olmoe", "qwen2_moe": "qwen2moe", "qwen3_moe": "qwen3moe", "gpt_oss": "gpt-oss"}
PERMUTED = {"granite", "smollm3", "mixtral"}  # rows of q and k stand in pairs
SHIFTED = {"gemma", "gemma2", "gemma3_text"}  # norms are stored with one added


def first(config, *keys, default=None):
    return next((config[k] for k in keys if config.get(k) is not None), default)


def rope_of(config):
    """rope_theta, rope_scaling and partial_rotary_factor of either form of config."""
    rope = config.get("rope_parameters") or {}
    rope = rope.get("full_attention", rope)
    scaling = config.get("rope_scaling") or (rope if rope.get("rope_type", "default") != "default" else {})
    theta = first(rope, "rope_theta") or first(config, "rope_theta", "rotary_emb_base", default=10000.0)
    return theta, scaling, first(rope, "partial_rotary_factor") or first(config, "partial_rotary_factor", "rotary_pct")


def metadata_of(kind, config):
    hidden = first(config, "hidden_size", "n_embd", "d_model")
    heads = first(config, "num_attention_heads", "n_head", "n_heads")
    kv = {"falcon": first(config, "num_kv_heads", default=1)}.get(kind, first(config, "num_key_value_heads", default=heads))
    head_dim = config.get("head_dim") or hidden // heads
    inner = first(config, "intermediate_size", "n_inner", "ffn_hidden_size", default=hidden * config.get("expansion_ratio", 4))
    theta, scaling, partial = rope_of(config)
    rms, layer = config.get("rms_norm_eps"), first(config, "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon")
    m = {"context_length": first(config, "max_position_embeddings", "n_positions", "max_seq_len", "seq_length", default=2048),
         "embedding_length": hidden, "block_count": first(config, "num_hidden_layers", "n_layer", "n_layers"), "feed_forward_length": inner,
         "attention.head_count": heads, "attention.head_count_kv": kv, "vocab_size": config["vocab_size"],
         "attention.layer_norm_rms_epsilon" if rms else "attention.layer_norm_epsilon": rms or layer}
    if kind not in ("gpt2", "bloom", "mpt"):
        m |= {"rope.freq_base": float(theta), "rope.dimension_count": int(head_dim * (partial or 1))}
    if config.get("head_dim"):
        m |= {"attention.key_length": head_dim, "attention.value_length": head_dim}
    if scaling and kind != "phi3":
        m |= {"rope.scaling.type": scaling.get("rope_type") or scaling["type"], "rope.scaling.factor": float(scaling["factor"])}
        if "original_max_position_embeddings" in scaling:
            m["rope.scaling.original_context_length"] = scaling["original_max_position_embeddings"]
        m |= {f"rope.scaling.yarn_{k}": float(scaling[k]) for k in ("beta_fast", "beta_slow") if k in scaling}
    if first(config, "num_local_experts", "num_experts"):
        m |= {"expert_count": first(config, "num_local_experts", "num_experts"), "expert_used_count": config["num_experts_per_tok"]}
    m |= {key: config[name] for key, name in {
        "attn_logit_softcapping": "attn_logit_softcapping", "final_logit_softcapping": "final_logit_softcapping", "logit_scale": "logit_scale",
        "embedding_scale": "embedding_multiplier", "residual_scale": "residual_multiplier", "attention.scale": "attention_multiplier",
        "expert_feed_forward_length": "moe_intermediate_size", "expert_shared_feed_forward_length": "shared_expert_intermediate_size",
        "use_parallel_residual": "use_parallel_residual"}.items() if config.get(name) is not None}
    if kind in ("gemma2", "gemma3_text", "phi3", "cohere2", "exaone4", "starcoder2", "mixtral", "gpt_oss") and config.get("sliding_window"):
        m["attention.sliding_window"] = config["sliding_window"]
    if kind == "granite":
        m["logit_scale"] = config["logits_scaling"]
    if kind == "mpt":
        m |= {"attention.max_alibi_bias": float(config["attn_config"]["alibi_bias_max"])}
        m |= {"attention.clamp_kqv": config["attn_config"]["clip_qkv"]} if config["attn_config"]["clip_qkv"] else {}
    if kind == "olmoe" and config.get("clip_qkv"):
        m["attention.clamp_kqv"] = config["clip_qkv"]
    if kind == "gpt_oss":
        m["expert_feed_forward_length"] = inner
    if kind == "gemma3_text":
        m |= {"rope.freq_base_swa": float(config.get("rope_local_base_freq") or config["rope_parameters"]["sliding_attention"]["rope_theta"])}
        if "layer_types" in config:
            m["attention.sliding_window_pattern"] = [t == "sliding_attention" for t in config["layer_types"]]
    if kind == "phi3" and scaling:
        original = config["original_max_position_embeddings"]
        factor = m["context_length"] / original
        m |= {"rope.scaling.original_context_length": original,
              "rope.scaling.attn_factor": (1 + math.log(factor) / math.log(original))**0.5 if factor > 1 else 1.0}
    return m


def gguf_recipe(config, tensors):
    """Metadata, and [name, [tensors of the checkpoint], [operations]] or [name, [values]]."""
    kind = config["model_type"]
    arch = ARCHITECTURES[kind]
    layers = first(config, "num_hidden_layers", "n_layer", "n_layers")
    names = gguf.get_tensor_name_map(next(k for k, v in gguf.MODEL_ARCH_NAMES.items() if v == arch), layers)
    heads = first(config, "num_attention_heads", "n_head", "n_heads")
    kv = first(config, "num_key_value_heads", "num_kv_heads", default=1 if kind == "falcon" else heads)
    shapes, out, stacks = {t[0]: t[1] for t in tensors}, [], {}
    tied = config.get("tie_word_embeddings", True)
    for name, dims in shapes.items():
        if name == "lm_head.weight" and tied or re.search(r"\.(masked_bias|inv_freq)$|\.attn\.bias$", name):
            continue
        expert = re.match(r"(.*\.)\w+\.experts\.(\d+)\.(\w+)\.weight$", name)
        if expert:
            part = {"w1": "gate", "w3": "up", "w2": "down"}.get(expert[3], expert[3].removesuffix("_proj"))
            stacks.setdefault(f"blk.{name.split('.')[2]}.ffn_{part}_exps.weight", []).append(name)
            continue
        if (norms := re.match(r"model\.layers\.(\d+)\.self_attn\.([qk])_layernorm\.norms\.\d+\.weight", name)):
            stacks.setdefault(f"blk.{norms[1]}.attn_{norms[2]}_norm.weight", []).append(name)
            continue
        if (fused := re.match(r"model\.layers\.(\d+)\.mlp\.experts\.(gate_up|down)_proj(_bias)?$", name)):
            suffix, turn = ("bias", []) if fused[3] else ("weight", [["transpose"]])
            if fused[2] == "down":
                out.append([f"blk.{fused[1]}.ffn_down_exps.{suffix}", [name], turn])
            for i, part in enumerate(["gate", "up"] if fused[2] == "gate_up" else []):
                out.append([f"blk.{fused[1]}.ffn_{part}_exps.{suffix}", [name], turn + [["every_second", i]]])
            continue
        ops = []
        if kind in PERMUTED and re.search(r"[qk]_proj\.", name):
            ops = [["permute", heads if "q_proj" in name else kv]]
        if kind in SHIFTED and name.endswith("norm.weight"):
            ops = [["offset", 1]]
        if kind == "gpt2" and re.search(r"c_(attn|proj|fc)\.weight$", name):
            ops = [["transpose"]]
        if kind in ("gpt_neox", "bloom") and "query_key_value" in name:
            ops = [["groups", heads, [1, 1, 1]]]
        if kind == "falcon" and "query_key_value" in name:
            ops = [["groups", kv, [heads // kv, 1, 1]]]
        new = names.get_name(name, try_suffixes=(".weight", ".bias")) or names.get_name("transformer." + name, try_suffixes=(".weight", ".bias"))
        if name.endswith("sinks"):
            new = f"blk.{name.split('.')[2]}.attn_sinks.weight"
        assert new, (kind, name)
        out.append([new, [name], ops])
    out += [[name, parts, [["stack"]]] for name, parts in stacks.items()]
    _, scaling, _ = rope_of(config)
    if kind == "phi3" and scaling:
        out += [["rope_factors_long.weight", scaling["long_factor"]], ["rope_factors_short.weight", scaling["short_factor"]]]
    metadata = {"general.architecture": arch} | {f"{arch}.{k}": v for k, v in metadata_of(kind, config).items()}
    return {"metadata": metadata, "tensors": out}
