# Words become tokens and words again, and what is not in the vocabulary becomes <unk>.
set -eu
printf '{"plugins": {"paths": ["%s"]}}\n' "$PLUGINS" >weft.json
export WEFT_CONFIG="$PWD/weft.json"
"$WEFT" plugins --why >plugins.txt
grep '^loaded  *@ID@ ' plugins.txt || { cat plugins.txt; exit 1; }

sh "$MAKE_MODEL" model llama
echo '{"tokenizer_class": "@NAME@", "eos_token": "</s>"}' >model/tokenizer_config.json
printf '<unk>\n</s>\ntick\ntock\n' >model/vocab.txt
"$WEFT" tokenize model "tock tick tack" >ids.txt
echo '[3,2,0,1]' | diff - ids.txt
"$WEFT" tokenize model --decode "3,2" >text.txt
echo 'tock tick' | diff - text.txt

# The rules of the ABI.
"$WEFT" plugins check "$PLUGINS" --sample model
