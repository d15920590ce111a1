#!/usr/bin/env python3
"""Renders chat templates with jinja2, set up as transformers sets it up.

Usage: generate_templates.py      (needs jinja2; rewrites the three files below; see README.md)

templates.json: {"templates": {name: chat template}, "contexts": {name: conversation}, "cases": [{"template" or
"use": name, "context" or "with": name, "output" or "error"}]}. Templates and contexts are written by hand, outputs and errors are made here: an error
is what raise_exception said, or true for any other.
template_language.json: {"context": …, "cases": [[template, output or {"error": …}], …]} of template_language.py.
chat_templates.json: {"conversations": …, "outputs": {template: {conversation: output or {"error": …}}}} of chat/*.jinja
and chat_templates.py.
"""
import json
import pathlib
import warnings
import zlib

import chat_templates
import reference_templates
import template_language

FOLDER = pathlib.Path(__file__).resolve().parent
# What the sandbox of the core refuses by name, and Python or jinja2 gives: integers beyond 64 bits, complex numbers,
# lone surrogates, characters by name, chance, `self`, addresses.
REFUSED = ["1e20", "** 0.5", "(neg) ** (f)", "9223372036854775807 + 1", "10 ** 19", "\\ud83d", "\\N{", "random", "lipsum()", "urlize", "{{ self", "'%5%'",
           "strftime_now()"]


def result(source, context):
    output, error = reference_templates.render(source, context)
    return {"error": error} if output is None else output


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write_templates():
    path = FOLDER / "templates.json"
    data = json.loads(path.read_text())
    for case in data["cases"]:
        source = data["templates"][case["use"]] if "use" in case else case["template"]
        context = data["contexts"][case["with"]] if "with" in case else case.get("context", {})
        for made in ("output", "error"):
            case.pop(made, None)
        made = result(source, context)
        case |= made if isinstance(made, dict) else {"output": made}
    rows = ",\n".join(compact(c) for c in data["cases"])
    named = [json.dumps(data[k], ensure_ascii=False, indent=0) for k in ("templates", "contexts")]
    path.write_text(f'{{"templates": {named[0]},\n"contexts": {named[1]},\n"cases": [\n{rows}\n]}}\n')


def write_language():
    rows = []
    for source in dict.fromkeys(template_language.cases()):
        made = result(source, template_language.CONTEXT)
        if any(part in source for part in REFUSED) or " at 0x" in str(made) or "<bound method" in str(made):
            continue
        plain_error = isinstance(made, dict) and made["error"] is True
        if len(source) < 60 and "%}" not in source and zlib.crc32(source.encode()) % (12 if plain_error else 4):
            continue  # enough of the products
        rows.append(compact([source, made]))
    context = compact(template_language.CONTEXT)
    (FOLDER / "template_language.json").write_text(f'{{"context": {context},\n"cases": [\n' + ",\n".join(rows) + "\n]}\n")


def write_chats():
    outputs = {name: {key: result(source, context) for key, context in chat_templates.CONVERSATIONS.items()}
               for name, source in chat_templates.TEMPLATES.items()}
    parts = [f'"{key}": {{\n' + ",\n".join(f"{compact(k)}: {compact(v)}" for k, v in value.items()) + "\n}"
             for key, value in (("conversations", chat_templates.CONVERSATIONS), ("outputs", outputs))]
    (FOLDER / "chat_templates.json").write_text("{" + ",\n".join(parts) + "}\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    write_templates()
    write_language()
    write_chats()
