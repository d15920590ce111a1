"""Tokenizers and text to measure with, of the sizes and layouts that models are published in.

The text: the standard library of Python and the translations of the programs that are installed (/usr/share/locale),
mixed by lines; so words, code and some 80 languages. A byte-level BPE, a BPE of pieces and a WordPiece vocabulary are
trained on it; smaller ones are their beginnings, so what training would have given. Unigram: the same pieces with
scores by Zipf's law.
"""

import gettext
import json
import math
import pathlib
import random
import sysconfig

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers as pre
from tokenizers import processors, trainers

CASES = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = CASES + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace("{1,3}", "")
GPT4O = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + CASES + "?|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + CASES + "?|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
DIGITS_GPT2 = "digits, then gpt2"
MARK = "▁"


def lines_of_text(size, seed=1):
    """Blocks of lines, `size` bytes or all there are; half of them code."""
    code = [p.read_text(errors="replace") for p in sorted(pathlib.Path(sysconfig.get_path("stdlib")).glob("*.py"))]
    words = []
    for path in sorted(pathlib.Path("/usr/share/locale").glob("*/LC_MESSAGES/*.mo")):
        try:
            with path.open("rb") as f:
                words.append("\n".join(str(v) for v in gettext.GNUTranslations(f)._catalog.values()))
        except Exception:  # a catalogue that Python cannot read
            pass
    r = random.Random(seed)
    blocks = []
    for kind, texts in (("code", code), ("words", words)):
        r.shuffle(texts)
        room = size // 2
        for text in texts:
            if room <= 0:
                break
            text = text[:room]
            room -= len(text.encode())
            blocks += [text[i : i + 1500] for i in range(0, len(text), 1500)]
    r.shuffle(blocks)
    return blocks


def reread(t):
    return json.loads(t.to_str())


def byte_level_base(blocks, size):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre.ByteLevel(add_prefix_space=False)
    t.train_from_iterator(
        blocks, trainers.BpeTrainer(vocab_size=size, show_progress=False, initial_alphabet=pre.ByteLevel.alphabet())
    )
    return reread(t)["model"]


def first_tokens(model, size):
    """The vocabulary that training would have stopped at."""
    vocab = {token: i for token, i in model["vocab"].items() if i < size}
    merges = [m for m in model["merges"] if "".join(m) in vocab]
    return vocab, merges


def byte_level(model, size, pattern):
    vocab, merges = first_tokens(model, size)
    t = Tokenizer(
        models.BPE(vocab=vocab, merges=[tuple(m) for m in merges], ignore_merges=pattern in (LLAMA3, GPT4O))
    )
    if pattern is None:
        t.pre_tokenizer = pre.ByteLevel(add_prefix_space=False)
    elif pattern == DIGITS_GPT2:
        t.pre_tokenizer = pre.Sequence([pre.Digits(individual_digits=True), pre.ByteLevel(add_prefix_space=False)])
    else:
        t.pre_tokenizer = pre.Sequence(
            [pre.Split(Regex(pattern), "isolated"), pre.ByteLevel(add_prefix_space=False, use_regex=False)]
        )
    if pattern == QWEN2:
        t.normalizer = normalizers.NFC()
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens(["<|begin|>", "<|end|>"] + [f"<|reserved_{i}|>" for i in range(250)])
    return t


def pieces_base(blocks, size):
    """Pieces in the order of their merges: the byte tokens, the characters, what they merge to."""
    fallback = [f"<0x{b:02X}>" for b in range(256)]
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.pre_tokenizer = pre.Metaspace(prepend_scheme="first")
    t.train_from_iterator(
        blocks,
        trainers.BpeTrainer(
            vocab_size=size,
            limit_alphabet=3000,
            show_progress=False,
            special_tokens=["<unk>", "<s>", "</s>"] + fallback,
        ),
    )
    vocab = reread(t)["model"]["vocab"]
    return sorted(vocab, key=vocab.get)


def piece_merges(pieces, n_reserved):
    """As transformers writes a SentencePiece model's: each cut of a piece whose halves are pieces."""
    ids = {p: i for i, p in enumerate(pieces) if i >= n_reserved}
    out = []
    for piece, i in ids.items():
        cuts = [(piece[:k], piece[k:]) for k in range(1, len(piece)) if piece[:k] in ids and piece[k:] in ids]
        out += sorted(cuts, key=lambda c: (ids[c[0]], ids[c[1]]))
    return out


