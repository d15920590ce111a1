#!/usr/bin/env bash
# tables.sh C_COMPILER: whether the headers are what the tables say: those of today exactly, frozen ones as far as a
# struct that grows may be larger; and whether what is frozen is as it was.
set -euo pipefail
export LC_ALL=C
shopt -s nullglob
c=("$1")
cd "$(dirname "$0")/../.."
command -v clang >/dev/null && c+=(clang "clang --target=aarch64-linux-gnu -ffreestanding")
failed=0

# holds TABLE [OPTION...]
holds() {
  local compiler
  for compiler in "${c[@]}"; do
    # A cross compiler has no library, whose string.h libweft's header includes.
    [[ $compiler == *freestanding* && $1 == */host_api.c ]] && continue
    $compiler -std=gnu11 -Wall -Wextra -Werror -fsyntax-only -Isdk/include -Icore/include -I. "${@:2}" "$1" ||
      { echo "$1: not what the headers are, says $compiler; tests/abi/README.md says what to do" >&2; failed=1; }
  done
}
for table in tests/abi/*_abi.c tests/abi/*_api.c; do holds "$table"; done
for table in tests/abi/frozen/*/*.c; do holds "$table" -DWEFT_OLDER_TABLE; done

# unedited FOLDER
unedited() {
  cd "$1"
  sha256sum --check --quiet --strict SHA256SUMS &&
    diff <(find . -type f ! -name SHA256SUMS -printf '%P\n' | sort) <(sed 's/^[0-9a-f]*  //' SHA256SUMS)
}
for frozen in tests/abi/frozen/*; do
  (unedited "$frozen") || { echo "$frozen: what is frozen is not edited, and has no other files" >&2; failed=1; }
done
exit $failed
