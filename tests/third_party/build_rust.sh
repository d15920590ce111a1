#!/usr/bin/env bash
# build_rust.sh BUILD PREFIX OUT: builds examples/rust_format against the component sdk in PREFIX, and runs its tests
# with the command of BUILD. "skipped: ..." where there is no rustc.
set -euo pipefail
build="$1" prefix="$2" out="$3"
command -v rustc >/dev/null || { echo "skipped: no rustc (Debian: apt-get install rustc)"; exit 0; }
rm -rf "$out"
cp -r "$(dirname "$0")/../../examples/rust_format" "$out"
cmake -S "$out" -B "$out/build" -DCMAKE_PREFIX_PATH="$prefix" -DWEFT_COMMAND="$build/bin/weft" >/dev/null
cmake --build "$out/build" >/dev/null
ctest --test-dir "$out/build" --output-on-failure
exports="$(nm -D --defined-only "$out"/build/lib/weft/plugins/*.so | awk '{print $3}')"
[ "$exports" = weft_plugin_query_v1 ] || { echo "it exports: $exports" >&2; exit 1; }
