"""Small models with random weights, made with the standard library alone."""
import json, random, struct

CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": 128, "intermediate_size": 384,
          "max_position_embeddings": 128, "num_attention_heads": 4, "num_key_value_heads": 4, "num_hidden_layers": 6, "rms_norm_eps": 1e-5,
          "rope_theta": 10000.0, "tie_word_embeddings": False, "vocab_size": 256, "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "float32"}


def shapes(c=CONFIG):
    """Tensor names in the order of the graph, as transformers calls them."""
    d, f, v = c["hidden_size"], c["intermediate_size"], c["vocab_size"]
    yield "model.embed_tokens.weight", [v, d]
    for i in range(c["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        yield layer + "input_layernorm.weight", [d]
        for name in "qkvo": yield layer + f"self_attn.{name}_proj.weight", [d, d]
        yield layer + "post_attention_layernorm.weight", [d]
        for name, shape in (("gate", [f, d]), ("up", [f, d]), ("down", [d, f])): yield layer + f"mlp.{name}_proj.weight", shape
    yield "model.norm.weight", [d]
    yield "lm_head.weight", [v, d]


def values(shape, rng):
    n = shape[0] * (shape[1] if len(shape) > 1 else 1)
    return struct.pack(f"<{n}f", *([1.0] * n if len(shape) == 1 else (rng.uniform(-0.1, 0.1) for _ in range(n))))


def safetensors(tensors):
    """{name: (shape, bytes)} of F32 as one file."""
    header, at = {}, 0
    for name, (shape, data) in tensors.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(data for _, data in tensors.values())


def sharded_llama(shards=3):
    """The files of a repository: a config, an index and shards, the layers in their order."""
    rng = random.Random(7)
    tensors = {name: (shape, values(shape, rng)) for name, shape in shapes()}
    names, files, weight_map = list(tensors), {"config.json": json.dumps(CONFIG).encode()}, {}
    for s in range(shards):
        own = names[s * len(names) // shards:(s + 1) * len(names) // shards]
        file = f"model-{s + 1:05}-of-{shards:05}.safetensors"
        files[file] = safetensors({n: tensors[n] for n in own})
        weight_map.update({n: file for n in own})
    files["model.safetensors.index.json"] = json.dumps({"metadata": {}, "weight_map": weight_map}).encode()
    return files


GGUF_NAMES = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output", "input_layernorm": "attn_norm",
              "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
              "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}


def gguf_name(name):
    stem = name.removesuffix(".weight")
    if stem in GGUF_NAMES: return GGUF_NAMES[stem] + ".weight"
    _, _, layer, rest = stem.split(".", 3)
    return f"blk.{layer}.{GGUF_NAMES[rest]}.weight"


def gguf_string(text): return struct.pack("<Q", len(text)) + text.encode()
def gguf_pair(key, value):
    kind, data = {str: lambda: (8, gguf_string(value)), int: lambda: (4, struct.pack("<I", value)), float: lambda: (6, struct.pack("<f", value))}[type(value)]()
    return gguf_string(key) + struct.pack("<I", kind) + data


def gguf(tensors, pairs):
    """One file: {name: (shape, bytes)} of F32."""
    infos, data = b"", b""
    for name, (shape, values_) in tensors.items():
        infos += gguf_string(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", n) for n in reversed(shape)) + struct.pack("<IQ", 0, len(data))
        data += values_ + b"\0" * (-len(values_) % 32)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(gguf_pair(k, v) for k, v in pairs.items()) + infos
    return head + b"\0" * (-len(head) % 32) + data


def gguf_llama(shards=1, layers=6, seed=7, name=None):
    """The parts of a model, in their order."""
    c, rng = dict(CONFIG, num_hidden_layers=layers), random.Random(seed)
    tensors = {gguf_name(n): (shape, values(shape, rng)) for n, shape in shapes(c)}
    names = list(tensors)
    pairs = {"general.architecture": "llama", "llama.context_length": 128, "llama.embedding_length": c["hidden_size"], "llama.block_count": layers,
             "llama.feed_forward_length": c["intermediate_size"], "llama.attention.head_count": 4, "llama.attention.head_count_kv": 4,
             "llama.attention.layer_norm_rms_epsilon": 1e-5, "llama.rope.freq_base": 10000.0, "llama.vocab_size": c["vocab_size"]}
    if name: pairs["general.name"] = name
    if shards == 1: return [gguf(tensors, pairs)]
    split = lambda s: {"split.no": s, "split.count": shards, "split.tensors.count": len(names)}
    return [gguf({n: tensors[n] for n in names[s * len(names) // shards:(s + 1) * len(names) // shards]}, dict(pairs if s == 0 else {}, **split(s)))
            for s in range(shards)]
