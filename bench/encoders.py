#!/usr/bin/env python3
"""Compares weft's embedding speed with sentence-transformers on torch, in turns, and prints a table in Markdown.

    PYTHON bench/encoders.py --weft build/bench/bin/weft --peaks build/bench/bin/weft_peaks [--work FOLDER]
        [--shapes minilm bert-base] [--texts 1000] [--rounds 3] [--threads 2] [--weft-options=...]

PYTHON has sentence-transformers. The models have random weights in f32, and a made-up WordPiece vocabulary; texts have
5 to 500 tokens, all lengths alike. Each round embeds all texts once by one process of `weft embed --jsonl` and once by
SentenceTransformer.encode in its batches of 32 sorted by length, both already started and warm. "Share" is the
arithmetic of the texts' own tokens, without padding, over the f32 peak that weft_peaks measures before and after.
Latency is that of one text of 12 tokens; "start" is from the process's start to the first vector.
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time

os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
import numpy  # noqa: E402
import torch  # noqa: E402
from safetensors.numpy import save_file  # noqa: E402
from sentence_transformers import SentenceTransformer  # noqa: E402

SHAPES = {"minilm": (384, 6, 12, 1536), "bert-base": (768, 12, 12, 3072)}  # hidden, layers, heads, inner
VOCABULARY = 30522
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SHORT = 12  # tokens of the text whose latency is measured


def words():
    """The vocabulary behind the special tokens: all words of up to two syllables, and some pieces that go on."""
    syllables = [c + v + e for c in "bcdfghjklmnpqrstvwxz" for v in "aeiou" for e in ("", "n", "r", "s")]
    whole = syllables + [a + b for a in syllables for b in syllables]
    pieces = ["##" + s for s in syllables]
    return whole[: VOCABULARY - len(SPECIAL) - len(pieces)] + pieces


def make_model(folder, shape):
    hidden, layers, heads, inner = SHAPES[shape]
    rng = numpy.random.default_rng(1)
    tensors = {}

    def add(name, *dims):
        values = rng.standard_normal(dims, dtype=numpy.float32) * numpy.float32(0.05)
        tensors[name] = values + 1 if name.endswith("LayerNorm.weight") else values

    add("embeddings.word_embeddings.weight", VOCABULARY, hidden)
    add("embeddings.position_embeddings.weight", 512, hidden)
    add("embeddings.token_type_embeddings.weight", 2, hidden)
    norms = ["embeddings.LayerNorm"]
    for i in range(layers):
        at = f"encoder.layer.{i}."
        norms += [at + "attention.output.LayerNorm", at + "output.LayerNorm"]
        for name, out, into in (("attention.self.query", hidden, hidden), ("attention.self.key", hidden, hidden),
                                ("attention.self.value", hidden, hidden), ("attention.output.dense", hidden, hidden),
                                ("intermediate.dense", inner, hidden), ("output.dense", hidden, inner)):
            add(at + name + ".weight", out, into)
            add(at + name + ".bias", out)
    for name in norms:
        add(name + ".weight", hidden)
        add(name + ".bias", hidden)
    add("pooler.dense.weight", hidden, hidden)
    add("pooler.dense.bias", hidden)

    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    write = lambda name, value: (folder / name).write_text(json.dumps(value))  # noqa: E731
    write("config.json", {"model_type": "bert", "architectures": ["BertModel"], "vocab_size": VOCABULARY,
                          "hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads,
                          "intermediate_size": inner, "max_position_embeddings": 512, "type_vocab_size": 2,
                          "hidden_act": "gelu", "layer_norm_eps": 1e-12})
    (folder / "vocab.txt").write_text("\n".join(SPECIAL + words()) + "\n")
    write("tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512})
    (folder / "1_Pooling").mkdir(exist_ok=True)
    write("1_Pooling/config.json", {"word_embedding_dimension": hidden, "pooling_mode_mean_tokens": True})
    modules = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    write("modules.json", [{"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + kind}
                           for i, (path, kind) in enumerate(modules)])
    (folder / "2_Normalize").mkdir(exist_ok=True)


def make_texts(count):
    rng = random.Random(1)
    whole = [w for w in words() if not w.startswith("##")]
    sizes = [5 + i * 495 // max(count - 1, 1) for i in range(count)]
    rng.shuffle(sizes)
    return sizes, [" ".join(rng.choice(whole) for _ in range(n - 2)) for n in sizes]


def operations(shape, sizes):
    """Multiplications and additions for texts of so many tokens."""
    hidden, layers, _, inner = SHAPES[shape]
    return sum(layers * n * (8 * hidden * hidden + 4 * hidden * inner + 4 * n * hidden) for n in sizes)


def f32_peak(a):
    out = subprocess.run([a.peaks, "--threads", str(a.threads), "--only", "f32", "--json"], capture_output=True,
                         text=True, check=True)
    return json.loads(out.stdout)["peaks"][0]["value"] * 1e9


class Weft:
    """One process of `weft embed --jsonl`."""

    def __init__(self, a, folder):
        begin = time.monotonic()
        self.process = subprocess.Popen([a.weft, "embed", str(folder), "--jsonl", "--precision", "exact", "--threads",
                                         str(a.threads), *a.weft_options.split()],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.embed(["ba"])
        self.start = time.monotonic() - begin

    def embed(self, texts):
        writer = threading.Thread(target=self._write, args=(texts,))
        writer.start()
        lines = [self.process.stdout.readline() for _ in texts]
        writer.join()
        if not lines[-1]:
            raise SystemExit("encoders.py: weft embed ended early")
        return lines

    def _write(self, texts):
        self.process.stdin.write("".join(json.dumps(t) + "\n" for t in texts))
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def timed(run):
    begin = time.monotonic()
    result = run()
    return time.monotonic() - begin, result


def text_of(median, values, digits=3):
    return f"{median:.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def compare(a, shape, sizes, texts):
    folder = a.work / shape
    if not (folder / "2_Normalize").exists():
        make_model(folder, shape)
    theirs = SentenceTransformer(str(folder), device="cpu")
    encode = lambda t: theirs.encode(t, batch_size=32, show_progress_bar=False)  # noqa: E731
    short = texts[sizes.index(min(sizes, key=lambda n: abs(n - SHORT)))]
    starts, seconds, latencies, peaks = [], {"weft": [], "torch": []}, {"weft": [], "torch": []}, []
    for _ in range(5):
        weft = Weft(a, folder)
        starts.append(weft.start)
        weft.close()
    weft = Weft(a, folder)
    encode(texts[:40]), time.sleep(1), weft.embed(texts[:40])
    for _ in range(a.rounds):
        peaks.append(f32_peak(a))
        spent, lines = timed(lambda: weft.embed(texts))
        seconds["weft"].append(spent)
        spent, vectors = timed(lambda: encode(texts))
        seconds["torch"].append(spent)
        for name, run in (("weft", weft.embed), ("torch", encode)):
            time.sleep(1)  # torch's threads spin for a while after their work
            latencies[name] += [timed(lambda: run([short]))[0] for _ in range(10)]
    weft.close()
    peaks.append(f32_peak(a))
    answers = [json.loads(line) for line in lines]
    if [len(x["ids"]) for x in answers] != sizes:
        raise SystemExit(f"encoders.py: {shape}: the texts have other numbers of tokens than they were made for")
    furthest = max(numpy.abs(numpy.array(x["embedding"], dtype=numpy.float32) - v).max()
                   for x, v in zip(answers, vectors))

    work, peak = operations(shape, sizes), statistics.median(peaks)
    for name in ("weft", "torch"):
        s = statistics.median(seconds[name])
        start = f"{statistics.median(starts) * 1e3:.0f} ms" if name == "weft" else ""
        print(f"| {shape} | {name} | {len(texts) / s:.1f} | {sum(sizes) / s:.0f} | {work / s / peak:.0%} | "
              f"{statistics.median(latencies[name]) * 1e3:.2f} ms | {start} |")
    ratios = [t / w for t, w in zip(seconds["torch"], seconds["weft"])]
    print(f"\n{shape}: weft is {text_of(statistics.median(ratios), ratios, 2)} times as fast as torch; a short text "
          f"takes {statistics.median(latencies['weft']) / statistics.median(latencies['torch']):.2f} of torch's time; "
          f"f32 peak {peak / 1e9:.0f} GFLOP/s ({min(peaks) / 1e9:.0f} to {max(peaks) / 1e9:.0f}); "
          f"the vectors differ by {furthest:.1e} at most\n", flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--weft", required=True)
    p.add_argument("--peaks", required=True)
    p.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "weft-encoders")
    p.add_argument("--shapes", nargs="*", choices=list(SHAPES), default=list(SHAPES))
    p.add_argument("--texts", type=int, default=1000)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--weft-options", default="")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    sizes, texts = make_texts(a.texts)
    print(f"{len(texts)} texts, {sum(sizes)} tokens, {a.threads} threads\n")
    print("| shape | | texts/s | tokens/s | share of peak | one text | start |\n|---|---|---|---|---|---|---|")
    for shape in a.shapes:
        compare(a, shape, sizes, texts)


if __name__ == "__main__":
    sys.exit(main())
