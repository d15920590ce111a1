"""Writes parts.json: small tokenizers that together have every part of a tokenizer.json, each with what
PyPI `tokenizers` (0.23.3) makes of varied texts, ids and offsets (in bytes); and for the other sources
unigram.model, bpe.model, ranks.tiktoken, vocab.txt and sources.json, with what `sentencepiece` (0.2.3),
`tiktoken` and `tokenizers` make of them. Run: python generate_parts.py, in this folder.
"""
import base64
import io
import json

import sentencepiece
import tiktoken
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders as D, models as M, normalizers as N
from tokenizers import pre_tokenizers as P, processors as X, trainers as T

CORPUS = [
    "The quick brown fox jumps over the lazy dog. It's what they'd say, isn't it?",
    "def add(a, b):\n    return a + b\n\tprint(i, '==', i ** 2)",
    "Größe, naïve café; Ελληνικά, Привет, мир! 你好，世界。こんにちは 안녕 नमस्ते",
    "In 1999 and 2024, 3.14159 was 1,000 times better.   Spaces    here.",
] * 3
TEXTS = [
    "", " ", "  a  b   c ", "Hello, World! It's they'D", "1234567 3.14 ٣½", "\n\n \tx\r\ny  ", "Größe NAÏVE İstanbul ǅ",
    "e\u0301a\u0308 q\u0307\u0323 \ufb01ne \u2126 ①", "你好，世界 こんにちはカタ 안녕 नमस्ते", "👩\u200d👧 🙂👍🏽", "\x00\x01\x7f\u200b\u00ad\ufeffz",
    "▁a ▁▁b_c", "<s>x</s> <mask>  y [MASK]user users", "aaaaaaaa!!!???...", "ｆｕｌｌ ｶﾞ \u1112\u1161\u11ab",
]
SPECIAL = ["<unk>", "<s>", "</s>"]
RULES = "41\t61\n42\t62\nFB01\t66 69\n2460\t31\n65 301\tE9\nAD\t\nA0\t20\n3000\t20\n9\t20\n"  # hexadecimal


def charsmap():
    with open("/tmp/rules.tsv", "w") as f:
        f.write(RULES)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS), model_writer=model, vocab_size=120,
                                             normalization_rule_tsv="/tmp/rules.tsv", hard_vocab_limit=False, minloglevel=2)
    return sentencepiece_model_pb2.ModelProto.FromString(model.getvalue()).normalizer_spec.precompiled_charsmap


def bpe(**options):
    trained = dict(vocab_size=110, special_tokens=SPECIAL, show_progress=False, limit_alphabet=60)
    for key in ("continuing_subword_prefix", "end_of_word_suffix"):
        if options.get(key):
            trained[key] = options[key]
    if options.get("byte_fallback"):
        trained["special_tokens"] = SPECIAL + [f"<0x{b:02X}>" for b in range(256)]
        trained["vocab_size"] = 340
    return M.BPE(unk_token="<unk>", **options), T.BpeTrainer(**trained)


def unigram():
    return M.Unigram(), T.UnigramTrainer(vocab_size=110, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False)


def wordpiece(**options):
    return (M.WordPiece(unk_token="<unk>", **options),
            T.WordPieceTrainer(vocab_size=110, special_tokens=SPECIAL, show_progress=False, limit_alphabet=60))


def wordlevel():
    return M.WordLevel(unk_token="<unk>"), T.WordLevelTrainer(vocab_size=60, special_tokens=SPECIAL, show_progress=False)


def made(model, normalizer=None, pre=None, post=None, decoder=None, added=()):
    kind, trainer = model
    t = Tokenizer(kind)
    t.normalizer, t.pre_tokenizer = normalizer, pre
    t.train_from_iterator(CORPUS, trainer)
    if post:
        t.post_processor = post(lambda s: (s, t.token_to_id(s)))
    if decoder:
        t.decoder = decoder
    for token in added:
        (t.add_special_tokens if token.special else t.add_tokens)([token])
    data = json.loads(t.to_str())
    data["added_tokens"] = [a for a in data["added_tokens"] if not a["content"].startswith("<0x")]
    return data


