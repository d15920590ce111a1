#!/usr/bin/env bash
# pages.sh: docs/reference has a section of each struct of weft/abi, whose heading names it, and the section names each
# of its fields and functions, and in the first column of its rows no others.
set -euo pipefail
cd "$(dirname "$0")/../.."
awk '
  # What the headers have. What these four are is said once, for all structs.
  FILENAME ~ /plugin_abi\.c$/ {
    if (match($0, /^FIELD\([a-z_0-9]+, [a-z_0-9]+/)) {
      split(substr($0, RSTART + 6, RLENGTH - 6), row, ", ")
      if (row[2] !~ /^(hdr|reserved|self|ctx)$/) fields[row[1]] = fields[row[1]] " " row[2]
      known[row[1], row[2]] = 1
    } else if (match($0, /^(GROWS|FIXED)\([a-z_0-9]+/)) {
      struct = substr($0, RSTART, RLENGTH); sub(/.*\(/, "", struct); structs[struct] = 1
    }
    next
  }
  FNR == 1 { n = 0 }
  /^```/ { code = !code }
  code { next }
  /^#/ {
    n = split($0, word, "`")
    for (i = 2; i <= n; i += 2) if (word[i] in structs) page[word[i]] = FILENAME
  }
  {
    last = split($0, text, "`")
    for (i = 2; i <= last; i += 2) {
      name = text[i]; sub(/\(.*/, "", name)
      for (k = 2; k <= n; k += 2) said[word[k], name] = 1
    }
  }
  /^\| `/ && n > 1 {
    split($0, cell, "|"); last = split(cell[2], text, "`")
    for (i = 2; i <= last; i += 2) {
      name = text[i]; sub(/\(.*/, "", name); found = 0
      for (k = 2; k <= n; k += 2) if ((word[k], name) in known) found = 1
      if (!found) { print FILENAME ":" FNR ": " word[2] " has no " name; failed = 1 }
    }
  }
  END {
    for (struct in structs) {
      if (!(struct in page)) { print "docs/reference: no section of " struct; failed = 1; continue }
      last = split(fields[struct], field, " ")
      for (i = 1; i <= last; i++)
        if (!((struct, field[i]) in said)) { print page[struct] ": " struct " lacks " field[i]; failed = 1 }
    }
    exit failed
  }' tests/abi/plugin_abi.c docs/reference/{plugin,backend,architecture,converter,format,source,tokenizer}.md >&2
