# A model of one layer gives the logits that it gives as a Llama: to be changed when the family becomes another.
set -eu
printf '{"plugins": {"paths": ["%s"]}}\n' "$PLUGINS" >weft.json
export WEFT_CONFIG="$PWD/weft.json"
"$WEFT" plugins --why >plugins.txt
grep '^loaded  *@ID@ ' plugins.txt || { cat plugins.txt; exit 1; }

for type in @NAME@ llama; do
  sh "$MAKE_MODEL" $type $type
  "$WEFT" logits $type --ids 1,2,3 -o $type.safetensors
done
cmp @NAME@.safetensors llama.safetensors

# The rules of the ABI.
"$WEFT" plugins check "$PLUGINS" --sample @NAME@
