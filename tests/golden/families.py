#!/usr/bin/env python3
"""Makes models/*/golden/TYPE.VARIANT.json: what transformers computes from tiny models of every family.

Usage: families.py [CASE...]      (no case: all of them; a case is TYPE.VARIANT, a TYPE means all of its variants)

A golden holds a config, the names and shapes of the tensors in the layout in which checkpoints are published,
token ids, logits and a greedy continuation, and no weights: these are a function of their name, index and seed
(`values`), which tests/family_golden.cpp computes too. See README.md.
"""
import base64
import copy
import json
import os
import pathlib
import re
import sys
import tempfile
import warnings

import numpy as np
import torch
import transformers
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

from families_cases import CASES, Case
from families_gguf import block_values, gguf_recipe
from families_quantised import dequantised_all

MODELS = pathlib.Path(__file__).resolve().parent.parent.parent / "models"
PROMPT, STEPS = 20, 12
LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers")
DECODER_LAYERS = ("num_decoder_layers", "decoder_layers")
MARGIN = 4e-3  # least gap between the two best logits of a greedy step, in standard deviations

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
# It divides by the number of layers less one; weights are given anyway.
transformers.RwkvPreTrainedModel._init_weights = lambda *_: None


# --- weights -----------------------------------------------------------------------------------------------

def fnv1a(data):
    h = 0xcbf29ce484222325
    for byte in data.encode() if isinstance(data, str) else data:
        h = (h ^ byte) * 0x100000001b3 % 2**64
    return h


def random_bits(name, seed, n):
    """splitmix64 from the state fnv1a(name) + seed: 24 bits for each index."""
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(name)) + np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (z ^ (z >> np.uint64(31))) >> np.uint64(40)


def values(spec, seed):
    """f32, f16: mean + scale * u, u uniform in [-1, 1). u8 and others: see README.md."""
    name, dims, a, b = spec[:4]
    kind, n = spec[4] if len(spec) > 4 else "f32", int(np.prod(dims))
    if kind == "text":
        return np.frombuffer(a.encode(), np.uint8)
    if kind == "values":
        return np.array(a, np.float32)
    if (blocks := block_values(kind, a, b, dims, lambda count: random_bits(name, seed, count))) is not None:
        return blocks
    bits = random_bits(name, seed, 2 * n if kind == "i32" else n)
    if kind == "i32":
        return (bits[0::2] & 0xffff | (bits[1::2] & 0xffff) << 16).astype(np.uint32).view(np.int32).reshape(dims)
    if kind == "order":
        groups = np.empty(n, np.int32)
        groups[np.argsort(bits, kind="stable")] = np.arange(n) // b
        return groups
    if kind == "u8":
        return (a + bits % b).astype(np.uint8).reshape(dims)
    if kind in ("i8", "f8_e4m3", "f8_e5m2"):  # the lowest bit becomes the sign
        raw = ((a + (bits >> 1) % b) | (bits & 1) << 7).astype(np.uint8).reshape(dims)
        return raw.view(np.int8) if kind == "i8" else raw.view({"f8_e4m3": [("e", "u1")], "f8_e5m2": [("f", "u1")]}[kind])
    u = bits.astype(np.float32) * np.float32(2**-23) - np.float32(1)
    x = (np.float32(a) + np.float32(b) * u).reshape(dims)
    return x.astype(np.float16) if kind == "f16" else x


def scale_of(name, dims, case):
    """Mean and scale that make attention look somewhere and logits spread."""
    if name.endswith("sinks"):
        return 0.0, 1.0
    if len(dims) == 1 or re.search(r"(norm|layernorm)s?(\.\d+)?\.weight$|[qk]_norm", name):
        norm = re.search(r"norm|ln_|\.ln", name) and name.endswith("weight")
        return (0.0 if case.zero_centred else 1.0, 0.375) if norm else (0.0, 0.375)
    if re.search(r"embed_tokens|(^|\.)shared\.|wte|word_embeddings|embed_in|wpe|embed_positions", name):
        return 0.0, 0.75 * case.embedding * (case.positions if "embed_positions" in name else 1)
    fan_in = dims[0] if case.conv1d and re.search(r"c_attn|c_proj|c_fc", name) else dims[-1]
    if name.endswith("relative_attention_bias.weight"):
        return 0.0, 2.0
    gain = 2.8 if re.search(r"q_proj|k_proj|qkv|query_key_value|c_attn", name) else 2.0
    return 0.0, round(gain * case.gain / fan_in**0.5, 4)


# --- models ------------------------------------------------------------------------------------------------

