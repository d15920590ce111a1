# A model of one layer runs on the backend and gives the tokens that it gives on `reference`.
set -eu
printf '{"plugins": {"paths": ["%s"]}}\n' "$PLUGINS" >weft.json
export WEFT_CONFIG="$PWD/weft.json"
"$WEFT" plugins --why >plugins.txt
grep '^loaded  *@ID@ ' plugins.txt || { cat plugins.txt; exit 1; }

sh "$MAKE_MODEL" model llama
"$WEFT" inspect model --explain --backend @NAME@ | grep '^backend .*@NAME@ x'  # how many nodes it takes
for backend in @NAME@ reference; do
  "$WEFT" run model --ids 1,2,3 --greedy --max-tokens 8 --precision exact --backend $backend >$backend.txt
done
diff @NAME@.txt reference.txt

# The rules of the ABI; --filter 'backend.op.*' compares each op that the backend takes.
"$WEFT" plugins check "$PLUGINS" --filter '!backend.op.*'