def tokenizers():
    cases = {}
    normalizers = {
        "NFC": N.NFC(), "NFD": N.NFD(), "NFKC": N.NFKC(), "NFKD": N.NFKD(), "Lowercase": N.Lowercase(), "Nmt": N.Nmt(),
        "StripAccents": N.Sequence([N.NFD(), N.StripAccents()]), "Strip": N.Strip(), "StripRight": N.Strip(False, True),
        "Prepend": N.Prepend("▁"), "ReplaceString": N.Replace(" ", "▁"), "ReplaceRegex": N.Replace(Regex(r"\s{2,}"), " "),
        "ByteLevel": N.ByteLevel(), "Bert": N.BertNormalizer(), "BertCased": N.BertNormalizer(lowercase=False),
        "BertPlain": N.BertNormalizer(False, False, False, False), "Precompiled": N.Precompiled(charsmap()),
        "Sequence": N.Sequence([N.Strip(), N.NFKC(), N.Lowercase(), N.Replace("e", "ee"), N.Prepend("x")]),
    }
    for name, normalizer in normalizers.items():
        cases["normalizer " + name] = made(unigram(), normalizer, P.Whitespace() if name == "Bert" else None)
    behaviors = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
    pre = {
        "ByteLevel": P.ByteLevel(), "ByteLevelPlain": P.ByteLevel(False, use_regex=False), "Digits": P.Digits(),
        "DigitsEach": P.Digits(True), "Whitespace": P.Whitespace(), "WhitespaceSplit": P.WhitespaceSplit(),
        "Bert": P.BertPreTokenizer(), "Delimiter": P.CharDelimiterSplit("a"), "Scripts": P.UnicodeScripts(),
        "FixedLength": P.FixedLength(3), "Metaspace": P.Metaspace(), "MetaspaceFirst": P.Metaspace("_", "first"),
        "MetaspaceNever": P.Metaspace("▁", "never", False),
        "Sequence": P.Sequence([P.WhitespaceSplit(), P.Digits(True), P.Metaspace("▁", "first"), P.Punctuation()]),
        "Llama3": P.Sequence([P.Split(Regex(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
            r"|\s+(?!\S)|\s+"), "isolated"), P.ByteLevel(False, use_regex=False)]),
    }
    pre |= {"Punctuation " + b: P.Punctuation(b) for b in behaviors}
    pre |= {"Split " + b: P.Split(Regex(r"\s+|[aeiou]"), b) for b in behaviors}
    pre |= {"Split invert": P.Split(Regex(r"\p{L}+"), "removed", True), "Split string": P.Split(" ", "merged_with_next")}
    for name, p in pre.items():
        cases["pre_tokenizer " + name] = made(bpe(), None, p)
    models = {
        "BPE fuse_unk": bpe(fuse_unk=True), "BPE byte_fallback": bpe(byte_fallback=True), "BPE suffix": bpe(end_of_word_suffix="</w>"),
        "BPE prefix": bpe(continuing_subword_prefix="##"), "BPE ignore_merges": bpe(ignore_merges=True), "Unigram": unigram(),
        "WordPiece": wordpiece(), "WordPiece short": wordpiece(max_input_chars_per_word=4), "WordLevel": wordlevel(),
    }
    decoders = {
        "BPE suffix": D.BPEDecoder(), "WordPiece": D.WordPiece("##"), "Unigram": D.Metaspace(), "WordLevel": D.CTC("aa", "|"),
        "BPE byte_fallback": D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)]),
    }
    for name, model in models.items():
        metaspace = P.Metaspace() if name in ("Unigram", "BPE byte_fallback") else P.WhitespaceSplit()
        cases["model " + name] = made(model, None, metaspace, decoder=decoders.get(name))
    cases["model BPE pairs"] = json.loads(json.dumps(cases["model BPE fuse_unk"]))
    merges = cases["model BPE fuse_unk"]["model"]
    merges["merges"] = [" ".join(pair) for pair in merges["merges"]]  # as older files have them
    for name in ("WordPiece", "WordLevel", "Unigram"):
        old = json.loads(json.dumps(cases["model " + name]))
        del old["model"]["type"]
        cases["model without type " + name] = old
    posts = {
        "Template": lambda s: X.TemplateProcessing("<s> $A </s>", special_tokens=[s("<s>"), s("</s>")]),
        "Bert": lambda s: X.BertProcessing(s("</s>"), s("<s>")),
        "Roberta": lambda s: X.RobertaProcessing(s("</s>"), s("<s>")),
        "ByteLevel": lambda s: X.ByteLevel(),
        "Sequence": lambda s: X.Sequence([X.ByteLevel(trim_offsets=True), X.TemplateProcessing("<s> $A", special_tokens=[s("<s>")])]),
    }
    for name, post in posts.items():
        cases["post_processor " + name] = made(bpe(), None, P.ByteLevel(name == "Roberta"), post, D.ByteLevel())
    flags = [AddedToken("<mask>", lstrip=True, special=True), AddedToken("[MASK]", rstrip=True, normalized=False),
             AddedToken("user", single_word=True), AddedToken("世界", normalized=True)]
    cases["added_tokens"] = made(unigram(), N.Sequence([N.Lowercase(), N.NFC()]), P.Metaspace(prepend_scheme="first"), added=flags)
    return cases


