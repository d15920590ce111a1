/* The graph that a backend compiles: pure data, valid during the call that hands it over.
 *
 * A node's op is a primitive, or a composite, which carries what it computes as a body of simpler ops. weft's ops have
 * names without a dot, and are listed with their inputs, attributes and edge cases in docs/reference/ops.md. Composites
 * of others have a name with a dot that begins with a domain of theirs, turned round: "com.acme.mixer".
 *
 * A composite is what its body says, whatever its name. A backend that computes one by itself makes sure that the body
 * says the same, and that it knows all attributes; otherwise its verdict is 0, and it is asked for the nodes of the
 * body. The SDK's Interpreter does so (weft/sdk/body_reader.hpp compares a body with what weft/blocks writes). Backends
 * without it walk the body themselves, and may remember by body_hash what they have found, or compiled.
 *
 * Values are f32, i32, u8 (masks), f16 or bf16. Floats of 16 bits are moved and cast, and ops that compute take f32:
 * docs/reference/ops.md has the dtypes of each input. A backend may know less: its verdict for a node with a dtype that
 * it does not know is 0. Parameters and states count as f32, whatever they are stored as. A dim >= 0 is a size; a
 * dim < 0 stands for the symbol with id ~dim. The rank is at most 8. Nodes are in topological order, and each writes
 * new values (SSA); a scatter on a state gives a new value in the same memory. */
#ifndef WEFT_ABI_GRAPH_H
#define WEFT_ABI_GRAPH_H

#include "weft/abi/base.h"

#define WEFT_MAX_RANK 8u

enum { WEFT_INPUT = 1, WEFT_PARAM = 2, WEFT_STATE = 3, WEFT_CONST = 4, WEFT_TEMP = 5 };

typedef struct weft_value {
  weft_hdr hdr;
  weft_str name;
  uint32_t kind, dtype, rank;
  /* PARAM: index in weft_params; STATE: index in the graph's states; TEMP: the index of the state whose memory it is.
   * WEFT_NONE: none of these. */
  uint32_t index;
  const int64_t* dims; /* rank entries */
  const void* data;    /* CONST: dense row-major values */
} weft_value;

typedef struct weft_node {
  weft_hdr hdr;
  uint32_t op;      /* index in op_names */
  uint32_t version; /* op and version together fix the semantics, the attributes and the body */
  uint32_t n_in, n_out, n_attr;
  uint32_t body;       /* 0: none, else 1 + index in bodies: of a composite, or of the primitive scan */
  const uint32_t* in;  /* value ids; WEFT_NONE: the input is absent */
  const uint32_t* out; /* value ids */
  const weft_attr* attr;
  uint32_t attr_stride, reserved;
  /* Of the body; zeros: there is none. Bodies of equal hashes are equal, in all graphs of this version of weft: the
   * same nodes in the same order, the same attributes, constants and types, and symbols that stand for the same. */
  uint64_t body_hash[2];
} weft_node;

/* A size that is known at run time. FREE: the host sets it. Any other kind is computed from symbols a, b or the
 * constant k. DIV_CONST is rounded down; a size rounded up is (a + (k - 1)) / k. */
enum {
  WEFT_SYM_FREE = 0,
  WEFT_SYM_MUL_CONST = 1, /* a * k */
  WEFT_SYM_MUL = 2,       /* a * b */
  WEFT_SYM_ADD = 3,       /* a + b */
  WEFT_SYM_ADD_CONST = 4, /* a + k */
  WEFT_SYM_DIV_CONST = 5  /* a / k, k at least 1 */
};
typedef struct weft_symbol {
  weft_hdr hdr;
  weft_str name; /* FREE ones: T tokens, S sequences, R rows of logits, Q most new tokens of a sequence, ... */
  /* The actual size never exceeds it. To the builder, of a FREE symbol: the most that the blueprint takes; 0: the host
   * decides. */
  int64_t max;
  uint32_t op, a, b, reserved;
  int64_t k;
} weft_symbol;

/* A group of states that share tables; all tables are i32 inputs.
 * PAGED: table [S,B], base [S], len [S], slot [T]. Position p in [base,len) of sequence s is in slot
 * table[s][(p-base)/block_tokens]*block_tokens + p%block_tokens; token t is written to slot[t].
 * SLOT: slot_in [S] is the slot that a sequence starts from (-1: from `fill`); slot [T] is where the state after token
 * t is kept (-1: nowhere). */
enum { WEFT_GROUP_PAGED = 1, WEFT_GROUP_SLOT = 2 };
typedef struct weft_group {
  weft_hdr hdr;
  weft_str name;
  uint32_t kind, block_tokens;
  int64_t window; /* PAGED: how many of the last tokens stay visible; 0: all */
  uint32_t table, base, len, slot, slot_in;
  uint32_t sym_blocks; /* the symbol B of the table's dims */
  uint32_t sym_slots;  /* the symbol that is the first dim of the states */
  uint32_t reserved;
} weft_group;

/* One state. Its value has the dims [slots, the entry's dims...]. */
typedef struct weft_state {
  weft_hdr hdr;
  weft_str name;
  uint32_t value, group;
  uint32_t dtype; /* what it is stored as; readers see the stored (rounded) values */
  uint32_t rank;  /* of an entry */
  const int64_t* dims;
  double fill;
} weft_state;

typedef struct weft_graph {
  weft_hdr hdr;
  weft_str name; /* "step", "encode", ...; of a body: its op */
  const weft_value* values;
  const weft_node* nodes;
  const weft_symbol* symbols;
  const weft_group* groups;
  const weft_state* states;
  uint32_t value_stride, node_stride, symbol_stride, group_stride, state_stride;
  uint32_t n_values, n_nodes, n_symbols, n_groups, n_states;
  const weft_str* op_names;
  const struct weft_graph* const* bodies; /* bodies use the symbols of the outermost graph */
  const uint32_t* inputs;                 /* value ids, in order; a body's inputs are its node's inputs */
  const uint32_t* outputs;
  const weft_str* output_names;
  uint32_t n_ops, n_bodies, n_inputs, n_outputs;
} weft_graph;

#endif
