#!/usr/bin/env bash
# check.sh [CHECK...]: checks what scripts/test.sh, which goes before, does not see: all of these, or those that are
# named.
#   lines     no line is too wide
#   names     the core names no family of models/, but in its tables of published files
#   families  the lists of families are current
#   ops       docs/reference/ops.md is current
#   rules     docs/reference/rules.md is current
#   abi       the tables of the binary interfaces are current, and nothing that is frozen has changed
#   shaders   plugins/backends/vulkan/shaders.cpp is current
#   deletion  weft works without a backend, a family and a format, drawn at random (WEFT_SEED draws the same again)
#   fuzz      each fuzz target on its kept corpus, and from there for WEFT_FUZZ_SECONDS (3)
#   asan      tests of what reads hostile files, under AddressSanitizer and UndefinedBehaviorSanitizer
#   tsan      tests with several threads, under ThreadSanitizer
set -euo pipefail
cd "$(dirname "$0")/.."

check_lines() {
  # Tables of data may be wider, between "clang-format off" and "clang-format on".
  local too_long kinds=('*.c' '*.h' '*.cpp' '*.hpp' '*.sh' '*.awk' '*.comp' '*.glsl')
  too_long=$(git ls-files "${kinds[@]}" | grep -v third_party/ | xargs awk '
    FNR == 1 { table = 0 }
    /clang-format off/ { table = 1 }
    /clang-format on/ { table = 0 }
    !table && length($0) > 120 { print FILENAME ":" FNR ": " length($0) " columns" }')
  [[ -z $too_long ]] || { printf 'lines beyond 120 columns:\n%s\n' "$too_long" >&2; return 1; }
}

check_names() {
  # The words of names: kGpt2Pattern, gpt_neox and GPT-2 all have the word gpt.
  local words='s/([a-z])([A-Z])/\1 \2/g; s/([A-Za-z])([0-9])/\1 \2/g; s/[_-]/ /g' families found
  families=$(basename -a models/*/ | sed -E 's/_.*//; s/(...)[0-9]+$/\1/' | sed -E "$words" | sort -u | paste -sd'|')
  found=$(git ls-files core | grep -E '\.(c|h|cpp|hpp|inc)$' | grep -vE '/published_|test' | xargs grep -Hn '' |
    sed -E "$words" | grep -iwE "$families" | grep -v 'bloom filter' || true)
  [[ -z $found ]] || { printf 'families that the core names:\n%s\n' "$found" >&2; return 1; }
}

check_families() { scripts/families_table.py build/release/bin/weft --check; }

check_ops() {
  build/release/sdk/weft_ops_page | diff -u docs/reference/ops.md - ||
    { echo "not current: docs/reference/ops.md is what build/release/sdk/weft_ops_page writes" >&2; return 1; }
}

check_rules() {
  build/release/apps/weft/check/weft_rules_page | diff -u docs/reference/rules.md - ||
    { echo "not current: docs/reference/rules.md is what weft_rules_page of apps/weft/check writes" >&2; return 1; }
}

check_abi() {
  scripts/install_packages.sh abigail-tools
  tests/abi/layout.py
  tests/abi/abidiff.sh
}

check_shaders() {
  if [ ! -d plugins/backends/vulkan ]; then return 0; fi
  plugins/backends/vulkan/compile_shaders.sh --check
}

check_deletion() { tests/deletion.py build/release ${WEFT_SEED:+"$WEFT_SEED"}; }

# build PRESET TARGET...
build() {
  cmake --preset "$1" >/dev/null
  cmake --build --preset "$1" -j "$(nproc)" --target "${@:2}"
}

# The fuzz preset serves both: its sanitizers are those of asan, and the parts that are tested are built once.
check_fuzz() {
  scripts/install_packages.sh clang libclang-rt-dev
  build fuzz fuzz_all
  tests/fuzz/run.sh "${WEFT_FUZZ_SECONDS:-3}"
}

check_asan() {
  local tests=(base_test weights_test graph_test plugins_test tokenizer_test tokenizer_parts_test text_limits_test
    jinja_test image_test torch_format_test paged_table_test sampling_test hub_test hostile_test public_cases_test
    public_cases_hub_test opaque_test)
  scripts/install_packages.sh clang libclang-rt-dev
  build fuzz "${tests[@]}"
  run_tests fuzz "${tests[@]}"
}

check_tsan() {
  local tests=(threads_test base_test weights_test hub_test)
  build tsan "${tests[@]}" weft_cli weft_source_hub weft_format_gguf weft_format_torch hub_client
  # g++ 12's TSan ends at once, with "unexpected memory mapping", where the kernel places memory with more than 28
  # random bits (vm.mmap_rnd_bits); without any it runs everywhere, but a container may forbid that.
  local ctest=(ctest)
  setarch -R true 2>/dev/null && ctest=(setarch -R ctest)
  run_tests tsan "${tests[@]}" hub_Arrival hub_Host
}

# run_tests PRESET TEST...: with the command in `ctest`
ctest=(ctest)
run_tests() {
  local names
  names=$(IFS='|' && echo "${*:2}")
  "${ctest[@]}" --preset "$1" -j "$(nproc)" --no-tests=error -R "^($names)\$"
}

[ $# -gt 0 ] || set -- lines names families ops rules abi shaders deletion fuzz asan tsan
for check in "$@"; do
  [ "$(type -t "check_$check")" = function ] || { echo "check.sh: no check is called $check" >&2; exit 2; }
  echo "check.sh: $check"
  "check_$check"
done
