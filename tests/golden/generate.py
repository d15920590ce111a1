#!/usr/bin/env python3
"""Makes the tiny random checkpoints of tests/golden and what transformers computes from them.

Usage: generate.py [CASE...]      (no case: all of them; see README.md)

Every case is a pure function of this file: weights and prompts come from seeded generators. A seed is
bumped until the greedy continuation is unambiguous (see `acceptable`), and where a case names a part of the
config that must matter (`bites`), until changing that part changes the logits visibly.
"""
import copy
import json
import pathlib
import shutil
import sys
import warnings

import gguf
import numpy as np
import torch
import transformers
from safetensors.numpy import save_file as save_numpy
from safetensors.torch import save_file as save_torch
from transformers import AutoConfig, AutoModelForCausalLM

ROOT = pathlib.Path(__file__).resolve().parent
PROMPT, STEPS = 37, 12
MARGIN = 1e-2  # least gap between the two best logits of a greedy step, in standard deviations
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}

warnings.filterwarnings("ignore", category=FutureWarning)
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()


# --- configs -----------------------------------------------------------------------------------------------

def common(family, **over):
    config = {
        "architectures": [{"llama": "LlamaForCausalLM", "mistral": "MistralForCausalLM"}[family]],
        "attention_dropout": 0.0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "hidden_act": "silu",
        "hidden_size": 32,
        "initializer_range": 0.02,
        "intermediate_size": 40,
        "max_position_embeddings": 128,
        "model_type": family,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": False,
        "use_cache": True,
        "vocab_size": 96,
    }
    if family == "llama":
        config |= {"attention_bias": False, "mlp_bias": False, "pretraining_tp": 1}
    return config | over


def v4(family, dtype, theta=10000.0, scaling=None, **over):
    """config.json as transformers 4 writes it."""
    config = common(family, **over) | {
        "rope_theta": theta, "torch_dtype": dtype, "transformers_version": "4.46.3"}
    if family == "llama":
        config["rope_scaling"] = scaling
    return dict(sorted(config.items()))


def v5(family, dtype, theta=10000.0, scaling=None, **over):
    """config.json as transformers 5 writes it."""
    config = common(family, **over)
    rope = {"rope_type": "default"} | (scaling or {}) | {"rope_theta": theta}
    config |= {"rope_parameters": rope, "dtype": dtype, "transformers_version": "5.0.0"}
    config.setdefault("head_dim", config["hidden_size"] // config["num_attention_heads"])
    return dict(sorted(config.items()))


def without(config, *keys):
    return {k: v for k, v in config.items() if k not in keys}


def no_scaling(config):
    config = copy.deepcopy(config)
    if config.get("rope_parameters"):
        theta = config["rope_parameters"]["rope_theta"]
        config["rope_parameters"] = {"rope_type": "default", "rope_theta": theta}
    else:
        config["rope_scaling"] = None
    return config


def set_to(**values):
    return lambda config: copy.deepcopy(config) | values


LLAMA3 = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 32, "rope_type": "llama3"}
SMALL = {"intermediate_size": 32, "tie_word_embeddings": True}


class Case:
    def __init__(self, config, seed, shards=1, bites=None, short=0):
        self.config, self.seed, self.shards = config, seed, shards
        self.bites = bites  # config -> config whose logits must differ visibly
        self.short = short  # also store logits of the first `short` ids on their own


