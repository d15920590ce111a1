#!/usr/bin/env python3
"""Makes tests/golden/sentences/NAME.json: the vectors that sentence-transformers makes of texts with tiny models.

Usage: sentences.py [CASE...]      (nothing: all of them)

A golden holds the folder's files (config.json, the tokenizer, modules.json and what it names), names and shapes of the
tensors of the folder and of its modules, and for each set of options the vectors of all texts. Weights are those of
families.py. The tokenizers are those of tasks.py, with post-processors of their own.
"""
import json
import pathlib
import sys
import tempfile

import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from families import pack, values
from heads import NAMES, tensors_of

import transformers

HERE = pathlib.Path(__file__).resolve().parent
SEED = 5
LONG = " ".join(f"In {1800 + 7 * i} the harbour opened its market number {i}." for i in range(12))
TEXTS = ["Anna walked to Lisbon.", "The naïve café isn't at the harbour, 你好 🙂!", "", "river", LONG]
DECODER = {"hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
           "max_position_embeddings": 96}


def template(before, after, ids):
    return {"type": "TemplateProcessing", "special_tokens": {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in ids.items()},
            "single": [{"SpecialToken": {"id": t, "type_id": 0}} for t in before] + [{"Sequence": {"id": "A", "type_id": 0}}]
            + [{"SpecialToken": {"id": t, "type_id": 0}} for t in after],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}]}


def pooling(width, *on, **more):
    names = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")
    return {"word_embedding_dimension": width} | {f"pooling_mode_{n}": n in on for n in names} | more


def dense(into, out):
    return {"in_features": into, "out_features": out, "bias": False, "activation_function": "torch.nn.modules.linear.Identity"}


BERT_NAMES = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")))
NAMES_OF_TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
CASES = {
    "bert": {"config": {"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 40,
                        "max_position_embeddings": 64, "type_vocab_size": 2},
             "tokenizer": "words", "tokenizer_config": BERT_NAMES | {"model_max_length": 64},
             "modules": [("1_Pooling", "Pooling", pooling(32, "mean_tokens")), ("2_Normalize", "Normalize", None)],
             "files": {"sentence_bert_config.json": {"max_seq_length": 24, "do_lower_case": False},
                       "config_sentence_transformers.json": {"prompts": {"query": "Where is ", "document": ""}, "default_prompt_name": None}},
             "runs": [{}, {"prompt_name": "query"}, {"prompt": "the market: "}, {"dimensions": 9}, {"dimensions": 9, "normalize": True}]},
    "qwen3": {"config": {"model_type": "qwen3", "pad_token_id": 1, "eos_token_id": 2} | DECODER, "tokenizer": "byte_level",
              "post": template([], ["</s>"], {"</s>": 2}), "tokenizer_config": NAMES_OF_TOKENS | {"padding_side": "left", "model_max_length": 90},
              "modules": [("1_Pooling", "Pooling", pooling(32, "lasttoken", include_prompt=True)), ("2_Normalize", "Normalize", None)],
              "files": {"config_sentence_transformers.json": {"prompts": {"query": "Instruct: find the river\nQuery:", "document": ""},
                                                              "default_prompt_name": None}},
              "runs": [{}, {"prompt_name": "query"}, {"prompt_name": "document", "dimensions": 16, "normalize": True}]},
    "gemma3": {"config": {"model_type": "gemma3_text", "pad_token_id": 1, "sliding_window": 8, "use_bidirectional_attention": True,
                          "layer_types": ["sliding_attention", "full_attention"], "query_pre_attn_scalar": 8} | DECODER,
               "tokenizer": "metaspace", "post": template(["<s>"], ["</s>"], {"<s>": 0, "</s>": 2}),
               "tokenizer_config": NAMES_OF_TOKENS | {"model_max_length": 80},
               "modules": [("1_Pooling", "Pooling", pooling(32, "mean_tokens", include_prompt=True)), ("2_Dense", "Dense", dense(32, 48)),
                           ("3_Dense", "Dense", dense(48, 32)), ("4_Normalize", "Normalize", None)],
               "files": {"config_sentence_transformers.json": {"prompts": {"query": "task: find | query: ", "document": "title: none | text: "},
                                                               "default_prompt_name": "document"}},
               "runs": [{}, {"prompt_name": "query"}]},
    "prompt": {"config": {"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 40,
                          "max_position_embeddings": 64, "type_vocab_size": 2},
               "tokenizer": "words", "tokenizer_config": BERT_NAMES | {"model_max_length": 32},
               "modules": [("1_Pooling", "Pooling", pooling(32, "mean_tokens", include_prompt=False))],
               "files": {"config_sentence_transformers.json": {"prompts": {"query": "Where is the river "}, "default_prompt_name": "query"}},
               "runs": [{}, {"prompt": ""}]},
    "llama": {"config": {"model_type": "llama"} | DECODER, "tokenizer": "byte_level", "post": template(["<s>"], [], {"<s>": 0}),
              "tokenizer_config": NAMES_OF_TOKENS | {"model_max_length": 96}, "modules": None, "files": {}, "runs": [{}, {"normalize": True}]},
}


