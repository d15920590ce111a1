#!/usr/bin/env python3
"""Makes models/*/golden/heads/TYPE.ROLE[.VARIANT].json: what transformers computes with the heads of tiny models, and
their hidden states.    Usage: heads.py [CASE...]    (no case: all of them)

A golden holds a config, names and shapes of tensors as published, the ids of some texts, and the outputs of the role for
each text by itself: rows in base64. Weights are those of families.py: a function of name, index and seed.
"""
import json
import pathlib
import sys
import tempfile

import numpy as np
import torch
import transformers
from safetensors.torch import save_file

from families import folder_of, pack, stored_shapes, values
from families_gguf import ENCODERS as IN_LLAMA_CPP, gguf_recipe

SEED = 11
COMMON = {"vocab_size": 48, "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
          "max_position_embeddings": 64, "head_dim": 8}
GPT2 = {"vocab_size": 48, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64}
BERT = {"vocab_size": 48, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 40, "max_position_embeddings": 24,
        "type_vocab_size": 2}
FROM_PADDING = BERT | {"max_position_embeddings": 26, "pad_token_id": 1, "type_vocab_size": 1}
DISTILBERT = {"vocab_size": 48, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 40, "max_position_embeddings": 24}
ENCODERS = {"roberta": FROM_PADDING, "xlm-roberta": FROM_PADDING, "camembert": FROM_PADDING, "xlm-roberta-xl": FROM_PADDING, "distilbert": DISTILBERT,
            "electra": BERT | {"embedding_size": 24}, "ernie": BERT, "mpnet": FROM_PADDING | {"relative_attention_num_buckets": 32}, "albert": BERT | {"embedding_size": 24, "inner_group_num": 1},
            "megatron-bert": BERT,
            "rembert": BERT | {"input_embedding_size": 24, "output_embedding_size": 28}, "layoutlm": BERT | {"max_2d_position_embeddings": 8}}
SPECIAL = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
MODERNBERT = {"vocab_size": 48, "hidden_size": 32, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 40, "max_position_embeddings": 64,
              "local_attention": 8, "global_rope_theta": 900.0, "local_rope_theta": 50.0} | SPECIAL
