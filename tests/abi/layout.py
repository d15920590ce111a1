#!/usr/bin/env python3
"""Writes and compares the tables of what binaries depend on: plugin_abi.c of the headers that plugins are built with,
host_api.c of those that hosts are built with. README.md says what the tables hold and what to do when a check fails.

  layout.py            whether the tables are current, and agree with the frozen headers as far as their versions say so
  layout.py --write    writes the tables anew, and says what has changed"""
import pathlib
import re
import sys

import c_headers

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
INCLUDE = [ROOT / "sdk/include", ROOT / "core/include"]
FROZEN = HERE / "frozen"
# The versions are compared by themselves; how functions are made visible is no matter of binaries that call them.
NOT_OF_BINARIES = ("WEFT_ABI_MAJOR", "WEFT_ABI_MINOR", "WEFT_ABI_LEAST_MINOR", "WEFT_API")


def plugin_headers(folder):
    return sorted(f"weft/abi/{p.name}" for p in (folder / "weft/abi").glob("*.h"))


def rows_of(found):
    """The rows of a table, by what they are about. A row that begins with GROWS may become larger."""
    rows = {}
    for name, text in found.macros.items():
        if name not in NOT_OF_BINARIES:
            rows[name] = f"MACRO({name}, {text})"
    for name, number in found.constants.items():
        rows[name] = f"CONSTANT({name}, {number})"
    for name, type_name in found.types.items():
        rows[name] = f"TYPE({name}, {type_name})"
    for name in found.opaque:
        rows[name] = f"OPAQUE({name})"
    for struct in found.structs:
        rows[struct.name] = f"{'GROWS' if struct.grows else 'FIXED'}({struct.name}, {struct.size})"
        for field in struct.fields:
            rows[f"{struct.name}.{field.name}"] = f"FIELD({struct.name}, {field.name}, {field.offset}, {field.type})"
    for name, type_name in found.functions.items():
        result, arguments = type_name.split("(", 1)
        rows[name] = f"FUNCTION({name}, {result}, ({arguments})"
    return rows


def table(headers, rows):
    lines = [
        "/* What binaries that were built with these headers depend on, for LP64. Written by layout.py, never edited;",
        " * README.md explains it. */",
        "/* clang-format off */",
        *(f'#include "{h}"' for h in headers),
        '#include "tests/abi/rows.h"',
        "",
        *rows.values(),
    ]
    return "\n".join(lines) + "\n"


def rows_in(text):
    """The rows of a table that was written earlier, by what they are about."""
    rows = {}
    for row in re.findall(r"^[A-Z]+\(.*\)$", text, re.M):
        kind, first, second = re.match(r"(\w+)\((\w+)(?:, (\w+))?", row).groups()
        rows[f"{first}.{second}" if kind == "FIELD" else first] = row
    return rows


def size_in(row):
    m = re.fullmatch(r"GROWS\(\w+, (\d+)\)", row)
    return int(m[1]) if m else None


def compare(old, new):
    """What binaries of `old` would meet in `new`: (breaks, additions), in words."""
    breaks, additions = [], []
    for what, row in old.items():
        if what not in new:
            breaks.append(f"gone     {row}")
        elif new[what] != row:
            sizes = size_in(row), size_in(new[what])
            if None not in sizes and sizes[1] > sizes[0]:
                additions.append(f"larger   {new[what]}, was {sizes[0]}")
            else:
                breaks.append(f"changed  {row}\n      to {new[what]}")
    additions += [f"new      {row}" for what, row in new.items() if what not in old]
    return breaks, additions


def listed(what):
    return "".join(f"\n  {line}" for line in what)


def plugin_abi_version():
    base = (INCLUDE[0] / "weft/abi/base.h").read_text()
    return [int(re.search(rf"#define WEFT_ABI_{part} (\d+)u", base)[1]) for part in ("MAJOR", "MINOR", "LEAST_MINOR")]


def check_plugin_abi(new):
    """Against the frozen headers of each minor version whose plugins today's host runs."""
    major, minor, least = plugin_abi_version()
    for frozen in sorted(FROZEN.glob("[0-9]*")):
        frozen_major, frozen_minor = map(int, frozen.name.split("."))
        if frozen_major != major or frozen_minor < least or frozen_minor > minor:
            yield f"frozen/{frozen.name}: hosts run plugins of {major}.{least} to {major}.{minor}; remove the folder"
            continue
        breaks, additions = compare(rows_in((frozen / "plugin_abi.c").read_text()), new)
        if breaks:
            yield (f"plugins that were built for ABI {frozen.name} break:{listed(breaks)}\n"
                   "  undo it, and add to the end of structs instead. Before 1.0 a break may be made: raise "
                   "WEFT_ABI_MINOR and WEFT_ABI_LEAST_MINOR to the same number, and remove what is frozen before them")
        elif additions and frozen_minor == minor:
            yield (f"ABI {frozen.name} is frozen, and what is new needs another version:{listed(additions)}\n"
                   f"  set WEFT_ABI_MINOR to {minor + 1}")


def check_host_api(new):
    version = re.search(r"project\(weft VERSION (\d+\.\d+)", (ROOT / "CMakeLists.txt").read_text())[1]
    frozen = FROZEN / f"libweft.so.{version}"
    if not frozen.exists():
        yield f"{frozen.name} is not frozen: tests/abi/freeze.sh libweft, if hosts are to be linked anew"
        return
    breaks, _ = compare(rows_in((frozen / "host_api.c").read_text()), new)
    if breaks:
        yield (f"hosts that were linked with {frozen.name} break:{listed(breaks)}\n"
               "  undo it, and add functions, or fields at the end of structs, instead. Before 1.0 a break may "
               "be made: raise the minor number of the project's version, of which the SONAME is made, and freeze it")


def main(arguments):
    if arguments not in ([], ["--write"]):
        raise SystemExit(__doc__)
    failed = False
    for path, headers, check in ((HERE / "plugin_abi.c", plugin_headers(INCLUDE[0]), check_plugin_abi),
                                 (HERE / "host_api.c", ["weft/weft.h", "weft/tasks.h"], check_host_api)):
        rows = rows_of(c_headers.read(INCLUDE, headers))
        text = table(headers, rows)
        before = path.read_text() if path.exists() else ""
        differs = listed(sum(compare(rows_in(before), rows), [])) or " in its order alone"
        if arguments:
            path.write_text(text)
            print(f"layout.py: {path.name} is " + ("current" if text == before else f"written:{differs}"))
            continue
        complaints = list(check(rows))
        if text != before and not complaints:
            complaints = [f"{path.name} is not current; tests/abi/layout.py --write writes it:{differs}"]
        for complaint in complaints:
            print(f"layout.py: {complaint}", file=sys.stderr)
            failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
