#!/usr/bin/env python3
"""kill -9 at 50 random moments of a 200 MB download, one process and then two at once. Takes minutes.

  WEFT_COMMAND=build/release/bin/weft tests/hub/kills.py

What is fetched twice stays under 2 % of the file a kill, and the result is verified.
"""
import os, random, subprocess, time, unittest
from harness import Case, WEFT

SIZE, KILLS = 200 << 20, 50


class Kills(Case):
    def start(self):
        return subprocess.Popen([WEFT, "pull", "hf://org/m", "--config", self.config], env=self.environment(), stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def run_with_kills(self, processes):
        # Eight connections of 2 MB/s would take 12 s; the kills come while it runs.
        folder = self.repo("org/m", files={"config.json": b"{}", "model.safetensors": random.Random(2).randbytes(SIZE)}, rate=2000000)
        for _ in range(KILLS):
            running = [self.start() for _ in range(processes)]
            time.sleep(random.uniform(0.02, 0.4))
            for p in running: p.kill()
            for p in running: p.wait()
        self.faults("org/m")
        self.assert_same(self.pull("hf://org/m"), folder)
        sent = sum(r["sent"] for r in self.requests() if r["host"] == "cdn")
        again = (sent - SIZE) / SIZE / KILLS
        print(f"{processes} processes, {KILLS} kills: {100 * again:.3f} % of the file fetched again a kill")
        self.assertLess(again, 0.02)

    def test_One_process(self): self.run_with_kills(1)
    def test_Two_at_once(self): self.run_with_kills(2)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