EUROBERT = {k: v for k, v in COMMON.items() if k != "head_dim"} | {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "mask_token_id": 4}
GEMMA3 = COMMON | {"sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"], "query_pre_attn_scalar": 8}
DEBERTA = BERT | {"type_vocab_size": 0, "relative_attention": True, "position_biased_input": False, "pos_att_type": ["c2p", "p2c"]}
DEBERTA_V3 = DEBERTA | {"position_buckets": 8, "share_att_key": True, "norm_rel_ebd": "layer_norm", "pos_att_type": "p2c|c2p", "max_relative_positions": -1}
ESM = FROM_PADDING | {"mask_token_id": 7, "position_embedding_type": "rotary", "token_dropout": True}
GROUPS = BERT | {"embedding_size": 32, "q_groups": 4, "k_groups": 2, "v_groups": 1, "post_attention_groups": 2, "intermediate_groups": 4, "output_groups": 8}
XLNET = {"vocab_size": 48, "d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 40}
BART = {"vocab_size": 48, "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 2, "encoder_ffn_dim": 40,
        "decoder_ffn_dim": 48, "max_position_embeddings": 64, "bos_token_id": 0, "eos_token_id": 3, "pad_token_id": 1, "decoder_start_token_id": 3}
CLASSES = {"classify-sequence": "ForSequenceClassification", "classify-tokens": "ForTokenClassification", "classify-spans": "ForQuestionAnswering",
           "fill-masks": "ForMaskedLM", "hidden-states": "Model"}
NAMES = {"llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3", "gemma": "Gemma", "gemma2": "Gemma2", "gemma3_text": "Gemma3Text",
         "gpt2": "GPT2", "bert": "Bert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta", "camembert": "Camembert",
         "xlm-roberta-xl": "XLMRobertaXL", "distilbert": "DistilBert", "electra": "Electra", "ernie": "Ernie", "mpnet": "MPNet", "albert": "Albert",
         "megatron-bert": "MegatronBert", "modernbert": "ModernBert", "eurobert": "EuroBert", "rembert": "RemBert", "layoutlm": "LayoutLM",
         "nomic_bert": "NomicBert", "bart": "Bart", "mbart": "MBart", "plbart": "PLBart", "deberta": "Deberta", "deberta-v2": "DebertaV2", "roformer": "RoFormer", "bert-generation": "BertGeneration",
         "big_bird": "BigBird", "esm": "Esm", "gte": "Gte", "jina_embeddings_v3": "JinaEmbeddingsV3", "squeezebert": "SqueezeBert", "xlnet": "XLNet"}
# The last text ends with what some configs call padding.
TEXTS = [[2, 7, 9, 11, 3], [5], [2] + list(range(10, 31)) + [3], [4, 8, 15, 0, 0]]
# What classifies at the last end of a text needs one; the last text has padding behind it.
ENDED = [[2, 7, 9, 11, 3], [3], [2] + list(range(10, 31)) + [3], [4, 3, 15, 3, 1, 1]]


def labels(n):
    return {"id2label": {str(i): f"label {i}" for i in range(n)}, "label2id": {f"label {i}": i for i in range(n)}}


def cases():
    for kind in ("llama", "mistral", "qwen2", "qwen3"):
        for i, role in enumerate(("classify-sequence", "classify-tokens", "classify-spans", "hidden-states")):
            more = labels(3 + i) if role in ("classify-sequence", "classify-tokens") else {}
            yield f"{kind}.{role}", kind, role, COMMON | more, None
    yield "llama.classify-sequence.padded", "llama", "classify-sequence", COMMON | labels(2) | {"pad_token_id": 0}, None
    yield "qwen3.classify-sequence.value", "qwen3", "classify-sequence", COMMON | {"num_labels": 1, "pad_token_id": 3, "use_sliding_window": False}, None
    yield "qwen3.hidden-states.with_head", "qwen3", "hidden-states", COMMON, "Qwen3ForCausalLM"
    for kind in ("gemma", "gemma2"):
        for i, role in enumerate(("classify-sequence", "classify-tokens", "hidden-states")):
            yield f"{kind}.{role}", kind, role, COMMON | (labels(3 + i) if i < 2 else {}), None
    yield "gemma3_text.classify-sequence", "gemma3_text", "classify-sequence", GEMMA3 | labels(4), None
    yield "gemma3_text.hidden-states", "gemma3_text", "hidden-states", GEMMA3, None
    yield "gemma3_text.hidden-states.both_sides", "gemma3_text", "hidden-states", GEMMA3 | {"use_bidirectional_attention": True}, None
    for i, role in enumerate(("classify-sequence", "classify-tokens", "classify-spans", "hidden-states")):
        yield f"gpt2.{role}", "gpt2", role, GPT2 | (labels(3 + i) if i < 2 else {}), None
    for i, role in enumerate(("classify-tokens", "classify-spans", "fill-masks")):
        yield f"bert.{role}", "bert", role, BERT | (labels(5) if i == 0 else {}), None
    yield "bert.fill-masks.untied", "bert", "fill-masks", BERT | {"tie_word_embeddings": False, "hidden_act": "gelu_new"}, None
    yield "bert.fill-masks.pretraining", "bert", "fill-masks", BERT, "BertForPreTraining"
    # Of each kind one case for each head, and one for hidden states; the last text has the padding token in it.
    for kind, config in ENCODERS.items():
        for i, role in enumerate(CLASSES):
            yield f"{kind}.{role}", kind, role, config | (labels(3 + i) if i < 2 else {}), None
    for i, role in enumerate(CLASSES):
        yield f"modernbert.{role}", "modernbert", role, MODERNBERT | (labels(3 + i) if i < 2 else {}), None
        if role != "classify-spans":
            yield f"nomic_bert.{role}", "nomic_bert", role, BERT | {"max_position_embeddings": 64} | (labels(3 + i) if i < 2 else {}), None
            yield f"eurobert.{role}", "eurobert", role, EUROBERT | (labels(3 + i) if i < 2 else {}), None
    yield "modernbert.classify-sequence.mean", "modernbert", "classify-sequence", MODERNBERT | labels(3) | {
        "classifier_pooling": "mean", "classifier_bias": True, "norm_bias": True, "attention_bias": True, "mlp_bias": True, "classifier_activation": "relu"}, None
    yield "modernbert.fill-masks.plain", "modernbert", "fill-masks", MODERNBERT | {
        "decoder_bias": False, "tie_word_embeddings": False, "global_attn_every_n_layers": 2, "hidden_activation": "silu"}, None
    yield "modernbert.hidden-states.saved", "modernbert", "hidden-states", {k: v for k, v in MODERNBERT.items() if "theta" not in k} | {
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 700.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 40.0}}}, None
    for pooling in ("bos", "mean"):
        yield f"eurobert.classify-sequence.{pooling}", "eurobert", "classify-sequence", EUROBERT | labels(3) | {"classifier_pooling": pooling}, None
    yield "eurobert.fill-masks.biased", "eurobert", "fill-masks", EUROBERT | {"mlp_bias": True, "attention_bias": True}, None
    yield "roberta.fill-masks.untied", "roberta", "fill-masks", FROM_PADDING | {
        "tie_word_embeddings": False, "pad_token_id": 8, "max_position_embeddings": 40}, None
    yield "electra.fill-masks.wide", "electra", "fill-masks", BERT | {"embedding_size": 32, "hidden_act": "relu"}, None
    yield "ernie.hidden-states.tasks", "ernie", "hidden-states", BERT | {"use_task_id": True, "task_type_vocab_size": 3}, None
    yield "albert.hidden-states.groups", "albert", "hidden-states", BERT | {"embedding_size": 24, "num_hidden_layers": 4, "num_hidden_groups": 2}, None
    for kind, roles in (("bart", ("classify-sequence", "classify-spans", "fill-masks", "hidden-states")), ("mbart", ("classify-sequence", "classify-spans", "fill-masks", "hidden-states")),
                        ("plbart", ("classify-sequence", "hidden-states"))):
        for role in roles:
            yield f"{kind}.{role}", kind, role, BART | (labels(3) if role == "classify-sequence" else {}), NAMES[kind] + "ForConditionalGeneration" if role == "fill-masks" else None
    for kind, config in (("deberta", DEBERTA), ("deberta-v2", DEBERTA_V3)):
        for i, role in enumerate(CLASSES):
            yield f"{kind}.{role}", kind, role, config | (labels(3 + i) if i < 2 else {}), None
    for kind, config, lacks in (("roformer", BERT | {"embedding_size": 24}, ()), ("big_bird", BERT | {"block_size": 4, "max_position_embeddings": 64}, ()), ("esm", ESM, ("classify-spans",)),
                                ("gte", BERT | {"type_vocab_size": 1}, ("classify-spans",)), ("jina_embeddings_v3", BERT | {"type_vocab_size": 1, "rope_theta": 500.0}, ()), ("squeezebert", GROUPS, ())):
        for i, role in enumerate(CLASSES):
            if role not in lacks:
                yield f"{kind}.{role}", kind, role, config | (labels(3 + i) if i < 2 else {}), None
    yield "bert-generation.hidden-states", "bert-generation", "hidden-states", {k: v for k, v in BERT.items() if k != "type_vocab_size"}, "BertGenerationEncoder"
    yield "big_bird.hidden-states.rescaled", "big_bird", "hidden-states", BERT | {"attention_type": "original_full", "rescale_embeddings": True, "use_bias": False, "max_position_embeddings": 30}, None
    yield "esm.hidden-states.absolute", "esm", "hidden-states", ESM | {"position_embedding_type": "absolute", "emb_layer_norm_before": True}, None
    yield "esm.fill-masks.untied", "esm", "fill-masks", ESM | {"tie_word_embeddings": False, "token_dropout": False}, None
    yield "gte.hidden-states.untyped", "gte", "hidden-states", BERT | {"type_vocab_size": 0, "hidden_act": "relu", "rope_parameters": {"rope_type": "default", "rope_theta": 300.0}}, None
    yield "roformer.hidden-states.wide", "roformer", "hidden-states", BERT | {"hidden_act": "gelu_new"}, None
    for i, role in enumerate(("classify-sequence", "classify-tokens", "classify-spans", "hidden-states")):
        yield f"xlnet.{role}", "xlnet", role, XLNET | (labels(3 + i) if i < 2 else {}), "XLNetForQuestionAnsweringSimple" if role == "classify-spans" else None
    yield "xlnet.hidden-states.typed", "xlnet", "hidden-states", XLNET, None
    yield "deberta.hidden-states.typed", "deberta", "hidden-states", DEBERTA | {"type_vocab_size": 2}, None
    yield "xlnet.classify-sequence.mean", "xlnet", "classify-sequence", XLNET | labels(3) | {"summary_type": "mean", "clamp_len": 6, "ff_activation": "relu"}, None
    yield "deberta.hidden-states.narrow", "deberta", "hidden-states", DEBERTA | {"max_relative_positions": 5, "position_biased_input": True, "type_vocab_size": 2}, None
    yield "deberta-v2.hidden-states.convolved", "deberta-v2", "hidden-states", DEBERTA_V3 | {"share_att_key": False, "norm_rel_ebd": "none", "conv_kernel_size": 3, "conv_act": "gelu"}, None
    yield "deberta-v2.classify-sequence.to_positions", "deberta-v2", "classify-sequence", DEBERTA | labels(3) | {
        "pos_att_type": ["c2p"], "pooler_hidden_act": "tanh", "position_biased_input": True, "type_vocab_size": 2, "conv_kernel_size": 5, "max_relative_positions": 6}, None
    yield "deberta-v2.fill-masks.without_legacy", "deberta-v2", "fill-masks", BERT | {"legacy": False, "type_vocab_size": 0}, None


