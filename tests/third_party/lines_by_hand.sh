#!/usr/bin/env bash
# lines_by_hand.sh WEFT: counts the lines, neither blank nor comments, that examples have beyond what `weft plugins new`
# writes. docs/plugins.md gives these numbers, and what they may be at most; CONTRIBUTING.md gives them too.
set -euo pipefail
weft="$1" failed=0
cd "$(dirname "$0")/../.."
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
while read -r kind example name; do
  "$weft" plugins new "$kind" "$name" --vendor com.acme -o "$work/$example" >/dev/null
  lines="$({ diff "$work/$example/$name.cpp" "examples/$example/$example.cpp" || [ $? -eq 1 ]; } |
    grep '^>' | grep -vcE '^> *(//|$)')"
  row="$(grep -E "^\| $kind \| \`$example\` \|" docs/plugins.md)"
  read -r said most <<<"$(tr -d ' ' <<<"$row" | awk -F'|' '{ print $4, $5 }')"
  if [ "$lines" != "$said" ] || [ "$lines" -gt "$most" ]; then
    echo "$example: $lines lines by hand, docs/plugins.md says $said, at most $most" >&2
    failed=1
  fi
  if ! tr '\n' ' ' <CONTRIBUTING.md | grep -qE "$kind (takes )?$lines\b"; then
    echo "$example: $lines lines by hand, CONTRIBUTING.md says otherwise" >&2
    failed=1
  fi
done <<'ROWS'
backend acme_backend acme
family acme_dense acme_dense
converter acme_converter acme
format acme_npy acme_npy
ROWS
exit "$failed"
