#!/usr/bin/env python3
"""Compares weft's embedding speed with sentence-transformers on torch and with llama.cpp, in turns, and prints a table
in Markdown.

    PYTHON bench/encoders.py --weft build/bench/bin/weft --peaks build/bench/bin/weft_peaks [--work FOLDER]
        [--llama build/bench/bin/weft_llama_embed] [--llama-batch 512] [--shapes minilm bert-base] [--texts 1000]
        [--rounds 3] [--threads 2] [--weft-options=...]

PYTHON has sentence-transformers and gguf. The models have random weights in f32, and a made-up WordPiece vocabulary;
texts have 5 to 500 tokens, all lengths alike. Each round embeds all texts once by one process of `weft embed --jsonl`,
once by SentenceTransformer.encode in its batches of 32 sorted by length, and once by llama.cpp in batches of as many
tokens as said, sorted by length, whose texts are given as ids; all already started and warm. "Share" is the arithmetic
of the texts' own tokens, without padding, over the f32 peak that weft_peaks measures before and after. Latency is that
of one text of 12 tokens; "start" is from the process's start to the first vector.
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
import gguf  # noqa: E402
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


LAYER = {"attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
         "attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm",
         "intermediate.dense": "ffn_up", "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm"}
OTHERS = {"embeddings.word_embeddings": "token_embd", "embeddings.position_embeddings": "position_embd",
          "embeddings.token_type_embeddings": "token_types", "embeddings.LayerNorm": "token_embd_norm"}


def write_gguf(path, shape, tensors):
    """The same weights for llama.cpp, without a tokenizer."""
    hidden, layers, heads, inner = SHAPES[shape]
    w = gguf.GGUFWriter(str(path), "bert")
    w.add_context_length(512)
    w.add_embedding_length(hidden)
    w.add_block_count(layers)
    w.add_feed_forward_length(inner)
    w.add_head_count(heads)
    w.add_layer_norm_eps(1e-12)
    w.add_causal_attention(False)
    w.add_vocab_size(VOCABULARY)
    w.add_token_type_count(2)
    w.add_tokenizer_model("none")
    names = OTHERS | {f"encoder.layer.{i}.{theirs}": f"blk.{i}.{name}"
                      for i in range(layers) for theirs, name in LAYER.items()}
    for name, values in tensors.items():
        stem, kind = name.rsplit(".", 1)
        if stem in names:  # there is no place for the pooler, which no vector needs
            w.add_tensor(f"{names[stem]}.{kind}", values)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


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
    write_gguf(folder / "llama.gguf", shape, tensors)
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


class Llama:
    """One process of weft_llama_embed."""

    def __init__(self, a, folder, shape):
        self.width = SHAPES[shape][0]
        self.process = subprocess.Popen([a.llama, str(folder / "llama.gguf"), str(a.threads), str(a.llama_batch)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def embed(self, texts):
        """The normalised vectors of texts given as ids."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        lines = "".join(",".join(map(str, texts[i])) + "\n" for i in order) + "\n"
        writer = threading.Thread(target=lambda: (self.process.stdin.write(lines.encode()), self.process.stdin.flush()))
        writer.start()
        data = self.process.stdout.read(4 * self.width * len(texts))
        writer.join()
        vectors = numpy.empty((len(texts), self.width), dtype=numpy.float32)
        vectors[order] = numpy.frombuffer(data, dtype=numpy.float32).reshape(len(texts), self.width)
        return vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)

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
    if not (folder / "llama.gguf").exists():
        make_model(folder, shape)
    torch_model = SentenceTransformer(str(folder), device="cpu")
    starts, peaks = [], []
    for _ in range(5):
        weft = Weft(a, folder)
        starts.append(weft.start)
        weft.close()
    weft = Weft(a, folder)
    vectors_of = lambda lines: [json.loads(x)["embedding"] for x in lines]  # noqa: E731
    ids = [json.loads(line)["ids"] for line in weft.embed(texts)]
    if [len(x) for x in ids] != sizes:
        raise SystemExit(f"encoders.py: {shape}: the texts have other numbers of tokens than they were made for")
    llama = Llama(a, folder, shape) if a.llama else None
    # A side: how it embeds, its texts, the vectors of its answer.
    sides = {"weft": (weft.embed, texts, vectors_of),
             "torch": (lambda t: torch_model.encode(t, batch_size=32, show_progress_bar=False), texts, list)}
    if llama:
        sides["llama.cpp"] = (llama.embed, ids, list)
    seconds, latencies, answers = {s: [] for s in sides}, {s: [] for s in sides}, {}
    short = sizes.index(min(sizes, key=lambda n: abs(n - SHORT)))
    for run, given, _ in sides.values():
        run(given[:40]), time.sleep(1)
    for _ in range(a.rounds):
        peaks.append(f32_peak(a))
        for name, (run, given, _) in sides.items():
            spent, answers[name] = timed(lambda: run(given))
            seconds[name].append(spent)
            time.sleep(1)  # torch's threads spin for a while after their work
        for name, (run, given, _) in sides.items():
            latencies[name] += [timed(lambda: run([given[short]]))[0] for _ in range(10)]
            time.sleep(1)
    weft.close()
    if llama:
        llama.close()
    peaks.append(f32_peak(a))
    report(shape, sizes, starts, seconds, latencies, peaks)
    vectors = {name: numpy.array(sides[name][2](answer), dtype=numpy.float32) for name, answer in answers.items()}
    for name in list(sides)[1:]:
        furthest = numpy.abs(vectors["weft"] - vectors[name]).max()
        print(f"The vectors of weft and {name} differ by {furthest:.1e} at most")
    print(flush=True)


def report(shape, sizes, starts, seconds, latencies, peaks):
    work, peak = operations(shape, sizes), statistics.median(peaks)
    latency = {name: statistics.median(x) for name, x in latencies.items()}
    for name, spent in seconds.items():
        s = statistics.median(spent)
        start = f"{statistics.median(starts) * 1e3:.0f} ms" if name == "weft" else ""
        print(f"| {shape} | {name} | {len(sizes) / s:.1f} | {sum(sizes) / s:.0f} | {work / s / peak:.0%} | "
              f"{latency[name] * 1e3:.2f} ms | {start} |")
    print()
    for name in list(seconds)[1:]:
        ratios = [t / w for t, w in zip(seconds[name], seconds["weft"])]
        print(f"{shape}: weft is {text_of(statistics.median(ratios), ratios, 2)} times as fast as {name}; "
              f"a short text takes {latency['weft'] / latency[name]:.2f} of its time")
    print(f"f32 peak {peak / 1e9:.0f} GFLOP/s ({min(peaks) / 1e9:.0f} to {max(peaks) / 1e9:.0f})")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--weft", required=True)
    p.add_argument("--peaks", required=True)
    p.add_argument("--llama", help="weft_llama_embed; left out: llama.cpp is not measured")
    p.add_argument("--llama-batch", type=int, default=512, help="tokens of a batch of llama.cpp, 512 or more")
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
