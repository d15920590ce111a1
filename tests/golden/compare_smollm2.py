#!/usr/bin/env python3
"""Compares `weft logits` with transformers run on a llama GGUF's dequantised f32 weights. Not a test.

Usage: compare_smollm2.py MODEL.gguf IDS LOGITS.safetensors
       IDS as given to weft: 1,2,3. Prints max|diff| / std(logits); exit 1 above 2e-3.
"""
import sys

import gguf
import numpy as np
import torch
from safetensors.numpy import load_file
from transformers import LlamaConfig, LlamaForCausalLM

from generate import GGUF_NAMES, unpermute


def load(path):
    reader = gguf.GGUFReader(path)

    def key(name, default=None):
        field = reader.get_field(name)
        if field is None and default is None:
            raise SystemExit(f"{path}: no key {name}")
        return default if field is None else field.contents()

    if key("general.architecture") != "llama":
        raise SystemExit(f"{path}: architecture {key('general.architecture')}, expected llama")
    tensors = {t.name: gguf.quants.dequantize(t.data, t.tensor_type).reshape([int(n) for n in t.shape[::-1]])
               for t in reader.tensors}
    if "rope_freqs.weight" in tensors:
        raise SystemExit(f"{path}: rope_freqs.weight is not handled here")
    heads = key("llama.attention.head_count")
    kv = key("llama.attention.head_count_kv", heads)
    hidden = key("llama.embedding_length")
    config = LlamaConfig(
        vocab_size=tensors["token_embd.weight"].shape[0], hidden_size=hidden,
        intermediate_size=key("llama.feed_forward_length"), num_hidden_layers=key("llama.block_count"),
        num_attention_heads=heads, num_key_value_heads=kv,
        head_dim=key("llama.attention.key_length", hidden // heads),
        max_position_embeddings=key("llama.context_length"),
        rms_norm_eps=key("llama.attention.layer_norm_rms_epsilon"),
        rope_parameters={"rope_type": "default", "rope_theta": key("llama.rope.freq_base", 10000.0)},
        tie_word_embeddings="output.weight" not in tensors)
    back = {v: k for k, v in GGUF_NAMES.items()}
    whole = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
    state = {}
    for name, w in tensors.items():
        stem = name.removesuffix(".weight")
        if stem in whole:
            new = whole[stem]
        else:
            _, layer, part = stem.split(".")
            new = f"model.layers.{layer}.{back[part]}"
            if part in ("attn_q", "attn_k"):
                w = unpermute(w, heads if part == "attn_q" else kv)
        state[new + ".weight"] = torch.from_numpy(np.array(w, np.float32))
    config._attn_implementation = "eager"
    model = LlamaForCausalLM(config).float().eval()
    missing, unexpected = model.load_state_dict(state, strict=False)
    if unexpected or missing not in ([], ["lm_head.weight"] if config.tie_word_embeddings else []):
        raise SystemExit(f"{path}: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    return model


def main():
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    ids = [int(i) for i in sys.argv[2].split(",")]
    ours = load_file(sys.argv[3])["logits"]
    with torch.no_grad():
        theirs = load(sys.argv[1])(torch.tensor([ids]), use_cache=False).logits[0].numpy()
    if ours.shape != theirs.shape:
        raise SystemExit(f"{sys.argv[3]}: shape {ours.shape}, expected {theirs.shape}")
    ratio = float(np.abs(ours.astype(np.float64) - theirs).max() / theirs.std())
    print(f"max|diff| / std = {ratio:.3e}; std {theirs.std():.4f}; "
          f"same argmax {int((ours.argmax(-1) == theirs.argmax(-1)).sum())}/{len(ids)}")
    return 0 if ratio <= 2e-3 else 1  # a NaN fails as well


if __name__ == "__main__":
    sys.exit(main())
