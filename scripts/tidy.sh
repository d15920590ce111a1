#!/usr/bin/env bash
# tidy.sh [FILE...]: clang-tidy with .clang-tidy over core, plugins, models and the SDK's headers, as the dev
# preset compiles them; tests are left out. WEFT_TIDY_BUILD: a build folder with compile_commands.json.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v clang-tidy >/dev/null || { echo "tidy.sh: clang-tidy is missing (apt-get install clang-tidy)" >&2; exit 1; }
build="${WEFT_TIDY_BUILD:-build/dev}"
[ -f "$build/compile_commands.json" ] || cmake --preset dev >/dev/null
if [ $# -eq 0 ]; then
  mapfile -t files < <(git ls-files 'core/*.cpp' 'plugins/*.cpp' 'models/*.cpp' 'sdk/*.cpp' |
    grep -v -e '_test\.cpp$' -e '/tests/' -e '^sdk/skeleton/')
  set -- "${files[@]}"
fi
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 4 clang-tidy -p "$build" --quiet
