"""tokenizer.json's built as published ones are: their parts, order and spelling (old files' too), with small vocabularies."""

import json

from tokenizers_made import CASES, REGEXES, SPECIAL, charsmap, part, trained_models

MARK = "▁"
CLIP = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
CL100K = CASES + r"|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}"
    r"\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BLOOM = " ?[^(\\s|[.,!?…。，、।۔،])]+"
REPLACE = part("Replace", pattern={"String": " "}, content=MARK)
LLAMA2 = part("Sequence", normalizers=[part("Prepend", prepend=MARK), REPLACE])
BACK = [part("Replace", pattern={"String": MARK}, content=" "), part("ByteFallback"), part("Fuse")]
LLAMA2_BACK = part("Sequence", decoders=BACK + [part("Strip", content=" ", start=1, stop=0)])
WORDS = part(
    "Sequence",
    pretokenizers=[
        part("WhitespaceSplit"),
        part("Metaspace", replacement=MARK, prepend_scheme="always", split=True),
    ],
)
OLD_METASPACE = part("Metaspace", replacement=MARK, add_prefix_space=True)  # before prepend_scheme
OLD_WORDS = part("Sequence", pretokenizers=[part("WhitespaceSplit"), OLD_METASPACE])


def byte_level(prefix=False, trim=True, regex=None):
    return part("ByteLevel", add_prefix_space=prefix, trim_offsets=trim) | ({} if regex is None else {"use_regex": regex})


def split(pattern, behavior="Isolated", invert=False):
    return part("Split", pattern={"Regex": pattern}, behavior=behavior, invert=invert)


def pre(*steps):
    return part("Sequence", pretokenizers=list(steps))


def norm(*steps):
    return part("Sequence", normalizers=list(steps))


def around(before=(), after=()):
    def special(t, kind):
        return {"SpecialToken": {"id": t, "type_id": kind}}

    def text(name, kind):
        return {"Sequence": {"id": name, "type_id": kind}}

    single = [special(t, 0) for t in before] + [text("A", 0)] + [special(t, 0) for t in after]
    pair = single + [special(t, 1) for t in before] + [text("B", 1)] + [special(t, 1) for t in after]
    ids = {t: {"id": t, "ids": [SPECIAL.index(t)], "tokens": [t]} for t in (*before, *after)}
    return part("TemplateProcessing", single=single, pair=pair, special_tokens=ids)


def token(content, special=True, **flags):
    return {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False} | {
        "special": special
    } | flags


CHAT = [token("<|im_start|>"), token("<|im_end|>"), token("<|im_", normalized=False)]
SPACES = [token(" " * n, special=False, normalized=n % 2 == 0) for n in (8, 4, 3, 2)]
BOS, EOS = "<s>", "</s>"


