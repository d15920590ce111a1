#!/usr/bin/env bash
# page_code.sh PROJECTS [--write]: the code on docs/tutorial.md and the pages of docs/reference is that of the files that
# are named before it, which tests build: `examples/…`: in this tree, others below PROJECTS, the projects that
# build_skeletons.sh has made. A page that has one file of a folder has all but the README. --write puts the files' code
# on the pages.
set -euo pipefail
projects="$(realpath "$1")" write="${2:-}"
cd "$(dirname "$0")/../.."
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
ln -s "$PWD/examples" "$projects"/c{,pp}_*/ "$work"
failed=0
for page in docs/tutorial.md docs/reference/*.md; do
  : >"$work/named"
  awk -v root="$work/" -v named="$work/named" '
    /^`[a-z_]+\/.*`:$/ { name = substr($0, 2, length($0) - 3) }
    /^```/ { inside = 0 }
    inside { next }
    { print }
    /^```/ && name != "" {
      print name >named
      while ((found = (getline line <(root name))) > 0) print line
      if (found < 0) print "(there is no " name ")"
      name = ""; inside = 1
    }' "$page" >"$work/page"
  if [ "$write" = --write ]; then cp "$work/page" "$page"; fi
  diff -u "$page" "$work/page" || { echo "$page: its code is not that of the files" >&2; failed=1; }
  left="$(sed 's|/[^/]*$||' "$work/named" | sort -u | while read -r folder; do
    (cd "$work" && find -L "$folder" -name build -prune -o -type f ! -name README.md -print)
  done | grep -vxFf "$work/named" || true)"
  [ -z "$left" ] || { echo "$page: lacks" $left >&2; failed=1; }
done
exit $failed
