#!/usr/bin/env python3
"""Compares weft with llama.cpp, torch and KerasHub on this machine, in turns, and prints a table in Markdown.

    python3 bench/compare.py MODEL.gguf... --weft build/release/bin/weft --peaks build/bench/bin/weft_peaks \\
        --llama-bench LLAMA/bin/llama-bench [--torch PYTHON] [--keras PYTHON] [--threads 2] [--rounds 3]

Read bandwidth may change by the second where machines are shared, so it is measured before and after
each decode, and decodes of a model while it changed are measured again, as is all that was measured while
others kept the processor busy. Figures are medians of the rounds, with the least and the greatest. Needs
Python alone; --torch names a Python with torch and transformers, --keras one with keras-hub and jax.
"""
import argparse
import collections
import contextlib
import fcntl
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

PROMPT = "The sky is blue today"  # five tokens of most vocabularies
STEADY = 1.15  # bandwidth after a decode to that before it, or the other way round
BUSY = 0.1  # cores that others may use meanwhile
TRIES = 5


def busy_seconds():
    """Of all cores since the start of Linux, what the host took for others included; 0 elsewhere."""
    stat = pathlib.Path("/proc/stat")
    if not stat.exists():
        return 0
    user, nice, system, _, _, irq, softirq, steal = map(int, stat.read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


class Machine:
    """Runs programs one at a time; alone, where others heed the lock too."""

    def __init__(self, lock):
        self.lock = lock
        self.others = 0  # most cores that others kept busy while a program ran

    @contextlib.contextmanager
    def alone(self):
        if not self.lock:
            yield
            return
        with open(self.lock, "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def run(self, command):
        """Standard output, seconds, and peak resident bytes."""
        start, busy = time.monotonic(), busy_seconds()
        with subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE if not VERBOSE else None,
                              stdin=subprocess.DEVNULL, text=True) as child:
            out, err = child.stdout.read(), child.stderr.read() if child.stderr else ""
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - start
        if seconds > 0.3:  # less is not told from the clock's ticks
            self.others = max(self.others, (busy_seconds() - busy - usage.ru_utime - usage.ru_stime) / seconds)
        if child.returncode != 0:
            raise SystemExit(f"compare.py: exit {child.returncode} of: {' '.join(map(str, command))}\n{err[-2000:]}")
        return out, seconds, usage.ru_maxrss * 1024

    def undisturbed(self, cell, measure):
        """What `measure` returns first, with whether the machine was steady; the last of some tries."""
        for _ in range(TRIES):
            with self.alone():
                self.others = 0
                steady, *values = measure()
            if steady and self.others < BUSY:
                return values
        cell["unsteady"].append(1)
        return values


class Weft:
    name = "weft"

    def __init__(self, a):
        self.program, self.options = a.weft, ["--threads", a.threads, *a.weft_options.split()]

    def runs(self, model):
        return True

    def bench(self, machine, model, prompt, generate):
        out, _, peak = machine.run([self.program, "bench", model["path"], "-p", prompt, "-n", generate, "-r", 1, "--json", *self.options])
        return json.loads(out)[0]["tok_s"], peak

    def starts(self):
        return True

    def start(self, machine, model):
        return machine.run([self.program, "run", model["path"], PROMPT, "--raw", "--greedy", "--max-tokens", 1, "--ctx", 1024, *self.options])


class Llama:
    name = "llama.cpp"

    def __init__(self, a):
        self.program, self.threads = a.llama_bench, a.threads
        self.completion = pathlib.Path(a.llama_bench).with_name("llama-completion")

    def runs(self, model):
        return model["path"].endswith(".gguf")

    def bench(self, machine, model, prompt, generate):
        out, _, peak = machine.run([self.program, "-m", model["path"], "-t", self.threads, "-p", prompt, "-n", generate, "-r", 1, "-o", "json"])
        return json.loads(out)[0]["avg_ts"], peak

    def starts(self):
        return self.completion.exists()

    def start(self, machine, model):
        return machine.run([self.completion, "-m", model["path"], "-t", self.threads, "-c", 1024, "-n", 1, "-no-cnv", "--no-warmup",
                            "--temp", 0, "-p", PROMPT])


class Script:
    """What a Python library makes of random weights of the same shape, so only what it has kernels for."""

    def __init__(self, name, python, threads):
        self.name, self.python, self.threads = name, python, threads
        self.script = pathlib.Path(__file__).with_name(f"{name}_llama.py")

    def runs(self, model):
        return model["type"] == "bf16"

    def bench(self, machine, model, prompt, generate):
        out, _, peak = machine.run([self.python, self.script, json.dumps(model["config"]), "--threads", self.threads, "-p", prompt, "-n", generate])
        return json.loads(out)[0]["tok_s"], peak

    def starts(self):
        return False


def peaks(machine, a, *options):
    out, _, _ = machine.run([a.peaks, "--threads", a.threads, "--json", *options])
    return {p["name"]: p["value"] for p in json.loads(out)["peaks"]}


def describe(machine, a, path):
    """What a step reads and computes. Of an embedding table of its own a step reads some rows; the other
    embedding, tied or not, multiplies one row of a prompt."""
    facts = json.loads(machine.run([a.weft, "inspect", path, "--json"])[0])
    config, parameters = facts["config"], facts["parameters"]
    table = config["vocab_size"] * config["hidden_size"]
    tied = config.get("tie_word_embeddings", False)
    return {"path": path, "config": config, "type": max(facts["tensors"], key=lambda t: (facts["tensors"][t] if t != "f32" else 0)),
            "bytes": facts["bytes"] * (1 if tied else 1 - table / parameters),
            "multiplied": parameters - table * (1 if tied else 2)}


def peak_of(model, machine_peaks):
    """GOP/s of the products that fit the weights."""
    kind = "int8" if model["type"].startswith("q") else model["type"]
    return machine_peaks.get(kind, machine_peaks["f32"])


def measure_decode(machine, a, engines, model, cells):
    """All engines between readings of the bandwidth, which is to be the same throughout."""
    def decode():
        reads, rates = [read()], []
        for engine in engines:
            rates.append(engine.bench(machine, model, 0, a.generate))
            reads.append(read())
        return max(reads) <= STEADY * min(reads), rates, reads

    read = lambda: peaks(machine, a, "--only", "read", "--mib", 256, "--rounds", 1)["read"]
    of_model = [cells[model["path"], engine.name] for engine in engines]
    rates, reads = machine.undisturbed(of_model[0], decode)
    for cell, (rate, peak), before, after in zip(of_model, rates, reads, reads[1:]):
        cell["decode"].append(rate)
        cell["read_share"].append(rate * model["bytes"] / 1e9 / ((before + after) / 2))
        cell["bench_peak"].append(peak)


def measure_rest(machine, a, engine, model, cell, machine_peaks):
    rate, _ = machine.undisturbed(cell, lambda: (True, *engine.bench(machine, model, a.prompt, 0)))
    cell["prefill"].append(rate)
    cell["peak_share"].append(2 * model["multiplied"] * rate / 1e9 / peak_of(model, machine_peaks))
    if engine.starts():
        _, seconds, peak = machine.undisturbed(cell, lambda: (True, *engine.start(machine, model)))
        cell["first"].append(seconds)
        cell["peak"].append(peak)


def median(cell, key):
    return statistics.median(cell[key]) if cell and cell[key] else None


def shown(values, digits):
    if not values:
        return ""
    middle, low, high = (f"{v:.{digits}f}" for v in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({low} to {high})"


def times(cell, other, key):
    """Of each round, since these are measured next to each other."""
    return f"{statistics.median(x / y for x, y in zip(cell[key], other[key])):.2f}" if other else ""


def table(a, models, engines, cells):
    head = ["model", "engine", "decode, tok/s", "of read bandwidth", f"prefill {a.prompt}, tok/s", "of peak", "decode ÷ llama.cpp",
            "prefill ÷ llama.cpp", "first token, s", "peak memory, GB"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for model in models:
        llama = cells.get((model["path"], "llama.cpp"))
        for engine in engines:
            c = cells.get((model["path"], engine.name))
            if not c:
                continue
            memory = median(c, "peak") or median(c, "bench_peak")
            lines.append("| " + " | ".join([
                pathlib.Path(model["path"]).stem, engine.name, shown(c["decode"], 1) + (" *" if c["unsteady"] else ""),
                f"{median(c, 'read_share') * 100:.0f} %", shown(c["prefill"], 0), f"{median(c, 'peak_share') * 100:.0f} %",
                times(c, llama, "decode"), times(c, llama, "prefill"), shown(c["first"], 2), f"{memory / 1e9:.2f}"]) + " |")
    return "\n".join(lines)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("models", nargs="+", metavar="MODEL")
    p.add_argument("--weft", required=True, help="the command")
    p.add_argument("--weft-options", default="", help="more for weft, as one word: '--backend cpu --precision fast'")
    p.add_argument("--peaks", required=True, help="weft_peaks")
    p.add_argument("--llama-bench", help="llama.cpp's; llama-completion is looked for beside it")
    p.add_argument("--torch", metavar="PYTHON")
    p.add_argument("--keras", metavar="PYTHON")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--prompt", type=int, default=512, metavar="TOKENS")
    p.add_argument("--generate", type=int, default=32, metavar="TOKENS")
    p.add_argument("--lock", metavar="FILE", help="held exclusively while something is timed")
    p.add_argument("--samples", metavar="FILE", help="all figures as JSON")
    p.add_argument("--verbose", action="store_true", help="show what the programs say")
    a = p.parse_args()
    global VERBOSE
    VERBOSE = a.verbose

    machine = Machine(a.lock)
    models = [describe(machine, a, path) for path in a.models]
    engines = [Weft(a)] + ([Llama(a)] if a.llama_bench else [])
    engines += [Script(name, python, a.threads) for name, python in (("torch", a.torch), ("keras", a.keras)) if python]
    cells = collections.defaultdict(lambda: collections.defaultdict(list))
    seen = collections.defaultdict(list)
    for round_ in range(a.rounds):
        machine_peaks, = machine.undisturbed(cells["peaks"], lambda: (True, peaks(machine, a, "--rounds", 3, "--mib", 512)))
        for name, value in machine_peaks.items():
            seen[name].append(value)
        for model in models:
            with machine.alone():
                engines[0].start(machine, model)  # so that the file is cached
            print(f"round {round_ + 1} of {a.rounds}: {model['path']}", file=sys.stderr)
            here = [engine for engine in engines if engine.runs(model)]
            measure_decode(machine, a, here, model, cells)
            for engine in here:
                measure_rest(machine, a, engine, model, cells[model["path"], engine.name], machine_peaks)
    if a.samples:
        pathlib.Path(a.samples).write_text(json.dumps({"peaks": seen, "cells": {" ".join(k): v for k, v in cells.items() if k != "peaks"}}, indent=1))
    print(f"{a.threads} threads. Read {shown(seen['read'], 1)} GB/s; " +
          "; ".join(f"{n} {shown(v, 0)} GOP/s" for n, v in seen.items() if n != "read") + "\n")
    print(table(a, models, engines, cells))
    print("\nMedian (least to greatest); the ratios are medians of each round's.")
    if any(c["unsteady"] for c in cells.values()):
        print("\\* in some round each try was disturbed: read bandwidth changed, or others kept the processor busy.")


VERBOSE = False
if __name__ == "__main__":
    main()
