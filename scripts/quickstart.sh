#!/usr/bin/env bash
# quickstart.sh "PROMPT": installs what is missing, builds what cmake --install takes, gets a default model, answers.
# WEFT_MODEL names another model (a folder or a file).
set -euo pipefail
if [ $# -lt 1 ]; then
  echo "usage: scripts/quickstart.sh \"PROMPT\" [options of weft run]" >&2
  exit 2
fi
root="$(cd "$(dirname "$0")/.." && pwd)"
"$root/scripts/build.sh" release weft_cli weft plugins_all >&2
model="${WEFT_MODEL:-$("$root/scripts/default_model.sh")}"
exec "$root/build/release/bin/weft" run "$model" "$@"
