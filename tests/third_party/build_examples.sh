#!/usr/bin/env bash
# build_examples.sh BUILD PREFIX OUT [CMAKE OPTION...]: installs BUILD into PREFIX and builds examples/ in
# OUT against it, as a third party would: nothing of this tree but the installed files is seen.
set -euo pipefail
build="$1" prefix="$2" out="$3"
shift 3
here="$(cd "$(dirname "$0")/../.." && pwd)"
rm -rf "$prefix" "$out"
cmake --install "$build" --prefix "$prefix" >/dev/null
mkdir -p "$out"
cp -r "$here/examples" "$out/source"  # away from the tree, so that no relative path reaches into it
cmake -S "$out/source" -B "$out/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release "$@" >/dev/null
cmake --build "$out/build" -j "$(nproc)" >/dev/null
export PKG_CONFIG_PATH="$(dirname "$(find "$prefix" -name weft.pc)")"
case "$*" in  # as does a host without CMake; not where its flags would be missing
  *-fsanitize*) pkg-config --exists weft ;;
  *) cc -std=c99 "$out/source/c_host/main.c" $(pkg-config --cflags --libs weft) -o "$out/pkg_config_host" ;;
esac

# What a library exports is its promise.
"$here/tests/abi/exports.sh" plugins "$prefix"/lib*/weft/plugins "$out/build/lib/weft/plugins"
"$here/tests/abi/exports.sh" libweft "$(find "$prefix" -name libweft.so)"
