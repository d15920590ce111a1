#!/bin/sh
# run.sh SECONDS [TARGET...]: fuzzes each target that long, from its kept corpus and from what earlier runs found.
# WEFT_FUZZ_BUILD: the build folder.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${WEFT_FUZZ_BUILD:-$root/build/fuzz}
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- $(cd "$build/bin" && ls fuzz_* | sed 's/^fuzz_//')

# What one input may take. Larger: work and memory that a few bytes ask for pass unseen. Smaller: sound inputs fail
# under sanitizers on a busy machine.
ceilings="-timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=512"

golden=$root/tests/golden
seeds_of() {  # files that are too large to keep twice
  case $1 in
    gguf) ls "$golden"/llama/gguf_*/model.gguf ;;
    image) ls "$golden"/classify/images/* ;;
    jinja) ls "$golden"/text/chat/*.jinja ;;
    safetensors) ls "$golden"/llama/*/golden.safetensors "$golden"/dtypes/dtypes.safetensors ;;
    sentencepiece) ls "$root"/core/text/testdata/*.model ;;
    tokenizer) ls "$root"/core/text/testdata/*.json | grep -v -e golden -e parts ;;
    torch) ls "$root"/plugins/formats/torch/testdata/*.bin ;;
  esac
}

mkdir -p "$build/failures"
for target in "$@"; do
  found=$build/corpus/$target kept=$root/tests/fuzz/corpus/$target
  mkdir -p "$found"
  for f in $(seeds_of "$target"); do cp "$f" "$found/$(echo "${f#"$root"/}" | tr / _)"; done
  echo "== $target"
  "$build/bin/fuzz_$target" -max_total_time="$seconds" $ceilings -print_final_stats=1 -verbosity=0 -print_funcs=0 \
    -artifact_prefix="$build/failures/$target-" "$found" "$kept"
done
