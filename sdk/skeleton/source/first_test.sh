# A handle leads to a folder below the root, and to no other.
set -eu
printf '{"plugins": {"paths": ["%s"], "options": {"@ID@": {"root": "%s"}}}}\n' "$PLUGINS" "$PWD/root" >weft.json
export WEFT_CONFIG="$PWD/weft.json"
"$WEFT" plugins --why >plugins.txt
grep '^loaded  *@ID@ ' plugins.txt || { cat plugins.txt; exit 1; }

mkdir root
sh "$MAKE_MODEL" root/model llama
"$WEFT" inspect @NAME@://model | grep llama
for handle in @NAME@://nothing @NAME@://../root/model @NAME@://; do
  if "$WEFT" inspect $handle 2>errors.txt; then echo "$handle was taken"; exit 1; fi
  cat errors.txt
done

# The rules of the ABI.
"$WEFT" plugins check "$PLUGINS"
