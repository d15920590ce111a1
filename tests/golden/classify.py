#!/usr/bin/env python3
"""Makes tests/golden/classify: image files, what Pillow makes of them, and logits that transformers computes from tiny
classifiers of images (vit) and texts (bert). Usage: classify.py [images | CASE ...]      (nothing: all)

The weights are those of families.py: a function of name, index and seed. Images go through transformers' load_image
(upright by EXIF, RGB) and its image processors of Pillow ("...Pil"), those for one channel through convert("L").
"""
import base64
import io
import json
import pathlib
import random
import sys
import tempfile

import numpy as np
import png
import torch
import transformers
from PIL import Image, ImageOps
from safetensors.torch import save_file
from transformers import AutoConfig, BertForSequenceClassification, ViTForImageClassification

from families import fnv1a, pack, stored_shapes, values

FOLDER = pathlib.Path(__file__).resolve().parent / "classify"
SEED = 7


# --- images --------------------------------------------------------------------------------------------------
def picture(w, h, channels):
    """Smooth slopes with an edge and some noise: something for every filter."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    bands = [127 + 90 * np.sin(x / 5 + c) * np.cos(y / (4 + c)) + 40 * ((x + y * (c + 1)) % 11 < 4) for c in range(channels)]
    noise = np.random.default_rng(w * h).integers(-9, 10, (h, w, channels))
    return np.clip(np.stack(bands, -1) + noise, 0, 255).astype(np.uint8)


def written(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def by_pypng(rows, w, h, **options):
    out = io.BytesIO()
    png.Writer(w, h, **options).write(out, rows)
    return out.getvalue()


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def images():
    rgb, grey = Image.fromarray(picture(23, 17, 3)), Image.fromarray(picture(19, 31, 1)[..., 0])
    rgba = Image.fromarray(picture(16, 21, 4), "RGBA")
    palette = rgb.convert("P", palette=Image.Palette.ADAPTIVE, colors=13)
    wide = np.repeat(picture(9, 12, 3).astype(np.uint16), 1, -1) * 257 // 2
    grey16 = picture(11, 9, 1)[..., 0].astype(np.uint16) * 3
    two_bits = picture(13, 10, 1)[..., 0] >> 6
    photo = Image.fromarray(picture(27, 19, 3))
    files = {
        "rgb.png": written(rgb, "PNG"), "grey.png": written(grey, "PNG"), "rgba.png": written(rgba, "PNG"),
        "grey_alpha.png": written(rgba.convert("LA"), "PNG"), "palette.png": written(palette, "PNG", transparency=3, bits=4),
        "bilevel.png": written(grey.convert("1"), "PNG"), "transparent.png": written(rgb, "PNG", transparency=(1, 2, 3)),
        "turned.png": written(rgb, "PNG", exif=turned(5)),
        "rgb16.png": by_pypng(wide.reshape(12, -1), 9, 12, greyscale=False, bitdepth=16),
        "grey16.png": by_pypng(grey16, 11, 9, greyscale=True, bitdepth=16),
        "grey2.png": by_pypng(two_bits, 13, 10, greyscale=True, bitdepth=2),
        "interlaced.png": by_pypng(picture(23, 17, 3).reshape(17, -1), 23, 17, greyscale=False, interlace=True),
        "photo.jpg": written(photo, "JPEG", quality=85), "full.jpg": written(photo, "JPEG", quality=90, subsampling=0),
        "grey.jpg": written(photo.convert("L"), "JPEG", quality=85), "progressive.jpg": written(photo, "JPEG", quality=85, progressive=True),
        "cmyk.jpg": written(photo.convert("CMYK"), "JPEG", quality=85),
    }
    for o in range(1, 9):
        files[f"turned{o}.jpg"] = written(photo.resize((11, 8)), "JPEG", quality=85, exif=turned(o))
    return files


def loaded(name, mode="RGB"):
    return ImageOps.exif_transpose(Image.open(FOLDER / "images" / name)).convert(mode)


def raw(image):
    return base64.b64encode(np.array(image).tobytes()).decode()


def summed(image):
    return f"{fnv1a(np.array(image).tobytes()):016x}"


def make_images():
    (FOLDER / "images").mkdir(parents=True, exist_ok=True)
    for name, data in images().items():
        (FOLDER / "images" / name).write_bytes(data)
    of = {".png": summed, ".jpg": raw}  # a JPEG library may round in its own way
    decoded = {n: [*loaded(n).size, of[n[-4:]](loaded(n)), summed(loaded(n, "L"))] for n in images()}
    resized = []
    rng = random.Random(1)
    for filter in range(6):
        for name in ("rgb.png", "grey.png"):
            mode = Image.open(FOLDER / "images" / name).mode
            for size in ((7, 5), (40, 50), (rng.randint(1, 60), rng.randint(1, 60)), (23, 9), (3, 31)):
                resized.append([name, filter, *size, summed(loaded(name, mode).resize(size, filter))])
    write("images.json", {"decoded": decoded, "resized": resized})


# --- models --------------------------------------------------------------------------------------------------
def vit(**over):
    return {"model_type": "vit", "architectures": ["ViTForImageClassification"], "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
            "intermediate_size": 40, "image_size": 24, "patch_size": 8, "id2label": {"0": "cat", "1": "dog", "2": "bird", "3": "dog"}} | over


def bert(**over):
    return {"model_type": "bert", "architectures": ["BertForSequenceClassification"], "vocab_size": 48, "hidden_size": 32, "num_hidden_layers": 2,
            "num_attention_heads": 4, "intermediate_size": 40, "max_position_embeddings": 24, "type_vocab_size": 2} | over


def named(n):
    return {str(i): f"label {i}" for i in range(n)}


HALF = [0.5, 0.5, 0.5]
CASES = {
    # The first published ones have a size that is a number, and name no processor.
    "vit.first": (vit(image_size=30, hidden_act="gelu", qkv_bias=True, layer_norm_eps=1e-12, num_channels=3, encoder_stride=16),
                  {"do_normalize": True, "do_resize": True, "image_mean": HALF, "image_std": HALF, "size": 30}),
    "vit.no_bias": (vit(qkv_bias=False, hidden_act="gelu_new", layer_norm_eps=1e-5, id2label=named(7), problem_type="multi_label_classification"),
                    {"image_processor_type": "ViTImageProcessor", "do_convert_rgb": None, "do_normalize": True, "do_rescale": True, "do_resize": True,
                     "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "resample": 3, "rescale_factor": 1 / 255,
                     "size": {"height": 24, "width": 24}}),
    "vit.rectangle": (vit(image_size=[24, 20], patch_size=[8, 5], num_attention_heads=2, hidden_act="quick_gelu", dtype="bfloat16"),
                      {"image_processor_type": "ViTImageProcessorFast", "resample": 1, "size": [24, 20], "rescale_factor": 0.01, "image_std": 0.3}),
    "vit.grey": (vit(num_channels=1, hidden_act="relu", num_hidden_layers=1, id2label={"0": "brightness"}, problem_type="regression"),
                 {"image_processor_type": "ViTImageProcessor", "resample": 4, "size": 24, "image_mean": [0.4], "image_std": [0.3]}),
    "vit.cropped": (vit(id2label=named(2)), {"image_processor_type": "CLIPImageProcessor", "size": 28, "crop_size": 24}),
    "vit.padded": (vit(id2label=named(1)), {"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 16, "longest_edge": 22}, "crop_size": 24,
                                             "do_normalize": False, "resample": 5}),
    "vit.bare": (vit(), {"feature_extractor_type": "ViTFeatureExtractor", "resample": 0, "size": 24, "do_rescale": False}),
    "bert.single": (bert(id2label=named(3)), None),
    "bert.multi": (bert(id2label=named(4), problem_type="multi_label_classification", hidden_act="relu"), None),
    "bert.value": (bert(num_labels=1, problem_type="regression"), None),
}
TEXTS = [[2, 7, 9, 11, 3], [2, 3], [2] + list(range(10, 31)) + [3]]
PIXELS = 2  # images of random pixels


def processor_of(config):
    name = config.get("image_processor_type", config.get("feature_extractor_type", "ViTImageProcessor"))
    kind = name.replace("FeatureExtractor", "ImageProcessor").removesuffix("Fast") + "Pil"
    return getattr(transformers, kind)(**{k: v for k, v in config.items() if not k.endswith("_type")})


def tensors_of(model, config):
    tensors = []
    for name, dims in stored_shapes(model).items():
        norm = "norm" in name.lower() and name.endswith("weight")
        scale = 0.375 if len(dims) == 1 else 0.75 if "embeddings" in name and "projection" not in name else round(2.4 / float(np.prod(dims[1:]))**0.5, 4)
        tensors.append([name, dims, 1.0 if norm else 0.0, scale])
    return tensors


@torch.no_grad()
def make(name):
    config, preprocessor = CASES[name]
    kind = BertForSequenceClassification if preprocessor is None else ViTForImageClassification
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder)
        (file / "config.json").write_text(json.dumps(config))
        tensors = tensors_of(kind(AutoConfig.from_pretrained(folder)), config)
        bf16 = config.get("dtype") == "bfloat16"
        weights = {t[0]: torch.from_numpy(values(t, SEED)).to(torch.bfloat16 if bf16 else torch.float32) for t in tensors}
        save_file(weights, file / "model.safetensors", metadata={"format": "pt"})
        model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    golden = {"seed": SEED, "dtype": "bf16" if bf16 else "f32", "config": config, "tensors": tensors, "by_length": False, "ids": [], "greedy": [],
              "logits": "", "first_layers": []}
    if preprocessor is None:
        golden |= {"texts": TEXTS, "expected": [pack(model(torch.tensor([ids])).logits[0].numpy()) for ids in TEXTS]}
    else:
        c = model.config
        h, w = c.image_size if isinstance(c.image_size, (list, tuple)) else (c.image_size, c.image_size)
        pixels = ["pixels", [PIXELS, c.num_channels, h, w], 0.0, 2.0]
        processor, mode = processor_of(preprocessor), "L" if c.num_channels == 1 else "RGB"
        keyed = {"palette.png", "transparent.png"} if processor.do_convert_rgb else set()  # which it puts on white
        seen = {n: processor(loaded(n, mode), return_tensors="pt")["pixel_values"] for n in images() if n not in keyed}
        golden |= {"preprocessor": preprocessor, "pixels": pixels, "expected": pack(model(torch.from_numpy(values(pixels, SEED))).logits.numpy()),
                   "images": {n: pack(model(p).logits[0].numpy()) for n, p in seen.items()}}
    write(f"{name}.json", golden)


def write(name, golden):
    (FOLDER / name).write_text("{\n" + ",\n".join(json.dumps(k) + ": " + json.dumps(v, separators=(",", ":")) for k, v in golden.items()) + "\n}\n")


def main():
    FOLDER.mkdir(exist_ok=True)
    asked = sys.argv[1:]
    if not asked or "images" in asked:
        make_images()
    for name in CASES:
        if not asked or name in asked:
            make(name)


if __name__ == "__main__":
    main()
