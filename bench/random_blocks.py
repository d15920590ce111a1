"""Random weights as GGUF stores them: mean 0, standard deviation about 0.02, never NaN or infinite.

The codes of quantised blocks are uniform, so their standard deviation is 2^bits / sqrt(12) steps. Where a
format's codes have no middle (-8 to 7), half of the scales are negative.
"""
import numpy as np

SPREAD = 0.02
rng = np.random.default_rng(1)


def halves(values):
    return np.asarray(values, np.float16).view(np.uint8).reshape(-1, 2)


def codes(n, width):
    return rng.integers(0, 256, (n, width), np.uint8)


def normal(n):
    return rng.standard_normal(n, np.float32) * np.float32(SPREAD)


def step(bits):
    return SPREAD * np.sqrt(12) / 2**bits


def signed(n, scale):
    return halves(np.where(rng.random(n) < 0.5, -scale, scale))


def offset(n, bits):
    """A scale, and the minimum that centres the codes: w = scale * code + minimum."""
    return np.concatenate([halves(np.full(n, step(bits))), halves(np.full(n, -(2**bits - 1) / 2 * step(bits)))], 1)


def k_head(n, bits):
    """d, dmin and the 6-bit scales of Q4_K and Q5_K, 32 all of them; w = d * 32 * code - dmin * 32."""
    packed = np.array([32 | 2 << 6] * 8 + [0] * 4, np.uint8)  # bits 4 and 5 of the upper four lie in 6 and 7
    d = step(bits) / 32
    return np.concatenate([halves(np.full(n, d)), halves(np.full(n, (2**bits - 1) / 2 * d)), np.tile(packed, (n, 1))], 1)


def q6_k(n):
    return np.concatenate([codes(n, 192), np.full((n, 16), 16, np.uint8), signed(n, step(6) / 16)], 1)


FORMATS = {  # type: values of a block, and n blocks as rows of bytes
    "f32": (1, lambda n: normal(n).view(np.uint8).reshape(n, 4)),
    "f16": (1, lambda n: halves(normal(n))),
    "bf16": (1, lambda n: (normal(n).view(np.uint32) >> 16).astype(np.uint16).view(np.uint8).reshape(n, 2)),
    "q8_0": (32, lambda n: np.concatenate([signed(n, step(8)), codes(n, 32)], 1)),
    "q4_0": (32, lambda n: np.concatenate([signed(n, step(4)), codes(n, 16)], 1)),
    "q4_1": (32, lambda n: np.concatenate([offset(n, 4), codes(n, 16)], 1)),
    "q5_0": (32, lambda n: np.concatenate([signed(n, step(5)), codes(n, 20)], 1)),
    "q5_1": (32, lambda n: np.concatenate([offset(n, 5), codes(n, 20)], 1)),
    "q4_k": (256, lambda n: np.concatenate([k_head(n, 4), codes(n, 128)], 1)),
    "q5_k": (256, lambda n: np.concatenate([k_head(n, 5), codes(n, 160)], 1)),
    "q6_k": (256, q6_k),
}


def tensor(rows, cols, kind):
    """Bytes [rows, row bytes]: a million values are drawn, and each row starts at a random one of them."""
    values, blocks = FORMATS[kind]
    if cols % values:
        raise SystemExit(f"make_model.py: rows of {cols} values are no whole blocks of {values} ({kind})")
    per_row = cols // values
    pool = blocks(max(per_row * 2, (1 << 20) // values))
    out = np.empty((rows, per_row * pool.shape[1]), np.uint8)
    for row, start in zip(out, rng.integers(0, len(pool) - per_row + 1, rows)):
        row[:] = pool[start : start + per_row].reshape(-1)
    return out
