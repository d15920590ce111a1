"""Writes numbered.json: the ids and texts that MarianTokenizer of transformers (5.24) makes with the pieces of unigram.model
numbered by a vocabulary of its own, which lacks some of them. Run: python generate_marian.py, in this folder.
"""
import json
import pathlib
import shutil
import tempfile

import sentencepiece
from transformers import MarianTokenizer

HERE = pathlib.Path(__file__).resolve().parent
TEXTS = ["", " ", "Hello, World!", "the quick brown fox", "  a  b   c ", ">>fra<< the lazy dog", ">>fra<<isn't it", "1234567 3.14", "Größe naïve café",
         "你好，世界 こんにちは", "x</s> y <pad>z", "▁a ▁▁b_c", "🙂 fox 🙂🙂"]

model = sentencepiece.SentencePieceProcessor(model_file=str(HERE / "unigram.model"))
pieces = [model.id_to_piece(i) for i in range(model.get_piece_size()) if not model.is_byte(i)]
normal = sorted((p for p in pieces if p not in ("<unk>", "<s>", "</s>")), key=lambda p: (len(p) * 7919 + sum(map(ord, p))) % 997)
vocab = {p: i for i, p in enumerate(["</s>", "<unk>", *normal[:len(normal) * 4 // 5], ">>fra<<", "▁niemals", "<pad>"])}
with tempfile.TemporaryDirectory() as folder:
    for name in ("source.spm", "target.spm"):
        shutil.copy(HERE / "unigram.model", pathlib.Path(folder) / name)
    (pathlib.Path(folder) / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False))
    t = MarianTokenizer.from_pretrained(folder)
    rows = [[text, ids := t(text)["input_ids"], t.decode(ids, skip_special_tokens=True)] for text in TEXTS]
    assert sum(vocab["<unk>"] in ids for _, ids, _ in rows) > 5
(HERE / "numbered.json").write_text(json.dumps({"vocab": vocab, "rows": rows}, ensure_ascii=False, separators=(",", ":")) + "\n")
