// Writes docs/reference/ops.md to standard output: the table of ops, for people. scripts/check.sh ops compares.
#include <cstdio>
#include <string>

#include "weft/sdk/composites.hpp"
#include "weft/sdk/op_check.hpp"

namespace {

using weft::sdk::Op;
using weft::sdk::OpAttribute;
using weft::sdk::OpInput;

constexpr const char* kHead = R"(# Ops

This page is made by `sdk/ops_page.cpp` from the table that weft itself checks nodes by:
`weft/sdk/primitives.hpp` and `weft/sdk/composites.hpp`.

A node names an op and its version, which together fix its inputs, its attributes and what it computes. Values are
f32, i32, u8 (masks: 0 or not 0), f16 or bf16; parameters and states count as f32, whatever they are stored as. An
input without a dtype on this page takes each of them; ops that compute take no floats of 16 bits, which are cast
before and after. Axes count from 0.
Shapes agree when each dim is the same size or the same symbol. An attribute that an op does not list is an error; one
that is absent has the default in brackets. A *size* in an attribute may be `~symbol`. Where a size is known only when
the graph runs, the maximum is checked when the graph is built, and backends check the actual size before they read.

i32 arithmetic wraps around. Where a value becomes an integer, it does as in `cast`. A state is memory in its backend's
layout: `gather` along axis 0, `scatter` and `scan`'s carries reach it by rows; no other primitive takes it.

## Names
Ops of weft have names without a dot, and are all on this page. A composite of your own has a dot in its name and begins
with a domain of yours, turned round: `com.acme.mixer`. The SDK refuses composites without a dot that are not on this
page, and kernels for them.

A composite is what its body says, whatever its name. A backend of the SDK runs a kernel for a composite only where the
body is the one that weft's blocks write for these inputs and attributes, the inputs fit the row, and all attributes are
known. Otherwise weft opens the composite and asks for the ops inside.

)";
constexpr const char* kPrimitivesHead = R"(## Primitives
Version 1 of each. A backend that has all of them runs every graph.

| op | computes | inputs | attributes | result | edges |
|---|---|---|---|---|---|
)";
constexpr const char* kCompositesHead = R"(
## Composites
Version 1 of each, unless it says otherwise. The blocks of `weft/blocks` write them, with their bodies. A backend may
leave them out. T tokens of S sequences lie on one axis: sequence s has the tokens from seq_start[s] to
seq_start[s + 1], and token_seq has the sequence of each token. Position p of a sequence, from `base` to `len`, is in
slot table[s][(p - base) / block_tokens] * block_tokens + p % block_tokens. `sinks` are scores that take part in the
softmax and have no value; `slopes` are alibi's: a score falls by the slope for each position between query and key.

)";

std::string code(std::string_view s) { return "`" + std::string(s) + "`"; }

std::string input(const OpInput& i) {
  std::string s = code(i.name) + " " + (i.need == OpInput::kState ? "state" : weft::sdk::dtypes_text(i.dtypes));
  if (i.dtypes == weft::sdk::kAny) s = code(i.name);
  if (!i.shape.empty()) s += " " + std::string(i.shape);
  if (i.need == OpInput::kOptional) s += ", or absent";
  if (i.need == OpInput::kOneOrMore) s += " (one or more)";
  if (i.need == OpInput::kAnyNumber) s += " (any number)";
  return s;
}

std::string number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", v);
  return text;
}

std::string attribute(const OpAttribute& a) {
  constexpr const char* kTypes[] = {"i64", "0 or 1", "list of i64", "size", "list of sizes", "f64", "text"};
  std::string s = code(a.name) + " " + kTypes[a.type];
  if (a.need == OpAttribute::kOptional) {
    const bool list = a.type == OpAttribute::kInts || a.type == OpAttribute::kText;
    const bool says = a.what.find("absent:") != a.what.npos;
    if (!says) s += " [" + number(a.otherwise) + (list ? "..." : "") + "]";
  }
  if (!a.what.empty()) s += ": " + std::string(a.what);
  return s;
}

void print_row(const Op& op) {
  std::string inputs, attributes;
  for (const OpInput& i : op.inputs()) inputs += (inputs.empty() ? "" : "<br>") + input(i);
  for (const OpAttribute& a : op.attributes()) attributes += (attributes.empty() ? "" : "<br>") + attribute(a);
  std::printf("| %s | %s | %s | %s | %s | %s |\n", code(op.name).c_str(), std::string(op.what).c_str(), inputs.c_str(),
              attributes.c_str(), std::string(op.result).c_str(), std::string(op.edges).c_str());
}

void print_section(const Op& op) {
  std::string s = "### " + std::string(op.name) + "\n" + std::string(op.what) + "\n\n";
  if (op.version != 1) s += "- version: " + std::to_string(op.version) + "\n";
  for (const OpInput& i : op.inputs()) s += "- input " + input(i) + "\n";
  for (const OpAttribute& a : op.attributes()) s += "- attribute " + attribute(a) + "\n";
  s += "- result: " + std::string(op.result) + "\n";
  if (!op.edges.empty()) s += "- edges: " + std::string(op.edges) + "\n";
  std::printf("%s\n", s.c_str());
}

}  // namespace

int main() {
  std::fputs(kHead, stdout);
  std::fputs(kPrimitivesHead, stdout);
  for (const Op& op : weft::sdk::kPrimitives) print_row(op);
  std::fputs(kCompositesHead, stdout);
  for (const Op& op : weft::sdk::kComposites) print_section(op);
}
