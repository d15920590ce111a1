#!/usr/bin/env python3
"""A stand-in for the Hugging Face Hub: two origins, the hub and a CDN that refuses any token.

  stand_in.py FOLDER [--port-file F] [--lfs-bytes N] [--page N]

FOLDER holds repositories as FOLDER/org/name/BRANCH/files. Files of more than --lfs-bytes, and .safetensors,
.gguf and .bin files, are LFS: they redirect to the CDN with a signature. A file FOLDER/org/name/faults.json is
read at each request: its keys are what Handler looks up as faults. GET /__log gives all requests so far as
JSON, GET /__clear empties the log.
"""
import argparse, gzip, hashlib, json, os, socket, sys, threading, time, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOG, LOCK = [], threading.Lock()
COUNTS = {}          # how often a fault has struck
BOMB = gzip.compress(b"\0" * (1 << 24))
TOKEN = "hf_standin_secret_token"
SIGNATURE = {"n": 0}  # signatures before this one have expired


def sha1(data): return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Repo:
    def __init__(self, root, repo):
        self.repo, self.root = repo, os.path.join(root, repo)
        self.exists = os.path.isdir(self.root) and repo.count("/") == 1
        self.faults = {}
        path = os.path.join(self.root, "faults.json")
        if os.path.exists(path):
            with open(path) as f: self.faults = json.load(f)

    def branches(self): return sorted(b for b in os.listdir(self.root) if os.path.isdir(os.path.join(self.root, b)))

    def files(self, branch):
        base, out = os.path.join(self.root, branch), {}
        for folder, _, names in os.walk(base):
            for n in names:
                p = os.path.join(folder, n)
                out[os.path.relpath(p, base)] = p
        return dict(sorted(out.items()))

    def commit(self, branch):
        text = branch + "".join(f"{k}:{os.path.getsize(v)}" for k, v in self.files(branch).items())
        return hashlib.sha1((self.repo + text).encode()).hexdigest()

    def branch_of(self, revision):
        """A branch name or a commit to a branch; the branch "main" may move while a download runs."""
        moved = self.faults.get("main_moves_after")
        if revision == "main" and moved is not None and count((self.repo, "revision")) >= moved: revision = "moved"
        for b in self.branches():
            if revision in (b, self.commit(b)): return b
        return None


HASHES = {}
def digests(path):
    key = (path, os.path.getmtime(path), os.path.getsize(path))
    if key not in HASHES:
        git, sha = hashlib.sha1(b"blob %d\0" % os.path.getsize(path)), hashlib.sha256()
        with open(path, "rb") as f:
            while data := f.read(1 << 20): git.update(data), sha.update(data)
        HASHES[key] = (git.hexdigest(), sha.hexdigest())
    return HASHES[key]


