#!/usr/bin/env bash
# vulkan_check.sh [BUILD]: all checks of the vulkan backend on lavapipe, beyond those that scripts/test.sh runs: its
# tests and the conformance of its ops with subgroups of 4, 8 and 16 invocations, then with the validation layer
# (Debian: vulkan-validationlayers), then `weft plugins check`. About 40 minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release}
tests=$build/plugins/backends/vulkan
icd=$(find /usr/share/vulkan/icd.d -name 'lvp_icd.*.json' | head -1)
[ -n "$icd" ] || { echo "vulkan_check.sh: lavapipe is not installed (Debian: mesa-vulkan-drivers)" >&2; exit 1; }
export VK_ICD_FILENAMES=$icd WEFT_CONFORMANCE_BACKENDS=vulkan
failed=0

# try NAME COMMAND...: says how it went, and shows what failed.
try() {
  local log
  log=$(mktemp)
  if "${@:2}" >"$log" 2>&1; then echo "vulkan_check.sh: $1 passed"; else
    echo "vulkan_check.sh: $1 FAILED"
    grep -E "Failure|FAILED|broken" "$log" | head -20 || tail -20 "$log"
    failed=1
  fi
  rm "$log"
}

for width in 128 256 512; do
  export LP_NATIVE_VECTOR_WIDTH=$width
  for test in vulkan_test vulkan_driver_test vulkan_golden_test; do
    try "$test with subgroups of $((width / 32))" "$tests/$test"
  done
  try "conformance with subgroups of $((width / 32))" "$build/tests/conformance/conformance_test"
done
unset LP_NATIVE_VECTOR_WIDTH
for test in vulkan_test vulkan_golden_test; do
  WEFT_VULKAN_VALIDATE=1 try "$test with the validation layer" "$tests/$test"
done
try "weft plugins check" "$build/bin/weft" plugins check "$build/lib/weft/plugins/libweft_backend_vulkan.so"
exit $failed
