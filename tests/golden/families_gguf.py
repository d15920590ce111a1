"""How llama.cpp's converter stores a checkpoint: names from gguf-py, and what it does to values and metadata."""
import math
import re

import gguf
import numpy as np

ARCHITECTURES = {
    "gemma": "gemma", "gemma2": "gemma2", "gemma3_text": "gemma3", "qwen2": "qwen2", "qwen3": "qwen3", "phi": "phi2", "phi3": "phi3", "gpt2": "gpt2",
    "gpt_neox": "gptneox", "gptj": "gptj", "bloom": "bloom", "falcon": "falcon", "mpt": "mpt", "granite": "granite", "cohere": "command-r", "cohere2": "cohere2",
    "olmo2": "olmo2", "glm4": "glm4", "smollm3": "smollm3", "exaone4": "exaone4", "stablelm": "stablelm", "starcoder2": "starcoder2",
    "mixtral": "llama", "olmoe": "olmoe", "qwen2_moe": "qwen2moe", "qwen3_moe": "qwen3moe", "gpt_oss": "gpt-oss",
    "mamba": "mamba", "falcon_mamba": "mamba", "mamba2": "mamba2", "lfm2": "lfm2", "lfm2_moe": "lfm2moe", "jamba": "jamba",
    "bert": "bert", "nomic_bert": "nomic-bert", "eurobert": "eurobert", "modernbert": "modern-bert", "jina_embeddings_v3": "jina-bert-v3", "t5": "t5", "umt5": "t5", "deepseek_v2": "deepseek2", "deepseek_v3": "deepseek2"}
ENCODERS = {"bert", "nomic_bert", "eurobert", "modernbert", "jina_embeddings_v3"}
PERMUTED = {"granite", "smollm3", "mixtral"}  # rows of q and k stand in pairs
SHIFTED = {"gemma", "gemma2", "gemma3_text"}  # norms are stored with one added


# The types of blocks, where in one its f16 scale stands, and what is added to or taken off its values.
BLOCKS = {"q4_0": (0, None), "q4_1": (0, 2), "q5_0": (0, None), "q5_1": (0, 2), "q8_0": (0, None), "q4_k": (0, 2), "q5_k": (0, 2), "q6_k": (208, None)}


