"""Tokenizing speed against PyPI `tokenizers` in turns: MB/s of processor time and load time on one thread.

python bench/tokenize.py TEXT TOKENIZER.json... --weft build/bench/bin/weft_tokenize [--rounds 3]
"""
import argparse
import json
import os
import subprocess
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import Tokenizer  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("text")
parser.add_argument("tokenizers", nargs="+")
parser.add_argument("--weft", required=True)
parser.add_argument("--rounds", type=int, default=3)
args = parser.parse_args()

data = open(args.text, encoding="utf-8").read()
pieces, at = [], 0
while at < len(data):
    pieces.append(data[at:at + 4096])
    at += 4096
for path in args.tokenizers:
    ours, theirs = [], []
    for _ in range(args.rounds):
        ours.append(json.loads(subprocess.run([args.weft, path, args.text], capture_output=True, check=True).stdout))
        start = time.process_time()
        tokenizer = Tokenizer.from_file(path)
        loaded = time.process_time()
        for piece in pieces:
            tokenizer.encode(piece)
        theirs.append({"load_ms": (loaded - start) * 1e3, "mb_s": len(data.encode()) / (time.process_time() - loaded) / 1e6})
    best = lambda rows, key, pick: pick(r[key] for r in rows)
    speed = best(ours, "mb_s", max), best(theirs, "mb_s", max)
    load = best(ours, "load_ms", min), best(theirs, "load_ms", min)
    print(f"{path}: {speed[0]:.1f} MB/s, tokenizers {speed[1]:.1f}, {speed[0] / speed[1]:.1f} times; "
          f"loads in {load[0]:.0f} ms, tokenizers {load[1]:.0f}")
