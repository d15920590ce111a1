#!/usr/bin/env python3
"""Writes a Llama-shaped model with random weights, for measuring speed: what it says means nothing.

    python3 bench/make_model.py llama1b-q4_k.gguf --type q4_k      # one file
    python3 bench/make_model.py llama1b                            # a Hugging Face folder, in BF16
    python3 bench/make_model.py llama1b-gptq --quantised gptq      # its layers in GPTQ's layout

The default shape is that of a Llama of 1.07 billion parameters. The tokenizer is made up (single bytes
and pairs of them), or copied from another GGUF, which then gives the size of the vocabulary too. Needs
the PyPI packages numpy and gguf.
"""
import argparse
import json
import pathlib
import shutil
import struct

import gguf
import numpy as np

from random_blocks import FORMATS, tensor

SHAPE = {"hidden": 2048, "layers": 16, "heads": 32, "kv-heads": 8, "ffn": 8192, "context": 131072, "vocab": 49152}
END = "<|end|>"


def layer_matrices(a):
    """GGUF's name of a matrix in a block: Hugging Face's, rows, columns."""
    kv = a.hidden // a.heads * a.kv_heads
    return {"attn_q": ("self_attn.q_proj", a.hidden, a.hidden), "attn_k": ("self_attn.k_proj", kv, a.hidden),
            "attn_v": ("self_attn.v_proj", kv, a.hidden), "attn_output": ("self_attn.o_proj", a.hidden, a.hidden),
            "ffn_gate": ("mlp.gate_proj", a.ffn, a.hidden), "ffn_up": ("mlp.up_proj", a.ffn, a.hidden),
            "ffn_down": ("mlp.down_proj", a.hidden, a.ffn)}


LAYER_NORMS = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}


def matrices(a):
    """(GGUF's name, Hugging Face's, rows, columns) of all that is not a norm."""
    yield "token_embd", "model.embed_tokens", a.vocab, a.hidden
    for i in range(a.layers):
        for name, (hf, rows, cols) in layer_matrices(a).items():
            yield f"blk.{i}.{name}", f"model.layers.{i}.{hf}", rows, cols
    if a.untied:
        yield "output", "lm_head", a.vocab, a.hidden


def norms(a):
    yield "output_norm", "model.norm"
    for i in range(a.layers):
        for name, hf in LAYER_NORMS.items():
            yield f"blk.{i}.{name}", f"model.layers.{i}.{hf}"


