#!/usr/bin/env bash
# run_installed.sh PREFIX MODEL [portable|sanitized]: what is installed in PREFIX finds its own plugins however it is
# called and wherever it is moved, and takes none from the working directory. `portable`: it also needs no library but
# the system's; `sanitized`: no host in Python.
set -euo pipefail
prefix="$(realpath "$1")" model="$(realpath "$2")" portable="${3:-}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
fail() { echo "run_installed: $*" >&2; exit 1; }
clean=(env -i HOME="$work/home" LSAN_OPTIONS="${LSAN_OPTIONS:-}" ASAN_OPTIONS="${ASAN_OPTIONS:-}")

# lists_those_of WHAT FOLDER: the report on stdin has the plugins of FOLDER, and no others of $work or PREFIX.
lists_those_of() {
  local manifests
  manifests="$(grep -o '/[^ ]*\.weftplugin\.json' || true)"
  grep -q "^$2/.*/weft_backend_cpu" <<<"$manifests" || fail "$1: the plugins of $2 are not listed: $manifests"
  if grep -v "^$2/" <<<"$manifests" | grep -e "^$work/" -e "^$prefix/"; then fail "$1: plugins from outside $2"; fi
}

# A second prefix, called from a folder that holds bait: a plugin wherever a path might count from there. If a manifest
# is read the report has it, as it has those that are refused.
moved="$work/moved/opt"
mkdir -p "$work/moved" "$work/home" "$work/bait/below" "$work/links"
cp -a "$prefix" "$moved"
plugins="$(dirname "$(find "$moved" -name weft_backend_cpu.weftplugin.json)")"
for folder in "$work"/bait/{weft/plugins,lib/weft/plugins,below/weft/plugins,plugins,.local/share/weft/plugins}; do
  mkdir -p "$folder"
  cp "$plugins"/*weft_format_gguf* "$folder"
  sed 's/"weft.gguf"/"bait"/' "$plugins/weft_format_gguf.weftplugin.json" >"$folder/bait.weftplugin.json"
done
touch "$work/bait/below/weft.sh" "$work/bait/weft.json"
cd "$work/bait/below"

"${clean[@]}" PATH="$moved/bin" weft plugins --why | lists_those_of "by name through PATH" "$moved"
(cd .. && "${clean[@]}" PATH="$moved/bin" weft plugins --why) | lists_those_of "beside weft/plugins" "$moved"
ln -s "$moved/bin/weft" "$work/links/w"
"${clean[@]}" PATH="$work/links" w plugins --why | lists_those_of "through a link" "$moved"
(exec -a weft "${clean[@]}" "$moved/bin/weft" plugins --why) | lists_those_of "by its path" "$moved"
"${clean[@]}" PATH="$prefix/bin" weft plugins --why | lists_those_of "from the first prefix" "$prefix"
answer="$("${clean[@]}" PATH="$moved/bin" weft run "$model" --greedy --max-tokens 3 hello 2>&1)" || fail "$answer"
grep -q 'by llama' <<<"$answer" || fail "$answer"

for file in man/man1/weft.1 bash-completion/completions/weft zsh/site-functions/_weft fish/vendor_completions.d/weft.fish; do
  [ -s "$moved/share/$file" ] || fail "share/$file is not installed"
done

# Its skeletons lie beside it too.
"${clean[@]}" PATH="$moved/bin" weft plugins new backend mine -o "$work/mine" | grep -q "PREFIX_PATH=$moved " ||
  fail "weft plugins new: $(ls "$work/mine")"
[ -s "$work/mine/mine.cpp" ] || fail "weft plugins new wrote no source"

# Relative names of folders are refused, and the report says so.
relative=("${clean[@]}" PATH="$moved/bin" WEFT_PLUGIN_ADD=plugins XDG_DATA_HOME=.local/share)
report="$(cd .. && "${relative[@]}" weft plugins --why 2>/dev/null)"
lists_those_of "with relative folders" "$moved" <<<"$report"
for variable in WEFT_PLUGIN_ADD XDG_DATA_HOME; do
  grep -q "$variable names this folder, which is not searched" <<<"$report" || fail "$variable: $report"
done
if (cd .. && "${clean[@]}" PATH="$moved/bin" WEFT_CONFIG=weft.json weft plugins) 2>"$work/errors"; then
  fail "a relative WEFT_CONFIG was taken"
fi
grep -q 'WEFT_CONFIG is "weft.json", expected a path' "$work/errors" || fail "$(cat "$work/errors")"

# Where libcurl cannot be loaded, a handle says what to install and local files run.
mkdir "$work/no_curl"
touch "$work/no_curl/libcurl.so.4" "$work/no_curl/libcurl-gnutls.so.4"
without_curl=("${clean[@]}" PATH="$moved/bin" LD_LIBRARY_PATH="$work/no_curl")
if [ -e "$plugins/weft_source_hub.weftplugin.json" ]; then
  for words in "run hf://org/name hello" "info hf://org/name" "list"; do
    if "${without_curl[@]}" weft $words 2>"$work/errors"; then fail "$words without libcurl"; fi
    grep -q 'file too short; install it (Debian: apt-get install libcurl4' "$work/errors" ||
      fail "$words: $(cat "$work/errors")"
  done
fi
"${without_curl[@]}" weft run "$model" --greedy --max-tokens 3 hello >/dev/null 2>&1 ||
  fail "a local file without libcurl"

# A program that has been removed while it runs does not know where it lay, whatever is there now.
mkdir -p "$work/gone/bin"
cp -a "$moved"/lib* "$work/gone"
cp "$moved/bin/weft" "$work/gone/bin/weft"
exec 9<"$work/gone/bin/weft"
rm "$work/gone/bin/weft"
cp "$moved/bin/weft" "$work/gone/bin/weft (deleted)"  # what the kernel now calls it
gone="$("${clean[@]}" LD_LIBRARY_PATH="$(echo "$moved"/lib*/weft/private)" /proc/self/fd/9 plugins --why)"
exec 9<&-
if grep "^ *$work/gone" <<<"$gone"; then fail "a removed program found plugins"; fi

