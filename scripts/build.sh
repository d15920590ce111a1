#!/usr/bin/env bash
# Configures and builds a preset (default: release) with all cores.
set -euo pipefail
cd "$(dirname "$0")/.."
preset="${1:-release}"
scripts/install_packages.sh
cmake --preset "$preset" >"build-$preset.log" 2>&1 || { cat "build-$preset.log" >&2; exit 1; }
rm -f "build-$preset.log"
cmake --build --preset "$preset" -j "$(nproc)" -- -k 0 "${@:2}"
