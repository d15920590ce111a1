#!/usr/bin/env python3
"""Writes docs/families.md and the list of README.md from what the plugins say of themselves and their goldens hold.

Usage: scripts/families_table.py WEFT [--check]      (WEFT: the command; --check: writes nothing, says what is not current)
"""
import json
import pathlib
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD = """# Families

This page is made by `scripts/families_table.py` from `weft plugins --json` and the goldens.

A variant is a tiny model of random weights with switches of its own. Its logits and greedy tokens (of an encoder: its hidden
states or logits) equal those of transformers 5.24, on `reference` and on each instruction set of `cpu`, within the limits of
each precision (`models/*/golden`, [tests/golden](../tests/golden/README.md)). GGUF variants have the same values as llama.cpp's
converter stores them, or blocks that gguf-py dequantises.

Formats: safetensors (F32, F16, BF16), GGUF (F32, F16, BF16, Q4_0 to Q8_0, Q2_K to Q6_K, IQ4_NL, IQ4_XS, MXFP4), and for
every decoder quantised Hugging Face folders (FP8, GPTQ, AWQ, bitsandbytes, compressed-tensors, MXFP4). The last column
names those that variants have.

Lines: of the plugin's source, blueprints and converters of all its types together. The source of a dense decoder is below
120 lines with its converters, but for `gemma`, which holds four types; none is above 350. What a family does not cover is in
the README of its folder in `models/`.

| model type | from | plugin | lines | variants | of them GGUF | quantised variants |
|---|---|---|---|---|---|---|
"""
TASKS = """
## Tasks
What a type's goldens hold for each command: `run` (and `logits`), `embed`, `classify` (and `rerank` with one label), `tag`,
`answer` and `fill`. `rerank` also takes decoders that answer yes or no.

| model type | run | embed | classify | tag | answer | fill |
|---|---|---|---|---|---|---|
"""
ROLES = ("predict-tokens", "hidden-states", "classify-sequence", "classify-tokens", "classify-spans", "fill-masks")
BEGIN, END = "<!-- families: scripts/families_table.py -->\n", "<!-- end of families -->\n"


def goldens_of(name):
    """[has GGUF, methods of quantising] of each variant."""
    files = [f for where in ("golden", "golden/heads") for f in (ROOT / "models").glob(f"*/{where}/{name}.*.json")]
    files += [f for kind in ("embed", "classify") for f in (ROOT / "tests/golden" / kind).glob(f"{name}.*json")]
    out = []
    for golden in (json.loads(f.read_text()) for f in files):
        blocks = sorted({t[4].upper() for t in golden["tensors"] if len(t) > 4 and str(t[4]).startswith("q")})
        method = golden["config"].get("quantization_config", {}).get("quant_method")
        out.append(("gguf" in golden, blocks + ([method] if method else [])))
    folder = ROOT / "tests/golden" / name  # checkpoints as they are
    return out + [(f.name.startswith("gguf"), ["Q8_0"] if f.name.endswith("q8_0") else []) for f in (folder.iterdir() if folder.is_dir() else [])]


def roles_of(name):
    """The roles that goldens have of this type."""
    models = ROOT / "models"
    roles = {json.loads(f.read_text())["role"] for f in models.glob(f"*/golden/heads/{name}.*.json")}
    if list(models.glob(f"*/golden/{name}.*.json")) or (ROOT / "tests/golden" / name).is_dir():
        roles.add("predict-tokens")
    for kind, role in (("embed", "hidden-states"), ("classify", "classify-sequence")):
        if list((ROOT / "tests/golden" / kind).glob(f"{name}.*json")):
            roles.add(role)
    return roles


def task_row(name):
    roles = roles_of(name)
    return f"| `{name}` | {' | '.join('yes' if role in roles else '' for role in ROLES)} |\n"


def families(weft):
    """name -> (formats, plugin, goldens)."""
    plugins = json.loads(subprocess.run([weft, "plugins", "--json"], check=True, capture_output=True, text=True).stdout)
    rows = {}
    for plugin in plugins:
        offers = [tuple(o.split("=", 1)) for o in plugin["offers"]]
        converters = {name for interface, name in offers if interface.startswith("weft.converter/")}
        for interface, name in offers:
            if not interface.startswith("weft.architecture/"):
                continue
            sources = [label for suffix, label in ((".hf", "safetensors"), (".gguf", "GGUF")) if name + suffix in converters]
            rows[name] = (sources, plugin["id"], goldens_of(name))
    return dict(sorted(rows.items()))


def counts(goldens):
    methods = sorted({m for _, ms in goldens for m in ms}, key=lambda m: (m[0] == "Q", m))
    return f"{len(goldens)} | {sum(g for g, _ in goldens)} | {', '.join(methods) or '-'} |\n"


def lines_of(plugin):
    return sum(f.read_text().count("\n") for f in (ROOT / "models" / plugin.removeprefix("weft.")).glob("*.cpp"))


def main():
    rows = families(sys.argv[1])
    table = "".join(f"| `{name}` | {', '.join(sources)} | {plugin} | {lines_of(plugin)} | {counts(goldens)}" for name, (sources, plugin, goldens) in rows.items())
    table += TASKS + "".join(task_row(name) for name in rows)
    text = f"{len(rows)} model types: " + ", ".join(f"`{name}`" for name in rows) + "."
    names = textwrap.fill(text, width=120, break_on_hyphens=False) + "\n"
    readme = (ROOT / "README.md").read_text()
    before, after = readme.split(BEGIN)[0], readme.split(END)[1]
    stale = []
    for path, text in ((ROOT / "docs/families.md", HEAD + table), (ROOT / "README.md", before + BEGIN + names + END + after)):
        if path.read_text() != text:
            stale.append(str(path.relative_to(ROOT)))
            "--check" in sys.argv or path.write_text(text)
    if stale and "--check" in sys.argv:
        raise SystemExit(f"not current: {', '.join(stale)}; run scripts/families_table.py {sys.argv[1]}")


if __name__ == "__main__":
    main()
