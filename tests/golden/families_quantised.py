"""Quantised repositories: the layouts in which they are published, and what their weights are, computed from the
papers and the formats' definitions (nothing of weft's)."""
import json
import re

import numpy as np
import torch

from families_cases import (CASES, DEEPSEEK3, DENSE, GEMMA3, GEMMAS, GRANITE, MIXTRAL, PHI3, QWEN2, QWEN3, VOCAB, add)

NF4 = [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
       -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
       0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0]
FP4 = [float(np.float32(x) / np.float32(12)) for x in (0, 0.0625, 8, 12, 4, 6, 2, 3, -0.0, -0.0625, -8, -12, -4, -6, -2, -3)]


# --- what a published weight is ------------------------------------------------------------------------------

def stream(words, bits):
    """Values of so many bits in the words of each row, lowest bits first."""
    raw = np.ascontiguousarray(words).view(np.uint8).reshape(len(words), -1)
    return np.unpackbits(raw, axis=1, bitorder="little").reshape(len(words), -1, bits) @ (1 << np.arange(bits))


def gptq(t, q):
    bits, codes = q["bits"], stream(t["qweight"].T, q["bits"])
    zeros = stream(t["qzeros"], bits)
    if q.get("checkpoint_format", "gptq") == "gptq":
        zeros = (zeros + 1) % 2**bits
    columns = codes.shape[1]
    group = t.get("g_idx", np.arange(columns) // (q["group_size"] if q["group_size"] > 0 else columns))
    return t["scales"].astype(np.float32)[group].T * (codes - zeros[group].T)


def awq(t, q):
    def rows(words):
        nibbles = stream(words, 4).reshape(len(words), -1, 8)
        out = np.empty_like(nibbles)
        out[:, :, [0, 2, 4, 6, 1, 3, 5, 7]] = nibbles
        return out.reshape(len(words), -1)
    codes, zeros = rows(t["qweight"]), rows(t["qzeros"])
    group = np.arange(len(codes)) // q["group_size"]
    return (t["scales"].astype(np.float32)[group] * (codes - zeros[group])).T


def scaled(t, q):
    raw = t["weight"]
    plain = raw.astype(np.float32) if raw.dtype == np.int8 else torch.from_numpy(raw.view(np.uint8)).view(
        {"e": torch.float8_e4m3fn, "f": torch.float8_e5m2}[raw.dtype.names[0]]).float().numpy()
    scale = t.get("weight_scale_inv", t.get("weight_scale", t.get("SCB"))).astype(np.float32)
    if "SCB" in t:
        return plain * scale[:, None] / 127
    if q.get("weight_block_size") and scale.ndim == 2:
        down, across = q["weight_block_size"]
        scale = np.repeat(np.repeat(scale, down, 0)[:len(plain)], across, 1)[:, :plain.shape[1]]
    return plain * (scale.reshape(-1, 1) if scale.size in (1, len(plain)) and scale.shape != plain.shape else scale)


def bnb4(t, q):
    state = json.loads(bytes(next(v for k, v in t.items() if "quant_state" in k)).decode())
    codes = np.stack([t["weight"] >> 4, t["weight"] & 15], -1).reshape(-1)
    absmax = t["weight.absmax"]
    if "weight.nested_absmax" in t:
        outer = np.repeat(t["weight.nested_absmax"], state["nested_blocksize"])[:absmax.size]
        absmax = t["weight.nested_quant_map"][absmax] * outer + np.float32(state["nested_offset"])
    return (t["weight.quant_map"][codes] * np.repeat(absmax, state["blocksize"])[:codes.size]).reshape(state["shape"])


def packed(t, q):
    args = q["config_groups"]["group_0"]["weights"]
    bits, codes = args["num_bits"], stream(t["weight_packed"], args["num_bits"])
    zeros = stream(t["weight_zero_point"].T, bits).T if "weight_zero_point" in t else np.full(t["weight_scale"].shape, 2**(bits - 1))
    group = t.get("weight_g_idx", np.arange(codes.shape[1]) // args["group_size"])
    return t["weight_scale"].astype(np.float32)[:, group] * (codes - zeros[:, group])


PARTS = ("qweight", "qzeros", "scales", "g_idx", "weight_scale_inv", "weight_scale", "SCB", "weight_packed", "weight_zero_point", "weight_g_idx",
         "weight_shape", "input_scale", "weight_format")


def dequantised_all(weights, config):
    """Tensors as transformers has them unquantised, from those as published."""
    q = config.get("quantization_config", {})
    parts = {}
    for name in list(weights):
        base, _, part = name.partition(".weight.") if ".weight." in name else name.rpartition(".")
        if part in PARTS or ".weight." in name:
            parts.setdefault(base, {})["weight." + part if ".weight." in name else part] = weights.pop(name)
    for base, t in parts.items():
        if base + ".bias" in weights and not weights[base + ".bias"].any():
            weights.pop(base + ".bias")
        if base + ".weight" in weights:
            t["weight"] = weights.pop(base + ".weight")
        how = packed if "weight_packed" in t else bnb4 if "weight.absmax" in t else scaled if "weight" in t else awq if q["quant_method"] == "awq" else gptq
        weights[base + ".weight"] = np.ascontiguousarray(how(t, q), np.float32)
    return weights


# --- how one is published ------------------------------------------------------------------------------------

def spread(name, dims, mean, kind="f32"):
    return {name: ["raw", dims, mean, mean / 2, kind]}


def published_as(layout):
    """Every projection in the layout; layout(base, N, K) gives the tensors of one."""
    def publish(shapes):
        out = {}
        for name, dims in shapes.items():
            if name.endswith(("_proj.weight", "_mqa.weight")) and len(dims) == 2:
                out |= layout(name.removesuffix(".weight"), *dims)
            elif "experts" in name and len(dims) == 3:  # transformers 5 keeps them in one tensor
                out |= experts(layout, name, dims)
            else:
                out[name] = dims
        return out
    return publish


def gptq_layout(bits, group, order=False, bias=False):
    def layout(base, N, K):
        step = group if group > 0 else K
        unit = 1.3 / K**0.5 / (0.41 * 2**bits)
        out = {base + ".qweight": ["raw", [K * bits // 32, N], 0, 0, "i32"], base + ".qzeros": ["raw", [-(-K // step), N * bits // 32], 0, 0, "i32"]}
        out |= spread(base + ".scales", [-(-K // step), N], unit, "f16")
        if order:
            out[base + ".g_idx"] = ["raw", [K], 0, step, "order"]
        if bias and "k_proj" not in base:
            out[base + ".bias"] = ["raw", [N], 0, 0, "f16"]
        return out
    return layout


def awq_layout(group):
    def layout(base, N, K):
        return {base + ".qweight": ["raw", [K, N // 8], 0, 0, "i32"], base + ".qzeros": ["raw", [K // group, N // 8], 0, 0, "i32"],
                **spread(base + ".scales", [K // group, N], 1.3 / K**0.5 / 6.5, "f16")}
    return layout


def fp8_layout(kind, scale, shape, activation=False):
    low, span, rms = {"f8_e4m3": (0, 0x48, 1.13), "f8_e5m2": (0x24, 0x24, 2.2)}[kind]

    def layout(base, N, K):
        out = {base + ".weight": ["raw", [N, K], low, span, kind], **spread(f"{base}.{scale}", shape(N, K), 1.3 / K**0.5 / rms)}
        return out | (spread(base + ".input_scale", [], 0.5) if activation else {})
    return layout


def bnb4_layout(table, kind, block, nested=False):
    def layout(base, N, K):
        unit, n = 2.3 / K**0.5, -(-N * K // block)
        state = {"quant_type": kind, "blocksize": block, "dtype": "bfloat16", "shape": [N, K]}
        w = base + ".weight"
        out = {w: ["raw", [N * K // 2, 1], 0, 256, "u8"], w + ".quant_map": ["raw", [16], table, 0, "values"]}
        if nested:
            state |= {"nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": unit}
            out |= {w + ".absmax": ["raw", [n], 0, 256, "u8"], w + ".nested_quant_map": ["raw", [256], 0, 1, "f32"],
                    **spread(w + ".nested_absmax", [-(-n // 256)], unit / 2)}
        else:
            out |= spread(w + ".absmax", [n], unit)
        text = json.dumps(state)
        return out | {f"{w}.quant_state.bitsandbytes__{kind}": ["raw", [len(text)], text, 0, "text"]}
    return layout


def int8_layout(base, N, K):
    return {base + ".weight": ["raw", [N, K], 0, 128, "i8"], **spread(base + ".SCB", [N], 2.23 / K**0.5),
            base + ".weight_format": ["raw", [], 0, 1, "u8"]}


def packed_layout(bits, group, zeros, order=False):
    def layout(base, N, K):
        out = {base + ".weight_packed": ["raw", [N, K * bits // 32], 0, 0, "i32"],
               **spread(base + ".weight_scale", [N, K // group], 1.3 / K**0.5 / (0.41 * 2**bits), "f16")}
        if zeros:
            out[base + ".weight_zero_point"] = ["raw", [N * bits // 32, K // group], 0, 0, "i32"]
        if order:
            out[base + ".weight_g_idx"] = ["raw", [K], 0, group, "order"]
        return out
    return layout


def experts(layout, name, dims):
    """[experts, 2 * inner or hidden, ..] as published: a tensor an expert and projection."""
    stem, out = name.rpartition(".")[0], {}
    for e in range(dims[0]):
        parts = {"gate_proj": dims[1] // 2, "up_proj": dims[1] // 2} if name.endswith("gate_up_proj") else {"down_proj": dims[1]}
        for part, rows in parts.items():
            out |= layout(f"{stem}.{e}.{part}", rows, dims[2])
    return out


SIZES = {"hidden_size": 128, "intermediate_size": 192, "num_attention_heads": 4}
LLAMA = DENSE | SIZES | {"rope_theta": 1000.0, "hidden_act": "silu"}


def case(name, config, quantization, layout, **over):
    add(name, config | SIZES | {"quantization_config": quantization}, publish=published_as(layout), gguf=False, **over)


GPTQ = {"quant_method": "gptq", "desc_act": False, "sym": False, "damp_percent": 0.01, "true_sequential": True}
case("llama.gptq4_order", LLAMA, GPTQ | {"bits": 4, "group_size": 32, "desc_act": True}, gptq_layout(4, 32, order=True, bias=True))
case("llama.gptq3", LLAMA, GPTQ | {"bits": 3, "group_size": 64, "checkpoint_format": "gptq"}, gptq_layout(3, 64))
case("qwen2.gptq8", QWEN2, GPTQ | {"bits": 8, "group_size": -1}, gptq_layout(8, -1))
case("phi3.gptq4_v2", PHI3, GPTQ | {"bits": 4, "group_size": 64, "checkpoint_format": "gptq_v2"}, gptq_layout(4, 64))
AWQ = {"quant_method": "awq", "bits": 4, "group_size": 64, "version": "gemm", "zero_point": True, "modules_to_not_convert": None}
case("qwen2.awq", QWEN2, AWQ, awq_layout(64))
FP8 = {"quant_method": "fp8", "activation_scheme": "dynamic", "fmt": "e4m3"}
case("qwen3.fp8_block", QWEN3, FP8 | {"weight_block_size": [128, 128]},
     fp8_layout("f8_e4m3", "weight_scale_inv", lambda N, K: [-(-N // 128), -(-K // 128)]))
case("deepseek_v3.fp8_block", DEEPSEEK3 | {"kv_lora_rank": 64, "q_lora_rank": 32, "qk_nope_head_dim": 48, "v_head_dim": 32, "moe_intermediate_size": 64, "n_routed_experts": 4,
                                           "n_group": 2, "topk_group": 1, "num_experts_per_tok": 2, "num_hidden_layers": 2},
     FP8 | {"weight_block_size": [64, 64]},  # which cross the rows of a head
     fp8_layout("f8_e4m3", "weight_scale_inv", lambda N, K: [-(-N // 64), -(-K // 64)]))
case("mistral.fp8_tensor", LLAMA, {"quant_method": "fp8", "activation_scheme": "static"}, fp8_layout("f8_e5m2", "weight_scale", lambda N, K: [], True))


def compressed(form, **weights):
    return {"quant_method": "compressed-tensors", "format": form, "quantization_status": "compressed", "ignore": ["lm_head"],
            "kv_cache_scheme": None, "config_groups": {"group_0": {"targets": ["Linear"], "input_activations": None, "output_activations": None, "weights": weights}}}


case("llama.fp8_channel", LLAMA, compressed("float-quantized", num_bits=8, type="float", strategy="channel", symmetric=True, dynamic=False),
     fp8_layout("f8_e4m3", "weight_scale", lambda N, K: [N, 1]))
case("llama.packed4", LLAMA, compressed("pack-quantized", num_bits=4, type="int", strategy="group", group_size=32, symmetric=False, dynamic=False, actorder="group"),
     packed_layout(4, 32, zeros=True, order=True))
case("qwen2.packed8", QWEN2, compressed("pack-quantized", num_bits=8, type="int", strategy="group", group_size=64, symmetric=True, dynamic=False), packed_layout(8, 64, zeros=False))
BNB = {"quant_method": "bitsandbytes", "load_in_4bit": True, "load_in_8bit": False, "bnb_4bit_compute_dtype": "bfloat16", "bnb_4bit_quant_storage": "uint8"}
case("llama.nf4_nested", LLAMA, BNB | {"bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True}, bnb4_layout(NF4, "nf4", 64, nested=True))
case("qwen3.fp4", QWEN3, BNB | {"bnb_4bit_quant_type": "fp4", "bnb_4bit_use_double_quant": False}, bnb4_layout(FP4, "fp4", 64))
case("llama.bnb8", LLAMA, {"quant_method": "bitsandbytes", "load_in_4bit": False, "load_in_8bit": True, "llm_int8_threshold": 6.0}, int8_layout)
QWEN3_MOE = QWEN3 | {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 64, "norm_topk_prob": True, "decoder_sparse_step": 1, "mlp_only_layers": []}
case("qwen3_moe.gptq4_order", QWEN3_MOE, GPTQ | {"bits": 4, "group_size": 32, "desc_act": True}, gptq_layout(4, 32, order=True))


# --- GGUF files as llama-quantize mixes them ------------------------------------------------------------------
RMS = {"q4_0": 4.6, "q4_1": 4.8, "q5_0": 9.2, "q5_1": 9.7, "q8_0": 73.9, "q4_k": 260.0, "q5_k": 530.0, "q6_k": 1367.0}  # of a scale of 1
OTHER = {"q4_1": -7.5, "q5_1": -15.5, "q4_k": 7.5, "q5_k": 15.5}  # so that the mean is near 0
SHORT = {"q4_k": "q5_0", "q5_k": "q5_1", "q6_k": "q8_0"}  # for rows that 256 does not divide


def more_bits(layer, layers):
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def mixed(plain, better, layers, embedding=1.0, tied=False):
    """Matrices in `plain`, the head and, in some layers, what is summed up in `better`."""
    def publish(shapes):
        out = {}
        for name, dims in shapes.items():
            if len(dims) < 2 or name.endswith(("mlp.gate.weight", "moe.gate.weight")):
                out[name] = dims
                continue
            layer = next((int(p) for p in name.split(".") if p.isdigit()), None)
            summed = any(part in name for part in ("v_proj", "down_proj", ".w2.")) and layer is not None and more_bits(layer, layers)
            head = name == "lm_head.weight" or (tied and "embed_tokens" in name)
            kind = better if head or summed else plain
            kind = SHORT.get(kind, kind) if dims[-1] % 256 else kind
            rms = 0.43 * embedding if "embed_tokens" in name else (1.6 if re.search("[qk]_proj", name) else 1.15) / dims[-1]**0.5
            out[name] = ["raw", dims, float(f"{rms / RMS[kind]:.3g}"), OTHER.get(kind, 0), kind]
        return out
    return publish


K_SIZES = {"hidden_size": 256, "intermediate_size": 256, "num_attention_heads": 4, "num_key_value_heads": 2}
add("gemma3_text.q4_k_m", GEMMA3 | {"hidden_size": 96, "intermediate_size": 256, "num_key_value_heads": 1, "head_dim": 64, "num_hidden_layers": 6, "query_pre_attn_scalar": 64,
                                    "sliding_window_pattern": 6}, publish=mixed("q4_k", "q6_k", 6, embedding=0.2, tied=True), **GEMMAS)
add("qwen2.q4_k_m", QWEN2 | K_SIZES, publish=mixed("q4_k", "q6_k", 2))
add("granite.q5_k_m", GRANITE | K_SIZES, publish=mixed("q5_k", "q6_k", 2))
add("qwen3_moe.q4_k_m", QWEN3_MOE | K_SIZES, publish=mixed("q4_k", "q6_k", 2))
add("mixtral.q4_0", MIXTRAL | {"hidden_size": 64, "intermediate_size": 32}, publish=mixed("q4_0", "q8_0", 2))
