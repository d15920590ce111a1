#!/usr/bin/env python3
"""Makes tests/golden/embed/{bert,t5}.json: hidden states that transformers computes from tiny encoders, several texts' ids,
and the vectors that the modules of sentence-transformers make of them.

The weights are those of families.py: a function of name, index and seed.
"""
import json
import pathlib
import tempfile

import torch
from safetensors.torch import save_file
from sentence_transformers.base.modules.dense import Dense
from sentence_transformers.base.modules.normalize import Normalize
from sentence_transformers.sentence_transformer.modules.pooling import Pooling
from transformers import BertConfig, BertModel, T5Config, T5EncoderModel

from families import pack, values
from families_gguf import gguf_recipe

BERT = {"model_type": "bert", "vocab_size": 48, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 40,
          "max_position_embeddings": 24, "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12}
T5 = {"model_type": "t5", "architectures": ["T5EncoderModel"], "vocab_size": 48, "d_model": 32, "d_kv": 12, "d_ff": 40, "num_layers": 3, "num_heads": 4,
      "relative_attention_num_buckets": 8, "relative_attention_max_distance": 128, "feed_forward_proj": "gated-gelu", "is_encoder_decoder": True,
      "tie_word_embeddings": False}
TEXTS = [[2, 7, 9, 11, 3], [2, 3], [2] + list(range(10, 31)) + [3]]
SEED = 7
FLAGS = ("cls_token", "max_tokens", "mean_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")


def flags(*on):
    return {"word_embedding_dimension": 32} | {f"pooling_mode_{f}": f in on for f in FLAGS}


def dense(into, out, activation, bias=True):
    return {"in_features": into, "out_features": out, "bias": bias, "activation_function": f"torch.nn.modules.{activation}"}


# Pooling and what follows it; null: Normalize.
MODULES = [
    [flags("cls_token"), None], [flags("max_tokens")], [flags("mean_tokens"), None], [flags("mean_sqrt_len_tokens")], [flags("weightedmean_tokens")],
    [flags("lasttoken"), None], [flags("cls_token", "mean_tokens", "lasttoken")],
    [{"embedding_dimension": 32, "pooling_mode": "lasttoken", "include_prompt": False}],
    [{"embedding_dimension": 32, "pooling_mode": ["mean", "cls"], "include_prompt": True}, None],
    [flags("mean_tokens"), dense(32, 20, "activation.Tanh")],
    [flags("mean_tokens"), dense(32, 48, "linear.Identity", bias=False), dense(48, 32, "activation.GELU"), None],
    [flags("mean_tokens", "max_tokens"), dense(64, 8, "activation.ReLU"), dense(8, 8, "activation.SiLU"), dense(8, 8, "activation.Sigmoid")]]


def sentences(hidden):
    """For each case its files, the tensors of its folders, and the vectors of all texts."""
    cases = []
    for modules in MODULES:
        kinds = ["Transformer"] + ["Pooling" if i == 0 else "Normalize" if m is None else "Dense" for i, m in enumerate(modules)]
        paths = [""] + [f"{i}_{kind}" for i, kind in enumerate(kinds) if i]
        case = {"modules.json": [{"idx": i, "name": str(i), "path": p, "type": f"sentence_transformers.models.{k}"} for i, (k, p) in enumerate(zip(kinds, paths))],
                "folders": {p: {"config": m, "tensors": []} for p, m in zip(paths[1:], modules) if m is not None}}
        vectors = [{"token_embeddings": torch.from_numpy(h)[None], "attention_mask": torch.ones(1, len(h), dtype=torch.int64)} for h in hidden]
        for kind, path, config in zip(kinds[1:], paths[1:], modules):
            config = dict(config or {})
            if kind == "Dense":
                activation = config.pop("activation_function").rsplit(".", 1)[1]
                module = Dense(activation_function=getattr(torch.nn, activation)(), **config)
                tensors = [[f"linear.{n}", list(w.shape), 0.0, 0.3] for n, w in module.linear.named_parameters()]
                module.linear.load_state_dict({t[0][7:]: torch.from_numpy(values([f"{path}.{t[0]}", *t[1:]], SEED)) for t in tensors})
                case["folders"][path]["tensors"] = tensors
            elif kind == "Pooling":
                modes = [m for f, m in zip(FLAGS, Pooling.POOLING_MODES) if config.get(f"pooling_mode_{f}")] or config["pooling_mode"]
                module = Pooling(32, pooling_mode=modes, include_prompt=config.get("include_prompt", True))
            else:
                module = Normalize()
            with torch.no_grad():
                vectors = [module(v) for v in vectors]
        case["vectors"] = [pack(v["sentence_embedding"][0].numpy()) for v in vectors]
        cases.append(case)
    return cases


def make(name, config, config_class, model_class):
    shapes = {n: list(w.shape) for n, w in model_class(config_class.from_dict(config)).state_dict().items() if n != "encoder.embed_tokens.weight"}
    tensors = []
    for tensor, dims in shapes.items():
        norm = "norm.weight" in tensor.lower()
        scale = 0.375 if len(dims) == 1 else 0.75 if "embeddings" in tensor or tensor == "shared.weight" else round(2.4 / dims[-1]**0.5, 4)
        tensors.append([tensor, dims, 1.0 if norm else 0.0, scale])
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "config.json").write_text(json.dumps(config))
        save_file({t[0]: torch.from_numpy(values(t, SEED)) for t in tensors}, pathlib.Path(folder) / "model.safetensors", metadata={"format": "pt"})
        model = model_class.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        hidden = [model(torch.tensor([ids])).last_hidden_state[0].numpy() for ids in TEXTS]
    golden = {"seed": SEED, "dtype": "f32", "config": config, "tensors": tensors, "texts": TEXTS, "hidden": [pack(h) for h in hidden],
              "by_length": False, "ids": [], "greedy": [], "logits": "", "first_layers": []}
    if name == "bert":
        golden["sentences"] = sentences(hidden)
        golden["gguf"] = gguf_recipe(config, tensors)
    if name == "t5":
        golden["gguf"] = gguf_recipe(config | {"layer_norm_epsilon": 1e-6, "decoder_start_token_id": None}, tensors)
        golden["gguf"]["metadata"] = {k.replace("t5.", "t5encoder."): v for k, v in golden["gguf"]["metadata"].items()} | {"general.architecture": "t5encoder"}
    file = pathlib.Path(__file__).resolve().parent / "embed" / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text("{\n" + ",\n".join(json.dumps(k) + ": " + json.dumps(v, separators=(",", ":")) for k, v in golden.items()) + "\n}\n")


if __name__ == "__main__":
    make("bert", BERT, BertConfig, BertModel)
    make("t5", T5, T5Config, T5EncoderModel)