def tensors_of(model):
    tensors = []
    for name, dims in stored_shapes(model).items():
        if name.endswith("encoder.embed_positions.weight") and "RoFormer" in type(model).__name__:  # sinusoids, as published
            continue
        norm = "norm" in name.lower().rpartition(".")[0].rpartition(".")[2] or ".ln_" in name or ".ln." in name
        scale = 2.0 if "relative_attention_bias" in name else 0.375 if len(dims) == 1 else 0.75 if "embed" in name or "wte" in name or "wpe" in name else round(2.4 / float(np.prod(dims[1:]))**0.5, 4)
        tensors.append([name, dims, 1.0 if norm and name.endswith("weight") and "emma" not in type(model).__name__ else 0.0, scale])
    return tensors


def output(role, out):
    if role == "hidden-states":
        return out.last_hidden_state[0]
    if role == "classify-spans":
        return torch.stack([out.start_logits[0], out.end_logits[0]], -1)
    return out.prediction_logits[0] if "prediction_logits" in out else out.logits[0] if role != "classify-sequence" else out.logits


def make(name, kind, role, config, stored):
    wanted = stored if stored and (kind == "bert-generation" or "Simple" in stored) else NAMES[kind] + CLASSES[role]
    stored_class = getattr(transformers, stored or wanted)
    model_class = stored_class if role == "fill-masks" else getattr(transformers, wanted)
    texts = [t[:3] + [1, 8] for t in TEXTS[3:]] if "pad_token_id" in config and kind in ENCODERS else TEXTS[3:]
    texts = ENDED if "decoder_layers" in config else TEXTS[:3] + texts
    config = {"model_type": kind, "architectures": [stored or wanted]} | config
    config_class = transformers.models.auto.configuration_auto.CONFIG_MAPPING[kind]
    tensors = tensors_of(stored_class(config_class(**{k: v for k, v in config.items() if k != "model_type"})))
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "config.json").write_text(json.dumps(config))
        save_file({t[0]: torch.from_numpy(values(t, SEED)) for t in tensors}, pathlib.Path(folder) / "model.safetensors", metadata={"format": "pt"})
        model = model_class.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        # This one lowers the logits of a question itself, and counts what is behind it as another text.
        whole = {"question_lengths": torch.tensor([[0]])} if kind == "big_bird" and role == "classify-spans" else {}
        types = [[int(name.endswith(".typed") and 3 * i > len(ids)) for i in range(len(ids))] for ids in texts]
        typed = [{"token_type_ids": torch.tensor([t])} if whole or any(map(any, types)) else {} for t in types]
        rows = [output(role, model(torch.tensor([ids]), **whole, **t)).numpy() for ids, t in zip(texts, typed)]
    golden = {"role": role, "seed": SEED, "dtype": "f32", "config": config, "tensors": tensors, "texts": texts, "width": rows[0].shape[1],
              "rows": [pack(r) for r in rows], "by_length": False, "ids": [], "greedy": [], "logits": "", "first_layers": []}
    if any(map(any, types)):
        golden["types"] = types
    if kind in IN_LLAMA_CPP and role == "hidden-states" and "layer_types" not in config:  # its files have no heads
        golden["gguf"] = gguf_recipe(config, tensors)
    file = pathlib.Path(folder_of(kind.removesuffix("_text"))) / "heads" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("{\n" + ",\n".join(json.dumps(k) + ": " + json.dumps(v, separators=(",", ":")) for k, v in golden.items()) + "\n}\n")


if __name__ == "__main__":
    for case in cases():
        if len(sys.argv) < 2 or case[0] in sys.argv[1:]:
            make(*case)
