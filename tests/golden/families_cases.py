"""The tiny models of every family: configs as published, with the switches that each family has."""
import dataclasses
from typing import Callable


@dataclasses.dataclass
class Case:
    config: dict
    form: int = 4  # of config.json: as given (transformers 4), or 5: as transformers 5 writes it
    dtype: str = "f32"
    bites: dict = dataclasses.field(default_factory=dict)  # config key -> another value, which must change the logits
    gguf: dict | None = None  # llama.cpp's architecture and metadata
    publish: Callable = lambda shapes: shapes  # name -> shape as transformers saves it, to those as published
    model_class: str = ""
    tied: bool = False
    by_length: bool = False  # rope depends on the length of a forward pass, so that a cache changes the result
    zero_centred: bool = False  # norms multiply by 1 + weight
    conv1d: bool = False  # some weights are [in, out]
    embedding: float = 1.0
    gain: float = 1.0


CASES = {}
VOCAB = 48


def add(name, config, **over):
    CASES[name] = Case({"vocab_size": VOCAB, "model_type": name.split(".")[0], "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0} | config, **over)


DENSE = {"hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "tie_word_embeddings": False}

# --- qwen ----------------------------------------------------------------------------------------------------
QWEN2 = DENSE | {"hidden_act": "silu", "rope_theta": 1000.0, "use_sliding_window": False, "sliding_window": 8, "max_window_layers": 1}
add("qwen2.v4", QWEN2)
add("qwen2.tied_v5", QWEN2 | {"tie_word_embeddings": True}, form=5, tied=True, dtype="bf16")
add("qwen2.window", QWEN2 | {"use_sliding_window": True, "num_hidden_layers": 3}, bites={"use_sliding_window": False})
add("qwen2.yarn", QWEN2 | {"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}}, bites={"rope_scaling": None})
QWEN3 = DENSE | {"head_dim": 16, "rope_theta": 1000.0, "attention_bias": False, "use_sliding_window": False}
add("qwen3.v4", QWEN3)
add("qwen3.bias_v5", QWEN3 | {"attention_bias": True, "tie_word_embeddings": True}, form=5, tied=True, dtype="bf16")
add("qwen3.window", QWEN3 | {"use_sliding_window": True, "sliding_window": 6, "max_window_layers": 1}, bites={"use_sliding_window": False})
