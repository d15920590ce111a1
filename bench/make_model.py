#!/usr/bin/env python3
"""Writes a Llama-shaped GGUF with random weights, for measuring speed: what it says means nothing.

    python3 bench/make_model.py OUT.gguf --type q4_k --tokenizer-from SOME.gguf

The default shape is that of a Llama of 1.07 billion parameters. Weights have mean 0 and a standard
deviation of about 0.02. Needs numpy and the PyPI package gguf. The tokenizer's metadata is copied
from another GGUF, whose vocabulary gives the model's.
"""
import argparse

import gguf
import numpy as np

RNG = np.random.default_rng(1)
SPREAD = 0.02


def halves(values):
    return np.asarray(values, np.float16).view(np.uint8).reshape(-1, 2)


def codes(n, width):
    return RNG.integers(0, 256, (n, width), np.uint8)


def bf16(n):
    values = RNG.standard_normal(n, np.float32) * np.float32(SPREAD)
    return (values.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8).reshape(n, 2)


# Blocks of one format, n of them: uniform codes, and scales that give the spread. The standard
# deviation of a uniform code of b bits is 2^b / sqrt(12).
def scale(bits):
    return SPREAD * np.sqrt(12) / 2**bits


def k_scales(n, bits):
    """d, dmin and 6-bit scales of Q4_K and Q5_K: sub-scale 32, sub-minimum that centres the codes."""
    packed = np.tile(np.array([32] * 8 + [0] * 4, np.uint8), (n, 1))  # the four low sub-blocks
    packed[:, 0:4] |= 2 << 6  # sub-scale 32 of the four high ones: bits 4 and 5
    packed[:, 4:8] |= 2 << 6
    d = scale(bits) / 32
    return np.concatenate([halves(np.full(n, d)), halves(np.full(n, d * (2**bits - 1) / 2)), packed], 1)


FORMATS = {  # type: values of a block, blocks
    "f32": (1, lambda n: (RNG.standard_normal(n, np.float32) * np.float32(SPREAD)).view(np.uint8).reshape(n, 4)),
    "f16": (1, lambda n: halves(RNG.standard_normal(n, np.float32) * SPREAD)),
    "bf16": (1, bf16),
    "q8_0": (32, lambda n: np.concatenate([halves(np.full(n, scale(8))), codes(n, 32)], 1)),
    "q4_0": (32, lambda n: np.concatenate([halves(np.full(n, scale(4))), codes(n, 16)], 1)),
    "q4_1": (32, lambda n: np.concatenate([halves(np.full(n, scale(4))), halves(np.full(n, -7.5 * scale(4))), codes(n, 16)], 1)),
    "q5_0": (32, lambda n: np.concatenate([halves(np.full(n, scale(5))), codes(n, 20)], 1)),
    "q5_1": (32, lambda n: np.concatenate([halves(np.full(n, scale(5))), halves(np.full(n, -15.5 * scale(5))), codes(n, 20)], 1)),
    "q4_k": (256, lambda n: np.concatenate([k_scales(n, 4), codes(n, 128)], 1)),
    "q5_k": (256, lambda n: np.concatenate([k_scales(n, 5), codes(n, 160)], 1)),
    "q6_k": (256, lambda n: np.concatenate([codes(n, 192), np.full((n, 16), 64, np.uint8), halves(np.full(n, scale(6) / 64))], 1)),
}


def tensor(name, rows, cols, kind):
    """Rows of random blocks; a million values are drawn, and repeated at random offsets."""
    values, blocks = FORMATS[kind]
    if cols % values:
        raise SystemExit(f"{name}: {cols} columns are no whole blocks of {values} values")
    per_row = cols // values
    pool = blocks(max(per_row * 2, (1 << 20) // values))
    row_starts = RNG.integers(0, len(pool) - per_row + 1, rows)
    return np.concatenate([pool[s : s + per_row].reshape(1, -1) for s in row_starts])


def copy_tokenizer(writer, path):
    reader = gguf.GGUFReader(path)
    for field in reader.fields.values():
        if not field.name.startswith("tokenizer."):
            continue
        value = field.contents()
        if field.types[0] == gguf.GGUFValueType.ARRAY:
            writer.add_array(field.name, value)
        else:
            writer.add_key_value(field.name, value, field.types[0])
    return len(reader.fields["tokenizer.ggml.tokens"].data)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out")
    p.add_argument("--type", choices=FORMATS, default="bf16")
    p.add_argument("--tokenizer-from", required=True, metavar="GGUF")
    for name, value in {"hidden": 2048, "layers": 16, "heads": 32, "kv-heads": 8, "ffn": 8192, "context": 131072}.items():
        p.add_argument("--" + name, type=int, default=value)
    a = p.parse_args()

    head = a.hidden // a.heads
    writer = gguf.GGUFWriter(a.out, "llama")
    writer.add_name("random weights")
    writer.add_block_count(a.layers)
    writer.add_context_length(a.context)
    writer.add_embedding_length(a.hidden)
    writer.add_feed_forward_length(a.ffn)
    writer.add_head_count(a.heads)
    writer.add_head_count_kv(a.kv_heads)
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(500000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    vocabulary = copy_tokenizer(writer, a.tokenizer_from)
    writer.add_vocab_size(vocabulary)

    shapes = {"token_embd": (vocabulary, a.hidden)}
    for i in range(a.layers):
        shapes |= {
            f"blk.{i}.attn_q": (a.hidden, a.hidden), f"blk.{i}.attn_k": (a.kv_heads * head, a.hidden),
            f"blk.{i}.attn_v": (a.kv_heads * head, a.hidden), f"blk.{i}.attn_output": (a.hidden, a.hidden),
            f"blk.{i}.ffn_gate": (a.ffn, a.hidden), f"blk.{i}.ffn_up": (a.ffn, a.hidden), f"blk.{i}.ffn_down": (a.hidden, a.ffn)}
    raw_type = gguf.GGMLQuantizationType[a.type.upper()]
    for name, (rows, cols) in shapes.items():
        writer.add_tensor(name + ".weight", tensor(name, rows, cols, a.type), raw_dtype=raw_type)
    for name in ["output_norm"] + [f"blk.{i}.{n}_norm" for i in range(a.layers) for n in ("attn", "ffn")]:
        writer.add_tensor(name + ".weight", np.ones(a.hidden, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main()
