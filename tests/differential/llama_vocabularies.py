#!/usr/bin/env python3
"""Compares weft's ids with those that llama.cpp's own test data expects, for each of its vocabularies that has some.

python tests/differential/llama_vocabularies.py SDIST [--weft build/release/bin/weft]

SDIST is the source archive of PyPI's llama-cpp-python (pip download --no-deps --no-binary :all: llama-cpp-python), or a
folder with pairs of ggml-vocab-NAME.gguf.inp and .out. Says each difference; exits 1 if there was any.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEPARATOR = "\n__ggml_vocab_test__\n"


def unpack(archive, folder):
    """Only the vocabularies, and without the folders that the archive has them in."""
    with tarfile.open(archive) as tar:
        for member in tar:
            name = pathlib.PurePosixPath(member.name).name
            if member.isfile() and name.startswith("ggml-vocab-"):
                (folder / name).write_bytes(tar.extractfile(member).read())


def ids_of(weft, path, texts):
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    command = [weft, "tokenize", str(path), "--jsonl", "--no-special", "--no-parse-special"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True)
    if done.returncode:
        return done.stderr.strip()
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare(weft, path):
    texts = path.with_name(path.name + ".inp").read_bytes().decode().split(SEPARATOR)
    expected = [list(map(int, line.split())) for line in path.with_name(path.name + ".out").read_text().split("\n")]
    texts, expected = texts[: len(expected)], expected[: len(texts)]
    got = ids_of(weft, path, texts)
    if isinstance(got, str):
        print(f"{path.name}: {got}")
        return False
    wrong = [i for i in range(len(texts)) if got[i] != expected[i]]
    for i in wrong[:3]:
        print(f"DIFFERENT: {path.name}: {texts[i]!r}\n  weft {got[i]}\n  expected {expected[i]}")
    print(f"{path.name}: {len(texts) - len(wrong)} of {len(texts)} equal", flush=True)
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sdist", type=pathlib.Path)
    parser.add_argument("--weft", default=str(ROOT / "build/release/bin/weft"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as unpacked:
        folder = args.sdist
        if folder.is_file():
            folder = pathlib.Path(unpacked)
            unpack(args.sdist, folder)
        pairs = sorted(p.with_suffix("") for p in folder.glob("ggml-vocab-*.gguf.inp"))
        if not pairs:
            sys.exit(f"{args.sdist}: no ggml-vocab-*.gguf.inp")
        sys.exit(not all([compare(args.weft, pair) for pair in pairs]))


if __name__ == "__main__":
    main()
