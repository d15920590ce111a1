#!/usr/bin/env bash
# test_archive.sh ARCHIVE [MODEL]: unpacks what package.sh made in a Debian root that has nothing but the base system,
# and runs it there. Needs root, debootstrap and the network; MODEL is a file, the default model unless named.
set -euo pipefail
archive="$(realpath "$1")"
model="$(realpath "${2:-$("$(dirname "$0")/default_model.sh")}")"
root="$(mktemp -d /var/tmp/weft-bare.XXXXXX)"
trap 'umount "$root/proc" || true; rm -rf --one-file-system "$root"' EXIT
debootstrap --variant=minbase bookworm "$root" >"$root.log" || { cat "$root.log" >&2; exit 1; }
rm "$root.log"
mount -t proc proc "$root/proc"  # as everywhere: $ORIGIN needs it
tar -xzf "$archive" -C "$root/opt"
mkdir "$root/models"
chmod 755 "$root"
cp "$model" "$root/models/model.gguf"
weft="/opt/$(basename "$archive" .tar.gz)/bin/weft"
ln -s "$weft" "$root/usr/local/bin/weft-here"
in_root() { chroot "$root" env -i PATH=/usr/local/bin:/usr/bin:/bin:"$(dirname "$weft")" HOME=/root "$@"; }
check() { echo "test_archive: $1" >&2; }

for name in "$weft" weft weft-here; do
  check "$name plugins --why"
  in_root "$name" plugins --why >"$root/plugins"
  [ "$(grep -c '^loaded' "$root/plugins")" -gt 30 ] || { cat "$root/plugins" >&2; exit 1; }
  # Of all plugins one needs a library of Debian's, and says which.
  [ "$(grep -c '^refused' "$root/plugins")" -eq 1 ] && grep -q 'libopenblas.so.0: cannot open' "$root/plugins"
done
check "weft inspect and weft run"
in_root weft inspect /models/model.gguf >/dev/null
in_root weft run /models/model.gguf --greedy --max-tokens 16 "What is the capital of France?" | grep .
check "a handle without libcurl names the package"
if in_root weft run hf://org/name hello 2>"$root/errors"; then exit 1; fi
grep 'apt-get install libcurl4 ca-certificates' "$root/errors"
if in_root weft info hf://org/name 2>"$root/errors"; then exit 1; fi
grep -q 'apt-get install libcurl4 ca-certificates' "$root/errors"
check "with what it names, handles are served"
chroot "$root" apt-get update -qq >/dev/null
chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  libcurl4 ca-certificates >/dev/null 2>&1
if in_root env HF_ENDPOINT=http://127.0.0.1:9 weft info hf://org/name 2>"$root/errors"; then exit 1; fi
grep -q 'http://127.0.0.1:9.*connect' "$root/errors" || { cat "$root/errors" >&2; exit 1; }
check "all passed"
