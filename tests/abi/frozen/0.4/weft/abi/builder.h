/* The host's functions through which an architecture writes one named graph. [one thread per builder] Each call infers
 * and checks shapes and dtypes, so that a wrong call fails itself; its error gives the op and the name. Equal sequences
 * of calls build identical graphs. */
#ifndef WEFT_ABI_BUILDER_H
#define WEFT_ABI_BUILDER_H

#include "weft/abi/graph.h"

typedef struct weft_builder {
  weft_hdr hdr;
  void* ctx;
  /* A symbol by its name (op FREE; a known name returns the known symbol), or a derived symbol: equal definitions
   * return equal ids. */
  weft_status* (*symbol)(void* ctx, const weft_symbol* definition, uint32_t* out_symbol);
  /* An input by its name; a known name returns the known value if dtype and dims agree. */
  weft_status* (*input)(void* ctx, weft_str name, uint32_t dtype, uint32_t rank,
                        const int64_t* dims, uint32_t* out_value);
  /* A parameter by its path; a known path returns the known value if dims agree. */
  weft_status* (*param)(void* ctx, weft_str name, uint32_t rank, const int64_t* dims,
                        uint32_t* out_value);
  /* A group of states by its name; a known name returns the known group. The host fills *out. */
  weft_status* (*group)(void* ctx, weft_str name, uint32_t kind, int64_t window, uint32_t* out_id,
                        weft_group* out);
  /* A state of a group. The host chooses the dtype it is stored as; keep_f32 != 0 asks for f32. */
  weft_status* (*state)(void* ctx, weft_str name, uint32_t group, uint32_t rank,
                        const int64_t* dims, double fill, uint32_t keep_f32, uint32_t* out_value);
  weft_status* (*constant)(void* ctx, uint32_t dtype, uint32_t rank, const int64_t* dims,
                           const void* data, uint32_t* out_value);
  /* A node. body 0: `op` is a primitive. Otherwise it is a composite, whose outputs have the types of its body's
   * outputs, or a scan. A composite's name has a dot ("com.acme.mixer"), unless it is one of weft's, with weft's body:
   * what only has the name is run by its body. */
  weft_status* (*node)(void* ctx, weft_str op, uint32_t version, const uint32_t* in, uint32_t n_in,
                       const weft_attr* attr, uint32_t n_attr, uint32_t attr_stride, uint32_t body,
                       uint32_t n_out, uint32_t* out_values);
  /* Opens a body: until end_body, nodes and constants go into it. The body's inputs stand for `in` (where `in` has
   * WEFT_NONE, so has out_inputs); inside, only these inputs and values made inside may be used. Bodies nest; equal
   * bodies are stored once. */
  weft_status* (*begin_body)(void* ctx, weft_str op, const uint32_t* in, uint32_t n_in,
                             uint32_t* out_inputs);
  /* Opens the body of a scan. Each of the first `rows` inputs stands for one row of its value (the first axis is gone),
   * the other inputs for whole values. Scans do not nest; composites in the body are inlined. */
  weft_status* (*begin_scan)(void* ctx, const uint32_t* in, uint32_t n_in, uint32_t rows,
                             uint32_t* out_inputs);
  weft_status* (*end_body)(void* ctx, const uint32_t* outputs, uint32_t n, uint32_t* out_body);
  weft_status* (*output)(void* ctx, weft_str name, uint32_t value);
  /* Writes the dtype, rank and dims of a value; the dims stay valid until the builder ends. */
  weft_status* (*describe)(void* ctx, uint32_t value, weft_value* out);
} weft_builder;

#endif
