#!/usr/bin/env python3
"""Makes any golden again, by the script that makes its kind.

Usage: golden.py [NAME...]     (no name: all of them)

NAME: TYPE or TYPE.VARIANT of models/*/golden; llama/CASE or mistral/CASE; embed; heads; sentences; classify, images or
a case of classify; tasks (but for its "answer", see README.md).
"""
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def script_of(name):
    if name in ("embed", "heads", "sentences", "tasks"):
        return f"{name}.py", []
    if name == "classify" or name == "images" or (HERE / "classify" / f"{name}.json").exists():
        return "classify.py", [] if name == "classify" else [name]
    return ("generate.py" if "/" in name else "families.py"), [name]


def main():
    jobs = {}
    every = ("families.py", "generate.py", "embed.py", "heads.py", "sentences.py", "classify.py", "tasks.py")
    for script, arguments in [script_of(n) for n in sys.argv[1:]] or [(s, []) for s in every]:
        jobs.setdefault(script, []).extend(arguments)
    for script, arguments in jobs.items():
        subprocess.run([sys.executable, HERE / script, *arguments], check=True)


if __name__ == "__main__":
    main()
