#!/usr/bin/env bash
# Checks what no test sees: the width of lines, and that generated pages are current. After scripts/test.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

# Tables of data may be wider, between "clang-format off" and "clang-format on".
too_long=$(git ls-files '*.c' '*.h' '*.cpp' '*.hpp' | grep -v third_party/ | xargs awk '
  FNR == 1 { table = 0 }
  /clang-format off/ { table = 1 }
  /clang-format on/ { table = 0 }
  !table && length($0) > 120 { print FILENAME ":" FNR ": " length($0) " columns" }')
if [[ -n $too_long ]]; then
  printf 'lines beyond 120 columns:\n%s\n' "$too_long" >&2
  exit 1
fi

scripts/families_table.py build/release/bin/weft --check
