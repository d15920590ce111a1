"""Writes unicode_tables.inc: what PyPI `tokenizers` (0.23.3) knows of each code point, asked one by one.

Its parts come from Unicode versions of their own (Oniguruma 16, Rust's char and regex 16 or 17, the
normalizers 9 to 13), so no one version's tables give what it gives. Run: python unicode_tables.py, here.
"""
import unicodedata

from tokenizers import Regex, normalizers as N, pre_tokenizers as P

POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
CATEGORIES = ["Lu", "Ll", "Lt", "Lm", "Lo", "M", "N", "P", "S"]  # numbered from 1
FLAGS = ["word", "numeric", "punctuation", "control", "accent", "nonspacing"]  # bits from 16 on


def removed(normalizer):
    return {c for c in POINTS if normalizer.normalize_str(chr(c)) == ""}


def cut(pre):
    return {c for c in POINTS if len(pre.pre_tokenize_str("q" + chr(c) + "q")) != 1}


def attributes():
    found = {c: 0 for c in POINTS}
    for number, name in enumerate(CATEGORIES, 1):
        for c in removed(N.Replace(Regex(r"\p{%s}" % name), "")):
            assert found[c] == 0
            found[c] = number
    sets = [set(POINTS) - cut(P.Whitespace()), cut(P.Digits()), cut(P.Punctuation()),
            removed(N.BertNormalizer(True, False, False, False)) - {0, 0xFFFD}, removed(N.StripAccents()),
            removed(N.BertNormalizer(False, False, True, False))]
    for bit, members in enumerate(sets):
        for c in members:
            found[c] |= 16 << bit
    return found


def scripts():
    pre = P.UnicodeScripts()
    same = lambda a, b: len(pre.pre_tokenize_str(a + b)) == 1
    found, known, last = {}, [], None
    for c in POINTS:
        t = chr(c)
        if not pre.pre_tokenize_str(t):  # of no script: never cut from what comes before
            found[c] = 0
            continue
        if last is not None and same(last, t):
            found[c] = found[ord(last)]
        else:
            at = next((i for i, k in enumerate(known) if same(k, t)), len(known))
            if at == len(known):
                known.append(t)
            found[c] = at + 1
        last = t
    return found


def ranges(found):
    rows, before = [], None
    for c in POINTS:
        if found[c] != before:
            rows.append((c, found[c]))
        before = found[c]
    return rows


def write(out, name, rows):
    out.write(f"constexpr Range {name}[] = {{\n")
    line = "   "
    for first, value in rows:
        item = f" {{{first:#x}, {value}}},"
        if len(line) + len(item) > 118:
            out.write(line + "\n")
            line = "   "
        line += item
    out.write(line + "\n};\n")


def pairs(normalizer, other):
    return [(c, normalizer.normalize_str(chr(c))) for c in POINTS if normalizer.normalize_str(chr(c)) != other(chr(c))]


def main():
    assert unicodedata.unidata_version == "14.0.0"  # as utf8proc 2.8, from which the rest comes
    with open("unicode_tables.inc", "w") as out:
        out.write("// Written by unicode_tables.py. Each range goes on to the next one's first.\n")
        write(out, "kAttributes", ranges(attributes()))
        write(out, "kScripts", ranges(scripts()))
        lower = pairs(N.Lowercase(), str.lower)
        assert all(len(t) == 1 for _, t in lower)
        write(out, "kLowercase", [(c, f"{ord(t):#x}") for c, t in lower])
        forms = [(N.NFKD(), "NFKD"), (N.NFD(), "NFD"), (N.NFKC(), "NFKC"), (N.NFC(), "NFC")]
        kept = {}
        for normalizer, form in forms:
            for c, t in pairs(normalizer, lambda s: unicodedata.normalize(form, s)):
                assert t == chr(c)
                kept[c] = 1
        write(out, "kNotDecomposed", sorted(kept.items()))


main()
