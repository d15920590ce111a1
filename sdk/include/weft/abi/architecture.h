/* weft.architecture: a blueprint. Pure functions of a config; no tensors, devices or threads.
 * Parameters are those that the graphs ask their builder for. */
#ifndef WEFT_ABI_ARCHITECTURE_H
#define WEFT_ABI_ARCHITECTURE_H

#include "weft/abi/builder.h"
#include "weft/abi/json.h"

#define WEFT_ARCHITECTURE_INTERFACE "weft.architecture/0"

/* What the core must know of a model before it builds. The strings live as long as the model. */
typedef struct weft_model_info {
  weft_hdr hdr;
  int64_t vocab_size;
  int64_t max_context; /* tokens */
  uint32_t n_graphs, reserved;
  const weft_str* graphs; /* "step", "encode", ... */
  int64_t start_token; /* of a model with "encode": what a sequence's own tokens begin with; else -1 */
} weft_model_info;

/* "step" predicts tokens: inputs of the flat token axis, output "logits" [R, vocab]. "embed" gives "hidden" [R, width]
 * of whole texts. "encode" beside "step" is of an encoder-decoder: it reads the encoder's input of a sequence once,
 * inputs as of step, before the sequence's first step, and what it leaves are states. A group that both graphs have is
 * the same memory: encode writes it, and in step it holds the encoder's input (len its length, slot -1 throughout). A
 * group that encode alone has is its own for the run. */

typedef struct weft_architecture {
  weft_hdr hdr;
  void* self;
  weft_str id; /* "llama" */
  /* Refuses by name what the config asks for and the blueprint has not. `context`: tokens a
   * sequence will have at most (0: the model's own limit). */
  weft_status* (*open)(void* self, const weft_json* config, int64_t context, void** model);
  void (*close)(void* model);
  weft_status* (*info)(void* model, weft_model_info* out);
  weft_status* (*build)(void* model, weft_str graph, const weft_builder*);
} weft_architecture;

#endif