def write_config(folder, config):
    (pathlib.Path(folder) / "config.json").write_text(json.dumps(config))


def model_class(case):
    return getattr(transformers, case.model_class) if case.model_class else AutoModelForCausalLM


def stored_shapes(model):
    """The dims of each tensor by name, in the layout in which checkpoints are published."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        with safe_open(pathlib.Path(folder) / "model.safetensors", "pt") as f:
            return {n: list(f.get_slice(n).get_shape()) for n in f.keys()}


def published(case):
    """The config as written, and [name, dims, mean, scale] of each tensor as published."""
    with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
        write_config(a, {k: v for k, v in case.config.items() if k != "quantization_config"})
        config = AutoConfig.from_pretrained(a)
        model = model_class(case)._from_config(config) if case.model_class else AutoModelForCausalLM.from_config(config)
        model.save_pretrained(b)
        written = json.loads((pathlib.Path(b) / "config.json").read_text()) if case.form == 5 else case.config
        with safe_open(pathlib.Path(b) / "model.safetensors", "pt") as f:
            shapes = {n: list(f.get_slice(n).get_shape()) for n in f.keys()}
    tensors = []
    for name, dims in case.publish(shapes).items():
        tensors.append([name, *dims[1:]] if dims and dims[0] == "raw" else [name, dims, *scale_of(name, dims, case)])
    return written, tensors


def first_number(name):
    return next((int(p) for p in name.split(".") if p.isdigit()), -1)


def truncated(config, tensors, layers):
    """The first layers of a model alone; tests/family_golden.cpp does the same."""
    config = copy.deepcopy(config)
    part = config.get("text_config", config)
    for key in LAYERS + DECODER_LAYERS:
        if part.get(key):
            part[key] = min(part[key], layers)
    for key in ("layer_types", "no_rope_layers", "mlp_layer_types"):
        if part.get(key):
            part[key] = part[key][:layers]
    return config, [t for t in tensors if first_number(t[0]) < layers]


def dequantised(blocks, scales):
    """MXFP4 (OCP Microscaling Formats): [..., n, 16] bytes of two values and [..., n] exponents -> [..., 32 n]."""
    table = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6], np.float32)
    values = np.stack([table[blocks & 15], table[blocks >> 4]], -1).reshape(*blocks.shape[:-1], 32)
    return (values * np.exp2(scales.astype(np.float32) - 127)[..., None]).reshape(*blocks.shape[:-2], -1)


def load(case, config, tensors, seed):
    with tempfile.TemporaryDirectory() as folder:
        write_config(folder, {k: v for k, v in config.items() if k != "quantization_config"})
        dtype = torch.bfloat16 if case.dtype == "bf16" else torch.float32
        plain = dequantised_all({spec[0]: values(spec, seed) for spec in tensors}, config)
        weights = {name.removeprefix(case.root): torch.from_numpy(w) for name, w in plain.items()}
        weights = {name: w if w.dtype == torch.uint8 else w.to(dtype) for name, w in weights.items()}
        for name in [n.removesuffix("_blocks") for n in weights if n.endswith("_blocks")]:
            plain = dequantised(weights.pop(name + "_blocks").numpy(), weights.pop(name + "_scales").numpy())
            weights[name] = torch.from_numpy(plain).transpose(-1, -2).contiguous()
        save_file(weights, pathlib.Path(folder) / "model.safetensors", metadata={"format": "pt"})
        model, info = model_class(case).from_pretrained(
            folder, dtype=torch.float32, attn_implementation=case.attention, output_loading_info=True)
        bad = {k: v for k, v in info.items() if v and k != "error_msgs"}
        bad.get("missing_keys", set()).discard("lm_head.weight") if case.tied else None
        bad["missing_keys"] = [k for k in bad.get("missing_keys", []) if not k.endswith("embed_positions.weight")]  # sinusoids
        bad["unexpected_keys"] = [k for k in bad.get("unexpected_keys", []) if first_number(k) < config.get("num_hidden_layers", 99)]
        assert not any(bad.values()), bad
        return model.eval()


def ids_tensor(ids):
    return torch.tensor(ids, dtype=torch.int64)[None]


def forward(model, ids, encoder_ids, **more):
    if encoder_ids is None:
        return model(input_ids=ids_tensor(ids), **more)
    return model(input_ids=ids_tensor(encoder_ids), decoder_input_ids=ids_tensor(ids), **more)


@torch.no_grad()
def logits_of(model, ids, encoder_ids=None):
    return forward(model, ids, encoder_ids, use_cache=False).logits[0].float().numpy()


def greedy_full(model, ids, encoder_ids):
    seq, least = [int(i) for i in ids], np.inf
    for _ in range(STEPS):
        last = logits_of(model, seq, encoder_ids)[-1]
        top = np.sort(last)[-2:]
        least = min(least, (top[1] - top[0]) / last.std())
        seq.append(int(last.argmax()))
    return seq[len(ids):], least


@torch.no_grad()
def greedy_cached(model, ids, encoder_ids):
    out = forward(model, ids, encoder_ids, use_cache=True)
    tokens = []
    for _ in range(STEPS):
        tokens.append(int(out.logits[0, -1].argmax()))
        kept = next(k for k in ("cache", "state", "past_key_values") if k in out)
        out = forward(model, [tokens[-1]], encoder_ids, use_cache=True, **{kept: out[kept]})
    return tokens


def deviation(a, b):
    return float(np.abs(a.astype(np.float64) - b).max() / b.std())


def folder_of(kind):
    """The family's folder: the one whose CMakeLists.txt lists the model type."""
    for file in MODELS.glob("*/CMakeLists.txt"):
        types = re.search(r"TYPES ([\w -]+?)(?: GGUF|\))", file.read_text())
        if types and kind in types[1].split():
            return file.parent / "golden"
    raise SystemExit(f"no CMakeLists.txt in {MODELS} lists the type {kind}")