def letters():
    """A character for each byte, as GPT-2 writes them."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [b for b in range(256) if b not in plain]
    table = {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(others)}
    return [table[b] for b in range(256)]


def vocabulary(size):
    """(tokens, merges): one token that ends a text, all bytes, then pairs."""
    single = letters()
    pairs = [(a, b) for a in single for b in single][: size - 257]
    if 257 + len(pairs) != size:
        raise SystemExit("make_model.py: --vocab is 257 to 65793")
    return [END, *single, *(a + b for a, b in pairs)], [f"{a} {b}" for a, b in pairs]


def add_tokenizer(writer, size):
    tokens, merges = vocabulary(size)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * (size - 1))
    writer.add_token_merges(merges)
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_add_bos_token(False)


def copy_tokenizer(writer, reader):
    for field in reader.fields.values():
        if not field.name.startswith("tokenizer."):
            continue
        if field.types[0] == gguf.GGUFValueType.ARRAY:
            writer.add_array(field.name, field.contents())
        else:
            writer.add_key_value(field.name, field.contents(), field.types[0])


def write_gguf(a):
    writer = gguf.GGUFWriter(a.out, "llama")
    if a.tokenizer_from:
        reader = gguf.GGUFReader(a.tokenizer_from)
        a.vocab = len(reader.fields["tokenizer.ggml.tokens"].data)
        copy_tokenizer(writer, reader)
    else:
        add_tokenizer(writer, a.vocab)
    writer.add_name("random weights")
    writer.add_block_count(a.layers)
    writer.add_context_length(a.context)
    writer.add_embedding_length(a.hidden)
    writer.add_feed_forward_length(a.ffn)
    writer.add_head_count(a.heads)
    writer.add_head_count_kv(a.kv_heads)
    writer.add_rope_dimension_count(a.hidden // a.heads)
    writer.add_rope_freq_base(500000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(a.vocab)
    for name, _, rows, cols in matrices(a):
        kind = a.embedding_type or a.type if name in ("token_embd", "output") else a.type
        writer.add_tensor(name + ".weight", tensor(rows, cols, kind), raw_dtype=gguf.GGMLQuantizationType[kind.upper()])
    for name, _ in norms(a):
        writer.add_tensor(name + ".weight", np.ones(a.hidden, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def quantised(name, rows, cols, method):
    """(name, dtype, shape, values) of what a published folder has for one matrix; groups of 128, of nf4 of 64."""
    random, groups, some = np.random.default_rng(rows + cols), cols // 128, 2.0 / cols**0.5
    words = lambda *shape: random.integers(-2**31, 2**31, shape, np.int32)
    scales = lambda *shape: (random.random(shape, np.float32) + 0.5) * some
    if method == "fp8":
        yield name + ".weight", "F8_E4M3", (rows, cols), (random.integers(0, 0x48, (rows, cols), np.uint8) | random.integers(0, 2, (rows, cols), np.uint8) << 7)
        yield name + ".weight_scale_inv", "F32", (-(-rows // 128), groups), scales(-(-rows // 128), groups)
    elif method == "nf4":
        text = json.dumps({"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [rows, cols]}).encode()
        yield name + ".weight", "U8", (rows * cols // 2, 1), random.integers(0, 256, rows * cols // 2, np.uint8)
        yield name + ".weight.quant_map", "F32", (16,), np.array(NF4, np.float32)
        yield name + ".weight.absmax", "F32", (rows * cols // 64,), scales(rows * cols // 64)
        yield name + ".weight.quant_state.bitsandbytes__nf4", "U8", (len(text),), np.frombuffer(text, np.uint8)
    else:
        shape = (cols // 8, rows) if method == "gptq" else (cols, rows // 8)
        yield name + ".qweight", "I32", shape, words(*shape)
        yield name + ".qzeros", "I32", (groups, rows // 8), words(groups, rows // 8)
        yield name + ".scales", "F16", (groups, rows), (scales(groups, rows) / 8).astype(np.float16)


METHODS = {"fp8": {"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [128, 128]},
           "gptq": {"quant_method": "gptq", "bits": 4, "group_size": 128, "desc_act": False, "sym": False},
           "awq": {"quant_method": "awq", "bits": 4, "group_size": 128, "version": "gemm", "zero_point": True},
           "nf4": {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}}
NF4 = [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
       -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
       0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0]


def write_folder(a):
    folder = pathlib.Path(a.out)
    folder.mkdir(parents=True, exist_ok=True)
    tokens, merges = vocabulary(a.vocab)
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    files = {
        "config.json": {
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "bfloat16", "vocab_size": a.vocab,
            "hidden_size": a.hidden, "intermediate_size": a.ffn, "num_hidden_layers": a.layers, "num_attention_heads": a.heads,
            "num_key_value_heads": a.kv_heads, "max_position_embeddings": a.context, "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
            "hidden_act": "silu", "tie_word_embeddings": not a.untied, "bos_token_id": 0, "eos_token_id": 0,
            **({"quantization_config": METHODS[a.quantised]} if a.quantised else {})},
        "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": END, "eos_token": END},
        "tokenizer.json": {
            "version": "1.0", "added_tokens": [{"id": 0, "content": END, "special": True, "single_word": False, "lstrip": False,
                                                "rstrip": False, "normalized": False}],
            "pre_tokenizer": byte_level, "decoder": byte_level,
            "model": {"type": "BPE", "vocab": {t: i for i, t in enumerate(tokens)}, "merges": merges}}}
    for name, value in files.items():
        (folder / name).write_text(json.dumps(value, ensure_ascii=False))
    header, at = {}, 0
    with open(folder / "data", "wb") as data:
        for name, dtype, shape, values in tensors(a):
            at += data.write(np.ascontiguousarray(values).tobytes())
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at - values.nbytes, at]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "model.safetensors", "wb") as file, open(folder / "data", "rb") as data:
        file.write(struct.pack("<Q", len(text)) + text)
        shutil.copyfileobj(data, file)
    (folder / "data").unlink()


def tensors(a):
    """(name, dtype, shape, values) of all tensors of a folder."""
    for _, hf, rows, cols in matrices(a):
        if a.quantised and "layers" in hf:
            yield from quantised(hf, rows, cols, a.quantised)
        else:
            yield hf + ".weight", "BF16", (rows, cols), tensor(rows, cols, "bf16")
    for _, hf in norms(a):
        yield hf + ".weight", "BF16", (a.hidden,), np.full(a.hidden, 0x3F80, np.uint16)  # 1


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out", help="a .gguf, or a folder")
    p.add_argument("--type", choices=FORMATS, default="bf16")
    p.add_argument("--embedding-type", choices=FORMATS, help="of embedding and output, where it differs: q6_k as in Q4_K_M")
    p.add_argument("--quantised", choices=METHODS, help="layers of a folder, as such repositories are published")
    p.add_argument("--untied", action="store_true", help="an output matrix of its own")
    p.add_argument("--tokenizer-from", metavar="GGUF")
    for name, value in SHAPE.items():
        p.add_argument("--" + name, type=int, default=value)
    a = p.parse_args()
    if a.out.endswith(".gguf"):
        write_gguf(a)
    elif a.type == "bf16" and not a.tokenizer_from:
        write_folder(a)
    else:
        p.error("a folder holds BF16, with the made-up tokenizer")


main()