CASES = {
    # The first published llama configs have neither rope_theta nor num_key_value_heads.
    "llama/llama1": Case(
        without(v4("llama", "float32", num_key_value_heads=4, rms_norm_eps=1e-6),
                "rope_theta", "rope_scaling", "num_key_value_heads", "attention_bias", "attention_dropout",
                "mlp_bias", "pretraining_tp"), 1000),
    "llama/llama2_gqa_f16": Case(v4("llama", "float16"), 2000),
    "llama/llama3_bf16": Case(v4("llama", "bfloat16", theta=500000.0, num_hidden_layers=3, intermediate_size=32,
                                 eos_token_id=[2, 3]), 3000),
    # theta 500 and 32 positions put one frequency into each branch: kept, blended, divided (twice).
    "llama/llama31_rope": Case(v4("llama", "bfloat16", 500.0, LLAMA3, **SMALL), 4000, bites=no_scaling),
    "llama/llama31_rope_v5": Case(v5("llama", "bfloat16", 500.0, LLAMA3, **SMALL), 4000, bites=no_scaling),
    "llama/llama_linear": Case(v4("llama", "float16", scaling={"type": "linear", "factor": 2.5}, **SMALL), 5000,
                               bites=no_scaling),
    "llama/llama_dynamic": Case(v4("llama", "float16", theta=100.0, scaling={"type": "dynamic", "factor": 4.0},
                                   max_position_embeddings=24, **SMALL), 6000, bites=no_scaling, short=12),
    # theta 100 spreads the ramp over all four frequencies: 0, 1/3, 2/3, 1.
    "llama/llama_yarn": Case(v4("llama", "float16", theta=100.0, scaling={
        "rope_type": "yarn", "factor": 4.0, "beta_fast": 8.0, "beta_slow": 1.0,
        "original_max_position_embeddings": 64}, max_position_embeddings=256, **SMALL), 7000, bites=no_scaling),
    "llama/llama_longrope": Case(v4("llama", "float16", theta=500.0, scaling={
        "rope_type": "longrope", "factor": 4.0, "original_max_position_embeddings": 16,
        "short_factor": [1.0, 1.1, 1.3, 1.6], "long_factor": [1.2, 2.0, 3.5, 5.0]}, max_position_embeddings=64,
        **SMALL), 8000, bites=no_scaling, short=12),
    "llama/llama_biases": Case(v4("llama", "float16", attention_bias=True, mlp_bias=True), 9000),
    "llama/llama_head_dim": Case(v4("llama", "float16", head_dim=12), 10000),
    "llama/llama_tied_sharded": Case(v4("llama", "bfloat16", tie_word_embeddings=True), 11000, shards=3),
    "mistral/mistral_window": Case(v4("mistral", "float16", sliding_window=8), 12000,
                                   bites=set_to(sliding_window=None)),
    "mistral/mistral_nowindow": Case(v5("mistral", "float16", sliding_window=None), 13000,
                                     bites=set_to(sliding_window=8)),
    "mistral/mistral_head_dim_bf16": Case(v4("mistral", "bfloat16", head_dim=16, sliding_window=64,
                                             intermediate_size=32), 14000),
}


# --- weights and what is computed from them ----------------------------------------------------------------

def model_of(config, weights=None):
    """A model in f32 from a config.json's object, through the same path as a load from disk."""
    kind = config["model_type"]
    loaded = AutoConfig.for_model(kind, **without(copy.deepcopy(config), "model_type", "torch_dtype", "dtype"))
    model = AutoModelForCausalLM.from_config(loaded, dtype=torch.float32, attn_implementation="eager").eval()
    if weights is not None:
        state = {k: v.to(torch.float32) for k, v in weights.items()}
        missing, unexpected = model.load_state_dict(state, strict=False)
        tied = ["lm_head.weight"] if config["tie_word_embeddings"] else []
        assert missing in ([], tied) and not unexpected, (missing, unexpected)
        model.tie_weights()
    return model


def random_weights(config, seed, dtype):
    g = torch.Generator().manual_seed(seed)
    weights = {}
    for name, p in model_of(config).named_parameters():
        noise = torch.randn(p.shape, generator=g)
        if "norm" in name:
            value = 1.0 + 0.2 * noise
        elif name.endswith(".bias"):
            value = 0.2 * noise
        elif "embed_tokens" in name:
            value = 0.5 * noise
        elif "q_proj" in name or "k_proj" in name:
            value = 0.25 * noise  # enough for attention that looks somewhere
        else:
            value = 0.2 * noise
        weights[name] = value.to(dtype).contiguous()
    return weights


def random_ids(seed, vocab):
    ids = np.random.default_rng(seed).integers(3, vocab, PROMPT).astype(np.int32)
    ids[0] = 1
    return ids


@torch.no_grad()
def logits_of(model, ids):
    return model(torch.tensor(ids, dtype=torch.int64)[None], use_cache=False).logits[0].float().numpy()


def greedy_full(model, ids):
    """Each step runs the whole sequence afresh. Returns tokens and the least margin in deviations."""
    seq, least = [int(i) for i in ids], np.inf
    for _ in range(STEPS):
        last = logits_of(model, seq)[-1]
        top = np.sort(last)[-2:]
        least = min(least, (top[1] - top[0]) / last.std())
        seq.append(int(last.argmax()))
    return seq[len(ids):], least


