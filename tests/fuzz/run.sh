#!/bin/sh
# run.sh SECONDS [TARGET...]: fuzzes each target that long. WEFT_FUZZ_BUILD: the build folder.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${WEFT_FUZZ_BUILD:-$root/build/fuzz}
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- config gguf jinja json_view manifest plan safetensors sentencepiece tokenizer torch vocabulary
golden=$root/tests/golden
failures=$build/failures
mkdir -p "$failures"
for target in "$@"; do
  corpus=$build/corpus/$target
  mkdir -p "$corpus"
  max=4096
  case $target in
    gguf) cp "$golden/llama/gguf_f32/model.gguf" "$corpus/f32"; cp "$golden/llama/gguf_q8_0/model.gguf" "$corpus/q8_0"; max=100000 ;;
    safetensors)
      for f in "$golden"/llama/*/golden.safetensors "$golden/dtypes/dtypes.safetensors"; do
        cp "$f" "$corpus/$(basename "$(dirname "$f")")"
      done
      max=20000 ;;
    torch) # Whole files, and the pickle of one
      for f in "$root"/plugins/formats/torch/testdata/*.bin; do
        cp "$f" "$corpus/"
        case $f in */legacy.bin) ;; *) unzip -p "$f" '*/data.pkl' >"$corpus/$(basename "$f").pkl" ;; esac
      done ;;
    json_view) for f in "$golden"/llama/*/config.json; do cp "$f" "$corpus/$(basename "$(dirname "$f")")"; done ;;
    sentencepiece) for f in "$root"/core/text/testdata/*.model; do cp "$f" "$corpus/"; done; max=20000 ;;
    vocabulary) printf 'bpe\ndefault\na\nb\nab\n\na b\n' >"$corpus/bpe"; printf 'spm\n\na\nb\nab\n\n' >"$corpus/spm" ;;
    tokenizer) for f in "$root"/core/text/testdata/*.json; do cp "$f" "$corpus/"; done; max=60000 ;;
    config) printf '{"plugins": {"paths": ["p"], "enable": ["weft.*"], "disable": [], "pin": {}, "options": {}}, "backend": "reference", "threads": 2, "precision": "exact", "kv": "f16", "ctx": 64}' >"$corpus/whole" ;;
    manifest) printf '{"manifest": 1, "id": "a.b", "version": "1", "library": "l.so", "sha256": "", "abi": {"major": 0, "minor": 1}, "provides": [{"interface": "weft.format/0", "name": "n"}]}' >"$corpus/whole" ;;
    jinja) printf '{%%- for m in messages if m.role != "x" %%}{{ loop.index0 ~ m["role"] | upper }}{%% if loop.last %%}{%% set ns = namespace(a=1) %%}{{ m.content[::-1] }}{%% endif %%}{%% endfor %%}{%% macro f(x, y=2) %%}{{ x|tojson(indent=2) }}{%% endmacro %%}{{ f(tools) }}' >"$corpus/whole"
      cp "$golden"/text/chat/*.jinja "$corpus/"
      python3 - "$golden/text" "$corpus" <<'END'
import json, sys
golden, corpus = sys.argv[1:]
for i, case in enumerate(json.load(open(golden + "/template_language.json"))["cases"]):
    if i % 10 == 0: open(f"{corpus}/language{i}", "w").write(case[0])
END
      ;;
  esac
  echo "== $target"
  "$build/bin/fuzz_$target" -max_total_time="$seconds" -max_len="$max" -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -verbosity=0 -print_funcs=0 -artifact_prefix="$failures/$target-" "$corpus"
done
