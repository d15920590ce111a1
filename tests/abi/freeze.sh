#!/usr/bin/env bash
# freeze.sh plugins|libweft: keeps what stands, as the baseline of a version that is released: the C ABI of plugins as
# frozen/MAJOR.MINOR, libweft's C API, with the headers that it includes, as frozen/SONAME. A version may be frozen anew
# until it is released.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")"
sdk=../../sdk/include core=../../core/include
number() { sed -n "s/^#define WEFT_ABI_$1 \([0-9]*\)u.*/\1/p" $sdk/weft/abi/base.h; }
case "${1:-}" in
  plugins)
    to="frozen/$(number MAJOR).$(number MINOR)" table=plugin_abi.c
    headers=$(cd $sdk && ls weft/abi/*.h)
    ;;
  libweft)
    to="frozen/libweft.so.$(sed -n 's/^project(weft VERSION \([0-9]*\.[0-9]*\).*/\1/p' ../../CMakeLists.txt)"
    table=host_api.c
    headers=$(cc -MM -I$sdk -I$core $core/weft/{weft,tasks}.h | grep -o 'weft/[a-z/]*\.h' | sort -u)
    ;;
  *) echo "freeze.sh: plugins or libweft?" >&2; exit 2 ;;
esac
./layout.py --write
rm -rf "$to"
for header in $headers; do
  mkdir -p "$to/$(dirname "$header")"
  cp "$(find $sdk/"$header" $core/"$header" 2>/dev/null)" "$to/$header"
done
cp $table "$to/"
cd "$to"
find . -type f -printf '%P\n' | sort | xargs sha256sum >../sums
mv ../sums SHA256SUMS
