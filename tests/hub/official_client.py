#!/usr/bin/env python3
"""weft and the official client against one stand-in: equal cache trees, and each uses what the other fetched.

  WEFT_COMMAND=build/release/bin/weft PYTHON_WITH_HUB tests/hub/official_client.py

Needs the PyPI package huggingface_hub; run by hand. The client runs as a process of its own each time.
"""
import os, shutil, subprocess, sys
import stand_in
from harness import Case, unittest

CLIENT = "from huggingface_hub import snapshot_download, hf_hub_download\nprint({})"
FILES = {"config.json": b"{}", "tokenizer.json": b"{}", "model.safetensors": os.urandom(3 << 20), "README.md": b"# m", "sub/deep/a.txt": b"a", "é.txt": b"e"}


class Official(Case):
    def client(self, expression, **environment):
        e = self.environment(HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_PROGRESS_BARS="1", **environment)
        p = subprocess.run([sys.executable, "-c", CLIENT.format(expression)], env=e, capture_output=True, text=True, timeout=120)
        self.assertEqual(p.returncode, 0, p.stderr)
        return p.stdout.strip()

    def test_Both_make_the_same_tree(self):
        self.repo("org/m", files=FILES)
        self.repo("org/m", files=dict(FILES, **{"config.json": b'{"v": 2}'}), branch="v2")
        for revision in ("main", "v2"):
            self.pull(f"hf://org/m@{revision}", "--all")
        ours = self.tree()
        shutil.rmtree(self.cache)
        for revision in ("main", "v2"):
            self.client(f"snapshot_download('org/m', revision='{revision}')")
        theirs = self.tree()
        self.assertEqual(sorted(ours), sorted(theirs))
        self.assertEqual(ours, theirs)

    def test_One_file_makes_the_same_blobs_refs_and_links(self):
        self.repo("org/m", files=FILES)
        self.pull("hf://org/m/model.safetensors")
        ours = self.tree()
        shutil.rmtree(self.cache)
        self.client("hf_hub_download('org/m', 'model.safetensors')")
        theirs = self.tree()
        self.assertEqual({k: v for k, v in ours.items() if "/trees/" not in k}, {k: v for k, v in theirs.items() if "/trees/" not in k})

    def test_weft_uses_what_the_client_fetched(self):
        self.repo("org/m", files=FILES)
        path = self.client("snapshot_download('org/m')")
        self.requests()
        self.assertEqual(self.pull("hf://org/m@" + os.path.basename(path)), path)
        self.assertEqual(self.pull("hf://org/m", HF_HUB_OFFLINE="1"), path)
        self.assertEqual(self.requests(), [])

    def test_The_client_uses_what_weft_fetched(self):
        self.repo("org/m", files=FILES)
        path = self.pull("hf://org/m", "--all")
        self.requests()
        self.assertEqual(self.client(f"snapshot_download('org/m', revision='{os.path.basename(path)}')"), path)
        self.assertEqual(self.client("snapshot_download('org/m')", HF_HUB_OFFLINE="1"), path)
        self.assertEqual(self.client("hf_hub_download('org/m', 'config.json')", HF_HUB_OFFLINE="1"), path + "/config.json")
        self.assertEqual(self.requests(), [])

    def test_A_file_that_is_not_there_is_noted_alike(self):
        self.repo("org/m", files=FILES)
        self.weft("pull", "hf://org/m/none.json", code=1)
        ours = {k: v for k, v in self.tree().items() if ".no_exist" in k}
        shutil.rmtree(self.cache)
        e = self.environment(HF_HUB_DISABLE_XET="1")
        subprocess.run([sys.executable, "-c", CLIENT.format("hf_hub_download('org/m', 'none.json')")], env=e, capture_output=True, timeout=120)
        self.assertEqual(ours, {k: v for k, v in self.tree().items() if ".no_exist" in k})


if __name__ == "__main__":
    unittest.main(warnings="ignore")
