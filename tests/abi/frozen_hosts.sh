#!/usr/bin/env bash
# frozen_hosts.sh BUILD OUT C_COMPILER MODEL: whether a host that was built with the frozen headers of libweft's C API
# runs with the libweft of BUILD, and gives the answer that the command gives.
set -euo pipefail
shopt -s nullglob
build="$1" out="$2" cc="$3" model="$4"
here="$(cd "$(dirname "$0")" && pwd)"
plugins="$build/lib/weft/plugins"
expected=$(WEFT_CONFIG= "$build/bin/weft" run --max-tokens 12 --ignore-eos --greedy --precision exact --raw \
  "$model" hello)
for headers in "$here"/frozen/libweft.so.*; do
  soname=$(basename "$headers")
  host="$out/$soname"
  mkdir -p "$host"
  "$cc" -std=c99 -O2 -Wall -Wextra -Wpedantic -Werror -I"$headers" "$here/host.c" "$build/lib/$soname" \
    -Wl,-rpath,"$build/lib" -o "$host/host"
  answer=$("$host/host" "$model" "$plugins" hello)
  [[ -n $answer && $answer == "$expected" ]] ||
    { printf 'a host of %s: "%s", the command: "%s"\n' "$soname" "$answer" "$expected" >&2; exit 1; }
done
