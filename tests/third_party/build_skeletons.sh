#!/usr/bin/env bash
# build_skeletons.sh BUILD OUT [CMAKE OPTION...]: makes a project of each kind and language with `weft plugins new` of
# BUILD, builds it and the tutorial by themselves against the component sdk of BUILD, which has no libweft, and runs
# their first tests. The projects are OUT/cpp_KIND and OUT/c_KIND, and plugins of these names; OUT/plugins then has the
# plugins of all.
set -euo pipefail
build="$1" out="$2" prefix="$2/prefix"
shift 2
rm -rf "$out"
mkdir -p "$out/plugins"
cmake --install "$build" --prefix "$prefix" --component sdk >/dev/null
if find "$prefix" -name '*.so*' | grep .; then
  echo "the component sdk has a library" >&2
  exit 1
fi

one() { # FOLDER [CMAKE OPTION...]
  local folder="$1" log="$1.log"
  shift
  {
    CFLAGS="-std=c99 -pedantic -Wall -Wextra -Werror" CXXFLAGS="-Wall -Wextra -Werror" cmake -S "$folder" \
      -B "$folder/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Debug -DWEFT_COMMAND="$build/bin/weft" "$@" &&
      cmake --build "$folder/build" && ctest --test-dir "$folder/build" --output-on-failure
  } >"$log" 2>&1 || { cat "$log"; return 1; }
  cp "$folder"/build/lib/weft/plugins/* "$out/plugins"
}
export build out prefix
export -f one
for kind in backend family converter format source tokenizer; do
  "$build/bin/weft" plugins new "$kind" "cpp_$kind" -o "$out/cpp_$kind"
  "$build/bin/weft" plugins new "$kind" "c_$kind" -o "$out/c_$kind" --c
done >/dev/null
cp -r "$(dirname "$0")/../../examples/tutorial" "$out"
printf '%s\n' "$out"/{tutorial,c{pp,}_{backend,family,converter,format,source,tokenizer}} |
  xargs -P "$(nproc)" -I '{}' bash -c 'set -euo pipefail; one "$@"' one '{}' "$@"

# Where there is no weft, the library is opened all the same, and the other test says what is missing.
cmake -S "$out/c_format" -B "$out/alone" -DCMAKE_PREFIX_PATH="$prefix" -DWEFT_COMMAND= "$@" >/dev/null
cmake --build "$out/alone" >/dev/null
ctest --test-dir "$out/alone" >"$out/alone.log"
grep -q '_opens .*Passed' "$out/alone.log" && grep -q '_in_weft .*Skipped' "$out/alone.log" ||
  { cat "$out/alone.log"; exit 1; }
