#!/bin/sh
# make_model.sh FOLDER MODEL_TYPE [PREFIX]: makes FOLDER, a checkpoint for first tests: a Llama of one layer, a
# vocabulary of 8 and a width of 4, whose config says MODEL_TYPE and whose tensors' names begin with PREFIX. The values
# are 0.5, -1, 0.25, 1, -0.5, 0.125 and -0.25, over and over. tensors.txt has a line "NAME DIM ..." for each tensor, in
# the order of the values, which are the end of model.safetensors.
set -eu
folder=$1 type=$2 prefix=${3:-}
mkdir "$folder"

header='' bytes=0
tensor() { # NAME ROWS COLUMNS, or NAME SIZE
  end=$((bytes + 4 * $2 * ${3:-1}))
  header="$header${header:+,}\"$prefix$1\":{\"dtype\":\"F32\",\"shape\":[$2${3:+,$3}],\"data_offsets\":[$bytes,$end]}"
  bytes=$end
  echo "$prefix$*" >>"$folder/tensors.txt"
}
tensor model.embed_tokens.weight 8 4
tensor model.norm.weight 4
for norm in input_layernorm post_attention_layernorm; do tensor model.layers.0.$norm.weight 4; done
for part in self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.o_proj mlp.gate_proj mlp.up_proj mlp.down_proj
do tensor model.layers.0.$part.weight 4 4; done

values() {
  i=0
  while [ "$i" -lt $((bytes / 4)) ]; do
    case $((i % 7)) in
      0) printf '\0\0\000\077' ;;
      1) printf '\0\0\200\277' ;;
      2) printf '\0\0\200\076' ;;
      3) printf '\0\0\200\077' ;;
      4) printf '\0\0\000\277' ;;
      5) printf '\0\0\000\076' ;;
      6) printf '\0\0\200\276' ;;
    esac
    i=$((i + 1))
  done
}
header="{$header}"
size=${#header}
{
  printf "\\$(printf %03o $((size % 256)))\\$(printf %03o $((size / 256)))\\0\\0\\0\\0\\0\\0%s" "$header"
  values
} >"$folder/model.safetensors"
cat >"$folder/config.json" <<JSON
{"model_type": "$type", "vocab_size": 8, "hidden_size": 4, "intermediate_size": 4, "num_hidden_layers": 1,
 "num_attention_heads": 1, "max_position_embeddings": 64, "tie_word_embeddings": true}
JSON
