#!/usr/bin/env python3
"""Where files come from: tokens and refusals, the transport, other sources than the Hub. WEFT_COMMAND names the
command; the standard library is all that is needed."""
import hashlib, http.server, io, json, os, shutil, ssl, stat, tarfile, threading
import unittest
import stand_in
from harness import Case, SMALL, repo_files


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


if __name__ == "__main__":
    unittest.main(warnings="ignore")
