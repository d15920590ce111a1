#!/usr/bin/env python3
"""How far the logits of each precision, and llama.cpp's, are from the exact ones of the same model.

    python3 bench/kl.py MODEL --weft build/release/bin/weft [--llama-logits weft_llama_logits] [--text FILE...]

Reference: weft's reference backend with --precision exact. Prints, over all tokens of the text, the
mean Kullback-Leibler divergence to it in nats, its 99th percentile, and how often the likeliest token is
the same. The text is this repository's documentation unless told otherwise. Needs numpy.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(command, text=None):
    return subprocess.run([str(c) for c in command], input=text, stdout=subprocess.PIPE, text=True, check=True).stdout


def documentation():
    return [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def chunks_of(a):
    text = "\n".join(pathlib.Path(f).read_text() for f in a.text or documentation())
    ids = json.loads(run([a.weft, "tokenize", a.model, "--jsonl", "--no-special", "--no-parse-special"], json.dumps(text) + "\n"))
    chunks = [ids[i : i + a.chunk] for i in range(0, len(ids), a.chunk)][: a.chunks]
    return chunks if len(chunks[-1]) > 1 else chunks[:-1]


def read_safetensors(path):
    """The one f32 tensor of what `weft logits` writes."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    return np.frombuffer(data, np.float32, offset=8 + size).reshape(json.loads(data[8 : 8 + size])["logits"]["shape"])


def weft_logits(a, chunks, *options):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "logits.safetensors"
        for chunk in chunks:
            run([a.weft, "logits", a.model, "--ids", ",".join(map(str, chunk)), "-o", file, "--threads", a.threads, *options])
            yield read_safetensors(file)


def llama_logits(a, chunks):
    """Rows straight from llama.cpp: what llama-perplexity writes to a file is rounded and cut off."""
    with subprocess.Popen([a.llama_logits, a.model, str(a.threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        for chunk in chunks:
            child.stdin.write((",".join(map(str, chunk)) + "\n").encode())
            child.stdin.flush()
            yield np.frombuffer(child.stdout.read(4 * len(chunk) * a.vocab), np.float32).reshape(len(chunk), -1)


def log_softmax(logits):
    x = logits.astype(np.float64)
    x -= x.max(axis=1, keepdims=True)
    x -= np.log(np.exp(x).sum(axis=1, keepdims=True))
    return x


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model")
    p.add_argument("--weft", required=True, help="the command")
    p.add_argument("--llama-logits", help="weft_llama_logits; MODEL is a GGUF then")
    p.add_argument("--text", nargs="+", metavar="FILE")
    p.add_argument("--backend", default="cpu", help="the one that is judged")
    p.add_argument("--precision", nargs="+", default=["exact", "default", "fast"])
    p.add_argument("--chunk", type=int, default=512, metavar="TOKENS")
    p.add_argument("--chunks", type=int, default=5, metavar="N", help="at most")
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()

    chunks = chunks_of(a)
    judged = {f"weft {a.backend}, {q}": weft_logits(a, chunks, "--backend", a.backend, "--precision", q) for q in a.precision}
    if a.llama_logits:
        judged["llama.cpp"] = llama_logits(a, chunks)
    divergence, same = {name: [] for name in judged}, {name: [] for name in judged}
    for i, exact in enumerate(weft_logits(a, chunks, "--backend", "reference", "--precision", "exact")):
        print(f"chunk {i + 1} of {len(chunks)}", file=sys.stderr)
        a.vocab = exact.shape[1]
        reference = log_softmax(exact)
        for name, rows in judged.items():
            other = log_softmax(next(rows))
            divergence[name].append((np.exp(reference) * (reference - other)).sum(axis=1))
            same[name].append(reference.argmax(axis=1) == other.argmax(axis=1))

    print(f"{pathlib.Path(a.model).name}, {sum(map(len, chunks))} tokens in chunks of {a.chunk}\n")
    print("| logits | mean KL, nats | 99th percentile | same likeliest token |\n|---|---|---|---|")
    for name in judged:
        kl = np.concatenate(divergence[name])
        print(f"| {name} | {kl.mean():.2e} | {np.percentile(kl, 99):.2e} | {np.concatenate(same[name]).mean() * 100:.2f} % |")


main()
