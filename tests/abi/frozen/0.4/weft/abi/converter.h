/* weft.converter: from a checkpoint to a blueprint's config and a plan, which says how each parameter is made from the
 * checkpoint's tensors.
 *
 * The core calls in this order, all functions [any-thread], with views that are valid during the call alone:
 *   CHOOSE   probe, of each converter. The highest score gets the checkpoint, and may be 100 at most; where two have
 *            it, the checkpoint is refused and the user told to disable one.
 *   LOAD     identify of the one that was chosen; plan, with the parameters of the graphs that are used; and again with
 *            those of all graphs, where the first plan leaves tensors without a use.
 *   FAILURE  of probe: the converter is passed over; if none claims the checkpoint, the error is told. Of identify or
 *            plan: the checkpoint is refused with that error. */
#ifndef WEFT_ABI_CONVERTER_H
#define WEFT_ABI_CONVERTER_H

#include "weft/abi/checkpoint.h"

#define WEFT_CONVERTER_INTERFACE "weft.converter/0"

/* A plan has a postfix program for each parameter: every node takes its operands from a stack of expressions and pushes
 * its result. */
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
  WEFT_X_DEQUANT = 12 /* n_in tensors that are one weight of arg[1] rows and arg[2] columns, quantised as arg[0] says */
};

/* How a weight of N rows and K columns is quantised: which tensors are its operands, in order, and what arg[3] and the
 * following say. A weight stays as stored where the rest of its program moves whole rows. Scales are floats of any
 * plain dtype; G is the number of groups of columns. */
enum {
  /* i8 or 8-bit floats [N,K]; scales, one for each tile of arg[3] rows and arg[4] columns; each value is also
   * multiplied by `scalar`. */
  WEFT_QUANT_SCALED = 1,
  /* u8 of N*K/2 codes, two in a byte, the low half first; u8 exponents, one for 32 values. */
  WEFT_QUANT_MXFP4 = 2,
  /* i32 [K*b/32, N]; zeros i32 [G, N*b/32]; scales [G,N]; optionally i32 [K], the group of each column. arg[3] is b,
   * the bits of a code; arg[4] the columns of a group; arg[5] what is added to zeros, modulo 2^b. */
  WEFT_QUANT_GPTQ = 3,
  /* i32 [K, N/8]; zeros i32 [G, N/8]; scales [G,N]. A word holds eight rows in the order 0, 2, 4, 6, 1, 3, 5, 7. arg[3]
   * is the columns of a group. */
  WEFT_QUANT_AWQ = 4,
  /* u8 of N*K/2 codes, two in a byte, the high half first; f32 [16], the value of each code; scales, one for arg[3]
   * values of the matrix read row by row. Scales are floats; or they are quantised too, and three operands stand for
   * them: u8 codes, f32 [256], the value of each code, and scales, one for arg[4] codes. Then `scalar` is added to
   * each. */
  WEFT_QUANT_BNB4 = 5,
  /* i32 [N, K*b/32]; scales [N,G]; if arg[5] & 1 zeros i32 [N*b/32, G], otherwise all zeros are 2^(b-1); if arg[5] & 2
   * i32 [K], the group of each column. arg[3] is b, the bits of a code; arg[4] the columns of a group. */
  WEFT_QUANT_PACKED = 6
};
typedef struct weft_xnode {
  weft_hdr hdr;
  uint32_t op, n_in, axis, dtype, n_arg, stored;
  int64_t arg[8]; /* as many as there are; an op that needs more would point to them */
  double scalar;
} weft_xnode;

/* The host's sink for a plan. Every parameter is mapped once or tied, and every stored tensor is used or ignored;
 * otherwise the core refuses the checkpoint and lists what is left on both sides. [one thread per sink] */
typedef struct weft_plan {
  weft_hdr hdr;
  void* ctx;
  weft_status* (*map)(void* ctx, weft_str param, const weft_xnode* postfix, uint32_t n,
                      uint32_t stride);
  weft_status* (*tie)(void* ctx, weft_str param, weft_str other); /* the two names are one parameter */
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
  const void* (*get_extension)(void* self, weft_str id); /* as weft_interface says */
  weft_str id; /* "llama.hf" */
  /* How well the checkpoint fits: 0 not this converter's, 100 certainly. The converter with the highest score gets
   * it. */
  weft_status* (*probe)(void* self, const weft_checkpoint*, uint32_t* out_score);
  /* Gives the architecture's id, and its config as JSON text (empty: the checkpoint's config.json as it is). */
  weft_status* (*identify)(void* self, const weft_checkpoint*, const weft_string_sink* architecture,
                           const weft_string_sink* config);
  /* Maps, ties and ignores through the sink. `params` lists the parameters that the graphs ask for. */
  weft_status* (*plan)(void* self, const weft_checkpoint*, const weft_json* config,
                       const weft_param_info* params, uint32_t n, uint32_t stride,
                       const weft_plan*);
} weft_converter;

#endif
