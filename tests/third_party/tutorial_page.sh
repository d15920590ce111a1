#!/usr/bin/env bash
# tutorial_page.sh: the code on docs/tutorial.md, behind the lines that name files, is that of examples/tutorial, and no
# file is missing from the page.
set -euo pipefail
cd "$(dirname "$0")/../.."
on_page="$(mktemp -d)"
trap 'rm -rf "$on_page"' EXIT
mkdir "$on_page/tutorial"
awk -v out="$on_page/" '
  /^`examples\/.*`:$/ { split($0, part, "`"); file = out substr(part[2], length("examples/") + 1); next }
  /^```/ { inside = file != "" && !inside; if (!inside) file = ""; else printf "" >file; next }
  inside { print >file }' docs/tutorial.md
diff -r "$on_page/tutorial" examples/tutorial