def bytes_of(text, offsets):
    starts = [len(text[:i].encode()) for i in range(len(text) + 1)]
    return [x for b, e in offsets for x in (starts[min(b, len(text))], starts[min(e, len(text))])]


def main():
    out = {"texts": TEXTS, "cases": []}
    for name, data in tokenizers().items():
        t = Tokenizer.from_str(json.dumps(data))
        rows = []
        for text in TEXTS:
            e = t.encode(text)
            rows.append([e.ids, bytes_of(text, e.offsets), t.decode(e.ids)])
        out["cases"].append({"name": name, "tokenizer": data, "rows": rows})
    with open("parts.json", "w") as f:
        f.write(json.dumps(out, ensure_ascii=False, separators=(",", ":")))

    sources = {"texts": TEXTS}
    with open("/tmp/rules.tsv", "w") as f:
        f.write(RULES)
    for kind, options in {
        "unigram": dict(user_defined_symbols=["<mask>", "user"], normalization_rule_tsv="/tmp/rules.tsv", vocab_size=130),
        "bpe": dict(byte_fallback=True, remove_extra_whitespaces=False, normalization_rule_name="identity", split_digits=True,
                    allow_whitespace_only_pieces=True, user_defined_symbols=["\n", "  "], vocab_size=420),
        "word": dict(normalization_rule_name="identity", vocab_size=60),
        "char": dict(normalization_rule_name="identity", user_defined_symbols=["<mask>", "user"], character_coverage=0.98, vocab_size=90),
    }.items():
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter("\n".join(CORPUS).split("\n")), model_writer=model,
                                                 model_type=kind, hard_vocab_limit=False, minloglevel=2, **options)
        with open(f"{kind}.model", "wb") as f:
            f.write(model.getvalue())
        sp = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
        rows = []
        for text in TEXTS:
            pieces = sp.encode(text, return_type="proto").pieces
            rows.append([[p.id for p in pieces], [x for p in pieces for x in (p.begin, p.end)]])
        sources[kind] = rows

    pattern = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
               r"|\s+(?!\S)|\s+")
    ranks = {bytes([b]): b for b in range(256)}
    words = sorted({w for line in CORPUS for w in line.split()})
    for word in words:  # prefixes, so that every token is made of two others
        for n in range(2, min(len(word.encode()), 6) + 1):
            ranks.setdefault(word.encode()[:n], len(ranks))
    with open("ranks.tiktoken", "w") as f:
        for token, rank in ranks.items():
            f.write(f"{base64.b64encode(token).decode()} {rank}\n")
    encoding = tiktoken.Encoding("test", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    sources["tiktoken"] = [encoding.encode(text) for text in TEXTS]

    bert = made(wordpiece(), N.BertNormalizer(), P.BertPreTokenizer())
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [t for t in bert["model"]["vocab"] if t not in SPECIAL]
    with open("vocab.txt", "w") as f:
        f.write("".join(t + "\n" for t in vocab))
    t = Tokenizer(M.WordPiece({t: i for i, t in enumerate(vocab)}, unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer = N.BertNormalizer(), P.BertPreTokenizer()
    t.post_processor = X.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    t.add_special_tokens(vocab[:5])
    sources["vocab_txt"] = [t.encode(text).ids for text in TEXTS]
    with open("sources.json", "w") as f:
        f.write(json.dumps(sources, ensure_ascii=False, separators=(",", ":")))


main()
