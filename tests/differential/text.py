#!/usr/bin/env python3
"""Compares weft's text side with PyPI `tokenizers` and `sentencepiece` (ids, offsets, decoding) and `jinja2` (renderings).

python tests/differential/text.py [--weft build/release/bin/weft] [--mixtures 300] [--texts 400] [--seed 1] [--long]
                                  [--only tokenizers|sentencepiece|templates]

tokenizer.json's are put together of parts (tokenizers_made.py): each alone, then mixtures. --long adds lines of 1 MB.
Needs tokenizers, sentencepiece, protobuf, jinja2. Says each difference; exits 1 if there was any.
"""

import argparse
import collections
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests/golden/text")]
import corpus  # noqa: E402
import layouts  # noqa: E402
import tokenizers_made  # noqa: E402


class Count:
    compared = different = 0
    by_name = collections.Counter()

    def same(self, ours, theirs, *where):
        self.compared += 1
        if ours == theirs:
            return True
        self.different += 1
        self.by_name[where[0]] += 1
        if self.by_name[where[0]] <= 2:
            ours, theirs = [v if isinstance(v, (str, list)) else [v] for v in (ours, theirs)]
            at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
            print(
                "DIFFERENT:",
                *[str(w)[:160] for w in where],
                f"\n  at {at}: weft {str(ours[at:])[:120]}\n  expected {str(theirs[at:])[:120]}",
            )
        return False


COUNT = Count()


def weft(binary, path, lines, *options):
    """One answer a line; the lines that weft refuses give its error as text."""
    answers, rest = [], list(lines)
    while rest:
        text = "".join(json.dumps(v) + "\n" for v in rest)
        done = subprocess.run(
            [binary, "tokenize", str(path), "--jsonl", *options], input=text, capture_output=True, text=True
        )
        got = [json.loads(line) for line in done.stdout.split("\n") if line]
        answers += got
        rest = rest[len(got) :]
        if done.returncode == 0:
            break
        if " line " not in done.stderr:
            return [done.stderr.strip()] * len(lines)
        answers.append(done.stderr.strip())
        rest = rest[1:]
    return answers


def byte_offsets(text, offsets):
    starts = [0]
    for c in text:
        starts.append(starts[-1] + len(c.encode()))
    return [[starts[min(i, len(text))] for i in pair] for pair in offsets]


def one_tokenizer(args, folder, name, t, texts, source=None):
    path = folder / "tokenizer.json"
    path.write_text(source or t.to_str())
    kept, expected = [], []
    for text in texts:
        try:
            e = t.encode(text)
        except BaseException:  # no unknown token, as a rule, which weft refuses in its own words; or a panic
            continue
        kept.append(text)
        expected.append(e)
    answers = weft(args.weft, path, kept, "--offsets")
    for text, e, got in zip(kept, expected, answers):
        if isinstance(got, str):
            COUNT.same(got, e.ids, name, repr(text))
        elif COUNT.same(got["ids"], e.ids, name, "ids", repr(text)):
            COUNT.same(got["offsets"], byte_offsets(text, e.offsets), name, "offsets", repr(text), e.tokens[:60])
    some = [e.ids for e in expected][:120]
    for options, skip in (((), False), (("--no-special",), True)):
        for ids, got in zip(some, weft(args.weft, path, some, "--decode", *options)):
            try:
                expected_text = t.decode(ids, skip_special_tokens=skip)
            except BaseException:
                continue
            COUNT.same(got, expected_text, name, "decoding", ids[:20], "skipping" if skip else "")


