#!/usr/bin/env python3
"""Makes generation.json: what transformers generates greedily from families' goldens when a generation config forces and
forbids tokens.

A row holds the name of a golden, the generation config, how many tokens were asked for, and those that came, without the
one that ends them.
"""
import json
import pathlib

import torch
from transformers import GenerationConfig

from families import folder_of, load
from families_cases import CASES

OUT = pathlib.Path(__file__).resolve().parent / "generation.json"
STOP = {"eos_token_id": 2, "pad_token_id": 1}
ROWS = [("bart.v4", 12, {}), ("bart.v4", 12, {"forced_bos_token_id": 7}), ("bart.v4", 9, {"forced_eos_token_id": 2, "min_length": 4}),
        ("bart.v4", 12, {"no_repeat_ngram_size": 2}), ("bart.v4", 12, {"no_repeat_ngram_size": 1, "encoder_no_repeat_ngram_size": 1}),
        ("mbart.v4", 12, {"forced_bos_token_id": 9, "begin_suppress_tokens": [26, 3], "suppress_tokens": [21]}),
        ("marian.v4", 12, {"bad_words_ids": [[1]], "no_repeat_ngram_size": 3}), ("m2m_100.v4", 12, {"forced_bos_token_id": 30, "encoder_no_repeat_ngram_size": 2, "min_new_tokens": 6}),
        ("blenderbot.v4", 12, {"encoder_no_repeat_ngram_size": 3, "no_repeat_ngram_size": 2, "repetition_penalty": 1.5}), ("qwen2.v4", 10, {"no_repeat_ngram_size": 1, "suppress_tokens": [4, 5]})]


def tokens_of(model, golden, most, config):
    config = GenerationConfig(do_sample=False, num_beams=1, max_new_tokens=most, **STOP, **config,
                              decoder_start_token_id=golden["config"].get("decoder_start_token_id"))
    given = torch.tensor([golden.get("encoder_ids", golden["ids"])])
    out = model.generate(given, attention_mask=torch.ones_like(given), generation_config=config)[0].tolist()
    out = out[1 if "encoder_ids" in golden else given.shape[1]:]
    return out[:out.index(2)] if 2 in out else out


rows = []
for name, most, config in ROWS:
    golden = json.loads((folder_of(name.split(".")[0]) / f"{name}.json").read_text())
    model = load(CASES[name], golden["config"], golden["tensors"], golden["seed"])
    # What was saved with the model counts for nothing here.
    model.generation_config = GenerationConfig()
    plain, ids = tokens_of(model, golden, most, {}), tokens_of(model, golden, most, config)
    assert not config or ids != plain, f"{name}: {config} changes nothing"
    print(name, config, ids)
    rows.append({"golden": name, "generation_config": STOP | {"do_sample": False} | config, "max_tokens": most, "ids": ids})
OUT.write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
