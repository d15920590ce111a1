#!/usr/bin/env python3
"""weft against the stand-in: whole paths, faults of the server, models that run while they arrive. WEFT_COMMAND
names the command; the standard library is all that is needed."""
import hashlib, json, os, signal, subprocess, time
import unittest
import models, stand_in
from harness import Case, BIG, SMALL, WEFT, repo_files


class Whole_path(Case):
    def test_A_model_runs_from_the_hub_and_a_second_run_asks_one_question(self):
        self.repo("org/tiny", golden="gguf_f32")
        run = lambda *more, **env: self.weft("run", *more, "Hello", "--greedy", "--max-tokens", "4", "--json", **env)
        first = json.loads(run("hf://org/tiny").stdout)
        self.requests()
        self.assertEqual(json.loads(run("hf://org/tiny").stdout)["ids"], first["ids"])
        asked = self.requests()
        self.assertEqual([r["path"] for r in asked], ["/api/models/org/tiny/revision/main"])
        commit = open(os.path.join(self.cache, "models--org--tiny/refs/main")).read()
        run(f"hf://org/tiny@{commit}")
        run("hf://org/tiny", HF_HUB_OFFLINE="1")
        self.assertEqual(self.requests(), [])

    def test_Shards_are_those_of_the_index_and_run(self):
        self.repo("org/sharded", golden="llama_tied_sharded")
        self.assertIn("[", self.weft("run", "hf://org/sharded", "--ids", "1,2,3", "--greedy", "--max-tokens", "2", "--json").stdout)

    def test_A_single_file_is_fetched_and_not_the_index_left_beside_it(self):
        files = dict(repo_files(), **{"model.safetensors.index.json": b'{"weight_map": {"a": "gone.safetensors"}}'})
        self.repo("org/left", files=files)
        fetched = sorted(os.listdir(self.pull("hf://org/left")))
        self.assertEqual(fetched, ["config.json", "model.safetensors", "tokenizer.json"])

    def test_The_cache_is_laid_out_as_the_official_client_lays_it_out(self):
        folder = self.repo("org/m", files=dict(repo_files(), **{"sub/dir/config.json": b"{}"}))
        path = self.pull("hf://org/m", "--all")
        base = os.path.join(self.cache, "models--org--m")
        commit = open(base + "/refs/main").read()
        self.assertEqual(path, f"{base}/snapshots/{commit}")
        sha = hashlib.sha256(BIG).hexdigest()
        self.assertEqual(os.readlink(path + "/model.safetensors"), "../../blobs/" + sha)
        self.assertEqual(os.readlink(path + "/sub/dir/config.json"), "../../../../blobs/" + stand_in.sha1(b"{}"))
        self.assertTrue(os.path.exists(f"{self.cache}/.locks/models--org--m/{sha}.lock"))
        self.assertTrue(open(self.cache + "/CACHEDIR.TAG").read().startswith("Signature: 8a477f597d28d172789f06886806bc55\n"))
        listing = json.load(open(f"{base}/trees/{commit}.json"))
        self.assertEqual(listing["format_version"], 1)
        self.assertEqual(listing["files"]["model.safetensors"]["lfs_sha256"], sha)
        self.assert_same(path, folder, ["model.safetensors", "config.json", "sub/dir/config.json"])
        self.assert_clean()

    def test_Only_what_the_model_needs_is_fetched(self):
        extra = {n: b"x" for n in ("README.md", "pytorch_model.bin", "model.h5", "onnx/model.onnx", "original/params.json", "training_args.bin",
                                   "consolidated.safetensors", "flax_model.msgpack", "img.png")}
        kept = {n: b"{}" for n in ("generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja", "tokenizer.model")}
        self.repo("org/m", files=dict(repo_files(), **extra, **kept))
        self.assertEqual(sorted(os.listdir(self.pull("hf://org/m"))), sorted([*repo_files(), *kept]))

    def test_A_quant_is_chosen_by_name(self):
        quants = {f"m-{q}.gguf": q.encode() for q in ("Q4_K_M", "Q8_0", "UD-Q4_K_XL", "Q4_0")}
        quants.update({"BF16/m-BF16-00001-of-00002.gguf": b"1", "BF16/m-BF16-00002-of-00002.gguf": b"2", "mmproj-m-F16.gguf": b"p"})
        self.repo("org/m-GGUF", files=quants)
        self.assertTrue(self.pull("hf://org/m-GGUF:q8_0").endswith("/m-Q8_0.gguf"))
        self.assertIn("takes m-Q4_K_M, one of 5 GGUF models", self.weft("pull", "hf://org/m-GGUF").stderr)
        self.assertTrue(self.pull("hf://org/m-GGUF").endswith("/m-Q4_K_M.gguf"))
        split = self.pull("hf://org/m-GGUF:BF16")
        self.assertTrue(split.endswith("/BF16/m-BF16-00001-of-00002.gguf"))
        self.assertTrue(os.path.exists(split.replace("00001-of", "00002-of")))
        self.refused("hf://org/m-GGUF:Q5_K_M", "no quant \"Q5_K_M\"", "m-Q8_0")
        self.assertTrue(self.pull("hf://org/m-GGUF/m-Q4_0.gguf").endswith("/m-Q4_0.gguf"))

    def test_A_missing_file_is_noted_and_not_asked_for_again(self):
        self.repo("org/m", files=repo_files())
        self.refused("hf://org/m/none.json", "no file or folder \"none.json\"")
        commit = os.listdir(self.cache + "/models--org--m/.no_exist")[0]
        self.assertTrue(os.path.exists(f"{self.cache}/models--org--m/.no_exist/{commit}/none.json"))
        self.requests()
        self.refused(f"hf://org/m@{commit}/none.json", "none.json")
        self.assertEqual(self.requests(), [])

    def test_Revisions_are_branches_commits_pull_requests_and_quoted_names(self):
        self.repo("org/m", files=repo_files(b"main"))
        self.repo("org/m", files=repo_files(b"other"), branch="v2")
        read = lambda handle: open(self.pull(handle) + "/model.safetensors", "rb").read()
        self.assertEqual(read("hf://org/m"), b"main")
        self.assertEqual(read("hf://models/org/m@v2"), b"other")
        self.assertTrue(self.pull(f"{self.endpoint}/org/m/resolve/v2/config.json").endswith("/config.json"))
        self.refused("hf://org/m@nope", "no branch, tag or commit \"nope\"")

    def test_A_branch_that_moves_meanwhile_never_mixes(self):
        self.repo("org/m", files=repo_files(b"old"), main_moves_after=1)
        self.repo("org/m", files=dict(SMALL, **{"model.safetensors": b"new!", "config.json": b'{"new": 1}'}), branch="moved", main_moves_after=1)
        first = self.pull("hf://org/m")
        self.assertEqual(open(first + "/model.safetensors", "rb").read(), b"old")
        second = self.pull("hf://org/m")
        self.assertNotEqual(first, second)
        self.assertEqual(open(second + "/config.json").read(), '{"new": 1}')

    def test_What_is_wrong_with_a_model_is_said_of_its_handle(self):
        self.repo("org/m", files=repo_files(b"no safetensors"))
        p = self.weft("run", "hf://org/m", "--ids", "1", code=1)
        self.assertIn("weft: error: hf://org/m/model.safetensors", p.stderr)
        self.repo("org/n", golden="llama1", files={"config.json": b'{"model_type": "nobody"}'})
        p = self.weft("run", "hf://org/n", "--ids", "1", code=1)
        self.assertIn("weft: error: hf://org/n: ", p.stderr)

    def test_Ten_thousand_files_come_in_pages(self):
        self.repo("org/m", files=repo_files(b"w"), many_files=10000)
        path = self.pull("hf://org/m")
        self.assertEqual(len(json.load(open(path.replace("snapshots", "trees") + ".json"))["files"]), 10003)
        self.assertEqual(len(os.listdir(path)), 3)


