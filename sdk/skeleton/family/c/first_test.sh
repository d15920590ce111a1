# After each token comes the one whose embedding fits best to its own, here itself: to be changed with the graph.
set -eu
printf '{"plugins": {"paths": ["%s"]}}\n' "$PLUGINS" >weft.json
export WEFT_CONFIG="$PWD/weft.json"
"$WEFT" plugins --why >plugins.txt
grep '^loaded  *@ID@ ' plugins.txt || { cat plugins.txt; exit 1; }

sh "$MAKE_MODEL" model @NAME@
"$WEFT" run model --ids 3,1 --greedy --max-tokens 4 --precision exact >ids.txt
echo '[1,1,1,1]' | diff - ids.txt

# The rules of the ABI.
"$WEFT" plugins check "$PLUGINS" --sample model
