#!/usr/bin/env python3
"""The cache, and what is told of a model without fetching it. WEFT_COMMAND names the command; the standard library is
all that is needed."""
import fcntl, hashlib, json, os, pty, shutil, signal, subprocess, time
import unittest
from harness import Case, BIG, WEFT, repo_files


class Cache(Case):
    def test_A_killed_pull_goes_on_where_it_was(self):
        folder = self.repo("org/m", files=repo_files(), rate=1500000)
        self.options(connections=2)
        for _ in range(3):
            p = subprocess.Popen([WEFT, "pull", "hf://org/m", "--config", self.config], env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.4)
            p.kill()
            p.wait()
            self.assertFalse(os.path.exists(self.cache + "/models--org--m/refs/main"))
        self.faults("org/m")
        self.assert_same(self.pull("hf://org/m"), folder)
        sent = sum(r["sent"] for r in self.requests() if r["host"] == "cdn")
        self.assertLess(sent, len(BIG) + 3 * 2 * (1 << 18))  # what three kills may lose: a connection writes 256 KB at a time
        self.assert_clean()

    def test_Ctrl_C_ends_it_at_once(self):
        self.repo("org/m", files=repo_files(), rate=100000)
        p = subprocess.Popen([WEFT, "pull", "hf://org/m", "--config", self.config], env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        started = time.time()
        p.send_signal(signal.SIGINT)
        self.assertEqual(p.wait(5), 130)
        self.assertLess(time.time() - started, 0.5)

    def test_Two_processes_at_once_fetch_each_byte_once(self):
        folder = self.repo("org/m", files=repo_files(), rate=4000000)
        both = [subprocess.Popen([WEFT, "pull", "hf://org/m", "--config", self.config], env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                for _ in range(2)]
        paths = [p.communicate(timeout=60)[0].decode().strip() for p in both]
        self.assertEqual(paths[0], paths[1])
        self.assert_same(paths[0], folder)
        self.assertEqual(sum(r["sent"] for r in self.requests() if r["host"] == "cdn"), len(BIG))

    def test_A_wait_for_another_process_is_told(self):
        self.repo("org/m", files=repo_files())
        locks = self.cache + "/.locks/models--org--m"
        os.makedirs(locks)
        with open(f"{locks}/{hashlib.sha256(BIG).hexdigest()}.lock", "w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            p = subprocess.Popen([WEFT, "pull", "hf://org/m", "--config", self.config], env=self.environment(),
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            line = next((l for l in p.stderr if "waits for another process" in l), "")
        p.communicate(timeout=60)
        self.assertIn("model.safetensors", line)
        self.assertEqual(p.returncode, 0)

    def test_A_link_planted_in_a_shared_cache_is_not_written_through(self):
        self.repo("org/m", files=repo_files())
        blobs = self.cache + "/models--org--m/blobs"
        os.makedirs(blobs)
        victim = os.path.join(self.home, "victim")
        open(victim, "w").write("mine")
        os.symlink(victim, f"{blobs}/{hashlib.sha256(BIG).hexdigest()}.weft.incomplete")
        self.pull("hf://org/m")
        self.assertEqual(open(victim).read(), "mine")

    def test_A_read_only_cache_serves(self):
        self.repo("org/m", files=repo_files(b"w"))
        path = self.pull("hf://org/m")
        for base, folders, names in os.walk(self.cache): os.chmod(base, 0o555)
        try: self.assertEqual(self.pull("hf://org/m"), path)
        finally:
            for base, folders, names in os.walk(self.cache): os.chmod(base, 0o755)

    def test_Without_links_files_are_moved(self):
        folder = self.repo("org/m", files=repo_files())
        path = self.pull("hf://org/m", HF_HUB_DISABLE_SYMLINKS="1")
        self.assertFalse(os.path.islink(path + "/model.safetensors"))
        self.assert_same(path, folder)
        self.requests()
        self.assertEqual(self.pull("hf://org/m", HF_HUB_OFFLINE="1"), path)
        self.assertEqual(json.loads(self.weft("verify", "--json").stdout)["files"], 3)
        with open(path + "/config.json", "a") as f: f.write(" ")
        self.weft("verify", code=1)

    def test_Offline_without_the_files_says_so(self):
        self.repo("org/m", files=repo_files(b"w"))
        self.refused("hf://org/m", "offline", HF_HUB_OFFLINE="1")
        self.assertEqual(self.requests(), [])

    def test_List_verify_prune_and_rm(self):
        self.repo("org/m", files=repo_files())
        self.repo("org/m", files=repo_files(b"other"), branch="v2")
        self.pull("hf://org/m"), self.pull("hf://org/m@v2")
        listed = json.loads(self.weft("list", "--json").stdout)
        self.assertEqual([r["handle"] for r in listed], ["hf://org/m"])
        self.assertEqual(sorted(r["refs"][0] for r in listed[0]["revisions"]), ["main", "v2"])
        self.assertRegex(self.weft("list").stdout, r"(?s)^hf://org/m .*\n1 model, ")
        self.assertEqual(json.loads(self.weft("verify", "--json").stdout)["files"], 4)
        blob = self.cache + "/models--org--m/blobs/" + hashlib.sha256(BIG).hexdigest()
        with open(blob, "r+b") as f: f.write(b"broken")
        self.assertIn("damaged", self.weft("verify", "hf://org/m", "--remove", code=1).stderr)
        self.assertFalse(os.path.exists(blob))
        self.pull("hf://org/m")
        self.weft("verify")
        os.unlink(self.cache + "/models--org--m/refs/v2")
        self.assertEqual(json.loads(self.weft("prune", "--json").stdout)["revisions"], 1)
        self.assertEqual(len(json.loads(self.weft("list", "--json").stdout)[0]["revisions"]), 1)
        self.weft("rm", "hf://org/m")
        self.assertEqual(json.loads(self.weft("list", "--json").stdout), [])
        self.assertIn("not in the cache", self.weft("rm", "hf://org/m", code=1).stderr)

    def test_A_terminal_gets_a_bar_and_others_lines(self):
        self.repo("org/m", files=repo_files(), rate=2 << 20)
        self.options(connections=1)
        ours, theirs = pty.openpty()
        p = subprocess.Popen([WEFT, "pull", "hf://org/m", "--config", self.config], env=self.environment(), stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        shown = b""
        while True:
            try: shown += os.read(ours, 4096)
            except OSError: break  # its other end is closed
        os.close(ours)
        self.assertEqual(p.wait(), 0)
        p.stdout.close()
        self.assertRegex(shown.decode(), r"\r\x1b\[K\[#+\.+\] +\d+ % of 6\.3 MB, [\d.]+ MB/s, 0:0\d left; model\.safetensors +\d+ %")
        shutil.rmtree(self.cache)
        self.assertNotIn("\x1b", self.weft("pull", "hf://org/m").stderr)

    def test_Events_are_JSON_lines(self):
        self.repo("org/m", files=repo_files())
        events = [json.loads(l) for l in self.weft("pull", "hf://org/m", "--json").stdout.splitlines()]
        self.assertEqual(events[0]["event"], "start")
        self.assertEqual(events[-1]["event"], "path")
        self.assertEqual(sum(e["event"] == "file" for e in events), 3)


class Info(Case):
    def test_A_model_is_judged_from_its_headers(self):
        for golden in ("llama_tied_sharded", "llama1", "gguf_f32"):
            self.repo("org/" + golden, golden=golden, rate=1 << 30)
            known = json.loads(self.weft("inspect", "hf://org/" + golden, "--json").stdout)
            self.weft("rm", "hf://org/" + golden)
            self.requests()
            d = json.loads(self.weft("info", "hf://org/" + golden, "--json").stdout)
            self.assertTrue(d["run"]["runs"], d["run"])
            self.assertEqual((d["run"]["family"], d["run"]["parameters"], d["license"]), (known["architecture"], known["parameters"], "apache-2.0"))
            self.assertFalse([r for r in self.requests() if r["host"] == "cdn" and not r["range"]])
        self.assertIn("runs      yes", self.weft("info", "hf://org/llama1").stdout)

    def test_A_page_of_the_hub_is_its_handle(self):
        self.repo("org/m", golden="llama1", branch="v2")
        page = self.endpoint + "/org/m/tree/v2"
        self.assertEqual(self.pull(page), self.pull("hf://org/m@v2"))
        self.assertIn("runs      yes", self.weft("info", page).stdout)

    def test_A_file_on_this_machine_is_for_inspect(self):
        self.assertIn("weft inspect", self.weft("info", self.config, code=1).stderr)

    def test_Weights_are_not_fetched(self):
        header = json.dumps({"t": {"dtype": "F32", "shape": [len(BIG) // 4], "data_offsets": [0, len(BIG)]}}).encode()
        weights = len(header).to_bytes(8, "little") + header + BIG
        self.repo("org/m", files=repo_files(weights), rate=1 << 30)
        d = json.loads(self.weft("info", "hf://org/m", "--json").stdout)
        self.assertFalse(d["run"]["runs"])
        self.assertNotEqual(d["run"]["why"], "")
        self.assertLess(sum(r["sent"] for r in self.requests() if r["host"] == "cdn"), len(weights) // 4)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