@torch.no_grad()
def greedy_cached(model, ids):
    out = model(torch.tensor(ids, dtype=torch.int64)[None], use_cache=True)
    tokens = []
    for _ in range(STEPS):
        tokens.append(int(out.logits[0, -1].argmax()))
        out = model(torch.tensor([[tokens[-1]]]), past_key_values=out.past_key_values, use_cache=True)
    return tokens


def deviation(a, b):
    return float(np.abs(a.astype(np.float64) - b).max() / b.std())


def acceptable(greedy, cached, least):
    """No near-tie, no loop, no special token; the same with and without a cache."""
    return least > MARGIN and len(set(greedy)) >= 7 and not set(greedy) & {0, 1, 2, 3} and greedy == cached


def solve(config, seed, weights_of, bites=None):
    """weights_of(seed) -> stored weights, as torch tensors by their name in transformers."""
    for seed in range(seed, seed + 200):
        weights = weights_of(seed)
        model = model_of(config, weights)
        ids = random_ids(seed, config["vocab_size"])
        greedy, least = greedy_full(model, ids)
        # Models made afresh: dynamic rope leaves the frequencies of its longest run behind.
        if not acceptable(greedy, greedy_cached(model_of(config, weights), ids), least):
            continue
        model = model_of(config, weights)
        logits = logits_of(model, ids)
        assert np.isfinite(logits).all()
        effect = deviation(logits_of(model_of(bites(config), weights), ids), logits) if bites else None
        if effect is not None and effect < 0.1:
            continue
        golden = {"ids": ids, "logits": logits, "greedy": np.array(greedy, np.int32)}
        exact = deviation(logits, logits_of(model.double(), ids))  # rotary tables stay f32 in transformers
        note = f"seed {seed} margin {least:.3f} std {logits.std():.2f} f32-f64 {exact:.1e}"
        return weights, golden, note + (f" bites {effect:.2f}" if effect is not None else "")
    raise SystemExit("no acceptable seed")


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


