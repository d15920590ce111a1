#!/usr/bin/env python3
"""weft against the stand-in. WEFT_COMMAND names the command; the standard library is all that is needed."""
import fcntl, hashlib, http.server, io, json, os, pty, random, shutil, signal, ssl, stat, subprocess, tarfile, threading, time
import unittest
import models, stand_in
from harness import Case, WEFT

BIG = random.Random(1).randbytes(6 << 20)
SMALL = {"config.json": b'{"model_type": "llama"}', "tokenizer.json": b"{}"}


def repo_files(weights=BIG): return dict(SMALL, **{"model.safetensors": weights})


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


class Access(Case):
    def test_The_token_goes_to_the_hub_and_nowhere_else(self):
        self.repo("org/m", files=repo_files(), private=True)
        self.pull("hf://org/m", HF_TOKEN=stand_in.TOKEN)
        for r in self.requests():
            self.assertEqual(r["authorization"], "Bearer " + stand_in.TOKEN if r["host"] == "hub" else None, r)

    def test_A_redirect_of_the_API_to_another_host_goes_without_the_token(self):
        self.repo("org/m", files=repo_files(), cross_host=True)
        self.weft("pull", "hf://org/m", code=1, HF_TOKEN=stand_in.TOKEN)
        self.assertEqual({r["authorization"] for r in self.requests() if r["host"] == "cdn"}, {None})

    def test_Refusals_are_told_apart_and_say_what_to_do(self):
        self.repo("org/private", files=repo_files(b"w"), private=True)
        self.repo("org/gated", files=repo_files(b"w"), gated=True)
        self.repo("org/not-granted", files=repo_files(b"w"), gated="no")
        self.repo("org/disabled", files=repo_files(b"w"), disabled=True)
        self.refused("hf://org/missing", "no such repository", "weft login")
        self.refused("hf://org/private", "private", "weft login")
        self.refused("hf://org/gated", "gated", "weft login", "Ask.")
        self.refused("hf://org/not-granted", "gated", "ask for access", HF_TOKEN=stand_in.TOKEN)
        self.refused("hf://org/disabled", "disabled")
        self.refused("hf://org/private", "token is not valid", HF_TOKEN="hf_wrong")
        self.pull("hf://org/gated", HF_TOKEN=stand_in.TOKEN)

    def test_A_renamed_repository_is_followed(self):
        self.repo("org/new", files=repo_files(b"w"))
        self.repo("org/old", renamed_to="org/new")
        self.assertIn("models--org--old", self.pull("hf://org/old"))

    def test_Handles_that_are_none_are_refused_without_a_request(self):
        for handle in ("hf://org", "hf://org/", "hf://../x", "hf://a/b/../../c", "hf://org/na me", "hf://datasets/a/b", "hf://org/m@", "hf://org/m:", "nope://x",
                       "hf://org/m@a/../b", "http://example.invalid/x.gguf"):
            p = self.weft("pull", handle, code=1)
            self.assertIn("weft: error: ", p.stderr)
        self.assertEqual(self.requests(), [])

    def test_Login_keeps_the_token_for_its_owner_alone(self):
        self.weft("login", input="hf_wrong\n", code=1)
        self.assertFalse(os.path.exists(self.home + "/.cache/huggingface/token"))
        p = self.weft("login", input=stand_in.TOKEN + "\n")
        path = self.home + "/.cache/huggingface/token"
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertNotIn(stand_in.TOKEN, p.stdout + p.stderr)
        self.repo("org/private", files=repo_files(b"w"), private=True)
        self.pull("hf://org/private")

    def test_A_proxy_from_the_environment_is_used(self):
        self.repo("org/m", files=repo_files(b"w"))
        self.refused("hf://org/m", "127.0.0.1", http_proxy="http://127.0.0.1:9")
        self.pull("hf://org/m", http_proxy="http://127.0.0.1:9", no_proxy="127.0.0.1")

    def test_A_token_does_not_go_over_http_to_another_machine(self):
        seen = []

        class Proxy(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append((self.path, self.headers.get("Authorization")))
                self.send_error(404)

            def log_message(self, *arguments): pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        p = self.weft("pull", "hf://org/m", code=1, HF_ENDPOINT="http://hub.example", HF_TOKEN=stand_in.TOKEN,
                      http_proxy=f"http://127.0.0.1:{server.server_port}")
        self.assertTrue(seen[0][0].startswith("http://hub.example/"), seen)
        self.assertEqual({authorization for path, authorization in seen}, {None})
        self.assertIn("is not https", p.stderr)


class Transport(Case):
    folder = os.path.dirname(os.path.abspath(__file__))

    def secure(self):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.folder + "/tls.crt", self.folder + "/tls.key")
        server = stand_in.start_hub(self.root, self.servers[1].port, tls=tls)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"https://127.0.0.1:{server.port}"

    def test_A_certificate_of_ones_own_authority_is_trusted_when_named(self):
        self.repo("org/m", files=SMALL | {"model.gguf": b""})
        endpoint = self.secure()
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"): self.pull("hf://org/m/config.json", HF_ENDPOINT=endpoint, **{name: self.folder + "/tls.crt"})
        shutil.rmtree(self.cache)
        self.refused("hf://org/m/config.json", "certificate", "SSL_CERT_FILE", HF_ENDPOINT=endpoint)

    def test_A_redirect_from_https_to_http_is_refused(self):
        self.repo("org/m", files=repo_files())
        self.refused("hf://org/m", "redirects from https to http://127.0.0.1", HF_ENDPOINT=self.secure(), SSL_CERT_FILE=self.folder + "/tls.crt")

    def test_An_IPv6_address_is_an_endpoint(self):
        try: server = stand_in.start_hub(self.root, self.servers[1].port, ipv6=True)
        except OSError: self.skipTest("this machine has no IPv6")
        folder = self.repo("org/m", files=repo_files())
        self.assert_same(self.pull("hf://org/m", HF_ENDPOINT=f"http://[::1]:{server.port}"), folder)
        server.shutdown(), server.server_close()


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


