#!/usr/bin/env python3
"""Makes the checkpoints that torch_test.cpp reads, and tests/golden/llama/torch_tied, with torch 2.15.

Usage: generate.py      (needs torch and safetensors; the legacy file's storages are named by addresses, which differ
                         from run to run)
"""
import collections
import json
import pathlib
import shutil

import torch
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parents[3] / "tests/golden/llama"


def state():
    """Value i of a tensor is i + its first value; what is tied, a parameter, a slice or a scalar is so on purpose."""
    fused = torch.arange(12, dtype=torch.float32).reshape(4, 3) + 100
    d = collections.OrderedDict()
    d["embed.weight"] = torch.arange(6, dtype=torch.float32).reshape(2, 3) + 1
    d["f16"] = torch.nn.Parameter(torch.arange(4, dtype=torch.float16) + 10)
    d["bf16"] = torch.arange(3, dtype=torch.bfloat16).reshape(1, 3) + 20
    d["upper"], d["lower"] = fused[:2], fused[2:]
    d["ids"] = torch.arange(5).expand((1, -1)) + 30
    d["mask"] = torch.ones(1, 1, 3, 3, dtype=torch.bool).tril()
    d["scalar"] = torch.tensor(-10000.0)
    d["empty"] = torch.zeros(0, 4)
    d["head.weight"] = d["embed.weight"]
    d._metadata = collections.OrderedDict({"": {"version": 1}})
    return d


def main():
    torch.save(state(), HERE / "zip.bin")
    torch.save(state(), HERE / "protocol4.bin", pickle_protocol=4)
    torch.save(state(), HERE / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save({"u16": torch.arange(3).to(torch.uint16), "f8": torch.ones(2).to(torch.float8_e4m3fn)}, HERE / "typed.bin")
    torch.save({"turned": torch.arange(6.0).reshape(2, 3).t()}, HERE / "strided.bin")
    torch.save({"whole": (fused := torch.arange(6.0)), "part": fused[2:4]}, HERE / "overlapping.bin")

    sharded, tensors, weight_map = HERE / "sharded", list(state().items()), {}
    sharded.mkdir(exist_ok=True)
    for i, part in enumerate((tensors[:4], tensors[4:])):
        name = f"pytorch_model-{i + 1:05}-of-00002.bin"
        torch.save(dict(part), sharded / name)
        weight_map.update({k: name for k, _ in part})
    text = json.dumps({"metadata": {"total_size": 0}, "weight_map": weight_map}, indent=1)
    (sharded / "pytorch_model.bin.index.json").write_text(text + "\n")

    source, golden = GOLDEN / "llama_tied_sharded", GOLDEN / "torch_tied"
    golden.mkdir(exist_ok=True)
    weights = collections.OrderedDict()
    for shard in sorted(source.glob("model-*.safetensors")):
        weights.update(load_file(shard))
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    torch.save(weights, golden / "pytorch_model.bin")
    for name in ("config.json", "generation_config.json", "golden.safetensors"):
        shutil.copyfile(source / name, golden / name)


main()
