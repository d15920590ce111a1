#!/usr/bin/env python3
"""deletion.py BUILD [SEED]: deletes a backend, a family and a format, drawn at random, from a copy of the build, one at
a time: weft runs what remains as before, and says by name what it misses. A tree without their folders configures."""
import contextlib, json, os, pathlib, random, shutil, struct, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LLAMA = ROOT / "tests/golden/llama"
SAMPLES = {"safetensors": LLAMA / "llama1", "gguf": LLAMA / "gguf_f32/model.gguf",
           "torch": LLAMA / "torch_tied/pytorch_model.bin"}


def write_model(golden, folder):
    """The checkpoint of a family's golden, with weights of its own."""
    header, data = {}, b""
    for name, dims, *_ in golden["tensors"]:
        count = 1
        for d in dims: count *= d
        values = struct.pack(f"<{count}f", *(((i * 37 + len(name)) % 101 - 50) / 500 for i in range(count)))
        header[name] = {"dtype": "F32", "shape": dims, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    (folder / "config.json").write_text(json.dumps(golden["config"]))


class Copy:
    """A copy of a build in a folder of its own."""

    def __init__(self, build, folder):
        self.folder, self.weft = folder, folder / "bin/weft"
        self.plugins = folder / "lib/weft/plugins"
        (folder / "bin").mkdir()
        shutil.copy(build / "bin/weft", self.weft)
        shutil.copytree(build / "lib", folder / "lib", symlinks=True)

    def names(self, kind):
        """The plugins of a kind that were built."""
        start = f"libweft_{kind}_"
        return sorted(f.name.removeprefix(start).removesuffix(".so") for f in self.plugins.glob(f"{start}*.so"))

    def run(self, *arguments):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("WEFT_", "XDG_"))}
        return subprocess.run([self.weft, *arguments], capture_output=True, text=True, timeout=60,
                              env=environment | {"HOME": str(self.folder)})

    def try_logits(self, model, *more):
        return self.run("logits", model, "--ids", "1,2,3", "--output", self.folder / "logits", *more)

    def backends_with_devices(self):
        return {d["backend"] for d in json.loads(self.run("devices", "--json").stdout)}

    def logits(self, model, *more):
        done = self.try_logits(model, *more)
        assert done.returncode == 0, done.stderr
        return (self.folder / "logits").read_bytes()

    def refuses(self, parts, model, *more):
        done = self.try_logits(model, *more)
        missing = [p for p in parts if p not in done.stderr]
        assert done.returncode != 0 and not missing, f"{model}: {done.returncode} {done.stderr!r} lacks {missing}"

    @contextlib.contextmanager
    def without(self, *files):
        """Takes files of plugins away for a while."""
        for f in files: os.rename(self.plugins / f, self.folder / f)
        yield
        for f in files: os.rename(self.folder / f, self.plugins / f)

    def deleted(self, name):
        """Deletes a plugin for a while, once it is sure that its library, gone alone, is missed by name."""
        library, manifest = f"lib{name}.so", f"{name}.weftplugin.json"
        plugin = json.loads((self.plugins / manifest).read_text())["id"]
        print(f"deletion: without {plugin}")
        with self.without(library):
            lines = self.run("plugins", "--why").stdout.splitlines()
            assert any(l.startswith("refused") and plugin in l for l in lines), lines
        return self.without(library, manifest)


def delete_a_backend(copy, draw):
    backends = copy.names("backend")
    gone = draw.choice(backends)
    left = [b for b in backends if b != gone]
    model = SAMPLES["safetensors"]
    usable = copy.backends_with_devices().intersection(left)
    before = {b: copy.logits(model, "--backend", b) for b in usable}
    with copy.deleted(f"weft_backend_{gone}"):
        copy.refuses([f'no backend is called "{gone}"'] + left, model, "--backend", gone)
        copy.logits(model)
        assert before == {b: copy.logits(model, "--backend", b) for b in usable}
    return f"plugins/backends/{gone}"


def delete_a_family(copy, draw):
    families, goldens = copy.names("model"), {}
    for file in sorted(ROOT.glob("models/*/golden/*.json")):
        family, golden = file.parts[-3], json.loads(file.read_text())
        if family not in families or family in goldens or "encoder_ids" in golden: continue
        if "quantization_config" in golden["config"] or golden["dtype"] == "bf16": continue
        if any(isinstance(t[2], str) for t in golden["tensors"]): continue  # weights in blocks
        goldens[family] = golden
    gone, kept = draw.sample(sorted(goldens), 2)
    for family in (gone, kept): write_model(goldens[family], copy.folder / family)
    copy.logits(copy.folder / gone)
    before = copy.logits(copy.folder / kept)
    with copy.deleted(f"weft_model_{gone}"):
        copy.refuses(["no family knows", f'"{goldens[gone]["config"]["model_type"]}"'], copy.folder / gone)
        assert copy.logits(copy.folder / kept) == before
    return f"models/{gone}"


def delete_a_format(copy, draw):
    formats = copy.names("format")
    gone = draw.choice(formats)
    left = [f for f in formats if f != gone]
    before = {f: copy.logits(SAMPLES[f]) for f in left}
    with copy.deleted(f"weft_format_{gone}"):
        copy.refuses(["no format plugin knows it"] + left, SAMPLES[gone])
        assert before == {f: copy.logits(SAMPLES[f]) for f in left}
    return f"plugins/formats/{gone}"


def configures_without(folders):
    """The tree without these folders is a tree that CMake takes."""
    print(f"deletion: a tree without {', '.join(folders)}")
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory(prefix="weft-deletion-") as tree:
        for f in files.split("\0")[:-1]:
            if f.startswith(tuple(folder + "/" for folder in folders)): continue
            to = pathlib.Path(tree, f)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / f, to)
        done = subprocess.run(["cmake", "--preset", "release"], cwd=tree, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10000)
    print(f"deletion: WEFT_SEED={seed}")
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="weft-deletion-") as folder:
        copy = Copy(build, pathlib.Path(folder))
        folders = [delete(copy, draw) for delete in (delete_a_backend, delete_a_family, delete_a_format)]
    configures_without(folders)


main()
