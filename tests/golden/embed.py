#!/usr/bin/env python3
"""Makes tests/golden/embed/bert.json: hidden states that transformers computes from a tiny bert, several texts' ids.

The weights are those of families.py: a function of name, index and seed.
"""
import json
import pathlib
import tempfile

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertModel

from families import pack, values

CONFIG = {"model_type": "bert", "vocab_size": 48, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 40,
          "max_position_embeddings": 24, "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12}
TEXTS = [[2, 7, 9, 11, 3], [2, 3], [2] + list(range(10, 31)) + [3]]
SEED = 7


def main():
    shapes = {n: list(w.shape) for n, w in BertModel(BertConfig(**CONFIG)).state_dict().items()}
    tensors = []
    for name, dims in shapes.items():
        norm = "LayerNorm.weight" in name
        scale = 0.375 if len(dims) == 1 else 0.75 if "embeddings" in name else round(2.4 / dims[-1]**0.5, 4)
        tensors.append([name, dims, 1.0 if norm else 0.0, scale])
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "config.json").write_text(json.dumps(CONFIG))
        save_file({t[0]: torch.from_numpy(values(t, SEED)) for t in tensors}, pathlib.Path(folder) / "model.safetensors", metadata={"format": "pt"})
        model = BertModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        hidden = [pack(model(torch.tensor([ids])).last_hidden_state[0].numpy()) for ids in TEXTS]
    golden = {"seed": SEED, "dtype": "f32", "config": CONFIG, "tensors": tensors, "texts": TEXTS, "hidden": hidden,
              "by_length": False, "ids": [], "greedy": [], "logits": "", "first_layers": []}
    file = pathlib.Path(__file__).resolve().parent / "embed" / "bert.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text("{\n" + ",\n".join(json.dumps(k) + ": " + json.dumps(v, separators=(",", ":")) for k, v in golden.items()) + "\n}\n")


if __name__ == "__main__":
    main()