def write_weights(folder, weights, shards):
    if shards == 1:
        save_torch(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return
    total = sum(w.nbytes for w in weights.values())
    parts, used = [{} for _ in range(shards)], 0
    for name, w in weights.items():
        parts[min(shards - 1, used * shards // total)][name] = w
        used += w.nbytes
    where = {}
    for k, part in enumerate(parts, 1):
        file = f"model-{k:05}-of-{shards:05}.safetensors"
        save_torch(part, folder / file, metadata={"format": "pt"})
        where |= {name: file for name in part}
    write_json(folder / "model.safetensors.index.json",
               {"metadata": {"total_size": total}, "weight_map": dict(sorted(where.items()))})


def fresh(name):
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def report(name, note):
    size = sum(f.stat().st_size for f in (ROOT / name).iterdir())
    print(f"{name:32} {size:7} bytes  {note}", flush=True)


def make_checkpoint(name, case):
    config = case.config
    dtype = DTYPES[config.get("dtype") or config["torch_dtype"]]
    weights, golden, note = solve(config, case.seed, lambda s: random_weights(config, s, dtype), case.bites)
    if case.short:
        golden["short_logits"] = logits_of(model_of(config, weights), golden["ids"][:case.short])
    folder = fresh(name)
    write_json(folder / "config.json", config)
    write_json(folder / "generation_config.json", {
        "_from_model_config": True, "bos_token_id": 1, "eos_token_id": config["eos_token_id"],
        "transformers_version": config["transformers_version"]})
    write_weights(folder, weights, case.shards)
    save_numpy(golden, folder / "golden.safetensors")

    # What is on disk, read back by transformers alone, gives the same.
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    assert deviation(logits_of(model, golden["ids"]), golden["logits"]) < 1e-6, name
    report(name, note)


# --- GGUF --------------------------------------------------------------------------------------------------

MERGES = [pair.split(" ") for pair in (
    "Ġ t|h e|Ġt he|i n|Ġ a|e r|o n|r e|Ġ s|a t|e n|Ġ w|o r|n d|Ġa nd|Ġ c|i s|Ġ o|Ġo f|in g|e s|l l|l o|H e|"
    "He ll|Hell o|Ġw or|Ġwor l|Ġworl d").split("|")]
TEMPLATE = ("{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
            "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
            "{% endif %}")
TEXTS = ["Hello world", " the cat and the hat", "12 345, it is 6.7!", "don't  stop\n\nit's", "a\n b",
         "<|im_start|>user\nHello<|im_end|>\n", "", " ", "   trailing  "]


def byte_alphabet():
    """GPT-2's reversible map from bytes to printable characters, in the order of the bytes."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(b) if b in keep else chr(next(spare)) for b in range(256)]


def vocabulary(whole):
    """Special tokens, bytes (all, or the ASCII ones that text is made of), one token for each merge."""
    alphabet = byte_alphabet()
    letters = alphabet if whole else [alphabet[b] for b in (10, *range(32, 127))]
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    return special + letters + [a + b for a, b in MERGES], len(special)


def tokenizer_cases(tokens, special):
    """Ids that Hugging Face's tokenizers gives for TEXTS with this vocabulary and SmolLM's pre-tokenizer."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    t = Tokenizer(models.BPE({s: i for i, s in enumerate(tokens)}, [tuple(m) for m in MERGES]))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens([AddedToken(s, special=True) for s in tokens[:special]])
    return [{"text": s, "ids": t.encode(s).ids} for s in TEXTS]


def permute(w, heads):
    """Rows of q and k as llama.cpp's converter orders them: pairs next to each other."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def unpermute(w, heads):
    return w.reshape(heads, w.shape[0] // heads // 2, 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


GGUF_NAMES = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
              "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
              "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
              "mlp.down_proj": "ffn_down"}


def gguf_name(name):
    whole = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
             "lm_head.weight": "output.weight"}
    if name in whole:
        return whole[name]
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{GGUF_NAMES[rest.removesuffix('.weight')]}.weight"


def rope_factors(scaling, theta, head_dim):
    """What llama.cpp's converter stores as rope_freqs.weight for llama3 scaling: each frequency is divided by it."""
    out = []
    for i in range(0, head_dim, 2):
        wavelength = 2 * np.pi * theta ** (i / head_dim)
        original, factor = scaling["original_max_position_embeddings"], scaling["factor"]
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        if wavelength < original / high:
            out.append(1.0)
        elif wavelength > original / low:
            out.append(factor)
        else:
            smooth = (original / wavelength - low) / (high - low)
            out.append(1 / ((1 - smooth) / factor + smooth))
    return np.array(out, np.float32)


def add_rope_scaling(w, scaling, theta, head_dim):
    if scaling["rope_type"] == "llama3":
        w.add_tensor("rope_freqs.weight", rope_factors(scaling, theta, head_dim))
        return
    w.add_rope_scaling_type(gguf.RopeScalingType(scaling["rope_type"]))
    w.add_rope_scaling_factor(scaling["factor"])
    if "original_max_position_embeddings" in scaling:
        w.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])


def make_gguf(name, qtype, whole, config, seed):
    tokens, special = vocabulary(whole)
    config = config | {"vocab_size": len(tokens)}
    heads, kv = config["num_attention_heads"], config["num_key_value_heads"]
    head_dim = config.get("head_dim") or config["hidden_size"] // heads

    def stored(seed):
        """name -> (array as the file holds it, its type, f32 values in transformers' order)"""
        out = {}
        for n, w in random_weights(config, seed, torch.float32).items():
            n_head = heads if ".q_proj" in n else kv if ".k_proj" in n else 0
            w = w.numpy()
            w = permute(w, n_head) if n_head else w
            kind = qtype if w.ndim == 2 else gguf.GGMLQuantizationType.F32
            raw = gguf.quants.quantize(np.ascontiguousarray(w), kind)
            values = gguf.quants.dequantize(raw, kind)
            out[n] = raw, kind, unpermute(values, n_head) if n_head else values
        return out

    def values_of(seed):
        return {n: torch.from_numpy(v.copy()) for n, (_, _, v) in stored(seed).items()}

    _, golden, note = solve(config, seed, values_of)
    folder = fresh(name)
    w = gguf.GGUFWriter(folder / "model.gguf", "llama")
    w.add_name(name.split("/")[-1])
    w.add_context_length(config["max_position_embeddings"])
    w.add_embedding_length(config["hidden_size"])
    w.add_block_count(config["num_hidden_layers"])
    w.add_feed_forward_length(config["intermediate_size"])
    w.add_head_count(heads)
    w.add_head_count_kv(kv)
    if "head_dim" in config:
        w.add_key_length(head_dim)
        w.add_value_length(head_dim)
    w.add_layer_norm_rms_eps(config["rms_norm_eps"])
    w.add_rope_dimension_count(head_dim)
    w.add_rope_freq_base(config["rope_theta"])
    w.add_vocab_size(len(tokens))
    w.add_file_type(0 if qtype == gguf.GGMLQuantizationType.F32 else 7)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("smollm")
    w.add_token_list(tokens)
    w.add_token_types([3] * special + [1] * (len(tokens) - special))
    w.add_token_merges([" ".join(m) for m in MERGES])
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_add_bos_token(False)
    w.add_add_space_prefix(False)
    w.add_chat_template(TEMPLATE)
    if config.get("rope_scaling"):
        add_rope_scaling(w, config["rope_scaling"], config["rope_theta"], head_dim)
    seed = int(note.split()[1])
    for n, (raw, kind, _) in stored(seed).items():
        w.add_tensor(gguf_name(n), raw, raw_dtype=kind)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    save_numpy(golden, folder / "golden.safetensors")
    write_json(folder / "tokenizer_cases.json", tokenizer_cases(tokens, special))
    report(name, note)


# --- block dtypes ------------------------------------------------------------------------------------------

HALVES = {  # offsets of the half-precision fields within a block
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0], "MXFP4": []}


