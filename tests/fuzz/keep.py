#!/usr/bin/env python3
"""keep.py BUILD TARGET...: of what runs have found, keeps in tests/fuzz/corpus the inputs that reach most per byte."""
import os, pathlib, shutil, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
# Of a target. More: a check takes longer, and the repository grows with files that nobody reads.
MOST_FILES, MOST_BYTES, LONGEST = 32, 16000, 12000


def features(fuzzer, files, folder):
    """What each file reaches, as libFuzzer numbers it."""
    (folder / "empty").mkdir()
    for i, f in enumerate(files): shutil.copy(f, folder / "in" / f"{i:06}")
    control = folder / "control"
    subprocess.run([fuzzer, "-merge=1", f"-merge_control_file={control}", folder / "empty", folder / "in"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lines = control.read_text().splitlines()
    named = [l for l in lines if l.startswith(str(folder))]
    reached = {int(l.split()[1]): set(l.split()[2:]) for l in lines if l.startswith("FT ")}
    return {files[int(os.path.basename(named[i]))]: r for i, r in reached.items()}


def keep(build, target):
    kept = HERE / "corpus" / target
    files = [f for d in (kept, build / "corpus" / target) if d.is_dir() for f in sorted(d.iterdir())
             if f.stat().st_size <= LONGEST]
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "in").mkdir()
        reached = features(build / "bin" / f"fuzz_{target}", files, pathlib.Path(folder))
    chosen, seen, size = {}, set(), 0
    while len(chosen) < MOST_FILES and reached:
        best = max(reached, key=lambda f: len(reached[f] - seen) / (f.stat().st_size + 64))
        new, bytes_of = reached.pop(best) - seen, best.read_bytes()
        if not new: break
        if size + len(bytes_of) > MOST_BYTES: continue
        chosen[f"{len(chosen):02}"] = bytes_of
        seen |= new
        size += len(bytes_of)
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for name, content in chosen.items(): (kept / name).write_bytes(content)
    print(f"{target}: {len(chosen)} of {len(files)} files, {size} bytes")


for name in sys.argv[2:]: keep(pathlib.Path(sys.argv[1]).resolve(), name)
