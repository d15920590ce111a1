"""How llama.cpp's converter would store a checkpoint: names from gguf-py, and what it does to values."""


def gguf_recipe(case, config, tensors):
    return None
