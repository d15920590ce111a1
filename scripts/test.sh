#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. Options go to ctest.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install_packages.sh mesa-vulkan-drivers  # a Vulkan device in software
scripts/build.sh release
ctest --test-dir build/release --output-on-failure -j "$(nproc)" "$@"
