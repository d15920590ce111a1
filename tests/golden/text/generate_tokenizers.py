#!/usr/bin/env python3
"""Trains tiny tokenizers and records what `tokenizers` (and `sentencepiece`) make of many texts.

Usage: generate_tokenizers.py [FOLDER]      (default: this folder; see README.md)

Writes NAME.tokenizer.json and NAME.cases.json: first the ids that stand before and after every text, then
[text, ids between those, ids decoded, decoded without special tokens]; null says that a text equals the one
before it, and a text of null that there are only ids to decode. spm.json is the same for a sentencepiece model, with its vocabulary first.
"""
import io
import json
import pathlib
import random
import sys

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers as pre
from tokenizers import processors, trainers

CORPUS = [
    "A harbour town wakes early: the boats leave before five, and the market opens when they return.",
    "It's late, isn't it? They'll say we'd planned this, but I'm sure you've seen worse. DON'T WORRY!",
    "def area(width, height):\n    if width < 0:\n        raise ValueError('width')\n    return width * height\n",
    "for (int i = 0; i < 10; ++i) {\n\tsum += values[i]; // 0x1F\n}\n\n\n",
    "In 2031 the 1,204 houses used 98.6 % of 15,000 litres.   Tables  have    wide     gaps.",
    "Über den Wolken schläft der Bär; l'été dernier, le garçon a mangé des crêpes à Noël.",
    "Быстрая лиса прыгает. Ελληνική γλώσσα. עברית קלה. اللغة العربية. हिन्दी भाषा। ภาษาไทย",
    "今日は良い天気です。漢字とかな。中文分词很有趣。한국어 문장입니다.",
    "the town and the boats and the market and the town and the boats and the market",
] * 3

TEXTS = [
    # spaces and lines
    "", " ", "  ", "    ", "\t", "\n", "\n\n", "\r\n", " \n", "\n ", " \n\n  \n", "a ", " a", "  a  b   c    d     ",
    "end of line  \n  next", "\ttabs\tand \t mixed", "a\r\nb\rc\n", "x\u00a0y\u2003z\u3000w\u2028v\u0085u", "\u200bzero\u200bwidth",
    "trailing\n\n", "   \u00a0   ", "a\x0bb\x0cc",
    # words, case, apostrophes, numbers
    "The boats return.", "the market", "They'll say I'M, we'D, it'S; 'tis 'rock''n'", "o'clock 'll 'LL", "DON'T", "camelCaseAndSnake_case-kebab",
    "1", "12", "123", "1234", "1234567890", "3.14159", "1,000,000", "x86_64", "2nd", "½ Ⅻ ² ٣٤ ५६", "a1b2c3",
    # punctuation and code
    "!", "...", "?!?!", "!@#$%^&*()_+-=[]{}|;':\",./<>?", "`~\\", "a,b;c", "((()))", "¿Qué? ¡Sí! «bien» “quoted” ‘single’ — – …",
    "if (a < b && c > d) { return a[i] * 2; }\n", "def f(x):\n    return x + 1\n\n\n# end\n", "<div class=\"x\">&amp;</div>", "https://example.org/a?b=c&d=%20#e",
    # scripts
    "Größe naïve café Ångström", "ΣΊΣΥΦΟΣ σίσυφος ς", "Быстрая лиса", "עברית", "اللُّغَة العربية", "हिन्दी भाषा।", "ภาษาไทย", "今日は良い天気", "中文分词，很有趣。", "한국어 문장", "ქართული Հայերեն አማርኛ",
    "İstanbul ıI ǅ ß ﬁ ſ", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈 𒀀",
    # combining marks, normal forms
    "e\u0301", "\u00e9", "a\u0308\u0323 n\u0303", "\u1e9b\u0323", "\u0344 \u0958 \uac00 \u1100\u1161", "\u212b \u2126 \ufb01", "\u0301alone", "e\u200d\u0301",
    # emoji
    "🙂", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈🏴‍☠️", "🇩🇪🇫🇷", "a🙂b 🙂🙂 c", "1️⃣ ☕️",
    # controls and the edges of UTF-8
    "\u0000", "a\u0000b", "\u0001\u001f\u007f\u0080\u009f", "\ufeffbom", "\ufffd", "\uffff \U0010ffff \ue000", "\u07ff\u0800\ud7ff\U00010000",
    # marks of the formats themselves
    "▁", "▁a ▁ ▁▁b", " ▁", "<0x41>", "<0x0A>x", "<0xZZ>", "Ġa Ċ", "ĠĠ",
    # added tokens
    "<s>", "<s></s>", "a<s>b", " <s> ", "hi<|im_start|>user\nhi<|im_end|>\n", "<|im_start|><|im_start|>", "<|im_start|", "<|im_", "<|im_ start", "<|im_<|im_end|>",
    "a <mask> b", "a  \n <mask>  \n b", "<mask><mask>", " <mask> <mask> ", "a <sep>  b", "<sep> \n<sep>", "a  <both>  b", "<both> <both>", "<mask> <sep> <both> <s>",
    "port", "a port b", "airport ports port.", "port port", "Port", "_port port_", "éport porté", "port-port port,port", "port1 1port", "⁠port", "portport",
    "a crème b", "cre\u0300me", "crème\u0301", "the crèmerie", "CRÈME", "two words", "a two words b", "two  words", "twowords",
    "    code", "a    b", "     five", "<unk>", "a <unk> b", "☃", "☃☃ ☃",
    "a" * 50, "ab" * 30, "the " * 12, "é" * 9, "the town and the boats and the market",
]

