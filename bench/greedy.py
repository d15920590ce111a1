#!/usr/bin/env python3
"""How many greedy answers of each precision equal the exact ones, id by id.

    python3 bench/greedy.py MODEL --weft build/release/bin/weft

Asks 20 questions in the model's chat template. Prints, for each precision, how many answers are equal for
all their tokens, and after how many tokens the others part.
"""
import argparse
import json
import subprocess

QUESTIONS = [
    "What is the capital of France?",
    "Write a short poem about the sea.",
    "Explain photosynthesis to a child.",
    "List five uses of a paper clip.",
    "What is 17 times 23?",
    "Translate to Spanish: The weather is nice today.",
    "Who wrote Hamlet, and when?",
    "Give me a recipe for pancakes.",
    "What causes the seasons?",
    "Write a Python function that reverses a string.",
    "Summarise the plot of Cinderella in two sentences.",
    "Name three rivers of South America.",
    "Why is the sky blue?",
    "How do I remove a coffee stain from a shirt?",
    "What is the difference between a crocodile and an alligator?",
    "Write a polite email asking for a day off.",
    "Tell me a joke about computers.",
    "How does a bicycle stay upright?",
    "What should I pack for a week in the mountains?",
    "Describe the taste of an apple.",
]


def answer(a, question, precision):
    command = [a.weft, "run", a.model, question, "--greedy", "--max-tokens", str(a.tokens), "--json", "--precision", precision,
               "--backend", a.backend, "--threads", str(a.threads)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout)["ids"]


def common(x, y):
    return next((i for i, (p, q) in enumerate(zip(x, y)) if p != q), min(len(x), len(y)))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model")
    p.add_argument("--weft", required=True, help="the command")
    p.add_argument("--backend", default="cpu", help="the one that is judged")
    p.add_argument("--precision", nargs="+", default=["default", "fast"])
    p.add_argument("--tokens", type=int, default=64)
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()
    exact = [answer(a, q, "exact") for q in QUESTIONS]
    for precision in a.precision:
        pairs = [(answer(a, q, precision), e) for q, e in zip(QUESTIONS, exact)]
        parted = sorted(common(x, y) for x, y in pairs if x != y)
        print(f"{a.backend}, {precision}: {len(pairs) - len(parted)} of {len(pairs)} equal for {a.tokens} tokens"
              + (f"; others part after {', '.join(map(str, parted))}" if parted else ""))


main()
