/* weft.architecture: a blueprint, that is the graphs of one kind of model, written from its config. Building is pure:
 * it reads the config and nothing else, and touches no tensors, devices or threads. A model's parameters are those that
 * its graphs ask the builder for. */
#ifndef WEFT_ABI_ARCHITECTURE_H
#define WEFT_ABI_ARCHITECTURE_H

#include "weft/abi/builder.h"
#include "weft/abi/json.h"

#define WEFT_ARCHITECTURE_INTERFACE "weft.architecture/0"

/* What the core must know of a model before it builds its graphs. The strings live as long as the model. */
typedef struct weft_model_info {
  weft_hdr hdr;
  int64_t vocab_size;
  int64_t max_context; /* tokens */
  uint32_t n_graphs, reserved;
  const weft_str* graphs; /* "step", "encode", ... */
  int64_t start_token;    /* the token that a sequence of a model with "encode" begins with; -1: none */
} weft_model_info;

/* Graphs that the core knows by name:
 * - "step" predicts tokens. It takes the inputs of the flat token axis and gives the output "logits" [R, vocab].
 * - "embed" reads whole texts and gives the output "hidden" [R, width].
 * - "classify" reads whole texts or images and gives the output "logits" [S, labels].
 * - "encode" beside "step" makes the model an encoder-decoder. It takes the same inputs as step, runs once for each
 *   sequence before the sequence's first step, reads the encoder's input, and leaves its results in states. A state
 *   group that both graphs declare is one memory: encode writes it, and in step it holds the encoder's input (there
 *   len is that input's length and slot is -1 throughout). A group that encode alone declares is freed after the
 *   run. */

typedef struct weft_architecture {
  weft_hdr hdr;
  void* self;
  weft_str id; /* as a converter's identify names it: "llama" */
  /* Makes a model. Refuses, by the key's name, what the config asks for and the blueprint does not implement. `context`
   * is the most tokens that a sequence will have; 0: the model's own limit. */
  weft_status* (*open)(void* self, const weft_json* config, int64_t context, void** model);
  void (*close)(void* model);
  weft_status* (*info)(void* model, weft_model_info* out);
  weft_status* (*build)(void* model, weft_str graph, const weft_builder*);
} weft_architecture;

#endif
