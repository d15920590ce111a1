#!/usr/bin/env bash
# install_packages.sh [PACKAGE...]: installs what weft builds with on a Debian machine, and the packages that are named;
# does nothing where all is there.
set -euo pipefail
packages=(g++ cmake ninja-build pkg-config ccache python3 python3-pip
  libboost-dev libfmt-dev nlohmann-json3-dev libcli11-dev libssl-dev libcurl4-openssl-dev zlib1g-dev
  libutf8proc-dev libonig-dev libpng-dev libjpeg-dev libgtest-dev libgmock-dev libopenblas-dev libvulkan-dev "$@")
missing=()
for p in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "weft: installing ${missing[*]}" >&2
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
