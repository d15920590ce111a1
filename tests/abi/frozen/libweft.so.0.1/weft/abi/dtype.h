/* A dtype is a descriptor: how a rows x cols matrix of values is stored in planes of bytes. The core registers the
 * plain dtypes below. A plugin adds its own through weft_host.dtype_register; then every backend can read weights of
 * this dtype. */
#ifndef WEFT_ABI_DTYPE_H
#define WEFT_ABI_DTYPE_H

#include "weft/abi/base.h"

enum { /* plain dtypes; their ids are fixed, and registered dtypes start at WEFT_DTYPE_FIRST_REGISTERED */
  WEFT_F32 = 1,
  WEFT_F16 = 2,
  WEFT_BF16 = 3,
  WEFT_F64 = 4,
  WEFT_F8_E4M3 = 5,
  WEFT_F8_E5M2 = 6,
  WEFT_I8 = 7,
  WEFT_I16 = 8,
  WEFT_I32 = 9,
  WEFT_I64 = 10,
  WEFT_U8 = 11,
  WEFT_U16 = 12,
  WEFT_U32 = 13,
  WEFT_U64 = 14,
  WEFT_BOOL = 15,
  WEFT_DTYPE_FIRST_REGISTERED = 64
};

enum { WEFT_PLANE_DATA = 1, WEFT_PLANE_SCALE = 2, WEFT_PLANE_ZERO = 3, WEFT_PLANE_PERM = 4 };

/* Where the planes of some rows lie. row_pitch and col_pitch are the bytes from a group to the next one below and
 * beside it. Never grows. */
typedef struct weft_slab {
  void* plane[4];
  uint64_t row_pitch[4], col_pitch[4];
} weft_slab;

/* How a plane is laid out: each group of rows x cols values takes `bytes` bytes. role is WEFT_PLANE_*. Never grows. */
typedef struct weft_plane {
  uint32_t role, rows, cols, bytes;
} weft_plane;

typedef struct weft_dtype {
  weft_hdr hdr;
  weft_str name; /* lower case: "q4_k" */
  uint32_t id;   /* set by the host at registration */
  uint32_t n_planes;
  weft_plane plane[4];
  void* self; /* lives until the plugin is shut down */
  /* [any-thread] Convert rows x cols values between a slab and dense row-major f32. cols is a multiple of the group's
   * cols. encode may be NULL: then the dtype cannot be written. */
  weft_status* (*decode)(void* self, const weft_slab* src, uint64_t rows, uint64_t cols,
                         float* dst);
  weft_status* (*encode)(void* self, const float* src, uint64_t rows, uint64_t cols,
                         const weft_slab* dst);
} weft_dtype;

#endif