def make(name, case):
    tokenizer = json.loads((HERE / "tasks" / f"{case['tokenizer']}.tokenizer.json").read_text())
    tokenizer["post_processor"] = case.get("post", tokenizer["post_processor"])
    kind = case["config"]["model_type"]
    ids = [t["id"] for t in tokenizer["added_tokens"]]
    vocab = max(max(ids), len(tokenizer["model"]["vocab"]) - 1) + 1
    model_class = getattr(transformers, NAMES[kind] + "Model")
    config = case["config"] | {"vocab_size": vocab, "architectures": [model_class.__name__]}
    tensors = tensors_of(model_class(CONFIG_MAPPING[kind](**{k: v for k, v in config.items() if k != "model_type"})))
    files = {"config.json": config, "tokenizer.json": tokenizer,
             "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False} | case["tokenizer_config"]} | case["files"]
    folders = {}
    if case["modules"] is not None:
        files["modules.json"] = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}] + [
            {"idx": i + 1, "name": str(i + 1), "path": path, "type": f"sentence_transformers.models.{k}"} for i, (path, k, _) in enumerate(case["modules"])]
        for path, k, module in case["modules"]:
            shapes = [["linear.weight", [module["out_features"], module["in_features"]], 0.0, 0.3]] if k == "Dense" else []
            folders[path] = {"config": module, "tensors": shapes}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for file, content in files.items():
            (folder / file).write_text(json.dumps(content))
        save_file({t[0]: torch.from_numpy(values(t, SEED)) for t in tensors}, folder / "model.safetensors", metadata={"format": "pt"})
        for path, module in folders.items():
            (folder / path).mkdir()
            if module["config"] is not None:
                (folder / path / "config.json").write_text(json.dumps(module["config"]))
            if module["tensors"]:
                save_file({t[0]: torch.from_numpy(values([f"{path}.{t[0]}", *t[1:]], SEED)) for t in module["tensors"]}, folder / path / "model.safetensors")
        model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32, "attn_implementation": "eager"})
        runs = []
        for options in case["runs"]:
            more = {k: options[k] for k in ("prompt", "prompt_name") if k in options}
            rows = [model.encode(t, truncate_dim=options.get("dimensions"), normalize_embeddings=options.get("normalize", False), show_progress_bar=False,
                                 **more) for t in TEXTS]
            runs.append({"options": options, "vectors": [pack(r) for r in rows]})
    golden = {"seed": SEED, "dtype": "f32", "config": config, "tensors": tensors, "files": {k: v for k, v in files.items() if k != "config.json"},
              "folders": folders, "texts": TEXTS, "runs": runs, "by_length": False, "ids": [], "greedy": [], "logits": "", "first_layers": []}
    (HERE / "sentences" / f"{name}.json").write_text(
        "{\n" + ",\n".join(json.dumps(k) + ": " + json.dumps(v, separators=(",", ":"), ensure_ascii=False) for k, v in golden.items()) + "\n}\n")


if __name__ == "__main__":
    for name, case in CASES.items():
        if len(sys.argv) < 2 or name in sys.argv[1:]:
            make(name, case)