def count(key, add=False):
    with LOCK:
        n = COUNTS.get(key, 0)
        if add: COUNTS[key] = n + 1
        return n


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *a): pass
    def do_GET(self): self.serve(True)
    def do_HEAD(self): self.serve(False)

    def log(self):
        with LOCK:
            LOG.append({"host": self.server.name, "method": self.command, "path": self.path, "range": self.headers.get("Range"),
                        "authorization": self.headers.get("Authorization"), "sent": 0})
            return LOG[-1]

    def reply(self, status, body=b"", headers={}, with_body=True):
        self.send_response(status)
        for k, v in headers.items(): self.send_header(k, v)
        if "Content-Length" not in headers: self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body and self.command == "GET": self.wfile.write(body)

    def fail(self, status, code=None, message="", extra={}):
        headers = dict(extra)
        if code: headers["X-Error-Code"] = code
        if message: headers["X-Error-Message"] = message
        headers["X-Request-Id"] = "stand-in-request"
        headers["Content-Type"] = "application/json"
        self.reply(status, json.dumps({"error": message}).encode(), headers)

    def json(self, value, headers={}, gz=False):
        body = json.dumps(value).encode()
        headers = dict(headers, **{"Content-Type": "application/json"})
        if gz:
            body = gzip.compress(body + (b" " * (32 << 20) if gz == "bomb" else b""))
            headers["Content-Encoding"] = "gzip"
        self.reply(200, body, headers)

    def stream(self, path, faults, name, entry, limited=0):
        """Serves a file with ranges and whatever faults are set."""
        size = os.path.getsize(path)
        begin, end, status = 0, size - 1, 200
        r = self.headers.get("Range")
        headers = {"ETag": '"not-the-sha256"', "Accept-Ranges": "bytes"}
        whole = faults.get("no_ranges")
        if r and not whole:
            a, _, b = r[len("bytes="):].partition("-")
            begin, end, status = int(a), min(int(b) if b else size - 1, size - 1), 206
            if begin >= size: return self.reply(416, b"", {"Content-Range": f"bytes */{size}"})
            headers["Content-Range"] = f"bytes {begin}-{end}/{size}"
        strike = lambda fault: name in fault.get("files", [name]) and count((name, json.dumps(fault)), True) < fault.get("times", 1)
        if "wrong_content_range" in faults and status == 206 and strike(faults["wrong_content_range"]):
            headers["Content-Range"] = f"bytes {begin + 1}-{end + 1}/{size}"
        cut = stall = None
        if "cut" in faults and strike(faults["cut"]): cut = faults["cut"]["after"]
        if "stall" in faults and strike(faults["stall"]): stall = faults["stall"]["after"]
        flip = "flip" in faults and self.command == "GET" and begin >= faults["flip"].get("from", 0) and strike(faults["flip"])
        short = "short" in faults and strike(faults["short"])
        endless = "endless" in faults and strike(faults["endless"])
        length = end - begin + 1
        if short: length -= 1
        headers["Content-Length"] = str(length)
        if endless: del headers["Content-Length"]; headers["Connection"] = "close"
        self.send_response(status)
        for k, v in headers.items(): self.send_header(k, v)
        self.end_headers()
        if self.command == "HEAD": return
        rate, started, sent = limited, time.time(), 0
        with open(path, "rb") as f:
            f.seek(begin)
            if not faults:  # as fast as it goes
                self.wfile.flush()
                entry["sent"] = self.connection.sendfile(f, begin, length)
                return
            while sent < length:
                n = min(1 << 16, length - sent)
                if cut is not None: n = min(n, cut - sent)
                if stall is not None: n = min(n, stall - sent)
                data = f.read(n)
                if flip: data, flip = bytes([data[0] ^ 1]) + data[1:], False
                self.wfile.write(data)
                sent += n
                entry["sent"] = sent
                if rate: time.sleep(max(0, sent / rate - (time.time() - started)))
                if stall is not None and sent >= stall: time.sleep(faults["stall"].get("seconds", 30)); stall = None
                if cut is not None and sent >= cut:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
        try:
            while endless: self.wfile.write(b"x" * 65536)
        except OSError: pass
        if short: self.close_connection = True

    def serve(self, _):
        entry = self.log()
        try:
            (self.cdn if self.server.name == "cdn" else self.hub)(entry)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    # --- the CDN -----------------------------------------------------------------------------
    def cdn(self, entry):
        if self.headers.get("Authorization"): return self.reply(400, b"only one auth mechanism allowed")
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if "repo" not in query: return self.reply(404, b"{}")
        repo_id, branch, name = query["repo"], query["branch"], query["file"]
        repo = Repo(self.server.root, repo_id)
        f = repo.faults
        expire = f.get("expire_after")
        if expire and count((repo_id, "cdn"), True) + 1 >= expire and not COUNTS.get((repo_id, "expired")):
            COUNTS[(repo_id, "expired")] = True
            SIGNATURE["n"] += 1
        if int(query["X-Signature"]) < SIGNATURE["n"] or f.get("always_expired"): return self.reply(403, b"Request has expired")
        if self.busy(f, "cdn", repo_id): return
        self.stream(repo.files(branch)[name], f, name, entry, f.get("rate", 0))

    def busy(self, f, where, repo_id):
        for kind in ("e503", "e429", "e429_limit"):
            fault = f.get(kind)
            if not fault or fault.get("where", "hub") != where or count((repo_id, kind), True) >= fault["times"]: continue
            if kind == "e503": self.fail(503, message="busy")
            elif kind == "e429": self.fail(429, message="slow down", extra={"Retry-After": "0"} if fault.get("after") else {})
            else: self.fail(429, message="slow down", extra={"ratelimit": '"api";r=0;t=0', "ratelimit-policy": '"fixed window";"api";q=500;w=300'})
            return True
        return False

    # --- the hub -----------------------------------------------------------------------------
    def hub(self, entry):
        path, _, query = self.path.partition("?")
        if path == "/__log":
            with LOCK: LOG.remove(entry)
            return self.json(LOG)
        if path == "/__clear":
            with LOCK: LOG.clear(); COUNTS.clear()
            return self.json({})
        auth = self.headers.get("Authorization")
        if path == "/api/whoami-v2":
            return self.json({"name": "someone"}) if auth == "Bearer " + TOKEN else self.fail(401, message="Invalid credentials in Authorization header")
        if self.other_sources(path, query, entry): return
        parts = path.lstrip("/").split("/")
        api = parts[:2] == ["api", "models"]
        if path.startswith("/api/resolve-cache/models/"):
            repo = Repo(self.server.root, "/".join(parts[3:5]))
            branch = repo.branch_of(parts[5])
            name = urllib.parse.unquote("/".join(parts[6:]))
            assert query == "etag=kept", self.path
            return self.small(repo, branch, name)
        at = 2 if api else 0
        repo_id = "/".join(parts[at:at + 2])
        repo, rest = Repo(self.server.root, repo_id), parts[at + 2:]
        if repo.faults.get("renamed_to"):
            return self.reply(307, b"", {"Location": self.path.replace(repo_id, repo.faults["renamed_to"], 1)})
        f = repo.faults
        if f.get("redirect_loop"): return self.reply(302, b"", {"Location": self.path})
        if f.get("cross_host"):  # the API moves to the other host: the token must not follow
            return self.reply(302, b"", {"Location": f"http://127.0.0.1:{self.server.other}/elsewhere"})
        if auth and auth != "Bearer " + TOKEN: return self.fail(401, message="Invalid credentials in Authorization header")
        if not repo.exists or (f.get("private") and not auth): return self.fail(401 if not auth else 404, "RepoNotFound", "Repository not found")
        if f.get("disabled"): return self.fail(403, message="Access to this resource is disabled.")
        if f.get("gated") and not api and not auth: return self.fail(401, "GatedRepo", "Access to model is restricted. \x1b[31mAsk.")
        if f.get("gated") == "no" and not api: return self.fail(403, "GatedRepo", "You are not in the authorized list.")
        if self.busy(f, "hub", repo_id): return
        if not rest: rest = ["revision", "main"]
        kind, revision = rest[0], urllib.parse.unquote(rest[1]) if len(rest) > 1 else "main"
        if kind not in ("revision", "tree", "resolve"): return self.fail(404, message="no such page")
        branch = repo.branch_of(revision)
        if kind == "revision": count((repo_id, "revision"), True)
        if branch is None: return self.fail(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        commit = repo.commit(branch)
        if kind == "revision":
            info = {"id": repo_id, "sha": commit, "siblings": [{"rfilename": n} for n in repo.files(branch)], "tags": ["license:apache-2.0"],
                    "cardData": {"license": "apache-2.0"}, "gated": bool(f.get("gated"))}
            return self.json(info, {"X-Repo-Commit": commit}, f.get("gzip_json"))
        if kind == "tree": return self.tree(repo, branch, urllib.parse.parse_qs(query))
        name = urllib.parse.unquote("/".join(rest[2:]))
        files = repo.files(branch)
        if name not in files: return self.fail(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": commit})
        if not self.server.is_lfs(name, files[name]):
            return self.reply(307, b"", {"Location": f"/api/resolve-cache/models/{repo_id}/{commit}/{urllib.parse.quote(name)}?etag=kept",
                                         "X-Repo-Commit": commit})
        sha = digests(files[name])[1]
        target = urllib.parse.urlencode({"repo": repo_id, "branch": branch, "file": name, "X-Signature": SIGNATURE["n"]})
        where = f"http://127.0.0.1:{self.server.other}/blob?{target}"
        self.reply(302, b"", {"Location": where, "X-Linked-Etag": f'"{sha}"', "X-Linked-Size": str(os.path.getsize(files[name])),
                              "X-Repo-Commit": commit, "X-Xet-Hash": "0" * 64,
                              "Link": f'<http://127.0.0.1:{self.server.port}/api/models/{repo_id}/xet-read-token/{commit}>; rel="xet-auth"'})

    def small(self, repo, branch, name):
        path = repo.files(branch)[name]
        with open(path, "rb") as f: data = f.read()
        etag = sha1(data)
        faults, headers = repo.faults, {"ETag": f'"{etag}"', "X-Repo-Commit": repo.commit(branch)}
        if "flip_small" in faults and count((repo.repo, "flip_small"), True) < faults["flip_small"]["times"]: data = bytes([data[0] ^ 1]) + data[1:]
        if faults.get("gzip_small"):
            data = BOMB if faults["gzip_small"] == "bomb" else gzip.compress(data)
            headers["Content-Encoding"] = "gzip"
        self.reply(200, data, headers)

    def tree(self, repo, branch, query):
        items, folders = [], set()
        for name, path in repo.files(branch).items():
            folder = os.path.dirname(name)
            if folder and folder not in folders:
                folders.add(folder)
                items.append({"type": "directory", "path": folder, "size": 0, "oid": "0" * 40})
            git, sha = digests(path)
            size = os.path.getsize(path)
            item = {"type": "file", "path": name, "size": size, "oid": git}
            if self.server.is_lfs(name, path): item.update(lfs={"oid": sha, "size": size, "pointerSize": 130}, xetHash="0" * 64)
            items.append(item)
        for name in repo.faults.get("hostile_names", []): items.append({"type": "file", "path": name, "size": 1, "oid": "0" * 40})
        for i in range(repo.faults.get("many_files", 0)):
            items.append({"type": "file", "path": f"many/{i:06}.json", "size": 2, "oid": sha1(b"{}")})
        page, at = self.server.page if not repo.faults.get("many_files") else 1000, int(query.get("cursor", ["0"])[0])
        headers = {}
        if at + page < len(items) or repo.faults.get("endless_pages"):
            link = f"http://127.0.0.1:{self.server.port}{self.path.split('&cursor=')[0]}&cursor={at + page if at + page < len(items) else 0}"
            headers["Link"] = f'<{link}>; rel="next"'
        self.json(items[at:at + page], headers, repo.faults.get("gzip_json"))

    # --- ollama, modelscope, kaggle, plain files ---------------------------------------------
    def other_sources(self, path, query, entry):
        other = os.path.join(self.server.root, "__other")
        name = os.path.normpath(other + urllib.parse.unquote(self.path.replace("?", "%3F")))
        if not name.startswith(other + "/"): return False
        for candidate in (name, os.path.normpath(other + path)):
            if os.path.isfile(candidate):
                self.stream(candidate, {}, candidate, entry)
                return True
        if path.startswith("/v2/") or path.startswith("/api/v1/"): self.reply(404, b"{}"); return True
        return False


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    def is_lfs(self, name, path):
        return name.endswith((".safetensors", ".gguf", ".bin")) or os.path.getsize(path) > self.lfs_bytes
    def handle_error(self, request, address):
        if not isinstance(sys.exc_info()[1], OSError): super().handle_error(request, address)


class Server6(Server):
    address_family = socket.AF_INET6


def run(server, name, root, other, lfs_bytes=1 << 20, page=2):
    server.name, server.root, server.port, server.other, server.lfs_bytes, server.page = name, root, server.server_port, other, lfs_bytes, page
    threading.Thread(target=server.serve_forever, daemon=True).start()


def start(root, lfs_bytes=1 << 20, page=2):
    servers = [Server(("127.0.0.1", 0), Handler) for _ in range(2)]
    for s, name, other in zip(servers, ("hub", "cdn"), reversed(servers)): run(s, name, root, other.server_port, lfs_bytes, page)
    return servers


def start_hub(root, cdn_port, tls=None, ipv6=False):
    """One more hub, over TLS or on ::1."""
    server = (Server6 if ipv6 else Server)(("::1" if ipv6 else "127.0.0.1", 0), Handler)
    if tls: server.socket = tls.wrap_socket(server.socket, server_side=True)
    run(server, "hub", root, cdn_port)
    return server


def main():
    p = argparse.ArgumentParser()
    p.add_argument("folder")
    p.add_argument("--port-file")
    p.add_argument("--lfs-bytes", type=int, default=1 << 20)
    p.add_argument("--page", type=int, default=2)
    a = p.parse_args()
    hub, cdn = start(a.folder, a.lfs_bytes, a.page)
    if a.port_file:
        with open(a.port_file + ".tmp", "w") as f: f.write(str(hub.port))
        os.rename(a.port_file + ".tmp", a.port_file)
    else: print(f"HF_ENDPOINT=http://127.0.0.1:{hub.port}", flush=True)
    if sys.stdin.isatty(): threading.Event().wait()
    else: sys.stdin.read()  # ends with whoever started it


if __name__ == "__main__":
    main()
