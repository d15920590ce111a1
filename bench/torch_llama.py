#!/usr/bin/env python3
"""Times a Llama of random BF16 weights in transformers: torch_llama.py CONFIG.json -p 512 -n 0.

CONFIG is the text of a config.json. Prints what `weft bench --json` prints. Needs torch and transformers.
"""
import argparse
import json
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM


def timed(run):
    start = time.monotonic()
    run()
    return time.monotonic() - start


def main():
    p = argparse.ArgumentParser()
    p.add_argument("config")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("-p", type=int, default=512)
    p.add_argument("-n", type=int, default=32)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.set_default_dtype(torch.bfloat16)
    config = LlamaConfig(**json.loads(a.config))
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    # Rope's frequencies are no parameters, and are made again for real.
    model.to_empty(device="cpu")
    model.model.rotary_emb = type(model.model.rotary_emb)(config=config)
    rows = []
    with torch.inference_mode():
        for parameter in model.parameters():
            parameter.uniform_(-0.035, 0.035)  # a standard deviation of 0.02
        model.tie_weights()
        model.eval()

        def prefill():
            model(torch.randint(config.vocab_size, (1, a.p)), logits_to_keep=1)

        def decode():
            cache, ids = None, torch.randint(config.vocab_size, (1, 1))
            for _ in range(a.n):
                cache = model(ids, past_key_values=cache, use_cache=True).past_key_values

        for test, tokens, run in (("pp", a.p, prefill), ("tg", a.n, decode)):
            if tokens > 0:
                run()
                rows.append({"test": f"{test}{tokens}", "tok_s": tokens / timed(run)})
    print(json.dumps(rows))


main()