def shortened(t, line):
    """As much of a line as `tokenizers` can do in a minute or so: with many added tokens its time grows by the square."""
    while len(line) > 20_000:
        start = time.process_time()
        try:
            t.encode(line[: len(line) // 16])
        except BaseException:
            return line
        if (time.process_time() - start) * 16 * 16 < 60:
            return line
        line = line[: len(line) // 4]
    return line


def tokenizers_all(args, folder):
    import tokenizers

    texts = corpus.texts(args.texts, args.seed)
    for name, source in layouts.published():  # as it is written: to_str() would give the spelling of today
        one_tokenizer(args, folder, f"as {name}", tokenizers.Tokenizer.from_str(source), texts, source)
    for name, t in tokenizers_made.alone_and_mixed(args.mixtures, args.seed):
        one_tokenizer(args, folder, name, t, texts)
    if args.long:
        lines = corpus.long_lines(args.seed)
        for name, t in list(tokenizers_made.alone_and_mixed(12, args.seed + 1)):
            if not name.startswith(("normalizer", "pre", "post", "decoders")):
                given = [shortened(t, line) for line in lines]
                short = [len(line) for line, whole in zip(given, lines) if line != whole]
                if short:
                    print(f"{name}: lines cut to {short} characters, as tokenizers needs minutes for 1 MB", flush=True)
                one_tokenizer(args, folder, name + ", 1 MB", t, given)


def sentencepiece_all(args, folder):
    import sentencepiece

    r = random.Random(args.seed)
    texts = [t for t in corpus.texts(args.texts, args.seed) if "\0" not in t]
    lines = [line for text in corpus.TRAINING for line in text.split("\n") if line] * 3
    for i in range(max(12, args.mixtures // 5)):
        kind = ("unigram", "bpe", "char", "word")[i % 4]
        options = dict(
            model_type=kind,
            byte_fallback=r.random() < 0.4,
            add_dummy_prefix=r.random() < 0.7,
            remove_extra_whitespaces=r.random() < 0.5,
            treat_whitespace_as_suffix=r.random() < 0.25,
            split_digits=r.random() < 0.5,
            allow_whitespace_only_pieces=r.random() < 0.4,
            normalization_rule_name=r.choice(["nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf", "identity"]),
            character_coverage=r.choice([0.98, 1.0]),
            vocab_size={"unigram": 260, "bpe": 420, "char": 130, "word": 90}[kind] + 256,
        )
        if kind != "word" and r.random() < 0.6:
            options["user_defined_symbols"] = ["<mask>", "user", "two words", "    "][: r.randint(1, 4)]
        out = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=out, hard_vocab_limit=False, minloglevel=2, **options
        )
        path = folder / "tokenizer.model"
        path.write_bytes(out.getvalue())
        sp = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
        name = f"sentencepiece {options}"
        for text, got in zip(texts, weft(args.weft, path, texts, "--offsets", "--no-special", "--no-parse-special")):
            pieces = sp.encode(text, return_type="proto").pieces
            if isinstance(got, str):
                COUNT.same(got, [p.id for p in pieces], name, repr(text))
            elif COUNT.same(got["ids"], [p.id for p in pieces], name, "ids", repr(text)):
                COUNT.same(got["offsets"], [[p.begin, p.end] for p in pieces], name, "offsets", repr(text))
        some = [sp.encode(t) for t in texts[:100]]
        for ids, got in zip(some, weft(args.weft, path, some, "--decode")):
            if sp.unk_id() not in ids:  # which sentencepiece decodes to a sign of its own
                COUNT.same(got, sp.decode(ids), name, "decoding", ids[:20])
        path.unlink()


def templates_all(args, folder):
    import chat_templates
    import reference_templates

    source, data = folder / "t.jinja", folder / "c.json"
    for name, text in chat_templates.TEMPLATES.items():
        source.write_text(text)
        for key, context in chat_templates.CONVERSATIONS.items():
            for extra in (
                {},
                {"enable_thinking": False},
                {"documents": [{"title": "T", "text": "x"}], "tools": chat_templates.TOOLS},
            ):
                c = {"bos_token": "<s>", "eos_token": "</s>"} | context | extra
                data.write_text(json.dumps(c))
                output, error = reference_templates.render(text, c)
                done = subprocess.run(
                    [args.weft, "template", str(source), "--context", str(data)], capture_output=True
                )
                if error is None:
                    COUNT.same(done.stdout.decode(errors="replace") or done.stderr.decode(), output, name, key)
                else:
                    said = done.stderr.decode()
                    COUNT.same(done.returncode, 1, name, key, "error") and error is not True and COUNT.same(
                        error.split("\n")[0].strip() in said, True, name, key, said
                    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weft", default=str(ROOT / "build/release/bin/weft"))
    parser.add_argument("--mixtures", type=int, default=300)
    parser.add_argument("--texts", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", choices=["tokenizers", "sentencepiece", "templates"])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, compare in (
            ("tokenizers", tokenizers_all),
            ("sentencepiece", sentencepiece_all),
            ("templates", templates_all),
        ):
            if args.only not in (None, name):
                continue
            before = COUNT.compared, COUNT.different
            compare(args, pathlib.Path(folder))
            print(
                f"{name}: {COUNT.compared - before[0]} compared, {COUNT.different - before[1]} different", flush=True
            )
    sys.exit(COUNT.different > 0)


if __name__ == "__main__":
    main()
