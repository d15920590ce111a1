#!/usr/bin/env bash
# abidiff.sh: whether abidiff finds the headers to stand by the frozen ones, by what a compiler has made of both. Fields
# at the end of structs that grow, functions and types may be new; it knows no enums and macros.
set -euo pipefail
shopt -s nullglob
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# library TABLE FILE [OPTION...]
library() { gcc -std=gnu11 -g -O0 -shared -fPIC -DWEFT_USE_EACH "${@:3}" -I. "$1" -o "$2"; }
sizes() { sed -n 's/^GROWS(\(.*\))$/\1/p' "$1" | sort; }

major=$(sed -n 's/^#define WEFT_ABI_MAJOR \([0-9]*\)u.*/\1/p' sdk/include/weft/abi/base.h)
soname=libweft.so.$(sed -n 's/^project(weft VERSION \([0-9]*\.[0-9]*\).*/\1/p' CMakeLists.txt)
for old in tests/abi/frozen/"$major".[0-9]*/*.c tests/abi/frozen/"$soname"/*.c; do
  frozen=$(dirname "$old") new=tests/abi/$(basename "$old")
  library "$old" "$out/old.so" -I"$frozen"
  library "$new" "$out/new.so" -Isdk/include -Icore/include
  # Structs that have grown are left to the tables.
  grown=$(comm -23 <(sizes "$old") <(sizes "$new") | sed 's/, .*//' | paste -sd'|')
  printf '[suppress_type]\n type_kind = struct\n name_regexp = ^(%s)$\n has_data_member_inserted_at = end\n' \
    "${grown:-none}" >"$out/grown.abignore"
  abidiff --leaf-changes-only --no-added-syms --suppressions "$out/grown.abignore" "$out/old.so" "$out/new.so" \
    >"$out/report" || { printf '%s is not what was frozen:\n' "$new" >&2; cat "$out/report" >&2; exit 1; }
done