def make_dtypes(name, rows=2, columns=512):
    rng = np.random.default_rng(15000)
    out = {}
    for key, offsets in HALVES.items():
        kind = gguf.GGMLQuantizationType[key]
        block, size = gguf.GGML_QUANT_SIZES[kind]
        count = rows * columns // block
        raw = rng.integers(0, 256, (count, size), np.uint8)
        for at in offsets:
            sign = rng.choice([-1.0, 1.0], count)
            half = (sign * rng.uniform(0.002, 0.2, count)).astype(np.float16)
            raw[:, at:at + 2] = half.view(np.uint8).reshape(count, 2)
        if key == "MXFP4":
            raw[:, 0] = rng.integers(118, 134, count)  # exponents of two, biased by 127
        raw = raw.reshape(rows, -1)
        values = gguf.quants.dequantize(raw, kind)
        assert values.shape == (rows, columns) and values.dtype == np.float32 and np.isfinite(values).all()
        out[f"{key}.raw"], out[f"{key}.values"] = raw, values
    save_numpy(out, fresh(name) / "dtypes.safetensors")
    report(name, f"{len(HALVES)} types")


def main():
    jobs = {name: (lambda n=name, c=case: make_checkpoint(n, c)) for name, case in CASES.items()}
    plain = v4("llama", "float32", **{"intermediate_size": 32})
    jobs["llama/gguf_f32"] = lambda: make_gguf(
        "llama/gguf_f32", gguf.GGMLQuantizationType.F32, False, plain, 16000)
    jobs["llama/gguf_q8_0"] = lambda: make_gguf(
        "llama/gguf_q8_0", gguf.GGMLQuantizationType.Q8_0, True, plain | {"head_dim": 16}, 17000)
    for kind, scaling in {"llama3": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                     "original_max_position_embeddings": 32, "rope_type": "llama3"},
                          "yarn": {"factor": 4.0, "original_max_position_embeddings": 32, "rope_type": "yarn"}}.items():
        jobs[f"llama/gguf_{kind}"] = lambda k=kind, s=scaling: make_gguf(
            f"llama/gguf_{k}", gguf.GGMLQuantizationType.F32, False, plain | {"rope_scaling": s}, 18000)
    jobs["dtypes"] = lambda: make_dtypes("dtypes")
    unknown = [n for n in sys.argv[1:] if n not in jobs]
    if unknown:
        raise SystemExit(f"unknown case {unknown}; known: {' '.join(jobs)}")
    for name in sys.argv[1:] or jobs:
        jobs[name]()


if __name__ == "__main__":
    main()
