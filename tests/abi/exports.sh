#!/usr/bin/env bash
# exports.sh plugins FOLDER...: whether each library in the folders exports the one symbol of a plugin.
# exports.sh libweft LIBRARY: whether it exports the functions of its C API, no fewer and no more, and has a SONAME that
# is frozen, by which programs find it.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
exports() { nm -D --defined-only "$1" | awk '{print $3}' | grep -v '^_\(init\|fini\)$' | sed 's/@.*//' | sort -u; }

# expect LIBRARY SYMBOL...
expect() {
  local differ
  differ=$(diff <(exports "$1") <(printf '%s\n' "${@:2}" | sort) |
    sed -n 's/^</  exported, and not allowed:/p; s/^>/  not exported:/p')
  [[ -z $differ ]] || { printf '%s: its symbols are not those of its ABI\n%s\n' "$1" "$differ" >&2; return 1; }
}

case "${1:-}" in
  plugins)
    libraries=$(find "${@:2}" -name '*.so')
    [[ -n $libraries ]] || { echo "exports.sh: no plugins in ${*:2}" >&2; exit 1; }
    for library in $libraries; do expect "$library" weft_plugin_query_v1 || failed=1; done
    exit ${failed:-0}
    ;;
  libweft)
    expect "$2" $(sed -n 's/^FUNCTION(\([a-z_0-9]*\),.*/\1/p' "$here/host_api.c") ||
      { echo "  new functions of weft.h and tasks.h come into the list by tests/abi/layout.py --write" >&2; exit 1; }
    soname=$(readelf -d "$2" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
    [[ -n $soname && -d $here/frozen/$soname ]] ||
      { printf '%s: its SONAME is "%s", expected one of tests/abi/frozen: %s\n' "$2" "$soname" \
          "$(cd "$here/frozen" && echo libweft.so.*)" >&2; exit 1; }
    ;;
  *) echo "exports.sh: plugins or libweft?" >&2; exit 2 ;;
esac
