#!/usr/bin/env bash
# build_skeletons.sh BUILD OUT [CMAKE OPTION...]: builds a copy of each folder of sdk/skeleton by itself against
# the component sdk of BUILD, which has no libweft. OUT/plugins then has the plugins of all, OUT/weft.json names that
# folder.
set -euo pipefail
build="$1" out="$2" prefix="$2/prefix"
shift 2
here="$(cd "$(dirname "$0")/../.." && pwd)"
rm -rf "$out"
mkdir -p "$out/plugins"
cmake --install "$build" --prefix "$prefix" --component sdk >/dev/null
for kind in backend format model tokenizer; do
  cp -r "$here/sdk/skeleton/$kind" "$out/$kind"
  cmake -S "$out/$kind" -B "$out/$kind/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release "$@" >/dev/null
  cmake --build "$out/$kind/build" >/dev/null
  cp "$out/$kind"/build/lib/weft/plugins/* "$out/plugins"
done
printf '{"plugins": {"paths": ["%s"]}}\n' "$out/plugins" >"$out/weft.json"