def block_values(kind, scale, other, dims, random_bits):
    """Blocks of bytes as they come but for their f16 scales, dequantised by gguf-py; None: the kind is none of blocks."""
    if kind not in BLOCKS:
        return None
    type = gguf.GGMLQuantizationType[kind.upper()]
    values, size = gguf.GGML_QUANT_SIZES[type]
    bits = random_bits(int(np.prod(dims)) // values * size)
    raw = (bits & np.uint64(255)).astype(np.uint8).reshape(-1, size)
    u = bits.astype(np.float32).reshape(-1, size) * np.float32(2**-23) - np.float32(1)
    scale = np.float32(scale)
    for at, mean in zip(BLOCKS[kind], (scale, scale * np.float32(other))):
        if at is not None:
            f16 = (mean * (np.float32(1) + np.float32(0.5) * u[:, at])).astype(np.float16)
            raw[:, at:at + 2] = f16.view(np.uint8).reshape(-1, 2)
    return gguf.quants.dequantize(raw, type).reshape(dims)


def first(config, *keys, default=None):
    return next((config[k] for k in keys if config.get(k) is not None), default)


def rope_of(config):
    """rope_theta, rope_scaling and partial_rotary_factor of either form of config."""
    rope = config.get("rope_parameters") or {}
    rope = rope.get("full_attention", rope)
    scaling = config.get("rope_scaling") or (rope if rope.get("rope_type", "default") != "default" else {})
    theta = first(rope, "rope_theta") or first(config, "rope_theta", "rotary_emb_base", default=10000.0)
    return theta, scaling, first(rope, "partial_rotary_factor") or first(config, "partial_rotary_factor", "rotary_pct")


def mamba_metadata(kind, config):
    hidden, states = config["hidden_size"], config.get("state_size")
    inner = config["expand"] * hidden
    rank = inner // config["head_dim"] if kind == "mamba2" else -(-hidden // 16) if config["time_step_rank"] == "auto" else config["time_step_rank"]
    m = {"context_length": 2**20, "embedding_length": hidden, "feed_forward_length": 0, "attention.head_count": 0, "block_count": config["num_hidden_layers"],
         "ssm.conv_kernel": config["conv_kernel"], "ssm.inner_size": inner, "ssm.state_size": states, "ssm.time_step_rank": rank,
         "attention.layer_norm_rms_epsilon": config["layer_norm_epsilon"]}
    return m | ({"ssm.group_count": config["n_groups"]} if kind == "mamba2" else {"ssm.dt_b_c_rms": kind == "falcon_mamba"})


def hybrid_metadata(kind, config):
    """A value of head_count_kv for each layer, 0 where it does not attend."""
    layers, kv = config["num_hidden_layers"], config["num_key_value_heads"]
    if kind == "jamba":
        hidden = config["hidden_size"]
        rank = -(-hidden // 16) if config["mamba_dt_rank"] == "auto" else config["mamba_dt_rank"]
        attends = [i % config["attn_layer_period"] == config["attn_layer_offset"] for i in range(layers)]
        m = {"ssm.conv_kernel": config["mamba_d_conv"], "ssm.inner_size": config["mamba_expand"] * hidden, "ssm.state_size": config["mamba_d_state"],
             "ssm.time_step_rank": rank, "attention.layer_norm_rms_epsilon": config["rms_norm_eps"]}
    else:
        inner = config.get("block_ff_dim", config["intermediate_size"])
        if config.get("block_auto_adjust_ff_dim"):
            inner, multiple = int(config["block_ffn_dim_multiplier"] * int(2 * inner / 3)), config["block_multiple_of"]
            inner = -(-inner // multiple) * multiple
        types = config.get("layer_types") or ["full_attention" if i in config["full_attn_idxs"] else "conv" for i in range(layers)]
        attends = [t == "full_attention" for t in types]
        m = {"shortconv.l_cache": config["conv_L_cache"], "attention.layer_norm_rms_epsilon": config["norm_eps"], "feed_forward_length": inner}
        m |= {"leading_dense_block_count": config["num_dense_layers"], "expert_gating_func": 2} if kind == "lfm2_moe" else {}
    return m | {"attention.head_count_kv": [kv if a else 0 for a in attends]}


def latent_metadata(config):
    _, scaling, _ = rope_of(config)
    rope, rank = config["qk_rope_head_dim"], config["kv_lora_rank"]
    m = {"attention.head_count_kv": 1, "attention.key_length": rank + rope, "attention.value_length": rank, "attention.kv_lora_rank": rank,
         "attention.key_length_mla": config["qk_nope_head_dim"] + rope, "attention.value_length_mla": config["v_head_dim"], "rope.dimension_count": rope,
         "leading_dense_block_count": config["first_k_dense_replace"], "expert_count": config["n_routed_experts"],
         "expert_shared_count": config["n_shared_experts"], "expert_weights_scale": float(config["routed_scaling_factor"]),
         "expert_gating_func": 2 if config["scoring_func"] == "sigmoid" else 1, "expert_group_count": config["n_group"],
         "expert_group_used_count": config["topk_group"], "expert_used_count": config["num_experts_per_tok"]}
    m |= {"attention.q_lora_rank": config["q_lora_rank"]} if config.get("q_lora_rank") else {}
    m |= {"expert_weights_norm": True} if config["norm_topk_prob"] else {}
    return m | ({"rope.scaling.yarn_log_multiplier": 0.1 * scaling["mscale_all_dim"]} if "mscale_all_dim" in scaling else {})


def t5_metadata(config):
    m = {"context_length": config.get("n_positions", 512), "embedding_length": config["d_model"], "feed_forward_length": config["d_ff"],
         "block_count": config["num_layers"], "attention.head_count": config["num_heads"], "attention.key_length": config["d_kv"],
         "attention.value_length": config["d_kv"], "attention.relative_buckets_count": config["relative_attention_num_buckets"],
         "attention.layer_norm_epsilon": config["layer_norm_epsilon"], "attention.layer_norm_rms_epsilon": config["layer_norm_epsilon"],
         "decoder_start_token_id": config["decoder_start_token_id"]}
    return m | ({"decoder_block_count": config["num_decoder_layers"]} if config.get("num_decoder_layers") else {})


def metadata_of(kind, config, old):
    if kind in ("t5", "umt5"):
        return t5_metadata(config)
    if kind in ("mamba", "falcon_mamba", "mamba2"):
        return mamba_metadata(kind, config)
    hidden = first(config, "hidden_size", "n_embd", "d_model")
    heads = first(config, "num_attention_heads", "n_head", "n_heads")
    kv = {"falcon": first(config, "num_kv_heads", default=1)}.get(kind, first(config, "num_key_value_heads", default=heads))
    head_dim = config.get("head_dim") or hidden // heads
    inner = first(config, "intermediate_size", "n_inner", "ffn_hidden_size", default=hidden * config.get("expansion_ratio", 4))
    theta, scaling, partial = rope_of({"rotary_emb_base": 1000.0} | config if kind == "nomic_bert" else config)
    rms, layer = config.get("rms_norm_eps"), first(config, "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon")
    m = {"context_length": first(config, "max_position_embeddings", "n_positions", "max_seq_len", "seq_length", default=2048),
         "embedding_length": hidden, "block_count": first(config, "num_hidden_layers", "n_layer", "n_layers"), "feed_forward_length": inner,
         "attention.head_count": heads, "attention.head_count_kv": kv, "vocab_size": config["vocab_size"],
         "attention.layer_norm_rms_epsilon" if rms else "attention.layer_norm_epsilon": rms or layer}
    if kind in ENCODERS:
        m |= {"attention.causal": False}
    if kind == "modernbert":
        ropes = config.get("rope_parameters") or {f"{k}_attention": {"rope_theta": config[f"{t}_rope_theta"]} for k, t in (("full", "global"), ("sliding", "local"))}
        theta, scaling = ropes["full_attention"]["rope_theta"], {"type": "none", "factor": 0}
        m |= {"attention.sliding_window": config["local_attention"], "attention.sliding_window_pattern": config.get("global_attn_every_n_layers", 3),
              "attention.layer_norm_epsilon": 1e-5, "rope.freq_base_swa": ropes["sliding_attention"]["rope_theta"]}
    if kind not in ("bert", "gpt2", "bloom", "mpt", "jamba"):
        m |= {"rope.freq_base": float(theta), "rope.dimension_count": config.get("rotary_dim") or int(head_dim * (partial or 1))}
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
    if kind in ("lfm2", "lfm2_moe", "jamba"):
        m |= hybrid_metadata(kind, config)
    if kind.startswith("deepseek"):
        m |= latent_metadata(config)
        if old:  # keys and values written out
            m |= {"attention.head_count_kv": heads, "attention.key_length": m.pop("attention.key_length_mla"),
                  "attention.value_length": m.pop("attention.value_length_mla")}
    if kind == "phi3" and scaling:
        original = config["original_max_position_embeddings"]
        factor = m["context_length"] / original
        m |= {"rope.scaling.original_context_length": original,
              "rope.scaling.attn_factor": (1 + math.log(factor) / math.log(original))**0.5 if factor > 1 else 1.0}
    return m


def first_number(name):
    return next((int(p) for p in name.split(".") if p.isdigit()), -1)


def in_one(tensors, shapes):
    """q, k and v of a layer in one tensor; of each expert the gate and the up projection."""
    out, fused = [], {}
    for name, sources, *ops in tensors:
        part = re.search(r"attn_([qkv])\.|ffn_(gate|up)_exps\.", name)
        if part:
            into = name.replace(part[0], "attn_qkv." if part[1] else "ffn_gate_up_exps.")
            fused.setdefault(into, {})[part[1] or part[2]] = sources
        else:
            out.append([name, sources, *ops])
    for name, of in fused.items():
        if "q" in of:
            out.append([name, of["q"] + of["k"] + of["v"], [["concat"]]])
        else:
            experts, (inner, hidden) = len(of["up"]), shapes[of["up"][0]]
            pairs = [source for pair in zip(of["gate"], of["up"]) for source in pair]
            out.append([name, pairs, [["stack"], ["reshape", [experts, 2 * inner, hidden]]]])
    return out


def gguf_recipe(config, tensors, old=False, architecture=None, fuse=False):
    """Metadata, and [name, [tensors of the checkpoint], [operations]] or [name, [values]]."""
    kind = config["model_type"]
    arch = architecture or ARCHITECTURES[kind]
    layers = max(config.get(k) or 0 for k in ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers"))
    names = gguf.get_tensor_name_map(next(k for k, v in gguf.MODEL_ARCH_NAMES.items() if v == arch), layers)
    heads = first(config, "num_attention_heads", "n_head", "n_heads", "num_heads")
    kv = first(config, "num_key_value_heads", "num_kv_heads", default=1 if kind == "falcon" else heads)
    shapes, out, stacks = {t[0]: t[1] for t in tensors}, [], {}
    tied = config.get("tie_word_embeddings", True)
    for name, dims in shapes.items():
        if kind in ENCODERS and name.startswith("pooler."):  # hidden states are pooled
            continue
        if name == "lm_head.weight" and tied and kind != "t5" or re.search(r"\.(masked_bias|inv_freq)$|\.attn\.bias$", name):
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
        if kind.startswith("deepseek") and first_number(name) >= layers:
            continue
        if name.endswith("kv_b_proj.weight") and not old:
            plain, value = config["qk_nope_head_dim"], config["v_head_dim"]
            prefix, split = f"blk.{first_number(name)}.attn_", ["reshape", [heads, plain + value, dims[1]]]
            out.append([prefix + "k_b.weight", [name], [split, ["take", 1, 0, plain], ["transpose"]]])
            out.append([prefix + "v_b.weight", [name], [split, ["take", 1, plain, value]]])
            continue
        if "conv1d.weight" in name or "conv.conv" in name:
            ops = [["squeeze"]]
        if name.endswith(".A_log"):
            ops = [["minus_exp"]]
        if kind == "mamba2":
            if re.search(r"mixer\.(A_log|D)$", name):
                ops = ops + [["reshape", [dims[0], 1]]]
            if name.endswith("mixer.norm.weight"):
                ops = [["reshape", [config["n_groups"], dims[0] // config["n_groups"]]]]
        named = name.replace("mixer.dt_bias", "mixer.dt_proj.bias").replace("e_score_correction_bias", "e_score_correction.bias").replace("expert_bias", "expert_bias.bias")
        tried = (names.get_name(prefix + named, try_suffixes=(".weight", ".bias")) for prefix in ("", "transformer.", "model."))
        new = next((n for n in tried if n), None)
        if name.endswith("sinks"):
            new = f"blk.{name.split('.')[2]}.attn_sinks.weight"
        assert new, (kind, name)
        out.append([new, [name], ops])
    out += [[name, parts, [["stack"]]] for name, parts in stacks.items()]
    _, scaling, _ = rope_of(config)
    if kind == "phi3" and scaling:
        out += [["rope_factors_long.weight", scaling["long_factor"]], ["rope_factors_short.weight", scaling["short_factor"]]]
    metadata = {"general.architecture": arch} | {f"{arch}.{k}": v for k, v in metadata_of(kind, config, old).items() if v is not None}
    return {"metadata": metadata, "tensors": in_one(out, shapes) if fuse else out}
