#!/usr/bin/env python3
"""Renders the templates of templates.json with jinja2, set up as transformers sets it up.

Usage: generate_templates.py      (rewrites templates.json; see README.md)

templates.json: {"templates": {name: chat template}, "contexts": {name: conversation}, "cases": [{"template" or
"use": name, "context" or "with": name, "output" or "error"}]}. Templates and contexts are written by hand, outputs and errors are made here: an error
is what raise_exception said, or true for any other.
"""
import json
import pathlib

import jinja2
from transformers.utils.chat_template_utils import _compile_jinja_template as compile_template

PATH = pathlib.Path(__file__).resolve().parent / "templates.json"


def render(source, context):
    try:
        return {"output": compile_template(source).render(**context)}
    except jinja2.exceptions.TemplateError as e:
        raised = type(e) is jinja2.exceptions.TemplateError
        return {"error": str(e) if raised else True}
    except (TypeError, ValueError, ZeroDivisionError, OverflowError, LookupError, AttributeError, SyntaxError):
        return {"error": True}


def main():
    data = json.loads(PATH.read_text())
    for case in data["cases"]:
        source = data["templates"][case["use"]] if "use" in case else case["template"]
        context = data["contexts"][case["with"]] if "with" in case else case.get("context", {})
        for made in ("output", "error"):
            case.pop(made, None)
        case |= render(source, context)
    rows = ",\n".join(json.dumps(c, ensure_ascii=False, separators=(",", ":")) for c in data["cases"])
    named = [json.dumps(data[k], ensure_ascii=False, indent=0) for k in ("templates", "contexts")]
    PATH.write_text(f'{{"templates": {named[0]},\n"contexts": {named[1]},\n"cases": [\n{rows}\n]}}\n')


if __name__ == "__main__":
    main()
