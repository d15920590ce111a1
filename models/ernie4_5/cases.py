"""Variants of ernie4_5 for tests/golden/families.py: one for each switch of its config."""
ERNIE = DENSE | {"rope_theta": 1000.0, "head_dim": 16, "use_bias": False, "hidden_act": "silu"}
add("ernie4_5.v4", ERNIE, gguf="ernie4_5")
add("ernie4_5.bias_v5", ERNIE | {"use_bias": True, "tie_word_embeddings": True}, form=5, dtype="bf16", tied=True,
    gguf="ernie4_5")
