#!/usr/bin/env bash
# build.sh [PRESET [TARGET...]]: configures and builds a preset (default: release, with everything) on all cores. Shows
# how far it is, on a terminal in one line, else in a line a tenth; what compilers say is shown in full.
set -euo pipefail
cd "$(dirname "$0")/.."
preset="${1:-release}"
scripts/install_packages.sh
first=""
[ -d "build/$preset" ] || first="; the first time takes minutes"
cmake --preset "$preset" >"build-$preset.log" 2>&1 || { cat "build-$preset.log" >&2; exit 1; }
rm -f "build-$preset.log"

# Lines of steps, "[12/309] ...", become one a tenth; others stay.
tenths() {
  local line tenth shown=0
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
      tenth=$((10 * BASH_REMATCH[1] / BASH_REMATCH[2]))
      [ "$tenth" -gt "$shown" ] || continue
      shown=$tenth
      echo "weft: $((10 * tenth)) % built, ${BASH_REMATCH[1]} of ${BASH_REMATCH[2]} steps"
    elif [[ $line != ninja:\ Entering* && $line != ninja:\ no\ work* ]]; then
      printf '%s\n' "$line"
    fi
  done
}

plugins=("build/$preset"/lib/weft/plugins/*.weftplugin.json)
echo "weft: building weft and ${#plugins[@]} plugins$first"
build=(cmake --build --preset "$preset" -j "$(nproc)" -- -k 0 "${@:2}")
if [ -t 1 ]; then "${build[@]}"; else "${build[@]}" | tenths; fi
