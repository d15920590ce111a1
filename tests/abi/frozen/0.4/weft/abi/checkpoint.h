/* The host's view of an opened checkpoint: its tensors, metadata and small text files. All functions are [any-thread];
 * the view is valid during the call that hands it over. */
#ifndef WEFT_ABI_CHECKPOINT_H
#define WEFT_ABI_CHECKPOINT_H

#include "weft/abi/json.h"

typedef struct weft_tensor {
  weft_hdr hdr;
  weft_str name;
  uint32_t dtype, rank;
  const int64_t* dims; /* row-major, innermost last */
} weft_tensor;

typedef struct weft_checkpoint {
  weft_hdr hdr;
  void* ctx;
  weft_str format; /* id of the format: "safetensors", "gguf" */
  uint32_t n_tensors, reserved;
  weft_status* (*tensor)(void* ctx, uint32_t i, weft_tensor* out);
  uint32_t (*find)(void* ctx, weft_str name); /* WEFT_NONE: no such tensor */
  const weft_json* metadata;                  /* what the file says besides its tensors, as the format gave it */
  /* Parses a JSON file of the folder ("config.json"). NULL: there is no such file. */
  weft_status* (*json_file)(void* ctx, weft_str name, const weft_json** out);
  /* The bytes of a tensor's first plane, as the file stores them. */
  weft_status* (*bytes)(void* ctx, uint32_t i, const void** out, uint64_t* size);
  /* Parses the bytes of a small u8 tensor as JSON. */
  weft_status* (*json_tensor)(void* ctx, uint32_t i, const weft_json** out);
} weft_checkpoint;

#endif
