#!/usr/bin/env python3
"""Finds config keys that a model type's class in transformers does not read, and on which weft acts nevertheless.

python tests/differential/foreign_keys.py [TYPE...] [--weft build/release/bin/weft]

For each type a tiny model is made of one of its goldens' configs. Every key that another type's goldens have is then
added to its config. Where transformers computes the same as before, weft must do so too: what it refuses or computes
otherwise goes into `unread` of the family (weft/sdk/config.hpp). Needs torch, transformers, safetensors. Exits 1 if it
finds any.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

os.environ |= {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_OFFLINE": "1"}
import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors import safe_open  # noqa: E402
from transformers import AutoConfig, AutoModelForCausalLM  # noqa: E402
from transformers.utils import logging  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
IDS = [1, 5, 9, 3, 7, 11, 30, 22, 14, 40, 8, 2]
OF_ALL_TYPES = {"vocab_size", "model_type", "bos_token_id", "eos_token_id", "pad_token_id"}
# Read on purpose, as transformers 4 does: jamba's in some implementations of attention; of gemma3_text the spelling
# "type", which transformers 5 overlooks beside its own "rope_type": "default".
READ = {("jamba", "sliding_window"), ("gemma3_text", "rope_scaling")}


def configs():
    """Type -> configs of its goldens, those of quantised weights left out."""
    found = collections.defaultdict(list)
    goldens = [(p, json.loads(p.read_text()).get("config", {})) for p in sorted(ROOT.glob("models/*/golden/*.json"))]
    goldens += [(p, json.loads(p.read_text())) for p in sorted(ROOT.glob("tests/golden/*/*/config.json"))]
    for path, config in goldens:
        if "model_type" in config and "quantization_config" not in config and "others_keys" not in path.name:
            found[config["model_type"]].append(config)
    return found


class Model:
    def __init__(self, weft, folder, config):
        self.weft, self.folder, self.config = weft, folder, config
        self.write({})
        torch.manual_seed(0)
        loaded = AutoConfig.from_pretrained(folder)
        self.own = set(loaded.to_dict()) | set(loaded.attribute_map)
        model, draw = AutoModelForCausalLM.from_config(loaded), torch.Generator().manual_seed(1)
        with torch.no_grad():
            for p in model.parameters():
                noise = torch.randn(p.shape, generator=draw)
                p.copy_(noise * 1.2 / p.shape[-1] ** 0.5 if p.dim() > 1 else noise * 0.2 + p)
        model.save_pretrained(folder)
        self.write({})

    def write(self, more):
        (self.folder / "config.json").write_text(json.dumps(self.config | more))

    def theirs(self):
        """Logits, or the error."""
        try:
            model = AutoModelForCausalLM.from_pretrained(self.folder, dtype=torch.float32, attn_implementation="eager")
            with torch.no_grad():
                return model.eval()(torch.tensor([IDS])).logits[0].numpy()
        except Exception as e:  # whatever it raises
            return f"{type(e).__name__}: {e}".split("\n")[0]

    def ours(self):
        out = self.folder / "logits"
        command = [self.weft, "logits", str(self.folder), "--ids", ",".join(map(str, IDS)), "-o", str(out)]
        done = subprocess.run(command + ["--backend", "reference"], capture_output=True, text=True)
        if done.returncode:
            return done.stderr.strip().split("\n")[-1]
        with safe_open(out, "np") as f:
            return f.get_tensor("logits")

    def keys_that_weft_reads(self, keys):
        """A key of null value changes nothing, and those that nobody reads are noted."""
        self.write({k: None for k in keys})
        done = subprocess.run([self.weft, "inspect", str(self.folder), "--json"], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{self.config['model_type']}: {done.stderr}")
        return set(keys) - set(re.findall(r"ignored: (\w+)", " ".join(json.loads(done.stdout).get("notes", []))))


def equal(a, b):
    if isinstance(a, str) or isinstance(b, str) or a.shape != b.shape:
        return False
    return abs(a - b).max() < 1e-3 * b.std()


def check(model, values):
    """How many values of keys of other types weft acts on, though transformers does not."""
    expected, wrong = model.theirs(), 0
    if not equal(model.ours(), expected):
        sys.exit(f"{model.config['model_type']}: not equal even without keys of other types: {model.ours()}")
    others = [k for k in values if k not in model.config and k not in model.own]
    others = [k for k in others if (model.config["model_type"], k) not in READ]
    for key in sorted(model.keys_that_weft_reads(others)):
        for value in sorted(values[key]):
            model.write({key: json.loads(value)})
            got = model.ours()
            if not equal(got, expected) and equal(model.theirs(), expected):
                wrong += 1
                print(f"{model.config['model_type']}: {key} {value[:60]}: {got if isinstance(got, str) else 'acts'}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("types", nargs="*")
    parser.add_argument("--weft", default=str(ROOT / "build/release/bin/weft"))
    args = parser.parse_args()
    logging.disable_progress_bar()
    found, values, wrong = configs(), collections.defaultdict(set), 0
    for config in sum(found.values(), []):
        for key in config.keys() - OF_ALL_TYPES:
            values[key].add(json.dumps(config[key]))
    for name in args.types or sorted(found):
        with tempfile.TemporaryDirectory() as folder:
            try:
                model = Model(args.weft, pathlib.Path(folder), found[name][0])
            except ValueError as e:
                print(f"{name}: left out: {str(e)[:80]}")  # not a causal language model
                continue
            different = check(model, values)
            wrong += different
            print(f"{name}: {different} values of keys of other types act", flush=True)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
