#!/usr/bin/env python3
"""Times a Llama of random BF16 weights in KerasHub: keras_llama.py CONFIG.json -p 512 -n 0.

CONFIG is the text of a config.json. Prints what `weft bench --json` prints; a prompt's time has the first token's in it.
Needs keras and keras-hub, and what KERAS_BACKEND names: jax (which compiles first), torch or tensorflow.
"""
import argparse
import json
import os
import time

import numpy as np


def main():
    p = argparse.ArgumentParser()
    p.add_argument("config")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("-p", type=int, default=512)
    p.add_argument("-n", type=int, default=32)
    a = p.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: a.threads])  # whatever the backend takes for its threads
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras_hub  # which reads that

    c = json.loads(a.config)
    backbone = keras_hub.models.LlamaBackbone(
        vocabulary_size=c["vocab_size"], num_layers=c["num_hidden_layers"], num_query_heads=c["num_attention_heads"],
        num_key_value_heads=c.get("num_key_value_heads", c["num_attention_heads"]), hidden_dim=c["hidden_size"],
        intermediate_dim=c["intermediate_size"], rope_max_wavelength=c.get("rope_theta", 10000.0),
        layer_norm_epsilon=c["rms_norm_eps"], tie_word_embeddings=c.get("tie_word_embeddings", False), dtype="bfloat16")
    model = keras_hub.models.LlamaCausalLM(backbone, preprocessor=None)
    model.compile(sampler="greedy")

    def generate(prompt, tokens):
        ids = np.random.default_rng(1).integers(3, c["vocab_size"], (1, prompt + tokens), dtype=np.int32)
        given = np.arange(prompt + tokens)[None] < prompt
        model.generate({"token_ids": ids, "padding_mask": given}, stop_token_ids=None)

    rows = []
    for test, tokens, run in (("pp", a.p, lambda: generate(a.p, 1)), ("tg", a.n, lambda: generate(1, a.n))):
        if tokens > 0:
            run()
            start = time.monotonic()
            run()
            rows.append({"test": f"{test}{tokens}", "tok_s": tokens / (time.monotonic() - start)})
    print(json.dumps(rows))


main()
