#!/usr/bin/env bash
# Builds weft afresh and packs it; prints the paths of two archives: weft, which runs wherever it is unpacked, and the
# SDK alone.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install_packages.sh
cmake --preset release --fresh >&2
cmake --build --preset release -j "$(nproc)" --target weft_cli weft plugins_all >&2
cpack --preset release >&2
cd build/release
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' CMakeCache.txt)
cpack --config CPackConfig.cmake -D "CPACK_INSTALL_CMAKE_PROJECTS=$PWD;weft;sdk;/" \
  -D "CPACK_PACKAGE_FILE_NAME=weft-sdk-$version" >&2
ls "$PWD"/weft-*.tar.gz