class Faults(Case):
    """Each heals, or ends in one clear line."""
    def heals(self, **faults):
        folder = self.repo("org/m", files=repo_files(), **faults)
        path = self.pull("hf://org/m", HF_HUB_DOWNLOAD_TIMEOUT="1")
        self.assert_same(path, folder)
        self.assert_clean()
        return self.requests()

    def test_A_connection_that_breaks_goes_on_where_it_broke(self):
        asked = self.heals(cut={"after": 100000, "times": 5})
        self.assertLess(sum(r["sent"] for r in asked if r["host"] == "cdn"), len(BIG) + 700000)

    def test_A_stalled_connection_is_given_up_and_resumed(self): self.heals(stall={"after": 50000, "times": 1, "seconds": 8})
    def test_A_server_without_ranges_is_read_as_a_whole(self): self.heals(no_ranges=True)
    def test_A_server_without_ranges_that_breaks_is_read_again(self): self.heals(no_ranges=True, cut={"after": 3000000, "times": 2})
    def test_A_wrong_content_range_is_not_believed(self): self.heals(wrong_content_range={"times": 2})
    def test_A_short_body_is_asked_for_the_rest(self): self.heals(short={"times": 2})
    def test_A_flipped_bit_is_found_and_fetched_again(self): self.heals(flip={"times": 1})
    def test_A_flipped_bit_in_a_small_file_is_found(self): self.heals(flip_small={"times": 1})
    def test_503_is_tried_again(self):
        self.heals(e503={"times": 3})
        self.heals(e503={"times": 3, "where": "cdn"})
    def test_429_waits_as_the_server_says(self):
        self.heals(e429={"times": 1, "after": True})
        self.heals(e429={"times": 1})
        self.heals(e429_limit={"times": 1, "where": "cdn"})
    def test_Compressed_JSON_is_read(self): self.heals(gzip_json=True)
    def test_A_compressed_small_file_is_read(self): self.heals(gzip_small=True)
    def test_An_expired_signature_is_renewed(self):
        asked = self.heals(expire_after=3)
        self.assertGreaterEqual(sum(r["method"] == "HEAD" for r in asked), 2)

    def test_A_signature_that_is_always_expired_is_an_error(self):
        self.repo("org/m", files=repo_files(), always_expired=True)
        self.refused("hf://org/m", "refuses each address that")

    def test_Damage_that_stays_is_an_error_and_leaves_nothing(self):
        self.repo("org/m", files=repo_files(), flip={"times": 1000})
        self.refused("hf://org/m", "model.safetensors", "hash", "expected " + hashlib.sha256(BIG).hexdigest())
        self.assertFalse(os.path.exists(self.cache + "/models--org--m/refs/main"))
        self.assert_clean()

    def test_A_bomb_is_cut_off(self):
        self.repo("org/m", files=repo_files(b"w"), gzip_small="bomb")
        self.refused("hf://org/m", "more than the")

    def test_A_compressed_answer_that_grows_a_thousandfold_is_cut_off(self):
        self.repo("org/m", files=repo_files(b"w"), gzip_json="bomb")
        self.refused("hf://org/m", "grows to more than 100 times its size")

    def test_Sizes_whose_sum_is_beyond_64_bits_do_not_fit_the_disk(self):
        self.repo("org/m", files=repo_files(b"w"))
        path = self.pull("hf://org/m")
        tree = path.replace("snapshots", "trees") + ".json"
        listing = json.load(open(tree))
        for name in ("model.safetensors", "config.json"):
            listing["files"][name].update(size=1 << 63, lfs_size=1 << 63, lfs_sha256="0" * 64)
            os.unlink(path + "/" + name)
        json.dump(listing, open(tree, "w"))
        self.refused("hf://org/m", "has room for")

    def test_An_endless_body_is_cut_off(self):
        self.repo("org/m", files=repo_files(b"w" * 100), endless={"times": 100})
        self.refused("hf://org/m", "more than the 100 bytes")

    def test_Endless_pages_end(self):
        self.repo("org/m", files=repo_files(b"w"), endless_pages=True)
        self.refused("hf://org/m", "never ends")

    def test_Redirects_that_go_round_end(self):
        self.repo("org/m", files=repo_files(b"w"), redirect_loop=True)
        self.refused("hf://org/m", "more than 10 redirects")

    def test_Names_that_lead_out_of_the_cache_are_refused(self):
        for name in ("../evil", "/etc/evil", "a/../../evil", "a//b", "tab\tname", "./x", "esc\x1b[31m"):
            self.repo("org/m", files=repo_files(b"w"), hostile_names=[name])
            self.refused("hf://org/m", "cannot be stored")
        self.assertFalse(os.path.exists(os.path.join(self.home, "evil")))

    def test_No_server_is_one_clear_line(self):
        self.refused("hf://org/m", "127.0.0.1:9", HF_ENDPOINT="http://127.0.0.1:9")

    def test_A_name_that_does_not_resolve_is_not_tried_again(self):
        self.options(retry_seconds=30)
        started = time.monotonic()
        self.refused("hf://org/m", "could not resolve the name of the host", HF_ENDPOINT="https://weft.invalid")
        self.assertLess(time.monotonic() - started, 25)

    def test_A_network_that_is_gone_leaves_the_cache_to_serve(self):
        self.repo("org/m", files=repo_files(b"w"))
        path = self.pull("hf://org/m")
        p = self.weft("pull", "hf://org/m", HF_ENDPOINT="http://127.0.0.1:9")
        self.assertEqual(p.stdout.strip(), path)
        self.assertIn("warning", p.stderr)

    def test_Too_little_space_is_said_before(self):
        self.repo("org/m", files=repo_files(b"w"))
        path = self.pull("hf://org/m")
        tree = path.replace("snapshots", "trees") + ".json"
        listing = json.load(open(tree))
        listing["files"]["model.safetensors"].update(size=1 << 49, lfs_size=1 << 49)
        os.unlink(path + "/model.safetensors")
        json.dump(listing, open(tree, "w"))
        self.refused("hf://org/m", "has room for")


