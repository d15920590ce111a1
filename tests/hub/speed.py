#!/usr/bin/env python3
"""Speed on loopback: many connections to a server that limits each, and against curl without limits.

  WEFT_COMMAND=build/release/bin/weft tests/hub/speed.py [MB]

Eight connections must reach seven times what one does, and without limits weft 70 % of what curl does, hashing
included, in 64 MB of memory. Prints CPU time and peak memory too, and huggingface_hub's where this Python has it.
"""
import os, shutil, subprocess, sys, time
from harness import Case, WEFT, unittest

MB = int(sys.argv.pop()) if len(sys.argv) > 1 and sys.argv[-1].isdigit() else 1024
CLIENT = "from huggingface_hub import snapshot_download; snapshot_download('org/m')"


class Speed(Case):
    def timed(self, command):
        shutil.rmtree(self.cache, ignore_errors=True)
        started = time.time()
        p = subprocess.Popen(command, env=self.environment(HF_HUB_DISABLE_XET="1"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        _, status, usage = os.wait4(p.pid, 0)
        seconds = time.time() - started
        self.assertEqual(status, 0, p.stderr.read())
        p.stderr.close()
        return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

    def weights(self, megabytes, **faults):
        """Piece by piece: a child's peak memory starts from its parent's."""
        folder = self.repo("org/m", files={"config.json": b"{}"}, **faults)
        with open(os.path.join(folder, "model.safetensors"), "wb") as f:
            for _ in range(megabytes): f.write(os.urandom(1 << 20))

    def pull(self, connections): return self.timed([WEFT, "pull", "hf://org/m", "--config", self.config, "--connections", str(connections)])

    def test_Connections_add_up(self):
        size = MB
        self.weights(size, rate=16 << 20)
        one, many = self.pull(1)[0], self.pull(8)[0]
        print(f"{size} MB, 16 MB/s a connection: 1 connection {size / one:.0f} MB/s, 8 connections {size / many:.0f} MB/s, {one / many:.2f} times")
        self.assertGreaterEqual(one / many, 7)

    def test_Beside_curl(self):
        self.weights(MB)
        out = os.path.join(self.home, "out")
        shares, most = [], 0
        for _ in range(3):
            curl, cpu, memory = self.timed(["curl", "-sL", "-o", out, f"{self.endpoint}/org/m/resolve/main/model.safetensors"])
            print(f"curl, no hash        {MB / curl:6.0f} MB/s, CPU {cpu:.1f} s, {memory:.0f} MB")
            weft, cpu, memory = self.pull(8)
            print(f"weft, 8 connections  {MB / weft:6.0f} MB/s, CPU {cpu:.1f} s, {memory:.0f} MB, {curl / weft:.2f} of curl")
            shares.append(curl / weft)
            most = max(most, memory)
        self.beside_huggingface_hub()
        self.assertLessEqual(most, 64)
        self.assertGreaterEqual(sorted(shares)[1], 0.7)

    def beside_huggingface_hub(self):
        try:
            import huggingface_hub
        except ImportError:
            return
        hub, cpu, memory = self.timed([sys.executable, "-c", CLIENT])
        print(f"huggingface_hub {huggingface_hub.__version__} {MB / hub:6.0f} MB/s, CPU {cpu:.1f} s, {memory:.0f} MB (no hash)")


if __name__ == "__main__":
    unittest.main(warnings="ignore")
