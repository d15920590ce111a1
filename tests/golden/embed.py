#!/usr/bin/env python3
"""Makes tests/golden/embed/{bert,t5}.json: hidden states that transformers computes from tiny encoders, several texts' ids.

The weights are those of families.py: a function of name, index and seed.
"""
import json
import pathlib
import tempfile

import torch
from safetensors.torch import save_file
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
        hidden = [pack(model(torch.tensor([ids])).last_hidden_state[0].numpy()) for ids in TEXTS]
    golden = {"seed": SEED, "dtype": "f32", "config": config, "tensors": tensors, "texts": TEXTS, "hidden": hidden,
              "by_length": False, "ids": [], "greedy": [], "logits": "", "first_layers": []}
    if name == "t5":
        golden["gguf"] = gguf_recipe(config | {"layer_norm_epsilon": 1e-6, "decoder_start_token_id": None}, tensors)
        golden["gguf"]["metadata"] = {k.replace("t5.", "t5encoder."): v for k, v in golden["gguf"]["metadata"].items()} | {"general.architecture": "t5encoder"}
    file = pathlib.Path(__file__).resolve().parent / "embed" / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text("{\n" + ",\n".join(json.dumps(k) + ": " + json.dumps(v, separators=(",", ":")) for k, v in golden.items()) + "\n}\n")


if __name__ == "__main__":
    make("bert", BERT, BertConfig, BertModel)
    make("t5", T5, T5Config, T5EncoderModel)