class Arrival(Case):
    """Models that run while their weights still come."""
    shards = [f"model-{i:05}-of-00003.safetensors" for i in (1, 2, 3)]
    ask = ("--ids", "1,2,3", "--greedy", "--max-tokens", "4", "--json")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = models.sharded_llama(3)
        cls.size = sum(map(len, cls.files.values()))

    def setUp(self):
        super().setUp()
        self.options(connections=2)
        self.folder = os.path.join(self.home, "local")
        os.makedirs(self.folder)
        for name, data in self.files.items(): open(os.path.join(self.folder, name), "wb").write(data)

    def ids(self, model, *more, **environment): return json.loads(self.weft("run", model, *self.ask, *more, **environment).stdout)["ids"]
    def sent(self): return sum(r["sent"] for r in self.requests() if r["host"] == "cdn")

    def test_Layers_run_while_later_shards_arrive(self):
        expected = self.ids(self.folder)
        self.repo("org/m", files=self.files, rate=2 << 20)
        p = self.weft("run", "hf://org/m", *self.ask, "-v")
        self.assertEqual(json.loads(p.stdout)["ids"], expected)
        lines = p.stderr.splitlines()
        at = lambda text: next(i for i, line in enumerate(lines) if text in line)
        read = [at(f"weights: {s}: its tensors are read") for s in self.shards]
        verified = [at(f"hub: {s}: is verified") for s in self.shards]
        self.assertEqual(read, sorted(read))  # the layers of one have run when the next is read
        self.assertEqual(verified, sorted(verified))
        for r, v in zip(read, verified): self.assertLess(r, v)
        self.assertEqual(self.sent(), sum(len(self.files[s]) for s in self.shards))
        self.assert_clean()
        self.assertEqual(self.ids("hf://org/m", HF_HUB_OFFLINE="1"), expected)
        self.assertEqual(self.requests(), [])

    def test_A_flipped_bit_ends_it_before_the_first_token(self):
        self.repo("org/m", files=self.files, flip={"times": 1, "files": self.shards[2:], "from": 600000})
        p = self.weft("run", "hf://org/m", *self.ask, code=1)
        self.assertEqual(p.stdout, "")
        self.assertIn("model-00003-of-00003.safetensors", p.stderr)
        self.assertIn("hash", p.stderr)
        self.assertFalse(os.path.exists(self.cache + "/models--org--m/refs/main"))
        self.assertFalse(os.path.exists(f"{self.cache}/models--org--m/blobs/" + hashlib.sha256(self.files[self.shards[2]]).hexdigest()))
        self.assertEqual(self.ids("hf://org/m"), self.ids(self.folder))
        self.assert_clean()

    def test_A_GGUF_file_in_parts_runs_while_it_arrives(self):
        parts = {f"m-Q8_0-0000{i + 1}-of-00003.gguf": data for i, data in enumerate(models.gguf_llama(3))}
        self.repo("org/m-GGUF", files=dict(parts, **{"mmproj-F16.gguf": b"p", "m-F16.gguf": b"other"}), rate=2 << 20)
        p = self.weft("run", "hf://org/m-GGUF:Q8_0", *self.ask, "-v")
        read, verified = (p.stderr.find(f"m-Q8_0-00003-of-00003.gguf: {what}") for what in ("its tensors are read", "is verified"))
        self.assertTrue(0 < read < verified, p.stderr)

    def test_A_server_without_ranges_is_waited_for(self):
        self.repo("org/m", files=self.files, no_ranges=True)
        self.assertEqual(self.ids("hf://org/m"), self.ids(self.folder))

    def test_A_file_that_cannot_be_had_ends_it(self):
        self.repo("org/m", files=self.files, always_expired=True)
        p = self.weft("run", "hf://org/m", *self.ask, code=1)
        self.assertIn("refuses each address that", p.stderr)
        self.assertEqual(p.stdout, "")

    def test_Ctrl_C_ends_it_and_the_next_run_goes_on(self):
        self.repo("org/m", files=self.files, rate=1 << 20)
        p = subprocess.Popen([WEFT, "run", "hf://org/m", *self.ask, "-v", "--config", self.config], env=self.environment(), stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
        for line in p.stderr:
            if "its tensors are read" in line: break
        time.sleep(0.2)
        started = time.time()
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=10)
        self.assertEqual((p.returncode, out), (130, ""), err)
        self.assertLess(time.time() - started, 2.5)
        self.faults("org/m")
        self.assertEqual(self.ids("hf://org/m"), self.ids(self.folder))
        self.assertLess(self.sent(), self.size + 600000)

    def test_Two_processes_at_once_fetch_each_byte_once(self):
        self.repo("org/m", files=self.files, rate=2 << 20)
        both = [subprocess.Popen([WEFT, "run", "hf://org/m", *self.ask, "--config", self.config], env=self.environment(), stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE) for _ in range(2)]
        answers = [json.loads(p.communicate(timeout=60)[0])["ids"] for p in both]
        self.assertEqual(answers, [self.ids(self.folder)] * 2)
        self.assertEqual(self.sent(), sum(len(self.files[s]) for s in self.shards))


