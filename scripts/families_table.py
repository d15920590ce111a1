#!/usr/bin/env python3
"""Writes docs/families.md from what the plugins say of themselves: scripts/families_table.py WEFT (the command)."""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD = """# Families

Made by `scripts/families_table.py` from `weft plugins --json`. A variant is a tiny model of random weights with
switches of its own, whose logits and greedy tokens (of an encoder: hidden states or logits) equal those of
transformers on `reference` and `cpu` (`models/*/golden`, `tests/golden`); GGUF variants have the same values as
llama.cpp's converter stores them.
Formats: safetensors (F32, F16, BF16), GGUF (F32, F16, BF16, Q4_0 to Q8_0, Q2_K to Q6_K, IQ4_NL, IQ4_XS, MXFP4), and for
every decoder quantised Hugging Face folders (FP8, GPTQ, AWQ, bitsandbytes, compressed-tensors, MXFP4); the last column
counts variants of these.

| model type | from | plugin | variants | of them GGUF | quantised |
|---|---|---|---|---|---|
"""


def main():
    plugins = json.loads(subprocess.run([sys.argv[1], "plugins", "--json"], check=True, capture_output=True, text=True).stdout)
    rows = {}
    for plugin in plugins:
        offers = [tuple(o.split("=", 1)) for o in plugin["offers"]]
        converters = {name for interface, name in offers if interface.startswith("weft.converter/")}
        for interface, name in offers:
            if not interface.startswith("weft.architecture/"):
                continue
            sources = [label for suffix, label in ((".hf", "safetensors"), (".gguf", "GGUF")) if name + suffix in converters]
            goldens = [json.loads(f.read_text()) for f in (ROOT / "models").glob(f"*/golden/{name}.*.json")]
            goldens += [json.loads(f.read_text()) for kind in ("embed", "classify") for f in (ROOT / "tests/golden" / kind).glob(f"{name}.*json")]
            folder = ROOT / "tests/golden" / name
            old = [f.name for f in folder.iterdir()] if folder.is_dir() else []
            rows[name] = (", ".join(sources), plugin["id"], len(goldens) + len(old),
                          sum("gguf" in g for g in goldens) + sum(f.startswith("gguf") for f in old),
                          sum("quantization_config" in g["config"] for g in goldens))
    lines = [f"| `{name}` | {' | '.join(str(x) for x in row)} |\n" for name, row in sorted(rows.items())]
    (ROOT / "docs/families.md").write_text(HEAD + "".join(lines))


if __name__ == "__main__":
    main()
