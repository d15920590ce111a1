#!/usr/bin/env python3
"""Records what `tokenizers` makes of one text and of two, cut to a number of tokens and in windows.

Usage: generate_pairs.py      (see README.md)

Writes pairs.json: texts; and of each tokenizer its tokenizer.json or the older files of a folder, and rows [indices of
the texts, whether special tokens are added, [most tokens, strategy, side, whether there are windows, stride], windows].
A window has ids, type ids, the text that each token is from, offsets in characters, and words; null where a token has
none. A row whose last entry is null is one that tokenizers refuses. Types are null in windows after the first, unless
the tokenizer is BERT's: tokenizers sets those of the first window alone. Without a post-processor it does not know what
later windows are made of; such rows are left out.
"""
import json
import pathlib
import tempfile

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers as pre, processors, trainers
from transformers import AutoTokenizer

CORPUS = [
    "A harbour town wakes early: the boats leave before five, and the market opens when they return.",
    "Who opens the market? It's the harbour's oldest family, isn't it?",
    "Größe, naïve café; Ελληνικά, Привет! 你好，世界。 🙂 In 1999 and 2024.",
] * 3
TEXTS = [
    "Who opens the market?", "A harbour town wakes early: the boats leave before five, and the market opens.", "",
    "  Größe naïve 🙂🙂 café,  你好，世界。 ", "[SEP] or </s>\n\tthe boats' boats", "early",
]
PAIRS = [[0, 1], [1, 0], [3, 3], [4, 1], [2, 1], [1, 2], [2, 2], [5, 3], [3]]
CUTS = [(0, "longest_first", "right", False, 0)]
CUTS += [(n, "longest_first", side, False, 0) for n in (6, 7, 9, 13) for side in ("right", "left")]
CUTS += [(n, "only_second", side, True, stride) for n, stride in ((12, 0), (16, 3), (24, 6)) for side in ("right", "left")]
CUTS += [(n, "only_first", "right", windows, stride) for n, windows, stride in ((12, False, 0), (16, True, 3))]
CUTS += [(14, "only_first", "left", True, 5)]
FEW_PAIRS = [[1, 0], [3, 4], [2, 1], [3]]
FEW_CUTS = [CUTS[i] for i in (0, 1, 6, 10, 13, -1)]


def bert():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer, t.decoder = normalizers.BertNormalizer(), pre.BertPreTokenizer(), decoders.WordPiece()
    t.train_from_iterator(CORPUS, trainers.WordPieceTrainer(
        vocab_size=130, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False, limit_alphabet=70))
    return t


def byte_level():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer, t.decoder = pre.ByteLevel(add_prefix_space=True), decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=320, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"], show_progress=False, initial_alphabet=pre.ByteLevel.alphabet()))
    return t


def unigram():
    t = Tokenizer(models.Unigram())
    t.normalizer, t.pre_tokenizer, t.decoder = normalizers.NFKC(), pre.Metaspace(), decoders.Metaspace()
    t.train_from_iterator(CORPUS, trainers.UnigramTrainer(
        vocab_size=130, special_tokens=["<unk>", "<s>", "</s>", "<cls>", "<sep>"], unk_token="<unk>", show_progress=False))
    return t


def template(t, single, pair):
    names = {p.split(":")[0] for p in pair.split() if not p.startswith("$")}
    return processors.TemplateProcessing(single=single, pair=pair, special_tokens=[(n, t.token_to_id(n)) for n in sorted(names)])


def pair_of(t, name):
    return (name, t.token_to_id(name))


def tokenizers():
    made = {}

    def add(name, t, post):
        t.post_processor = post(t)
        made[name] = t

    bert_template = ("[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1")
    add("bert template", bert(), lambda t: template(t, *bert_template))
    add("bert processing", bert(), lambda t: processors.BertProcessing(pair_of(t, "[SEP]"), pair_of(t, "[CLS]")))
    add("roberta", byte_level(), lambda t: processors.RobertaProcessing(pair_of(t, "</s>"), pair_of(t, "<s>"), trim_offsets=True, add_prefix_space=True))
    add("byte level and template", byte_level(), lambda t: processors.Sequence([
        processors.ByteLevel(trim_offsets=True), template(t, "<s> $A </s>", "<s> $A </s> </s> $B </s>")]))
    add("xlnet", unigram(), lambda t: template(t, "$A:0 <sep>:0 <cls>:2", "$A:0 <sep>:0 $B:1 <sep>:1 <cls>:2"))
    add("second text first", unigram(), lambda t: template(t, "<s> $A", "<s>:1 $B:1 </s>:0 $A:0"))
    made["none"] = bert()
    return made


def legacy():
    """Folders without a tokenizer.json."""
    words = [t for t, _ in sorted(bert().get_vocab().items(), key=lambda x: x[1])]
    model = json.loads(byte_level().to_str())["model"]
    merges = "#version: 0.2\n" + "".join(" ".join(m) + "\n" for m in model["merges"])
    return {
        "BertTokenizer": {"vocab.txt": "\n".join(words) + "\n", "tokenizer_config.json": json.dumps({"tokenizer_class": "BertTokenizer"})},
        "RobertaTokenizer": {"vocab.json": json.dumps(model["vocab"]), "merges.txt": merges,
                             "tokenizer_config.json": json.dumps({
            "tokenizer_class": "RobertaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>",
            "unk_token": "<unk>", "pad_token": "<pad>"})},
    }


def window(e, typed):
    return [e.ids, e.type_ids if typed else None, e.sequence_ids, [list(o) for o in e.offsets], e.word_ids]


def rows_of(name, t, pairs, cuts):
    rows = []
    for special in (True, False):
        for pair in pairs:
            for most, strategy, side, windows, stride in cuts if special else cuts[:4]:
                if len(pair) == 1 and strategy == "only_second" or name == "none" and windows:
                    continue
                t.no_truncation()
                if most:
                    t.enable_truncation(most, stride=stride, strategy=strategy, direction=side)
                try:
                    e = t.encode(*[TEXTS[i] for i in pair], add_special_tokens=special)
                    found = [window(w, i == 0 or name.startswith("bert ")) for i, w in enumerate([e] + e.overflowing if windows else [e])]
                except BaseException:  # a panic of Rust is no Exception
                    found = None
                rows.append([pair, special, [most, strategy, side, windows, stride], found])
    t.no_truncation()
    return rows


def main():
    out = []
    for name, t in tokenizers().items():
        rows = rows_of(name, t, FEW_PAIRS, FEW_CUTS) if out else rows_of(name, t, PAIRS, CUTS)
        out.append({"name": name, "tokenizer": json.loads(t.to_str()), "rows": rows})
    for name, files in legacy().items():
        with tempfile.TemporaryDirectory() as folder:
            for file, text in files.items():
                (pathlib.Path(folder) / file).write_text(text)
            t = AutoTokenizer.from_pretrained(folder).backend_tokenizer
            out.append({"name": name, "files": files, "rows": rows_of(name, t, FEW_PAIRS[:2], CUTS[:2])})
    lines = ["{\"texts\":" + json.dumps(TEXTS, ensure_ascii=False) + ",\"tokenizers\":["]
    for i, case in enumerate(out):
        rows = case.pop("rows")
        head = json.dumps(case, ensure_ascii=False, separators=(",", ":"))[:-1]
        lines.append(head + ",\"rows\":[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows) + "]}" + ("," if i + 1 < len(out) else ""))
    lines.append("]}")
    (pathlib.Path(__file__).resolve().parent / "pairs.json").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
