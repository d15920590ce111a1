/* Where a backend's weight store pulls parameters from: functions of the host, one table for each model and device. All
 * functions are [any-thread] and never enter the host's thread pool. They may be called from store_new until store_free
 * has returned, also while a step executes. */
#ifndef WEFT_ABI_PARAMS_H
#define WEFT_ABI_PARAMS_H

#include "weft/abi/dtype.h"

enum { /* how the graphs use a parameter: the union over all graphs of the model */
  WEFT_USE_GATHER = 1,
  WEFT_USE_MATMUL = 2,   /* right operand [K,N] */
  WEFT_USE_MATMUL_T = 4, /* right operand stored transposed, [N,K] */
  WEFT_USE_EXPERT = 8,
  WEFT_USE_OTHER = 16
};

typedef struct weft_param {
  weft_hdr hdr;
  weft_str name;
  uint32_t dtype; /* what it is stored as */
  uint32_t rank, uses, reserved;
  const int64_t* dims;
  uint64_t rows, row_elems; /* rows = product of all dims but the last (1 for rank 0 or 1) */
  uint64_t key[2]; /* equal in parameters that are one weight (tied), so that a store keeps one copy; {0, 0}: none */
} weft_param;

/* For each parameter that a backend needs: info; then map where rows are used as they are stored, or read; order where
 * the dtype is quantised and rows were mapped or read as stored; done. In any order of rows, as often as it wants. */
typedef struct weft_params {
  weft_hdr hdr;
  void* ctx;
  uint64_t count;
  weft_status* (*info)(void* ctx, uint64_t i, weft_param* out);
  /* Gives a read-only view of stored rows from `row` on, valid until store_free has returned. *rows is how many of them
   * lie in one piece. 0: the parameter cannot be mapped; then read gives its rows, those of a quantised dtype also as
   * stored. */
  weft_status* (*map)(void* ctx, uint64_t i, uint64_t row, uint64_t* rows, weft_slab* out);
  /* Writes rows to dst in the dtype `as`: decoded, requantised, or as stored. */
  weft_status* (*read)(void* ctx, uint64_t i, uint32_t as, uint64_t row, uint64_t rows,
                       const weft_slab* dst);
  /* Says that these rows will not be read again soon: the host may drop their pages from memory. */
  void (*done)(void* ctx, uint64_t i, uint64_t row, uint64_t rows);
  /* The order of the columns of stored rows: place j holds column (*out)[j], in all rows of the matrix (the last two
   * dims) that has this row. NULL: the columns are in order. What is read as floats always is. */
  weft_status* (*order)(void* ctx, uint64_t i, uint64_t row, const int32_t** out);
} weft_params;

/* How far a backend may narrow activations; sums stay f32.
 * EXACT: not at all; activations are f32.
 * DEFAULT, also where users say nothing: to 15 bits with a scale for 32 values where weights are quantised in blocks,
 * to bf16 where weights are bf16.
 * FAST: to int8 with a scale for 16 values where weights are quantised in blocks, otherwise as DEFAULT.
 * A backend may always keep more precision. */
enum {
  WEFT_PRECISION_EXACT = 1,
  WEFT_PRECISION_DEFAULT = 2,
  WEFT_PRECISION_FAST = 3
};
typedef struct weft_numerics {
  weft_hdr hdr;
  uint32_t mode; /* WEFT_PRECISION_* */
  uint32_t reserved;
} weft_numerics;

#endif
