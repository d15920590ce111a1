#!/usr/bin/env bash
# build_skeletons.sh PREFIX OUT [CMAKE OPTION...]: builds a copy of each folder of sdk/skeleton by itself against
# the weft installed in PREFIX. OUT/plugins then has the plugins of all, OUT/weft.json names that folder.
set -euo pipefail
prefix="$1" out="$2"
shift 2
here="$(cd "$(dirname "$0")/../.." && pwd)"
rm -rf "$out"
mkdir -p "$out/plugins"
for kind in backend format model; do
  cp -r "$here/sdk/skeleton/$kind" "$out/$kind"
  cmake -S "$out/$kind" -B "$out/$kind/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release "$@" >/dev/null
  cmake --build "$out/$kind/build" >/dev/null
  cp "$out/$kind"/build/lib/weft/plugins/* "$out/plugins"
done
printf '{"plugins": {"paths": ["%s"]}}\n' "$out/plugins" >"$out/weft.json"