@unittest.skipUnless(os.environ.get("WEFT_CLIENT"), "no client was built")
class Host(Case):
    def client(self, *arguments):
        return subprocess.run([os.environ["WEFT_CLIENT"], *arguments], env=self.environment(), capture_output=True, text=True, timeout=100)

    def test_A_preset_is_fetched_with_progress_and_can_be_cancelled(self):
        self.repo("org/tiny", golden="gguf_f32", files={"model.gguf.part": b""}, rate=100000)
        cancelled = self.client("hf://org/tiny", "cancel-fetch")
        self.assertIn("code 1: ", cancelled.stdout, cancelled.stderr)
        self.faults("org/tiny")
        p = self.client("hf://org/tiny")
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertIn("progress yes", p.stdout)
        self.assertIn("/models--org--tiny/snapshots/", p.stdout)

    def test_A_load_that_waits_for_its_weights_can_be_cancelled_and_keeps_what_has_come(self):
        files = models.sharded_llama(3)
        self.repo("org/m", files=files, rate=500000, no_ranges=True)  # so that even a header waits for its whole file
        cancelled = self.client("hf://org/m", "cancel-load")
        self.assertEqual(cancelled.stdout, "code 1: cancelled\n", cancelled.stderr)
        self.assertLess(sum(r["sent"] for r in self.requests() if r["host"] == "cdn"), sum(map(len, files.values())) / 2)
        self.assertTrue(any(p.endswith(".incomplete") for p in self.tree()))
        self.faults("org/m")
        p = self.client("hf://org/m")
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
