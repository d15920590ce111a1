/* Where a backend's weight store pulls parameters from: a host vtable, one per model and device.
 * All functions are [any-thread], never enter the host's pool, and stay legal from store_new until
 * store_free has returned, also while executing. */
#ifndef WEFT_ABI_PARAMS_H
#define WEFT_ABI_PARAMS_H

#include "weft/abi/dtype.h"

enum { /* how graphs use a parameter, united over all graphs of the model */
  WEFT_USE_GATHER = 1,
  WEFT_USE_MATMUL = 2,   /* right operand [K,N] */
  WEFT_USE_MATMUL_T = 4, /* right operand stored [N,K] */
  WEFT_USE_EXPERT = 8,
  WEFT_USE_OTHER = 16
};

typedef struct weft_param {
  weft_hdr hdr;
  weft_str name;
  uint32_t dtype; /* as stored */
  uint32_t rank, uses, reserved;
  const int64_t* dims;
  uint64_t rows, row_elems; /* rows = product of dims but the last (1 for rank 0 or 1) */
  uint64_t key[2];          /* content key for caches, 0 = none */
} weft_param;

typedef struct weft_params {
  weft_hdr hdr;
  void* ctx;
  uint64_t count;
  weft_status* (*info)(void* ctx, uint64_t i, weft_param* out);
  /* A read-only view of stored rows from `row` on; *rows: as many as lie in one piece (0: cannot
   * be mapped, use read, which gives a quantised dtype as stored, too). Valid until store_free has
   * returned. */
  weft_status* (*map)(void* ctx, uint64_t i, uint64_t row, uint64_t* rows, weft_slab* out);
  /* Rows decoded, or requantised, to dtype `as`, into dst. */
  weft_status* (*read)(void* ctx, uint64_t i, uint32_t as, uint64_t row, uint64_t rows,
                       const weft_slab* dst);
  /* These rows will not be asked for again soon: the pages of their files may be dropped. */
  void (*done)(void* ctx, uint64_t i, uint64_t row, uint64_t rows);
  /* Where rows as stored have their columns in another order: place j holds column (*out)[j], for all
   * rows of this one's matrix (the last two dims). NULL: in order, and so is what is read as floats. */
  weft_status* (*order)(void* ctx, uint64_t i, uint64_t row, const int32_t** out);
} weft_params;

/* How far activations may be narrowed; sums stay f32. EXACT: not at all, f32. DEFAULT, which is what
 * users get who ask for nothing: to 15 bits with a scale for 32 values where weights are quantised in
 * blocks, to bf16 where weights are bf16. FAST: to int8 with a scale for 16 values where weights are
 * quantised in blocks, else as DEFAULT. A backend may always keep more. */
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
