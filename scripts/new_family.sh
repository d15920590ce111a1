#!/usr/bin/env bash
# scripts/new_family.sh TYPE: models/TYPE, a plain decoder to be made what TYPE is (CONTRIBUTING.md, "A family").
set -euo pipefail
cd "$(dirname "$0")/.."
type=${1:-}
[[ $type =~ ^[a-z][a-z0-9_]*$ ]] ||
  { echo "usage: scripts/new_family.sh TYPE, the model_type of its config.json" >&2; exit 2; }
folder=models/$type
[[ ! -e $folder ]] || { echo "$folder is there already" >&2; exit 1; }
class=$(sed -E 's/(^|_)(.)/\U\2/g' <<<"$type")
mkdir "$folder"
echo "weft_add_family($type SOURCES $type.cpp TYPES $type)" >"$folder/CMakeLists.txt"
cat >"$folder/$type.cpp" <<EOF
// $type: what is its own.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::$type {

using namespace sdk;

struct $class : Family {
  static constexpr std::string_view kType = "$type";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("$type", json);
    blocks::DecoderShape s = blocks::read_decoder(c, {});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
};

}  // namespace weft::$type

WEFT_FAMILY("weft.$type", weft::$type::$class)
EOF
cat >"$folder/cases.py" <<EOF
"""Variants of $type for tests/golden/families.py: one for each switch of its config."""
add("$type.v4", DENSE | {"rope_theta": 1000.0})
EOF
cat >"$folder/README.md" <<EOF
# $type

- Papers:
- Written for:
- Not covered:
EOF
echo "$folder: $(ls "$folder" | tr '\n' ' ')"
