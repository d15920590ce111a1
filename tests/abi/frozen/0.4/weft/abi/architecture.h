/* weft.architecture: a blueprint, that is the graphs of one kind of model, written from its config. Building is pure:
 * it reads the config and nothing else, and touches no tensors, devices or threads. A model's parameters are those that
 * its graphs ask the builder for.
 *
 * The core calls in this order:
 *   OPEN     open, with the config that a converter gave; info, once.
 *   PLAN     build, for each graph that is used; the parameters that it asks for go to the converter.
 *   LATER    build again, whenever a further graph is used, also while others run. Equal calls write equal graphs.
 *   UNLOAD   close, once.
 *   FAILURE  of open: nothing is closed. Of info or build: the model is refused, or that graph, and closed as usual. */
#ifndef WEFT_ABI_ARCHITECTURE_H
#define WEFT_ABI_ARCHITECTURE_H

#include "weft/abi/builder.h"
#include "weft/abi/json.h"

#define WEFT_ARCHITECTURE_INTERFACE "weft.architecture/0"

/* What a graph is for. The list is open: a host asks for the roles that it knows, and graphs of other roles are run by
 * hosts that know those.
 *
 * Inputs and outputs follow from the graph; the name of the symbol that is a value's first dim says what the value has
 * one entry for: "T" a token, "S" a sequence, "R" a wanted row, which is a token whose result the host wants. Further
 * symbols count what the blueprint names them after ("images", "patches"). Inputs that the core fills by their names
 * are those of the flat token axis: tokens [T], positions [T] or [T, axes], seq_start [S+1], token_seq [T], rows [R],
 * and those of groups of states. Whatever else has an entry for each token ("token_types", "embeddings") comes from the
 * host, and is zero for tokens to which the host gives nothing. */
#define WEFT_ROLE_PREDICT_TOKENS "predict-tokens"       /* logits [R, vocabulary] of the token after each row */
/* Runs once for each sequence before the first step of the graph that predicts tokens, reads the sequence's source, and
 * leaves its results in states. A state group that both graphs declare is one memory: this graph writes it, and in the
 * other it holds the source (there len is the source's length and slot is -1 throughout). A group that this graph alone
 * declares is freed after the run. */
#define WEFT_ROLE_READ_SOURCE "read-source"
#define WEFT_ROLE_HIDDEN_STATES "hidden-states"         /* hidden [R, width] */
#define WEFT_ROLE_CLASSIFY_SEQUENCE "classify-sequence" /* logits [S, labels]; or of images: S counts what is read */
#define WEFT_ROLE_CLASSIFY_TOKENS "classify-tokens"     /* logits [R, labels] */
#define WEFT_ROLE_CLASSIFY_SPANS "classify-spans"       /* logits [R, 2]: that a span begins or ends at the row */
#define WEFT_ROLE_FILL_MASKS "fill-masks"               /* logits [R, vocabulary] of the token at each row */
#define WEFT_ROLE_EMBED_IMAGE "embed-image"             /* embeddings, to stand among tokens or to be compared */
#define WEFT_ROLE_EMBED_AUDIO "embed-audio"
#define WEFT_ROLE_SIMILARITY "similarity"

typedef struct weft_graph_info {
  weft_hdr hdr;
  weft_str name; /* no two graphs of a model have one: "step" */
  weft_str role;
  /* 1: a sequence's tokens must be in one step: later ones change the results of earlier ones, or the result is one of
   * the whole sequence. */
  uint32_t whole_sequences;
  uint32_t reserved;
} weft_graph_info;

/* What the core must know of a model before it builds its graphs. Strings and graphs live as long as the model, whose
 * vocab_size and max_context are at least 1 and fit in 31 bits. */
typedef struct weft_model_info {
  weft_hdr hdr;
  int64_t vocab_size;
  int64_t max_context; /* tokens */
  uint32_t n_graphs, graph_stride;
  const weft_graph_info* graphs; /* the one that the model is mostly used for is the first */
  int64_t start_token; /* the token that a sequence begins with where another graph reads the source; -1: none */
} weft_model_info;

typedef struct weft_architecture {
  weft_hdr hdr;
  void* self;
  const void* (*get_extension)(void* self, weft_str id); /* as weft_interface says */
  weft_str id; /* as a converter's identify names it: "llama" */
  /* [any-thread] Makes a model. Refuses, by the key's name, what the config asks for and the blueprint does not
   * implement. `context` is the most tokens that a sequence will have; 0: the model's own limit. */
  weft_status* (*open)(void* self, const weft_json* config, int64_t context, void** model);
  /* The others are [one thread per model]. */
  void (*close)(void* model);
  weft_status* (*info)(void* model, weft_model_info* out);
  weft_status* (*build)(void* model, weft_str graph, const weft_builder*);
} weft_architecture;

#endif