def piece_bpe(pieces, size, prepend):
    pieces = pieces[:size]
    merges = piece_merges(pieces, 259)
    t = Tokenizer(
        models.BPE(
            vocab={p: i for i, p in enumerate(pieces)},
            merges=merges,
            unk_token="<unk>",
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    replace = normalizers.Replace(" ", MARK)
    t.normalizer = normalizers.Sequence([normalizers.Prepend(MARK), replace]) if prepend else replace
    if not prepend:
        t.pre_tokenizer = pre.Split(" ", "merged_with_previous")
    t.decoder = decoders.Sequence([decoders.Replace(MARK, " "), decoders.ByteFallback(), decoders.Fuse()])
    t.add_special_tokens(["<unk>", "<s>", "</s>"])
    if not prepend:  # as gemma has them, which are thousands
        t.add_tokens(["\n" * n for n in range(2, 32)] + [MARK * n for n in range(2, 32)])
        t.add_special_tokens([f"<unused{i}>" for i in range(6142)])
    return t


def zipf_scores(pieces):
    return [(p, 0.0 if i < 3 else -3.0 - 1.07 * math.log(i)) for i, p in enumerate(pieces)]


def charsmap():
    """nmt_nfkc's, from a SentencePiece model trained on a line."""
    import io

    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e f g"] * 9),
        model_writer=out,
        vocab_size=12,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
        hard_vocab_limit=False,
    )
    made = sentencepiece_model_pb2.ModelProto.FromString(out.getvalue())
    return made.normalizer_spec.precompiled_charsmap


def unigram(pieces, size, prepend_scheme="always"):
    pieces = ["<pad>", "</s>", "<unk>"] + [p for p in pieces if not p.startswith("<")][: size - 3]
    t = Tokenizer(models.Unigram(zipf_scores(pieces), 2, False))
    t.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(charsmap()), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    t.pre_tokenizer = pre.Metaspace(prepend_scheme=prepend_scheme)
    t.decoder = decoders.Metaspace()
    t.post_processor = processors.TemplateProcessing("$A </s>", special_tokens=[("</s>", 1)])
    t.add_special_tokens(["<pad>", "</s>", "<unk>"])
    return t


def wordpiece(blocks, size, cased):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=not cased)
    t.pre_tokenizer = pre.BertPreTokenizer()
    t.train_from_iterator(
        blocks,
        trainers.WordPieceTrainer(
            vocab_size=size,
            limit_alphabet=2000,
            show_progress=False,
            special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        ),
    )
    t.decoder = decoders.WordPiece()
    t.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return t


def write_gguf(path, t, pre_name):
    """The vocabulary alone, as llama.cpp's converter stores it."""
    import gguf

    data = reread(t)
    vocab = data["model"]["vocab"]
    tokens = sorted(vocab, key=vocab.get)
    added = [a["content"] for a in data["added_tokens"] if a["content"] not in vocab]
    w = gguf.GGUFWriter(str(path), "llama")
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre(pre_name)
    w.add_token_list(tokens + added)
    w.add_token_types([1] * len(tokens) + [3] * len(added))
    w.add_token_merges([" ".join(m) for m in data["model"]["merges"]])
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.close()


def write_piece_gguf(path, pieces, size):
    import gguf

    pieces = pieces[:size]
    w = gguf.GGUFWriter(str(path), "llama")
    w.add_tokenizer_model("llama")
    w.add_token_list(pieces)
    w.add_token_scores([0.0 if i < 259 else float(259 - i) for i in range(len(pieces))])
    w.add_token_types([2, 3, 3] + [6] * 256 + [1] * (len(pieces) - 259))
    w.add_unk_token_id(0)
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.close()


def make_all(folder, size=60 << 20):
    """Name of each file, and the kind whose target it has. Files that exist are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {
        "gpt2-50k.json": "bytes",
        "smollm-49k.json": "bytes",
        "llama3-128k.json": "bytes",
        "qwen2-151k.json": "bytes",
        "gpt4o-200k.json": "bytes",
        "llama2-32k.json": "pieces",
        "gemma3-262k.json": "pieces",
        "bert-30k.json": "wordpiece",
        "t5-32k.json": "unigram",
        "xlmr-250k.json": "unigram",
        "llama3-128k.gguf": "gguf",
        "qwen2-151k.gguf": "gguf",
        "gemma-262k.gguf": "gguf",
        "text.txt": "text",
    }
    if all((folder / name).exists() for name in kinds):
        return kinds
    blocks = lines_of_text(size)
    held, blocks = blocks[:8000], blocks[8000:]  # measured on what was not trained on
    text = "".join(held).encode()[: 10 << 20].decode(errors="ignore")
    (folder / "text.txt").write_text(text)
    base = byte_level_base(blocks, 200_000)
    for name, n, pattern in (
        ("gpt2-50k", 50_000, None),
        ("smollm-49k", 49_000, DIGITS_GPT2),
        ("llama3-128k", 128_000, LLAMA3),
        ("qwen2-151k", 151_000, QWEN2),
        ("gpt4o-200k", 200_000, GPT4O),
    ):
        t = byte_level(base, n, pattern)
        t.save(str(folder / f"{name}.json"))
        if name in ("llama3-128k", "qwen2-151k"):
            write_gguf(folder / f"{name}.gguf", t, {"llama3-128k": "llama-bpe", "qwen2-151k": "qwen2"}[name])
    pieces = pieces_base(blocks, 262_144)
    piece_bpe(pieces, 32_000, True).save(str(folder / "llama2-32k.json"))
    piece_bpe(pieces, 256_000, False).save(str(folder / "gemma3-262k.json"))
    write_piece_gguf(folder / "gemma-262k.gguf", pieces, 262_144)
    unigram(pieces, 32_000).save(str(folder / "t5-32k.json"))
    unigram(pieces, 250_000).save(str(folder / "xlmr-250k.json"))
    wordpiece(blocks, 30_522, False).save(str(folder / "bert-30k.json"))
    return kinds
