#!/usr/bin/env bash
# headers.sh C_COMPILER CXX_COMPILER: whether each header compiles alone and without a warning: those of the C ABI and
# of libweft's C API in every language that may include them, with no byte of padding that is not a field; those of C++
# as C++20. The C headers are shown to clang too, where it is installed.
set -euo pipefail
c=("$1") cpp=("$2") cxx="$2"
cd "$(dirname "$0")/../.."
command -v clang >/dev/null && c+=(clang)
command -v clang++ >/dev/null && cpp+=(clang++)

# Prints a command for each header, language and compiler. A header is not the main file, where other warnings hold.
commands() {
  local header standard compiler strict="-O3 -Wall -Wextra -Wpedantic -Wpadded -Werror -c -o /dev/null"
  for header in sdk/include/weft/abi/*.h core/include/weft/*.h; do
    for standard in c99 c11 c17; do
      for compiler in "${c[@]}"; do echo "$compiler -x c -std=$standard $strict -include $header"; done
    done
    for standard in c++17 c++20; do
      for compiler in "${cpp[@]}"; do echo "$compiler -x c++ -std=$standard $strict -include $header"; done
    done
  done
  for header in sdk/include/weft/{sdk,blocks}/*.hpp core/include/weft/*.hpp; do
    echo "$cxx -x c++ -std=c++20 -Wall -Wextra -Werror -fsyntax-only -include $header"
  done
}
commands | xargs -P "$(nproc)" -I{} \
  sh -c '{} -Isdk/include -Icore/include /dev/null || { echo "failed: {}" >&2; false; }'
