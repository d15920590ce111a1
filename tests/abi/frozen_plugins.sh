#!/usr/bin/env bash
# frozen_plugins.sh WEFT OUT C_COMPILER [VARIABLE=VALUE...]: whether the host WEFT runs plugins that were built with
# frozen headers. Builds alphabet/ in OUT with the headers of each version and nothing else, and lets its model answer,
# with variables of the environment for the host.
set -euo pipefail
shopt -s nullglob
weft="$1" out="$2" cc="$3"
shift 3
here="$(cd "$(dirname "$0")" && pwd)"
for headers in "$here"/frozen/[0-9]*; do
  version=$(basename "$headers")
  plugins="$out/$version"
  mkdir -p "$plugins"
  "$cc" -std=c99 -O2 -Wall -Wextra -Wpedantic -Werror -fPIC -shared -fvisibility=hidden -Wl,-z,nodelete \
    -I"$headers" "$here"/alphabet/*.c -lm -o "$plugins/libalphabet.so"
  "$here/exports.sh" plugins "$plugins"
  provides=$(for kind in source format converter architecture tokenizer backend; do
    printf '{"interface": "weft.%s/0", "name": "alphabet"}\n' $kind
  done | paste -sd,)
  cat >"$plugins/alphabet.weftplugin.json" <<EOF
{"manifest": 1, "id": "test.alphabet", "version": "1", "library": "libalphabet.so", "preference": 0,
 "abi": {"major": ${version%.*}, "minor": ${version#*.}}, "provides": [$provides]}
EOF
  cat >"$plugins/weft.json" <<EOF
{"plugins": {"paths": ["$plugins"], "options": {"test.alphabet": {"folder": "$here/alphabet"}}}}
EOF
  answer=$(env "$@" WEFT_CONFIG="$plugins/weft.json" "$weft" run --backend alphabet --raw --greedy \
    alphabet://model "a b c" 2>"$plugins/said") || { cat "$plugins/said" >&2; exit 1; }
  [[ $answer == defg ]] || { echo "plugins of $version: the answer is \"$answer\", expected \"defg\"" >&2; exit 1; }
  grep -q 'backend alphabet+' "$plugins/said" ||
    { echo "plugins of $version: the backend has run nothing: $(cat "$plugins/said")" >&2; exit 1; }
done
