"""Text speed beside PyPI `tokenizers` and `jinja2`, in turns, on one thread, by processor time: a table.

python bench/text.py --weft build/bench/bin/weft_text_speed [--work FOLDER] [--rounds 3] [--only NAME…]

Makes the tokenizers and the text once (text_tokenizers.py; minutes), then for each: MB/s on 10 MB in pieces of 4 kB, that
the ids are the same, and the time to load; 10 MB of one letter, of spaces and of text without spaces as one text
against ordinary text; a conversation of 20 messages through each chat template of tests/golden/text.
Needs tokenizers, sentencepiece, protobuf, gguf, jinja2. Marks what misses the targets given below with "!".
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests/golden/text"))
import tokenizers as hf  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
FASTER = {"bytes": 8, "pieces": 5, "wordpiece": 5, "unigram": 5}  # times as fast as `tokenizers`
LOAD_FASTER, LOAD_MS, LOAD_GGUF_MS, RENDER_MS, SLOWER_AT_MOST = 3, 250, 100, 1, 4


def ours(weft, *args):
    done = subprocess.run([weft, *map(str, args)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, args))}: {done.stderr}")
    return json.loads(done.stdout)


def pieces_of(data, size=4096):
    at = 0
    while at < len(data):
        end = min(len(data), at + size)
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end += 1
        yield data[at:end].decode()
        at = end


def theirs(path, pieces):
    start = time.process_time()
    tokenizer = hf.Tokenizer.from_file(str(path))
    loaded = time.process_time()
    all_ids = []
    for piece in pieces:
        all_ids.append(tokenizer.encode(piece).ids)
    spent = time.process_time() - loaded
    value = 2166136261
    for ids in all_ids:
        for i in ids:
            value = (value ^ i) * 16777619 & 0xFFFFFFFF
    size = sum(len(p.encode()) for p in pieces)
    return {
        "load_ms": (loaded - start) * 1e3,
        "mb_s": size / spent / 1e6,
        "tokens": sum(map(len, all_ids)),
        "hash": value,
    }


def best(rows):
    return {"load_ms": min(r["load_ms"] for r in rows), "mb_s": max(r["mb_s"] for r in rows)}


def speeds(args, kinds):
    pieces = list(pieces_of((args.work / "text.txt").read_bytes()))
    print(
        "| tokenizer | MB/s | tokenizers | times | loads in, ms | tokenizers | times | ids |\n|---|---|---|---|---|---|---|---|"
    )
    for name, kind in kinds.items():
        path = args.work / name
        if kind in ("text", "gguf"):
            continue
        rows = [(ours(args.weft, path, args.work / "text.txt"), theirs(path, pieces)) for _ in range(args.rounds)]
        a, b = best([r[0] for r in rows]), best([r[1] for r in rows])
        fast, load = a["mb_s"] / b["mb_s"], b["load_ms"] / a["load_ms"]
        slow = "" if fast >= FASTER[kind] else " !"
        late = "" if load >= LOAD_FASTER and a["load_ms"] < LOAD_MS else " !"
        same = all(r[0][k] == r[1][k] for r in rows for k in ("tokens", "hash"))
        print(
            f"| {path.stem} | {a['mb_s']:.1f} | {b['mb_s']:.2f} | {fast:.1f}{slow} | {a['load_ms']:.0f} | {b['load_ms']:.0f} | "
            f"{load:.1f}{late} | {'same' if same else 'DIFFER !'} |",
            flush=True,
        )
    for name, kind in kinds.items():
        if kind == "gguf":
            ms = best([ours(args.weft, args.work / name, args.work / "text.txt") for _ in range(args.rounds)])
            print(
                f"| {name} | {ms['mb_s']:.1f} | | | {ms['load_ms']:.0f}{'' if ms['load_ms'] < LOAD_GGUF_MS else ' !'} | | | |",
                flush=True,
            )


def long_runs(args, kinds):
    """One text of 10 MB each, against ordinary text cut into lines of its own making."""
    text = (args.work / "text.txt").read_text()
    size = 10 << 20
    runs = {
        "a": "a" * size,
        "spaces": " " * size,
        "no spaces": "".join(text.split()),
        "newlines": "\n" * size,
        "text": text,
    }
    print("\n| one text of 10 MB, MB/s | " + " | ".join(runs) + " |\n|---|" + "---|" * len(runs))
    for name, kind in kinds.items():
        if kind in ("text", "gguf"):
            continue
        row = {}
        for run, content in runs.items():
            path = args.work / "run.txt"
            path.write_text(content)
            row[run] = ours(args.weft, args.work / name, path, 1 << 30)["mb_s"]
        cells = [f"{v:.1f}{'' if v * SLOWER_AT_MOST >= row['text'] else ' !'}" for v in row.values()]
        print(f"| {name.removesuffix('.json')} | " + " | ".join(cells) + " |", flush=True)


def templates(args):
    import chat_templates
    import reference_templates

    turns = [{"role": "system", "content": "Be brief."}]
    for i in range(20):
        turns.append(
            {"role": ("user", "assistant")[i % 2], "content": f"Message {i}: " + "some words of a sentence, " * 12}
        )
    context = {
        "messages": turns[:21],
        "add_generation_prompt": True,
        "bos_token": "<s>",
        "eos_token": "</s>",
        "tools": chat_templates.TOOLS,
    }
    source, data = args.work / "template.jinja", args.work / "context.json"
    worst = []
    for name, text in chat_templates.TEMPLATES.items():
        for with_tools in (True, False):
            c = (
                dict(context, messages=turns)
                if with_tools
                else {k: v for k, v in context.items() if k != "tools"} | {"messages": turns[1:]}
            )
            if reference_templates.render(text, c)[1] is not None:
                continue  # one that refuses this conversation
            source.write_text(text)
            data.write_text(json.dumps(c))
            row = ours(args.weft, "--render", source, data)
            compiled = reference_templates.ENVIRONMENT.from_string(text)
            start = time.process_time()
            for _ in range(20):
                compiled.render(**c)
            worst.append((row["ms"], row["first_ms"], (time.process_time() - start) / 20 * 1e3, name, with_tools))
    worst.sort(reverse=True)
    print("\n| 20 messages, slowest five of %d | ms | first | jinja2 |\n|---|---|---|---|" % len(worst))
    for ms, first, peer, name, with_tools in worst[:5]:
        print(
            f"| {name}{', tools' if with_tools else ''} | {ms:.2f}{'' if ms < RENDER_MS else ' !'} | {first:.2f} | {peer:.2f} |"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weft", required=True)
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/text-bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[], help="of: speeds runs templates, and names of tokenizers")
    args = parser.parse_args()
    import text_tokenizers

    kinds = text_tokenizers.make_all(args.work)
    parts = {"speeds", "runs", "templates"} & set(args.only) or {"speeds", "runs", "templates"}
    names = set(args.only) - parts
    chosen = {n: k for n, k in kinds.items() if not names or n.split(".")[0] in names}
    if "speeds" in parts:
        speeds(args, chosen)
    if "runs" in parts:
        long_runs(args, chosen)
    if "templates" in parts:
        templates(args)


if __name__ == "__main__":
    main()
