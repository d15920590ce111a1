#!/usr/bin/env python3
"""Compares weft's renderings with jinja2's, set up as in transformers, for every chat template that llama.cpp tests.

python tests/differential/llama_templates.py SDIST [--weft build/release/bin/weft]

SDIST is the source archive of PyPI's llama-cpp-python (pip download --no-deps --no-binary :all: llama-cpp-python), or a
folder of NAME.jinja. Each template renders the conversations below: tools and their calls, thoughts, parts, orders that
templates refuse. Needs jinja2. Says each difference; exits 1 if there was any.
"""

import argparse
import collections
import copy
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/golden/text"))
import chat_templates  # noqa: E402
import reference_templates  # noqa: E402


def thoughts(conversation):
    """The answers say beside their content what was thought."""
    for m in conversation["messages"]:
        if m["role"] == "assistant":
            m |= {"reasoning_content": "First,\n  this.", "thinking": "First,\n  this."}


def texts_of_arguments(conversation):
    """Calls give their arguments as the text of a JSON object, as servers do."""
    for m in conversation["messages"]:
        for call in m.get("tool_calls") or []:
            call["function"]["arguments"] = json.dumps(call["function"]["arguments"])


def parts(conversation):
    """Contents are lists of parts."""
    for m in conversation["messages"]:
        if isinstance(m.get("content"), str):
            m["content"] = [{"type": "text", "text": m["content"]}]


def developer(conversation):
    conversation["messages"].insert(0, {"role": "developer", "content": "Be kind."})


def no_content(conversation):
    """Calls come without a content."""
    for m in conversation["messages"]:
        if m.get("tool_calls"):
            m.pop("content", None)


def switches(conversation):
    """What templates ask for beside the messages."""
    conversation |= {
        "enable_thinking": True, "thinking": True, "reasoning_effort": "high", "preserve_thinking": True,
        "clear_thinking": False, "date_string": "1 Jan 2026", "xml_tools": chat_templates.TOOLS[:1],
        "custom_tools": chat_templates.TOOLS, "model_identity": "You are weft.", "thinking_budget": 512,
    }


CHANGES = [lambda c: None, thoughts, texts_of_arguments, parts, developer, no_content, switches]


def conversations():
    for name, conversation in chat_templates.CONVERSATIONS.items():
        for change in CHANGES:
            changed = copy.deepcopy(conversation)
            change(changed)
            yield f"{name} {change.__name__.strip('<>')}", changed


def unpack(archive, folder):
    with tarfile.open(archive) as tar:
        for member in tar:
            path = pathlib.PurePosixPath(member.name)
            if member.isfile() and path.parent.name == "templates" and path.suffix == ".jinja":
                (folder / path.name).write_bytes(tar.extractfile(member).read())


def same(weft, path, source, conversation, count):
    data = path.with_suffix(".json")
    data.write_text(json.dumps(conversation))
    expected, error = reference_templates.render(source, conversation)
    done = subprocess.run([weft, "template", str(path), "--context", str(data)], capture_output=True)
    got, said = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace").strip()
    count["rendered" if error is None else "refused"] += 1
    if error is None:
        return None if done.returncode == 0 and got == expected else (got if done.returncode == 0 else said, expected)
    wanted = "an error" if error is True else error.strip().split("\n")[0]
    return None if done.returncode == 1 and (error is True or wanted in said) else (said or got, wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sdist", type=pathlib.Path)
    parser.add_argument("--weft", default=str(ROOT / "build/release/bin/weft"))
    args = parser.parse_args()
    count, wrong = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as unpacked:
        folder = pathlib.Path(unpacked)
        if args.sdist.is_file():
            unpack(args.sdist, folder)
        else:
            for path in args.sdist.glob("*.jinja"):
                (folder / path.name).write_bytes(path.read_bytes())
        paths = sorted(folder.glob("*.jinja"))
        if not paths:
            sys.exit(f"{args.sdist}: no NAME.jinja")
        for path in paths:
            source = path.read_text()
            for name, conversation in conversations():
                difference = same(args.weft, path, source, conversation, count)
                if difference is None:
                    continue
                wrong += 1
                got, expected = difference
                at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b), min(len(got), len(expected)))
                print(f"DIFFERENT: {path.name}: {name}, at {at}\n  weft {got[at:][:160]!r}\n  expected "
                      f"{expected[at:][:160]!r}", flush=True)
    print(f"{len(paths)} templates: {count['rendered']} renderings and {count['refused']} refusals compared, "
          f"{wrong} different")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
