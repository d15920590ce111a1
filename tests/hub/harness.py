"""A stand-in with repositories of its own and the built command, each test with an empty cache."""
import json, os, random, shutil, subprocess, sys, tempfile, unittest, urllib.request
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import stand_in

WEFT = os.environ.get("WEFT_COMMAND", "build/release/bin/weft")
GOLDEN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "golden", "llama")

BIG = random.Random(1).randbytes(6 << 20)
SMALL = {"config.json": b'{"model_type": "llama"}', "tokenizer.json": b"{}"}


def repo_files(weights=BIG): return dict(SMALL, **{"model.safetensors": weights})


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="weft-hub-root-")
        cls.servers = stand_in.start(cls.root)
        cls.endpoint = f"http://127.0.0.1:{cls.servers[0].port}"

    @classmethod
    def tearDownClass(cls): shutil.rmtree(cls.root, ignore_errors=True)

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="weft-hub-home-")
        self.cache = os.path.join(self.home, "cache")
        self.config = os.path.join(self.home, "weft.json")
        self.options()
        for entry in os.listdir(self.root): shutil.rmtree(os.path.join(self.root, entry))
        with stand_in.LOCK:
            stand_in.LOG.clear()
            stand_in.COUNTS.clear()

    def tearDown(self): shutil.rmtree(self.home, ignore_errors=True)

    def options(self, **more):
        with open(self.config, "w") as f:
            json.dump({"plugins": {"options": {"weft.hub": dict({"retry_seconds": 0.02}, **more)}}}, f)

    def repo(self, name, golden=None, files=None, branch="main", **faults):
        folder = os.path.join(self.root, name, branch)
        os.makedirs(folder, exist_ok=True)
        if golden:
            for f in os.listdir(os.path.join(GOLDEN, golden)):
                if not f.startswith("golden") and not f.endswith("cases.json"): shutil.copy(os.path.join(GOLDEN, golden, f), folder)
        for path, data in (files or {}).items():
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            with open(os.path.join(folder, path), "wb") as f: f.write(data)
        with open(os.path.join(self.root, name, "faults.json"), "w") as f: json.dump(faults, f)
        return folder

    def faults(self, name, **faults):
        with open(os.path.join(self.root, name, "faults.json"), "w") as f: json.dump(faults, f)

    def environment(self, **more):
        e = {"PATH": "/usr/bin:/bin", "HOME": self.home, "HF_ENDPOINT": self.endpoint, "HF_HUB_CACHE": self.cache}
        e.update({k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LD_LIBRARY_PATH")})
        e.update(more)
        return {k: v for k, v in e.items() if v is not None}

    def weft(self, *arguments, code=0, input="", **environment):
        p = subprocess.run([WEFT, *arguments, "--config", self.config], input=input, capture_output=True, text=True, timeout=110,
                           env=self.environment(**environment))
        self.assertEqual(p.returncode, code, p.stderr + p.stdout)
        for secret in (stand_in.TOKEN, "X-Signature", self.home):
            self.assertNotIn(secret, p.stderr, "a secret is shown")
        for line in p.stderr.splitlines(): self.assertTrue(line.isprintable(), repr(line))
        return p

    def pull(self, handle, *more, **environment): return self.weft("pull", handle, *more, **environment).stdout.strip()

    def refused(self, handle, *parts, **environment):
        """The error of a pull that fails as it should: one line with all the parts."""
        p = self.weft("pull", handle, code=1, **environment)
        errors = [l for l in p.stderr.splitlines() if l.startswith("weft: error: ")]
        self.assertEqual(len(errors), 1, p.stderr)
        for part in parts: self.assertIn(part, errors[0])
        self.assertEqual(p.stdout, "")
        return errors[0]

    def requests(self):
        with stand_in.LOCK:
            taken = list(stand_in.LOG)
            stand_in.LOG.clear()
            return taken

    def tree(self, folder=None):
        """Every entry below a folder: links by their target, files by their bytes."""
        out, folder = {}, folder or self.cache
        for base, folders, names in os.walk(folder):
            for n in names:
                p = os.path.join(base, n)
                out[os.path.relpath(p, folder)] = os.readlink(p) if os.path.islink(p) else open(p, "rb").read()
        return out

    def assert_same(self, snapshot, source, names=None):
        for name in names or os.listdir(source):
            with open(os.path.join(snapshot, name), "rb") as a, open(os.path.join(source, name), "rb") as b:
                self.assertEqual(a.read(), b.read(), name)

    def assert_clean(self):
        """Nothing half-written in the cache."""
        self.assertEqual([p for p in self.tree() if "incomplete" in p or p.endswith(".tmp") or "/.weft" in p], [])
