"""tokenizer.json's put together of parts: each part alone, then parts drawn at random."""

import base64
import json
import random

from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, trainers

from corpus import TRAINING

SPECIAL = ["<unk>", "<s>", "</s>"]
CASES = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
REGEXES = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "llama3": CASES + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": CASES + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "gpt4o": (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        + CASES
        + r"?|[^\r\n\p{L}\p{N}]?"
        r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        + CASES
        + r"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    "deepseek": (
        r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    "digits": r"\p{N}{1,3}",
    "cjk": "[一-龥぀-ゟ゠-ヿ]+",
    "thousands": r"(?=(\d{3})+(?!\d))",
    "possessive": r"[^\r\n\p{L}]?+\p{L}+|\s++",
    "han": r"[\p{Han}]+",
    "lines": r"[^\n]+|[\n]+",
    "word": r"\w+|[^\w\s]+",
}


def part(kind, **fields):
    return {"type": kind, **fields}


def charsmap():
    """A precompiled map of a few rules, as sentencepiece compiles it."""
    import io
    import os
    import tempfile

    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    rules = [
        ("ﬁ", "fi"),
        ("Ⅻ", "XII"),
        ("e\u0301", "é"),
        ("½", "1/2"),
        ("\u3000", " "),
        ("…", "..."),
        ("Å", "A"),
        ("\u00ad", ""),
        ("ß", "ss"),
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", delete=False) as f:
        for a, b in rules:
            f.write(" ".join(f"{ord(c):X}" for c in a) + "\t" + " ".join(f"{ord(c):X}" for c in b) + "\n")
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e"] * 5),
        model_writer=out,
        vocab_size=10,
        normalization_rule_tsv=f.name,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    os.unlink(f.name)
    made = sentencepiece_model_pb2.ModelProto.FromString(out.getvalue())
    return base64.b64encode(made.normalizer_spec.precompiled_charsmap).decode()


def normalizer_parts():
    regex = {"Regex": r"\s+"}
    parts = [part(k) for k in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel")]
    parts += [part("Strip", strip_left=a, strip_right=b) for a, b in ((True, True), (True, False), (False, True))]
    parts += [
        part("Replace", pattern={"String": " "}, content="▁"),
        part("Replace", pattern=regex, content=" "),
        part("Replace", pattern={"String": "a"}, content=""),
        part("Replace", pattern={"Regex": "(e)|(\u0301)"}, content="xyz"),
        part("Prepend", prepend="▁"),
        part("Precompiled", precompiled_charsmap=charsmap()),
    ]
    for clean, chinese, accents, lower in (
        (True, True, None, True),
        (False, True, True, False),
        (True, False, False, True),
    ):
        parts.append(
            part(
                "BertNormalizer",
                clean_text=clean,
                handle_chinese_chars=chinese,
                strip_accents=accents,
                lowercase=lower,
            )
        )
    return parts


def pretokenizer_parts():
    behaviours = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
    parts = [
        part("ByteLevel", add_prefix_space=a, trim_offsets=True, use_regex=b)
        for a in (True, False)
        for b in (True, False)
    ]
    parts += [part("Split", pattern={"Regex": r}, behavior="Isolated", invert=False) for r in REGEXES.values()]
    parts += [
        part("Split", pattern=p, behavior=b, invert=i)
        for b in behaviours
        for i in (True, False)
        for p in ({"Regex": r"\s|\d+"}, {"String": "the"})
    ]
    parts += [
        part("Metaspace", replacement="▁", prepend_scheme=s, split=b)
        for s in ("always", "first", "never")
        for b in (True, False)
    ]
    parts += [part("Digits", individual_digits=b) for b in (True, False)] + [
        part("Punctuation", behavior=b) for b in behaviours
    ]
    parts += [part(k) for k in ("Whitespace", "WhitespaceSplit", "BertPreTokenizer", "UnicodeScripts")]
    return parts + [part("CharDelimiterSplit", delimiter="e"), part("FixedLength", length=3)]


def decoder_parts():
    return [
        part("ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True),
        part("WordPiece", prefix="##", cleanup=True),
        part("WordPiece", prefix="##", cleanup=False),
        part("Metaspace", replacement="▁", prepend_scheme="always", split=True),
        part("Metaspace", replacement="▁", prepend_scheme="never", split=True),
        part("BPEDecoder", suffix="</w>"),
        part("CTC", pad_token="<s>", word_delimiter_token="|", cleanup=True),
        part("Replace", pattern={"String": "▁"}, content=" "),
        part("ByteFallback"),
        part("Fuse"),
        part("Strip", content=" ", start=1, stop=0),
        part("Strip", content="e", start=1, stop=2),
    ]


def post_parts():
    def named(*tokens):
        return {t: {"id": t, "ids": [SPECIAL.index(t)], "tokens": [t]} for t in tokens}

    def single(*items):
        return [
            {"Sequence": {"id": "A", "type_id": 0}} if i == "$A" else {"SpecialToken": {"id": i, "type_id": 0}}
            for i in items
        ]

    def template(*items):
        pair = single(*items) + [{"Sequence": {"id": "B", "type_id": 1}}]
        return part(
            "TemplateProcessing",
            single=single(*items),
            pair=pair,
            special_tokens=named(*(i for i in items if i != "$A")),
        )

    parts = [
        template("<s>", "$A"),
        template("$A", "</s>"),
        template("<s>", "$A", "</s>"),
        part("BertProcessing", sep=["</s>", 2], cls=["<s>", 1]),
    ]
    for trim, prefix in ((True, True), (True, False), (False, False)):
        parts.append(
            part("RobertaProcessing", sep=["</s>", 2], cls=["<s>", 1], trim_offsets=trim, add_prefix_space=prefix)
        )
        parts.append(part("ByteLevel", add_prefix_space=prefix, trim_offsets=trim, use_regex=True))
    return parts


def trained_models():
    """By name: the model of a tokenizer.json, with `<unk>`, `<s>` and `</s>` as its first tokens."""

    def trained(model, trainer, pre, normalizer=None):
        t = Tokenizer(model)
        t.pre_tokenizer = pre
        if normalizer:
            t.normalizer = normalizer
        t.train_from_iterator(TRAINING * 3, trainer)
        return json.loads(t.to_str())["model"]

    common = dict(special_tokens=SPECIAL, show_progress=False)
    space = pre_tokenizers.WhitespaceSplit()
    fallback = [f"<0x{b:02X}>" for b in range(256)]
    byte_level = trained(
        models.BPE(),
        trainers.BpeTrainer(vocab_size=520, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **common),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    )
    characters = trained(
        models.BPE(unk_token="<unk>"),
        trainers.BpeTrainer(vocab_size=330, limit_alphabet=110, **common),
        pre_tokenizers.Metaspace(),
    )
    falling = trained(
        models.BPE(unk_token="<unk>", byte_fallback=True),
        trainers.BpeTrainer(
            vocab_size=560, limit_alphabet=90, special_tokens=SPECIAL + fallback, show_progress=False
        ),
        pre_tokenizers.Metaspace(),
    )
    affixed = trained(
        models.BPE(unk_token="<unk>", continuing_subword_prefix="##", end_of_word_suffix="</w>"),
        trainers.BpeTrainer(
            vocab_size=400, continuing_subword_prefix="##", end_of_word_suffix="</w>", limit_alphabet=100, **common
        ),
        space,
    )
    suffixed = trained(
        models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"),
        trainers.BpeTrainer(vocab_size=380, end_of_word_suffix="</w>", limit_alphabet=100, **common),
        space,
    )
    unigram = trained(
        models.Unigram(),
        trainers.UnigramTrainer(vocab_size=300, unk_token="<unk>", **common),
        pre_tokenizers.Metaspace(),
    )
    words = trained(
        models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(**common), pre_tokenizers.Whitespace()
    )
    pieces = trained(
        models.WordPiece(unk_token="<unk>"),
        trainers.WordPieceTrainer(vocab_size=330, **common),
        pre_tokenizers.BertPreTokenizer(),
    )
    with_bytes = dict(unigram, byte_fallback=True, vocab=unigram["vocab"] + [[b, -20.0] for b in fallback])
    return {
        "byte_level": byte_level,
        "byte_level whole": dict(byte_level, ignore_merges=True),
        "byte_level, merges as strings": dict(byte_level, merges=[" ".join(m) for m in byte_level["merges"]]),
        "characters": characters,
        "characters fused": dict(characters, fuse_unk=True),
        "characters whole": dict(characters, ignore_merges=True),
        "characters without unk": dict(characters, unk_token=None),
        "byte_fallback": falling,
        "byte_fallback fused": dict(falling, fuse_unk=True),
        "affixes": affixed,
        "suffix": suffixed,
        "unigram": unigram,
        "unigram bytes": with_bytes,
        "words": words,
        "pieces": pieces,
        "pieces short": dict(pieces, max_input_chars_per_word=6),
    }


ADDED = [
    AddedToken("<|im_start|>", special=True, normalized=False),
    AddedToken("<|im_end|>", special=True, normalized=False),
    AddedToken("<mask>", special=True, lstrip=True, normalized=False),
    AddedToken("[MASK]", rstrip=True, normalized=False),
    AddedToken("user", single_word=True, normalized=False),
    AddedToken("crème", normalized=True),
    AddedToken("<|im_", normalized=False),
    AddedToken("two words", normalized=True),
    AddedToken("    ", normalized=False),
    AddedToken("Straße", normalized=True, single_word=True),
    AddedToken("...", normalized=True, lstrip=True, rstrip=True),
]


def assemble(model, normalizer=(), pre=(), post=None, decoders=(), added=()):
    def chain(kind, key, parts):
        return None if not parts else parts[0] if len(parts) == 1 else part("Sequence", **{key: list(parts)})

    specials = [
        {
            "id": i,
            "content": t,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for i, t in enumerate(SPECIAL)
    ]
    t = Tokenizer.from_str(
        json.dumps(
            {
                "version": "1.0",
                "truncation": None,
                "padding": None,
                "added_tokens": specials,
                "model": model,
                "normalizer": chain("normalizer", "normalizers", normalizer),
                "pre_tokenizer": chain("pre", "pretokenizers", pre),
                "post_processor": post,
                "decoder": chain("decoder", "decoders", decoders),
            }
        )
    )
    if added:
        t.add_tokens(list(added))
    return t


def alone_and_mixed(count, seed):
    """(name, tokenizer): each part once with a model it suits, then `count` mixtures."""
    r = random.Random(seed)
    trained, norms, pres, posts, decs = (
        trained_models(),
        normalizer_parts(),
        pretokenizer_parts(),
        post_parts(),
        decoder_parts(),
    )
    for name, model in trained.items():
        yield f"model {name}", assemble(model)
    general = ["characters fused", "byte_fallback", "unigram", "pieces", "words"]
    for kind, parts in (("normalizer", norms), ("pre", pres), ("post", posts), ("decoders", decs)):
        for i, p in enumerate(parts):
            model = "byte_level" if p["type"] in ("ByteLevel", "RobertaProcessing") else general[i % len(general)]
            given = {kind: p if kind == "post" else [p]}
            if model == "byte_level" and kind in ("post", "decoders"):
                given["pre"] = [pres[i % 4]]
            yield f"{kind} {json.dumps(p, ensure_ascii=False)[:90]} on {model}", assemble(trained[model], **given)
    for i in range(count):
        pick = lambda parts, most: [
            r.choice(parts) for _ in range(r.choice([0] + list(range(1, most + 1)) * 2))
        ]  # noqa: E731
        name = r.choice(list(trained))
        pre = pick(pres, 2)
        if name.startswith("byte_level"):
            pre = [p for p in pre if p["type"] != "ByteLevel"] + [r.choice(pres[:4])]
        added = [a for a in ADDED if r.random() < 0.5]
        post = r.choice([None] + posts)
        yield f"mixture {seed}.{i} on {name}", assemble(
            trained[name], pick(norms, 3), pre, post, pick(decs, 3), added
        )
