# A checkpoint with names of its own gives the logits of the Llama whose tensors it holds.
set -eu
printf '{"plugins": {"paths": ["%s"]}}\n' "$PLUGINS" >weft.json
export WEFT_CONFIG="$PWD/weft.json"
"$WEFT" plugins --why >plugins.txt
grep '^loaded  *@ID@ ' plugins.txt || { cat plugins.txt; exit 1; }

sh "$MAKE_MODEL" llama llama
sh "$MAKE_MODEL" @NAME@ @NAME@ net.
for folder in @NAME@ llama; do "$WEFT" logits $folder --ids 1,2,3 -o $folder.safetensors; done
cmp @NAME@.safetensors llama.safetensors

# The rules of the ABI.
"$WEFT" plugins check "$PLUGINS" --sample @NAME@
