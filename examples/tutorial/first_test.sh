# The op is in the graph, the kernel takes it, and the tokens are those that its body gives on `reference`.
set -eu
printf '{"plugins": {"paths": ["%s"]}}\n' "$PLUGINS" >weft.json
export WEFT_CONFIG="$PWD/weft.json"
"$WEFT" plugins --why >plugins.txt
grep '^loaded  *com.example.tutorial ' plugins.txt || { cat plugins.txt; exit 1; }

sh "$MAKE_MODEL" model tutorial
"$WEFT" inspect model --graph | grep com.example.squared_relu
"$WEFT" inspect model --explain --backend tutorial | grep '^backend .*tutorial x1'
for backend in tutorial reference; do
  "$WEFT" run model --ids 1,2,3 --greedy --max-tokens 8 --precision exact --backend $backend >$backend.txt
done
diff tutorial.txt reference.txt

# It is another model than Llama.
sh "$MAKE_MODEL" llama llama
"$WEFT" logits model --ids 1,2,3 -o model.safetensors
"$WEFT" logits llama --ids 1,2,3 -o llama.safetensors
if cmp -s model.safetensors llama.safetensors; then echo "squared_relu changes nothing"; exit 1; fi