def layouts():
    """Name, model, normalizer, pre-tokenizer, post-processor, decoder, added tokens."""
    whole, plain, strings = "byte_level whole", "byte_level", "byte_level, merges as strings"
    post, back = byte_level(trim=False), byte_level(True, True, True)
    roberta = part("RobertaProcessing", sep=[EOS, 2], cls=[BOS, 1], trim_offsets=True, add_prefix_space=False)
    llama3 = pre(split(REGEXES["llama3"]), byte_level(regex=False))
    qwen = pre(split(REGEXES["qwen2"]), byte_level(trim=False, regex=False))
    nfc, digits = part("NFC"), part("Digits", individual_digits=True)
    mapped = part("Precompiled", precompiled_charsmap=charsmap())
    bert = part("BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    pieces = part("WordPiece", prefix="##", cleanup=True)
    metaspace = part("Metaspace", replacement=MARK, prepend_scheme="always", split=True)
    mask = [token("<mask>", lstrip=True)]
    runs = part("Replace", pattern={"Regex": " {2,}"}, content=" ")
    deepseek = pre(split(REGEXES["digits"]), split(REGEXES["cjk"]), split(REGEXES["deepseek"]), byte_level(regex=False))
    falcon = pre(part("Punctuation", behavior="Contiguous"), byte_level(), part("Digits", individual_digits=False), split("[0-9][0-9][0-9]"))
    quotes = [part("Replace", pattern={"String": q}, content='"') for q in ("``", "''")]
    gemma = part("Split", pattern={"String": " "}, behavior="MergedWithPrevious", invert=False)
    first = part("Metaspace", replacement=MARK, prepend_scheme="first", split=False)
    return [
        ("llama-2", "byte_fallback fused", LLAMA2, None, around([BOS]), LLAMA2_BACK, []),
        ("llama-3", whole, None, llama3, part("Sequence", processors=[post, around([BOS])]), back, CHAT),
        ("mistral v0.3", "byte_fallback fused", None, first, around([BOS]), LLAMA2_BACK, CHAT),
        ("mistral tekken", whole, None, pre(split(TEKKEN), byte_level(regex=False)), around([BOS]), back, CHAT),
        ("gemma", "byte_fallback fused", REPLACE, gemma, around([BOS]), part("Sequence", decoders=BACK), SPACES + CHAT),
        ("qwen 2 and 3", plain, nfc, qwen, post, back, CHAT + [token("<think>", special=False)]),
        ("phi-3", "byte_fallback fused", LLAMA2, None, around([BOS]), LLAMA2_BACK, [token("<|im_end|>", rstrip=True)]),
        ("phi-4", strings, None, pre(split(CL100K), byte_level(regex=False)), byte_level(trim=False), back, CHAT),
        ("phi-2", strings, None, byte_level(), byte_level(trim=True), back, SPACES),
        ("gpt-2", strings, None, byte_level(), byte_level(trim=False), byte_level(), []),
        ("bert", "pieces", bert, part("BertPreTokenizer"), around([BOS], [EOS]), pieces, [token("[MASK]")]),
        ("mpnet", "pieces", bert, part("BertPreTokenizer"), roberta, pieces, mask),
        ("t5", "unigram", mapped, OLD_WORDS, around([], [EOS]), OLD_METASPACE, [token(f"<extra_id_{i}>") for i in range(9)]),
        ("t5 new", "unigram", norm(mapped, part("Strip", strip_left=False, strip_right=True), runs), metaspace, around([], [EOS]), metaspace, []),
        ("xlm-roberta", "unigram", mapped, WORDS, around([BOS], [EOS]), metaspace, mask),
        ("xlm-roberta new", "unigram", norm(mapped, runs), metaspace, around([BOS], [EOS]), metaspace, mask),
        ("albert", "unigram", norm(*quotes, part("NFKD"), part("StripAccents"), part("Lowercase"), mapped), WORDS, around([BOS], [EOS]), metaspace, mask),
        ("deberta-v3", "unigram bytes", norm(part("Strip", strip_left=True, strip_right=True), mapped, runs), pre(metaspace), around([BOS], [EOS]), metaspace, mask),
        ("deepseek-v3", plain, part("Sequence", normalizers=[]), deepseek, byte_level(True, False, True), back, CHAT),
        ("falcon", plain, None, falcon, byte_level(trim=False), back, CHAT),
        ("bloom", strings, None, pre(split(BLOOM), byte_level(regex=False)), byte_level(trim=False), back, []),
        ("gpt-neox", strings, nfc, byte_level(), byte_level(), back, SPACES),
        ("opt", plain, None, byte_level(), around([EOS]), back, []),
        ("roberta", strings, None, byte_level(), roberta, back, mask),
        ("command-r", plain, nfc, pre(digits, byte_level(regex=True)), around([BOS]), back, CHAT),
        ("smollm2", plain, None, pre(digits, byte_level(regex=True)), None, back, CHAT),
        ("granite, starcoder2", plain, None, pre(digits, byte_level(regex=True)), None, back, CHAT + SPACES),
        ("olmo-2", plain, None, pre(split(CL100K, "Removed", True), byte_level(regex=False)), None, byte_level(regex=True), CHAT),
        ("gpt-oss", plain, None, pre(split(REGEXES["gpt4o"], "Removed", True), byte_level(regex=False)), around([BOS]), back, CHAT),
        ("clip", "suffix", norm(nfc, part("Replace", pattern={"Regex": r"\s+"}, content=" "), part("Lowercase")), pre(split(CLIP, "Removed", True), byte_level()), roberta, byte_level(), []),
        ("modernbert", plain, nfc, byte_level(regex=True), around([BOS], [EOS]), back, SPACES + [token("[MASK]", lstrip=True)]),
    ]


OPTIONAL = ("ignore_merges", "byte_fallback", "dropout", "continuing_subword_prefix", "end_of_word_suffix", "max_input_chars_per_word")


def published():
    """(name, text of a tokenizer.json); models with merges as strings are without the keys that came later."""
    trained = trained_models()
    for name, model, normalizer, pretokenizer, post, decoder, added in layouts():
        m = dict(trained[model])
        if isinstance(m.get("merges", [0])[0], str):
            m = {k: v for k, v in m.items() if k not in OPTIONAL}
        size = len(m["vocab"])
        tokens = [{"id": i} | token(t) for i, t in enumerate(SPECIAL)] + [{"id": size + i} | t for i, t in enumerate(added)]
        whole = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": normalizer}
        whole |= {"pre_tokenizer": pretokenizer, "post_processor": post, "decoder": decoder, "model": m}
        yield name, json.dumps(whole, ensure_ascii=False)