def pack(x):
    return base64.b64encode(np.ascontiguousarray(x, np.float32).tobytes()).decode()


def make(name, case):
    config, tensors = published(case)
    part = config.get("text_config", config)
    vocab, layers = part["vocab_size"], max(part.get(k) or 0 for k in LAYERS + DECODER_LAYERS)
    for seed in range(1, 60):
        random = np.random.default_rng(seed)
        ids, encoder_ids = random.integers(3, vocab, PROMPT).tolist(), None
        if case.encoder_tokens:  # of an encoder-decoder: the ids are the decoder's
            encoder_ids = random.integers(3, vocab, case.encoder_tokens).tolist()
            ids[0] = config["decoder_start_token_id"]
        start = ids[:1] if encoder_ids else ids
        model = load(case, config, tensors, seed)
        greedy, least = greedy_full(model, start, encoder_ids)
        if least < MARGIN or len(set(greedy)) < case.distinct:
            continue
        if case.cached and not case.by_length and greedy != greedy_cached(model, start, encoder_ids):
            continue
        logits = logits_of(load(case, config, tensors, seed) if case.by_length else model, ids, encoder_ids)
        assert np.isfinite(logits).all()
        effects = {}
        for key, value in case.bites.items():
            other = copy.deepcopy(config)
            target = other.get("text_config", other)
            for step in key.split(".")[:-1]:
                target = target[step]
            target[key.split(".")[-1]] = value
            effects[key] = deviation(logits_of(load(case, other, tensors, seed), ids, encoder_ids), logits)
        if any(e < 0.05 for e in effects.values()):
            print(name, seed, effects)
            continue
        break
    else:
        raise SystemExit(f"{name}: no acceptable seed")
    firsts = [pack(logits_of(load(case, *truncated(config, tensors, k), seed), ids, encoder_ids)[-1])
              for k in range(1, layers)]
    golden = {"seed": seed, "dtype": case.dtype, "by_length": case.by_length, "config": config, "tensors": tensors,
              "ids": ids, "greedy": greedy, "logits": pack(logits), "first_layers": firsts}
    if encoder_ids:
        golden["encoder_ids"] = encoder_ids
    if case.gguf:
        golden["gguf"] = gguf_recipe(config, tensors, case.old_gguf, case.gguf if isinstance(case.gguf, str) else None, case.fused_gguf)
    lines = ",\n".join(json.dumps(k) + ": " + json.dumps(v, separators=(",", ":")) for k, v in golden.items())
    file = folder_of(name.split(".")[0]) / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text("{\n" + lines + "\n}\n")
    size = file.stat().st_size
    print(f"{name:32} {size:6} bytes  seed {seed} margin {least:.3f} std {logits.std():.2f} " +
          " ".join(f"{k}:{v:.2f}" for k, v in effects.items()), flush=True)


def main():
    asked = sys.argv[1:]
    names = [n for n in CASES if not asked or n in asked or n.split(".")[0] in asked]
    if not names:
        raise SystemExit(f"unknown case {asked}; known: {' '.join(CASES)}")
    for name in names:
        make(name, CASES[name])


if __name__ == "__main__":
    main()
