#!/bin/sh
# run.sh SECONDS [TARGET...]: fuzzes each target that long. WEFT_FUZZ_BUILD: the build folder.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${WEFT_FUZZ_BUILD:-$root/build/fuzz}
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- config gguf hub_answer hub_handle hub_header hub_listing hub_part hub_tar image jinja json_view manifest plan safetensors sentencepiece tokenizer torch vocabulary
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
    hub_answer) printf 'x-error-code: GatedRepo\nratelimit: "api";r=0;t=55\nlink: <https://h/n>; rel="next"\nx-request-id: 1\n\n{"errors": [{"message": "no"}], "error": "e"}' >"$corpus/whole" ;;
    hub_handle) printf 'org/name@refs/pr/3/sub/f.gguf' >"$corpus/path"; printf 'org/name@v%%2F1:Q4_K_M' >"$corpus/quant"; printf 'host:1/a/b:tag' >"$corpus/ollama"; printf 'o/m/f/v/12' >"$corpus/kaggle"; printf 'https://u:p@h/x?s=1#f' >"$corpus/url" ;;
    hub_header) head -c 20000 "$golden/llama/gguf_f32/model.gguf" >"$corpus/gguf"; head -c 6000 "$golden/llama/llama1/model.safetensors" >"$corpus/safetensors"; max=30000 ;;
    hub_listing) python3 - "$corpus" <<'END'
import json, sys
names = ["config.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "m-Q8_0.gguf", "a/m-Q4_K_M.gguf"]
files = [{"type": "file", "path": n, "size": 9, "oid": "a" * 40, "lfs": {"oid": "b" * 64, "size": 9}} for n in names]
open(sys.argv[1] + "/hf", "w").write(json.dumps(files))
open(sys.argv[1] + "/index", "w").write(json.dumps({"weight_map": {"t": "model-00001-of-00002.safetensors"}}))
open(sys.argv[1] + "/modelscope", "w").write(json.dumps({"Data": {"Files": [{"Type": "blob", "Path": n, "Size": 1, "Sha256": "b" * 64} for n in names]}}))
layer = {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:" + "b" * 64, "size": 3}
open(sys.argv[1] + "/ollama", "w").write(json.dumps({"layers": [layer, dict(layer, mediaType="application/vnd.ollama.image.template")]}))
END
      ;;
    hub_part) python3 -c "import struct, sys; open(sys.argv[1] + '/part', 'wb').write(b'x' * 12288 + b'weftpar1' + struct.pack('<QQQQ', 10000, 65536, 1, 500))" "$corpus"; max=16384 ;;
    hub_tar) python3 - "$corpus" <<'END'
import io, sys, tarfile
for mode in ("w", "w:gz"):
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        with tarfile.open(f"{sys.argv[1]}/{mode.replace(':', '')}{form}", mode, format=form) as t:
            for name in ("a", "d/b", "é" * 60 + "/c"):
                info = tarfile.TarInfo(name); info.size = 3; t.addfile(info, io.BytesIO(b"abc"))
END
      max=20000 ;;
    image) for f in "$golden"/classify/images/*; do cp "$f" "$corpus/"; done ;;
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