# libweft: absolute, relative to the working directory of then, and with the environment switched off.
cat >"$work/host.py" <<'PY'
import ctypes, os, sys
class Text(ctypes.Structure): _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_uint64)]
weft = ctypes.CDLL(sys.argv[1])
os.chdir(sys.argv[2])
weft.weft_runtime_new.restype = weft.weft_runtime_plugins.restype = ctypes.c_void_p
runtime, text = ctypes.c_void_p(), Text()
assert not weft.weft_runtime_new(None, ctypes.byref(runtime))
assert not weft.weft_runtime_plugins(runtime, ctypes.byref(text))
print(text.data.decode().replace(",", "\n").replace('"', " "))
PY
if [ "$portable" != sanitized ]; then  # their runtimes must be loaded first
  library="$(find "$moved" -name 'libweft.so.?.?')"
  python="$(python3 -c 'import sys; print(sys.executable)')"
  "${clean[@]}" "$python" "$work/host.py" "$library" "$work/bait" | lists_those_of "a host" "$moved"
  (cd "$moved" && "${clean[@]}" "$python" "$work/host.py" "./${library#"$moved"/}" "$work/bait") |
    lists_those_of "a host that changes its folder" "$moved"
  (cd "$moved" && "${clean[@]}" LD_LIBRARY_PATH="$(dirname "${library#"$moved"/}")" "$python" "$work/host.py" \
    "$(basename "$library")" "$work/bait") | lists_those_of "a relative LD_LIBRARY_PATH" "$moved"
fi

# What the files need: the C and C++ runtimes and what lies in weft/private; and no search path but one from $ORIGIN.
[ "$portable" = portable ] || exit 0
system=(libc.so.6 libm.so.6 libstdc++.so.6 libgcc_s.so.1 ld-linux-x86-64.so.2)
known="$(ls "$moved"/lib*/weft/private; printf '%s\n' "${system[@]}")"
while read -r file; do
  needs="$(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vxF "$known" || true)"
  case "$(basename "$file")" in libweft_backend_openblas.so) needs="${needs/libopenblas.so.0/}" ;; esac
  [ -z "$needs" ] || fail "$file needs" $needs "(a build folder that was configured before? cmake --fresh)"
  if readelf -d "$file" | grep -E '\((RPATH|RUNPATH)\)' | grep -vE '\[\$ORIGIN/[^:]+\]'; then fail "$file"; fi
done < <(find "$moved/bin" "$moved"/lib* -type f \( -name '*.so*' -o -name weft \))
