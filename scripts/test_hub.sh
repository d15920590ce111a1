#!/usr/bin/env bash
# The long proofs of the hub against its stand-in: kills, speed, and the official client. Takes some six minutes.
#   PYTHON: an interpreter that has huggingface_hub, for equal caches and for its figures (python3 otherwise)
#   WEFT_COMMAND: the command (build/release/bin/weft otherwise)
set -euo pipefail
cd "$(dirname "$0")/.."
export WEFT_COMMAND=${WEFT_COMMAND:-$PWD/build/release/bin/weft}
python=${PYTHON:-python3}
"$python" tests/hub/kills.py
"$python" tests/hub/speed.py
if "$python" -c 'import huggingface_hub' 2>/dev/null; then
  "$python" tests/hub/official_client.py
else
  echo "official_client.py: left out, $python has no huggingface_hub (pip install huggingface_hub)"
fi