class Other_sources(Case):
    def put(self, path, data):
        full = os.path.join(self.root, "__other", path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as f: f.write(data)

    def setUp(self):
        super().setUp()
        self.gguf = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden/llama/gguf_f32/model.gguf"), "rb").read()
        self.options(ollama=self.endpoint, modelscope=self.endpoint, kaggle=self.endpoint)

    def runs(self, handle):
        self.weft("run", handle, "--ids", "1,2", "--greedy", "--max-tokens", "1", "--json")

    def test_An_ollama_model_is_its_GGUF_layer(self):
        layer = lambda kind, data: {"mediaType": "application/vnd.ollama.image." + kind, "digest": "sha256:" + hashlib.sha256(data).hexdigest(), "size": len(data)}
        parts = [("model", self.gguf), ("template", b"{{ .Prompt }}"), ("params", b"{}")]
        for _, data in parts: self.put("v2/library/tiny/blobs/sha256:" + hashlib.sha256(data).hexdigest(), data)
        self.put("v2/library/tiny/manifests/latest", json.dumps({"schemaVersion": 2, "layers": [layer(*p) for p in parts]}).encode())
        path = self.pull("ollama://tiny")
        self.assertEqual(sorted(os.listdir(os.path.dirname(path))), ["model.gguf", "params.json", "template"])
        self.requests()
        self.runs("ollama://tiny")
        self.assertEqual(len(self.requests()), 1)
        self.refused("ollama://tiny:nope", "no tag \"nope\"")

    def test_A_file_behind_a_URL_may_be_pinned(self):
        self.put("files/tiny.gguf", self.gguf)
        url, sha = self.endpoint + "/files/tiny.gguf", hashlib.sha256(self.gguf).hexdigest()
        self.runs(url)
        self.pull(f"{url}#sha256={sha}")
        self.requests()
        self.pull(f"{url}#sha256={sha}")
        self.assertEqual(self.requests(), [])
        self.refused(f"{url}#sha256={'0' * 64}", "hash", sha)

    def test_A_modelscope_repository_is_checked_by_its_sha256(self):
        files = [{"Path": "model.gguf", "Type": "blob", "Size": len(self.gguf), "Sha256": hashlib.sha256(self.gguf).hexdigest()}]
        self.put("api/v1/models/org/m/repo/files?Revision=master&Recursive=true", json.dumps({"Code": 200, "Data": {"Files": files}}).encode())
        self.put("api/v1/models/org/m/repo?Revision=master&FilePath=model.gguf", self.gguf)
        self.runs("modelscope://org/m")
        self.requests()
        self.runs("modelscope://org/m")
        self.assertEqual(len(self.requests()), 1)
        self.put("api/v1/models/org/m/repo?Revision=master&FilePath=model.gguf", self.gguf[:-1] + b"!")
        self.weft("rm", "modelscope--org--m")
        self.refused("modelscope://org/m", "hash")

    def archive(self, members):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as t:
            for name, data in members:
                info = tarfile.TarInfo(name)
                if data is None: info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                else: info.size = len(data)
                t.addfile(info, io.BytesIO(data or b""))
        return out.getvalue()

    def test_A_kaggle_archive_is_unpacked(self):
        self.put("api/v1/models/o/m/gguf/f32/get", b'{"versionNumber": 3}')
        self.put("api/v1/models/o/m/gguf/f32/3/download", self.archive([("./model.gguf", self.gguf), ("deep/" + "x" * 120 + "/a.json", b"{}")]))
        path = self.pull("kaggle://o/m/gguf/f32")
        self.assertEqual(sorted(os.listdir(path)), ["deep", "model.gguf"])
        self.requests()
        self.runs("kaggle://o/m/gguf/f32/3")
        self.assertEqual(self.requests(), [])

    def test_Archives_that_lead_out_are_refused(self):
        for name, data in (("../evil", b"x"), ("/etc/evil", b"x"), ("link", None)):
            self.put("api/v1/models/o/m/gguf/bad/1/download", self.archive([(name, data)]))
            self.refused("kaggle://o/m/gguf/bad/1")
        self.put("api/v1/models/o/m/gguf/bad/1/download", self.archive([("bomb", b"\0" * (80 << 20))]))
        self.refused("kaggle://o/m/gguf/bad/1", "more than is allowed")


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
