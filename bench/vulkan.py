#!/usr/bin/env python3
"""Compares weft's vulkan backend with llama.cpp's on one device, in turns, and prints a table in Markdown.

    python3 bench/vulkan.py MODEL.gguf... --weft build/release/bin/weft --llama-bench LLAMA/bin/llama-bench \\
        [--device llvmpipe] [--prompt 128] [--decode 16] [--rounds 3] [--threads 2]

llama-bench is built with GGML_VULKAN=ON; --index is the number that it gives the device. Figures are medians of the
rounds, with the least and the greatest. A table of one run compares; figures of two runs do not.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess


def run(command, **environment):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode != 0:
        raise SystemExit(f"vulkan.py: exit {done.returncode} of: {' '.join(map(str, command))}\n{done.stderr[-2000:]}")
    return done.stdout


def weft_speeds(args, model):
    """Tokens a second of prefill and of decode."""
    out = run([args.weft, "bench", model, "--backend", f"vulkan:{args.device}" if args.device else "vulkan",
               "--strict-device", "--threads", args.threads, "-p", args.prompt, "-n", args.decode, "-r", 1, "--json"])
    tests = {t["test"]: t["tok_s"] for t in json.loads(out)}
    return tests[f"pp{args.prompt}"], tests[f"tg{args.decode}"]


def llama_speeds(args, model):
    out = run([args.llama_bench, "-m", model, "-ngl", 99, "-t", args.threads, "-p", args.prompt, "-n", args.decode,
               "-r", 1, "-o", "json"], GGML_VK_VISIBLE_DEVICES=str(args.index))
    tests = json.loads(out)
    if not all("Vulkan" in t["backends"] for t in tests):
        raise SystemExit("vulkan.py: llama-bench ran without Vulkan")
    return (next(t["avg_ts"] for t in tests if t["n_prompt"] > 0), next(t["avg_ts"] for t in tests if t["n_gen"] > 0))


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--weft", required=True)
    parser.add_argument("--llama-bench", required=True)
    parser.add_argument("--device", default="", help="a part of the device's name")
    parser.add_argument("--index", type=int, default=0)
    parser.add_argument("--prompt", type=int, default=128)
    parser.add_argument("--decode", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    print("| model | tokens/s | weft | llama.cpp | weft to it |\n|---|---|---|---|---|")
    for model in args.models:
        rounds = [(weft_speeds(args, model), llama_speeds(args, model)) for _ in range(args.rounds)]
        for i, test in enumerate((f"prefill of {args.prompt}", f"decode of {args.decode}")):
            ours, theirs = [w[i] for w, _ in rounds], [t[i] for _, t in rounds]
            print(f"| {model.stem} | {test} | {spread(ours)} | {spread(theirs)} | "
                  f"{spread([a / b for a, b in zip(ours, theirs)])} |")


if __name__ == "__main__":
    main()
