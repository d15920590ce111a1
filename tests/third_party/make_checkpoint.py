#!/usr/bin/env python3
"""Makes checkpoint/: a tiny random model of a family that only examples/acme_* know, and the logits
that these 30 lines of numpy compute for it in f64. Usage: make_checkpoint.py"""
import json
import pathlib

import numpy as np
from safetensors.numpy import save_file

OUT = pathlib.Path(__file__).resolve().parent / "checkpoint"
CONFIG = {"model_type": "acme_lm", "vocab": 64, "width": 32, "depth": 2, "heads": 4, "kv_heads": 2,
          "inner": 48, "context": 128, "eps": 1e-5, "rope_theta": 10000.0}
V, W, H, G, I = (CONFIG[k] for k in ("vocab", "width", "heads", "kv_heads", "inner"))
D = W // H
rng = np.random.default_rng(7)
normal = lambda *shape, scale=0.3: (rng.standard_normal(shape) * scale).astype(np.float32)

weights = {"tok": normal(V, W, scale=1.0), "out_norm": 1 + normal(W)}
for i in range(CONFIG["depth"]):
    weights |= {f"blk{i}.qkv": normal(W + 2 * G * D, W), f"blk{i}.out": normal(W, W), f"blk{i}.norm": 1 + normal(W),
                f"blk{i}.up": normal(I, W), f"blk{i}.down": normal(I, W)}
w = {k: v.astype(np.float64) for k, v in weights.items()}


def norm(x, weight):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + CONFIG["eps"]) * weight


def rope(x):  # [T, heads, D]
    angle = np.arange(len(x))[:, None] * CONFIG["rope_theta"] ** (-np.arange(0, D, 2) / D)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    a, b = x[..., : D // 2], x[..., D // 2:]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)


def logits(ids):
    x = w["tok"][ids]
    T = len(ids)
    for i in range(CONFIG["depth"]):
        h = norm(x, w[f"blk{i}.norm"])
        q, k, v = np.split(h @ w[f"blk{i}.qkv"].T, [W, W + G * D], -1)
        q, k, v = rope(q.reshape(T, H, D)), rope(k.reshape(T, G, D)), v.reshape(T, G, D)
        k, v = np.repeat(k, H // G, 1), np.repeat(v, H // G, 1)
        scores = np.einsum("thd,shd->hts", q, k) / np.sqrt(D)
        scores[:, np.triu(np.ones((T, T), bool), 1)] = -np.inf
        p = np.exp(scores - scores.max(-1, keepdims=True))
        a = np.einsum("hts,shd->thd", p / p.sum(-1, keepdims=True), v).reshape(T, W) @ w[f"blk{i}.out"].T
        x = x + a + np.maximum(h @ w[f"blk{i}.up"].T, 0) ** 2 @ w[f"blk{i}.down"]
    return norm(x, w["out_norm"]) @ w["tok"].T


OUT.mkdir(exist_ok=True)
ids = rng.integers(0, V, 21)
save_file(weights, OUT / "model.safetensors")
(OUT / "config.json").write_text(json.dumps(CONFIG, indent=1) + "\n")
save_file({"ids": ids.astype(np.int32), "logits": logits(ids).astype(np.float32)}, OUT / "golden.safetensors")
