#!/usr/bin/env python3
"""What a step of the vulkan backend asks of a card, on paper: bytes and products of what was recorded beside those that
the model needs, and the least time that the card's figures allow.

    python3 bench/roofline.py MODEL --weft build/release/bin/weft [--context 1024] [--bandwidth 4800] [--tflops 67]

--bandwidth (GB/s) and --tflops (of f32) are those of an H200 unless given. A decode step needs each weight once (of the
embeddings a row), and the keys and values of the context. Bytes of a node are those of its tensors, each met once;
what a table of blocks has room for counts as met.
"""
import argparse
import collections
import json
import re
import subprocess
import tempfile

LINE = re.compile(r"account (\S+) dispatches (\d+) read (\d+) written (\d+) products (\d+)")
WEIGHTED = ("linear", "gated_mlp", "matmul", "matmul_id", "experts")


def recorded(args):
    """In the order in which they were recorded: rows of (op, dispatches, read, written, products)."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
        json.dump({"plugins": {"options": {"weft.vulkan": {"account": True}}}}, config)
        config.flush()
        done = subprocess.run([args.weft, "bench", args.model, "--config", config.name, "--backend", "vulkan",
                               "--strict-device", "-v", "-p", "0", "-n", "1", "-d", str(args.context), "-r", "1"],
                              capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"roofline.py: weft bench failed:\n{done.stderr[-2000:]}")
    rows = [(m[1], *map(int, m.groups()[1:])) for m in LINE.finditer(done.stderr)]
    if not rows:
        raise SystemExit("roofline.py: weft bench logged nothing that was recorded")
    return rows


def last_step(rows):
    """The rows of the last recording: a step is a repetition of its ops."""
    ops = [row[0] for row in rows]
    for length in range(1, len(ops) + 1):
        if len(ops) % length == 0 and all(ops[i] == ops[i % length] for i in range(len(ops))):
            return rows[-length:]
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--weft", required=True)
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--bandwidth", type=float, default=4800)
    parser.add_argument("--tflops", type=float, default=67)
    args = parser.parse_args()
    step = last_step(recorded(args))
    by_op = collections.defaultdict(lambda: [0, 0, 0, 0])
    for op, *figures in step:
        for i, figure in enumerate(figures):
            by_op[op][i] += figure
    print("| op | dispatches | MB read | MB written | M products |\n|---|---|---|---|---|")
    for op, (n, read, written, products) in sorted(by_op.items(), key=lambda kv: -kv[1][1]):
        print(f"| {op} | {n} | {read / 1e6:.2f} | {written / 1e6:.2f} | {products / 1e6:.1f} |")
    total = [sum(figures[i] for figures in by_op.values()) for i in range(4)]
    print(f"| all | {total[0]} | {total[1] / 1e6:.2f} | {total[2] / 1e6:.2f} | {total[3] / 1e6:.1f} |")
    need = sum(by_op[op][1] for op in (*WEIGHTED, "attention") if op in by_op)
    moved = total[1] + total[2]
    print(f"\nneeded (weights, keys and values): {need / 1e6:.2f} MB; moved {moved / 1e6:.2f} MB, "
          f"{100 * (moved / need - 1):.1f} % more")
    seconds = max(moved / (args.bandwidth * 1e9), 2 * total[3] / (args.tflops * 1e12))
    print(f"least time at {args.bandwidth:.0f} GB/s and {args.tflops:.0f} TFLOP/s: {seconds * 1e6:.0f} us a token, "
          f"of which {total[0]} dispatches may take {seconds * 1e6 / total[0]:.2f} us each before they are the longer")


if __name__ == "__main__":
    main()
