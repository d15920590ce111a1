"""Trains tiny tokenizers and records what PyPI `tokenizers` (0.23) makes of varied strings.

Run: python generate.py, in this folder. Writes NAME.json (a tokenizer.json) and NAME.golden.json.
"""
import json

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers as pre
from tokenizers import processors, trainers

CORPUS = [
    "The quick brown fox jumps over the lazy dog. It's what they'd say, isn't it? We'll see.",
    "def add(a, b):\n    return a + b\n\nfor i in range(100):\n\tprint(i, '==', i ** 2)",
    "Größe, Straße, naïve café, résumé; Ελληνικά γράμματα; Привет, мир! Добрый день.",
    "你好，世界。今天天气很好。こんにちは世界。안녕하세요 세계. مرحبا بالعالم. नमस्ते दुनिया",
    "In 1999 and 2024, 3.14159 was 1,000,000 times better than 42.   Spaces    here.",
    "the cat and the hat and the rat sat on the mat with the bat; the the the and and and",
] * 4

TEXTS = [
    "", " ", "a", " a", "  a  b   c    ", "Hello, world!", "It's they'd WE'LL i'M", "The the THE",
    "1", "12", "123456789", "3.14 1,000", "x=1234;y", "\n", "\n\n\n", " \n \n", "a\r\nb\r\n",
    "\ttab\t\ttab", "def f(x):\n    return x + 1\n\n\n# end", "Größe naïve café",
    "e\u0301a\u0308 n\u0303", "\ufb01ne \u2126", "Ελληνικά γράμματα", "Привет, мир!",
    "你好，世界。今天", "こんにちは 世界", "안녕하세요", "مرحبا بالعالم", "नमस्ते दुनिया",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽", "🙂🙂", "a\u00a0b\u3000c\u2003d", "zero\u200bwidth", "\u0000nul",
    "<s>in text</s>", "before <s> after", "<s><s>", "x<|user|>y", "see <mask> here", "user users",
    "▁ mark ▁▁", "don't!!!???...", "İstanbul ǅ ß", "a" * 40, "!@#$%^&*()_+-=[]{}|;':\",./<>?",
]

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+"
          r"[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPECIAL = ["<unk>", "<s>", "</s>"]


def finish(t):
    t.add_tokens([AddedToken("<|user|>", normalized=False), AddedToken("user", single_word=True)])
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    return t


def byte_level(name):
    t = Tokenizer(models.BPE(ignore_merges=name == "llama3"))
    if name == "gpt2":
        t.pre_tokenizer = pre.ByteLevel(add_prefix_space=False)
    else:
        pattern = LLAMA3.replace("{1,3}", "") if name == "qwen2" else LLAMA3
        t.pre_tokenizer = pre.Sequence([pre.Split(Regex(pattern), "isolated"),
                                        pre.ByteLevel(add_prefix_space=False, use_regex=False)])
    if name == "qwen2":
        t.normalizer = normalizers.NFC()
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=420, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=pre.ByteLevel.alphabet()))
    if name == "llama3":
        t.post_processor = processors.Sequence([
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing("<s> $A", special_tokens=[("<s>", t.token_to_id("<s>"))])])
    return finish(t)


def pieces(name):
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=name != "unk"))
    # Trained with Metaspace so that merges stop at spaces; "llama2" then swaps in its own parts.
    t.pre_tokenizer = pre.Metaspace(prepend_scheme="first")
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(),
                                   decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    if name == "unk":
        t.decoder = decoders.Metaspace()
    fallback = [] if name == "unk" else [f"<0x{b:02X}>" for b in range(256)]
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=len(fallback) + 240, limit_alphabet=90, special_tokens=SPECIAL + fallback,
        show_progress=False))
    if name == "llama2":
        t.pre_tokenizer = None
        t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.post_processor = processors.TemplateProcessing(
        "<s> $A </s>", special_tokens=[(s, t.token_to_id(s)) for s in ("<s>", "</s>")])
    t = finish(t)
    data = json.loads(t.to_str())  # byte tokens are of the model alone
    data["added_tokens"] = [a for a in data["added_tokens"] if not a["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(data))


def main():
    made = {n: byte_level(n) for n in ("gpt2", "llama3", "qwen2")}
    made |= {n: pieces(n) for n in ("llama2", "metaspace", "unk")}
    for name, t in made.items():
        with open(f"{name}.json", "w") as f:
            f.write(json.dumps(json.loads(t.to_str()), ensure_ascii=False, separators=(",", ":")))
        rows = []
        for text in TEXTS:
            ids, plain = t.encode(text).ids, t.encode(text, add_special_tokens=False).ids
            rows.append({"text": text, "ids": ids, "plain": plain,
                         "decoded": t.decode(ids, skip_special_tokens=False),
                         "skipped": t.decode(ids, skip_special_tokens=True)})
        with open(f"{name}.golden.json", "w") as f:
            f.write(json.dumps(rows, separators=(",", ":")))


main()