LETTER_CASE = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = (LETTER_CASE + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
SPECIAL = ["<unk>", "<s>", "</s>"]


def add_tokens(t):
    t.add_special_tokens([
        "<|im_start|>", "<|im_end|>", AddedToken("<mask>", lstrip=True, special=True),
        AddedToken("<sep>", rstrip=True, special=True)])
    t.add_tokens([
        AddedToken("<|im_", normalized=False), AddedToken("<both>", lstrip=True, rstrip=True, normalized=False),
        AddedToken("port", single_word=True, normalized=False), AddedToken("crème", normalized=True),
        AddedToken("two words", normalized=True), AddedToken("    ", normalized=False)])
    return t


def template(t, single):
    names = [w for w in single.split() if w != "$A"]
    return processors.TemplateProcessing(single, special_tokens=[(n, t.token_to_id(n)) for n in names])


def byte_level(name):
    t = Tokenizer(models.BPE(ignore_merges=name == "llama3"))
    pattern = LLAMA3 if name == "llama3" else QWEN2
    t.pre_tokenizer = pre.Sequence([pre.Split(Regex(pattern), "isolated"),
                                    pre.ByteLevel(add_prefix_space=False, use_regex=False)])
    if name == "qwen2":
        t.normalizer = normalizers.NFC()
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=400, special_tokens=SPECIAL, show_progress=False, initial_alphabet=pre.ByteLevel.alphabet()))
    if name == "llama3":
        t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template(t, "<s> $A")])
    else:
        t.post_processor = template(t, "$A </s>")
    return add_tokens(t)


def pieces(name):
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.pre_tokenizer = pre.Metaspace(prepend_scheme="first", split=True)
    fallback = [f"<0x{b:02X}>" for b in range(256)]
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=430, limit_alphabet=80, special_tokens=SPECIAL + fallback, show_progress=False))
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                   decoders.Strip(" ", 1, 0)])
    if name == "llama2":
        t.pre_tokenizer = None
        t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        t.post_processor = template(t, "<s> $A </s>")
    else:
        t.pre_tokenizer = pre.Metaspace(prepend_scheme="first", split=False)
        t.post_processor = template(t, "<s> $A")
    t = add_tokens(t)
    data = json.loads(t.to_str())  # byte tokens are of the model alone
    data["added_tokens"] = [a for a in data["added_tokens"] if not a["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(data))


def random_ids(vocab, count=8):
    """Tokens in no order that text would give: cut characters, and specials amid bytes."""
    r = random.Random(vocab)
    return [[r.randrange(vocab) for _ in range(12)] for _ in range(count)]


def cases_of(t, texts):
    around = t.encode("").ids
    n = 1 if around[:1] == [t.token_to_id("<s>")] else 0
    prefix, suffix = around[:n], around[n:]
    rows = [[prefix, suffix]]
    for text in texts:
        ids = t.encode(text, add_special_tokens=False).ids
        assert t.encode(text).ids == prefix + ids + suffix
        decoded, skipped = t.decode(ids, skip_special_tokens=False), t.decode(ids, skip_special_tokens=True)
        rows.append([text, ids, decoded if decoded != text else None, skipped if skipped != decoded else None])
    for ids in random_ids(t.get_vocab_size()):
        decoded, skipped = t.decode(ids, skip_special_tokens=False), t.decode(ids, skip_special_tokens=True)
        rows.append([None, ids, decoded, skipped if skipped != decoded else None])
    return rows


def sentencepiece_model():
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([line for text in CORPUS for line in text.split("\n") if line]), model_writer=out,
        model_type="bpe", vocab_size=420, byte_fallback=True, character_coverage=0.98, add_dummy_prefix=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False,
        minloglevel=2)
    return sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())


def sentencepiece_cases(s, texts):
    """Without texts that spell control tokens: sentencepiece never reads those from text. A NUL ends its input."""
    out = []
    for text in texts:
        if any(t in text for t in ("<s>", "</s>", "<unk>", "\0")):
            continue
        ids = s.encode(text)
        decoded = s.decode(ids)
        out.append([text, ids, decoded if decoded != text else None])
    return out + [[None, ids, s.decode(ids)] for ids in random_ids(s.get_piece_size())]


def write(path, value):
    """One case a line, so that a change of one is a line of a diff."""
    rows = ",\n".join(json.dumps(v, ensure_ascii=False, separators=(",", ":")) for v in value)
    path.write_text(f"[\n{rows}\n]\n")


def make_all():
    made = {n: byte_level(n) for n in ("llama3", "qwen2")}
    return made | {n: pieces(n) for n in ("llama2", "metaspace")}


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent
    for name, t in make_all().items():
        text = json.dumps(json.loads(t.to_str()), ensure_ascii=False, separators=(",", ":"))
        (folder / f"{name}.tokenizer.json").write_text(text + "\n")
        write(folder / f"{name}.cases.json", cases_of(t, TEXTS))
    s = sentencepiece_model()
    kinds = [(s.is_unknown, 2), (s.is_control, 3), (s.is_byte, 6), (s.is_unused, 5)]
    n = s.get_piece_size()
    types = [next((t for f, t in kinds if f(i)), 1) for i in range(n)]
    write(folder / "spm.json", [
        {"tokens": [s.id_to_piece(i) for i in range(n)], "scores": [round(s.get_score(i), 6) for i in range(n)],
         "types": types, "unk": s.unk_id(), "bos": s.bos_id(), "eos": s.eos_id()},
        *sentencepiece_cases(s, TEXTS[::2])])


if __name__ == "__main__":
    main()
