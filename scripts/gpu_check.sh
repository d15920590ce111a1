#!/usr/bin/env bash
# gpu_check.sh [--llama FOLDER] [--device NAME] [MODEL...]: the vulkan backend on a machine with a card, in ten minutes
# at most: builds it, runs its tests there, and measures it beside llama.cpp on Vulkan and on CUDA.
#   --llama    the sources of llama.cpp, which are built into build/llama-vulkan and build/llama-cuda; without it weft
#              is measured alone
#   --device   part of the device's name, as weft devices lists it; without it the first device, which tests take too
#   MODEL      GGUF files to measure; without them, models of random weights that bench/make_model.py makes (it needs
#              the PyPI packages numpy and gguf)
# What cannot be done is said, and the rest goes on. It ends with 1 where a test failed or ran out of time.
set -euo pipefail
cd "$(dirname "$0")/.."
most=600
llama="" device="" models=()
while [ $# -gt 0 ]; do
  case "$1" in
    --llama | --device)
      [ $# -gt 1 ] || { echo "gpu_check.sh: $1 wants a value" >&2; exit 2; }
      [ "$1" = --llama ] && llama=$2 || device=$2
      shift 2 ;;
    -*) echo "gpu_check.sh: no option is called $1" >&2; exit 2 ;;
    *) models+=("$1"); shift ;;
  esac
done
logs=$(mktemp -d)
builds=()
trap '[ ${#builds[@]} -eq 0 ] || kill "${builds[@]}" 2>/dev/null || true; rm -r "$logs"' EXIT
failed=0

left() { echo $((most > SECONDS ? most - SECONDS : 1)); }
say() { echo "gpu_check.sh: $*, ${SECONDS} s"; }

# try NAME COMMAND...: runs it in the time that is left; its output is shown where it fails.
try() {
  local log="$logs/${1// /-}"
  timeout "$(left)" "${@:2}" >"$log" 2>&1 && { say "$1 done"; return 0; }
  say "$1 FAILED or ran out of time, the end of what it said follows"
  tail -n 30 "$log"
  return 1
}

# build_llama NAME OPTION...: in the background.
build_llama() {
  local folder="build/llama-$1"
  # shellcheck disable=SC2016
  timeout "$(left)" bash -c 'cmake -G Ninja -S "$1" -B "$2" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
    -DLLAMA_CURL=OFF "${@:3}" && cmake --build "$2" -j "$(nproc)" --target llama-bench' \
    build "$llama" "$folder" "${@:2}" >"$logs/llama-$1" 2>&1 &
  builds+=($!)
}

# speed FILE PROMPT ANSWER: tokens a second of the row with so many, in what weft bench or llama-bench has written.
speed() {
  python3 - "$@" <<'END'
import json
import sys
prompt, answer = int(sys.argv[2]), int(sys.argv[3])
name = f"pp{prompt}" if prompt else f"tg{answer}"
for row in json.load(open(sys.argv[1])):
    if row.get("test") == name or (row.get("n_prompt"), row.get("n_gen")) == (prompt, answer):
        print("%.1f" % row.get("tok_s", row.get("avg_ts")))
END
}

# measure MODEL ENGINE COMMAND...: a row of the table. The command takes -p, -n and -r, and prints JSON.
measure() {
  local out="$logs/row" begun took
  begun=$(date +%s%N)
  if timeout "$(left)" "${@:3}" -p 8 -n 1 -r 1 >"$out" 2>"$logs/err"; then
    took=$(($(date +%s%N) - begun))
    if timeout "$(left)" "${@:3}" -p 512 -n 64 -r 3 >"$out" 2>"$logs/err"; then
      echo "| $1 | $2 | $(speed "$out" 512 0) | $(speed "$out" 0 64) | $((took / 1000000)) |"
      return
    fi
  fi
  echo "| $1 | $2 | failed: $(tail -n 1 "$logs/err") | | |"
}

try "build of weft" bash -c "cmake --preset release && cmake --build --preset release -j $(nproc) \
  --target weft_cli plugins_all vulkan_test vulkan_driver_test vulkan_golden_test" || exit 1
weft=build/release/bin/weft
"$weft" devices -v

engines=()
if [ -n "$llama" ]; then
  build_llama vulkan -DGGML_VULKAN=ON
  build_llama cuda -DGGML_CUDA=ON -DCMAKE_CUDA_ARCHITECTURES=native
fi
for test in vulkan_test vulkan_driver_test vulkan_golden_test; do
  try "$test" "build/release/plugins/backends/vulkan/$test" --gtest_brief=1 || failed=1
done
for i in "${!builds[@]}"; do
  engine=$([ "$i" -eq 0 ] && echo vulkan || echo cuda)
  while kill -0 "${builds[$i]}" 2>/dev/null && [ "$(left)" -gt 120 ]; do sleep 1; done
  if ! kill -0 "${builds[$i]}" 2>/dev/null && wait "${builds[$i]}"; then
    engines+=("$engine")
  else
    say "llama.cpp on $engine is not built, the end of what was said follows"
    tail -n 5 "$logs/llama-$engine"
    kill "${builds[$i]}" 2>/dev/null || true  # it would take time from what is measured
  fi
done

if [ ${#models[@]} -eq 0 ]; then
  mkdir -p build/gpu_check
  for type in q4_0 q4_k f16; do
    file=build/gpu_check/1b-$type.gguf
    [ -f "$file" ] || try "model of type $type" python3 bench/make_model.py "$file" --type "$type" || continue
    models+=("$file")
  done
fi
echo
echo "| model | engine | prefill 512, tok/s | decode 64, tok/s | process of 8 tokens and 1, ms |"
echo "|---|---|---|---|---|"
for model in "${models[@]}"; do
  measure "$(basename "$model")" weft "$weft" bench "$model" --json --backend "vulkan${device:+:$device}"
  for engine in "${engines[@]}"; do
    measure "$(basename "$model")" "llama.cpp $engine" "build/llama-$engine/bin/llama-bench" -m "$model" -ngl 99 -o json
  done
done
say "end"
exit $failed
