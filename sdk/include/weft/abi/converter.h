/* weft.converter: from a checkpoint to a blueprint's config and a plan for its parameters. */
#ifndef WEFT_ABI_CONVERTER_H
#define WEFT_ABI_CONVERTER_H

#include "weft/abi/checkpoint.h"

#define WEFT_CONVERTER_INTERFACE "weft.converter/0"

/* A plan is a postfix program a parameter; operands are on a stack of expressions. */
enum {
  WEFT_X_STORED = 1,  /* push the tensor numbered `stored` */
  WEFT_X_SLICE = 2,   /* axis, arg[0] start, arg[1] size */
  WEFT_X_CONCAT = 3,  /* n_in operands along axis */
  WEFT_X_STACK = 4,   /* n_in operands along a new axis */
  WEFT_X_RESHAPE = 5, /* n_arg dims in arg */
  WEFT_X_PERMUTE = 6, /* n_arg axes in arg: out dim i = in dim arg[i] */
  WEFT_X_ADD = 7,     /* of two */
  WEFT_X_MUL = 8,     /* of two */
  WEFT_X_SCALE = 9,   /* x * scalar */
  WEFT_X_OFFSET = 10, /* x + scalar */
  WEFT_X_CAST = 11,   /* to `dtype` */
  WEFT_X_DEQUANT = 12 /* n_in tensors that are one weight [arg[1], arg[2]], quantised as arg[0] says */
};

/* A weight of N rows and K columns in several tensors: which, in order, and what arg[3] and on say. It
 * stays as stored where whole rows of it are moved. Scales are floats of any plain dtype. */
enum {
  /* i8 or 8-bit floats [N,K]; scales, one for a tile of arg[3] rows and arg[4] columns, times `scalar` */
  WEFT_QUANT_SCALED = 1,
  /* u8 of N*K/2 values, two in a byte, the first one low; u8 exponents of 32 values each */
  WEFT_QUANT_MXFP4 = 2,
  /* i32 [K*b/32, N]; zeros i32 [G, N*b/32]; scales [G,N]; perhaps i32 [K], the group of each column.
   * arg[3] is b, arg[4] the columns of a group, arg[5] what is added to zeros, modulo 2^b */
  WEFT_QUANT_GPTQ = 3,
  /* i32 [K, N/8]; zeros i32 [G, N/8]; scales [G,N]; a word has rows 0, 2, 4, 6, 1, 3, 5, 7 of eight.
   * arg[3] is the columns of a group */
  WEFT_QUANT_AWQ = 4,
  /* u8 of N*K/2 codes, two in a byte, the first one high; table f32 [16]; scales of arg[3] values each, as
   * they lie one row after the other: floats, or u8 followed by their table f32 [256] and scales of arg[4]
   * of them each, and `scalar` is added */
  WEFT_QUANT_BNB4 = 5,
  /* i32 [N, K*b/32]; scales [N,G]; with bit 1 of arg[5] zeros i32 [N*b/32, G], else 2^(b-1); with bit 2
   * i32 [K], the group of each column. arg[3] is b, arg[4] the columns of a group */
  WEFT_QUANT_PACKED = 6
};
typedef struct weft_xnode {
  weft_hdr hdr;
  uint32_t op, n_in, axis, dtype, n_arg, stored;
  int64_t arg[8];
  double scalar;
} weft_xnode;

/* Host sink. Every parameter is mapped once or tied, every stored tensor used or ignored; else the core
 * refuses the checkpoint and lists both sides. */
typedef struct weft_plan {
  weft_hdr hdr;
  void* ctx;
  weft_status* (*map)(void* ctx, weft_str param, const weft_xnode* postfix, uint32_t n,
                      uint32_t stride);
  weft_status* (*tie)(void* ctx, weft_str param, weft_str other); /* one parameter, two names */
  weft_status* (*ignore)(void* ctx, uint32_t stored, weft_str why);
} weft_plan;

typedef struct weft_param_info { /* a parameter that the blueprint's graphs ask for */
  weft_hdr hdr;
  weft_str name;
  uint32_t rank, reserved;
  const int64_t* dims;
} weft_param_info;

typedef struct weft_converter {
  weft_hdr hdr;
  void* self;
  weft_str id; /* "llama.hf" */
  /* 0: not mine .. 100: certainly. */
  weft_status* (*probe)(void* self, const weft_checkpoint*, uint32_t* out_score);
  /* The architecture's id and its config as JSON text. */
  weft_status* (*identify)(void* self, const weft_checkpoint*, const weft_string_sink* architecture,
                           const weft_string_sink* config);
  weft_status* (*plan)(void* self, const weft_checkpoint*, const weft_json* config,
                       const weft_param_info* params, uint32_t n, uint32_t stride,
                       const weft_plan*);
} weft_converter;

#endif
