# A model in this container gives the logits that it gives in safetensors, and a file that is cut off is refused.
set -eu
printf '{"plugins": {"paths": ["%s"]}}\n' "$PLUGINS" >weft.json
export WEFT_CONFIG="$PWD/weft.json"
"$WEFT" plugins --why >plugins.txt
grep '^loaded  *@ID@ ' plugins.txt || { cat plugins.txt; exit 1; }

sh "$MAKE_MODEL" plain llama
mkdir model
cp plain/config.json model
{
  echo '@NAME@ 1'
  cat plain/tensors.txt
  echo
  tail -c 624 plain/model.safetensors  # the values
} >model/model.@NAME@
for folder in model plain; do "$WEFT" logits $folder --ids 1,2,3 -o $folder.safetensors; done
cmp model.safetensors plain.safetensors

head -c 700 model/model.@NAME@ >cut.@NAME@
if "$WEFT" inspect cut.@NAME@ 2>errors.txt; then echo "a file that is cut off was taken"; exit 1; fi
cat errors.txt

# The rules of the ABI.
"$WEFT" plugins check "$PLUGINS" --sample model/model.@NAME@
