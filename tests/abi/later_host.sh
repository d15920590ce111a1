#!/usr/bin/env bash
# later_host.sh BUILD OUT MODEL [CMAKE OPTION...]: whether the plugins of BUILD, unchanged, serve a host of a later
# minor version of the ABI, in which every struct that may grow has one more field. Builds that host in OUT, without
# plugins, and compares what the two say of MODEL.
set -euo pipefail
build="$1" out="$2" model="$3"
shift 3
here="$(cd "$(dirname "$0")" && pwd)"
source="$here/../.."
mkdir -p "$out/include/weft/abi"
for header in "$source"/sdk/include/weft/abi/*.h; do
  awk -f "$here/grow.awk" "$header" >"$out/header"
  cmake -E copy_if_different "$out/header" "$out/include/weft/abi/$(basename "$header")"
done
minor=$(sed -n 's/#define WEFT_ABI_MINOR \([0-9]*\)u.*/\1/p' "$out/include/weft/abi/base.h")
sed "s/#define WEFT_ABI_MINOR ${minor}u/#define WEFT_ABI_MINOR $((minor + 1))u/" "$out/include/weft/abi/base.h" \
  >"$out/header"
cmake -E copy_if_different "$out/header" "$out/include/weft/abi/base.h"
grep -q of_a_later_minor "$out/include/weft/abi/backend.h"

# These headers go before those of the tree.
printf 'include_directories(BEFORE "%s/include")\n' "$out" >"$out/before.cmake"
cmake -S "$source" -B "$out/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DWEFT_UNITY=ON \
  -DWEFT_BUILD_TESTS=OFF -DWEFT_BUILD_HUB=OFF -DCMAKE_PROJECT_TOP_LEVEL_INCLUDES="$out/before.cmake" "$@" >/dev/null
cmake --build "$out/build" --target weft_cli >/dev/null

plugins="$build/lib/weft/plugins"
answer() { "$@" --max-tokens 12 --greedy --precision exact --raw "$model" hello; }
for backend in cpu reference; do
  now=$(answer env WEFT_CONFIG= "$build/bin/weft" run --backend "$backend")
  later=$(answer env WEFT_CONFIG= WEFT_PLUGIN_ADD="$plugins" "$out/build/bin/weft" run --backend "$backend")
  [[ -n $now && $now == "$later" ]] || { printf '%s: now "%s", later "%s"\n' "$backend" "$now" "$later" >&2; exit 1; }
done
refused=$(WEFT_CONFIG= WEFT_PLUGIN_ADD="$plugins" "$out/build/bin/weft" plugins --why | grep -A2 '^refused' || true)
[[ -z $refused ]] || { printf 'refused by the later host:\n%s\n' "$refused" >&2; exit 1; }
