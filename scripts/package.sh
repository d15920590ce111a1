#!/usr/bin/env bash
# Builds weft afresh and packs it; prints the archive's path. It runs wherever it is unpacked.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install_packages.sh
cmake --preset release --fresh >&2
cmake --build --preset release -j "$(nproc)" --target weft_cli weft plugins_all >&2
cpack --preset release >&2
ls "$PWD"/build/release/weft-*.tar.gz
