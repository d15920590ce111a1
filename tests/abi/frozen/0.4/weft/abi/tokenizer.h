/* weft.tokenizer: turns text into token ids and back, for a kind of tokenizer that the core does not know.
 *
 * A table claims one kind by its name: a class of tokenizer_config.json ("AcmeTokenizer"), a model type of
 * tokenizer.json, or the `model` of a format's vocabulary or its `pre`. What the core reads itself it asks no plugin
 * for.
 *
 * The core calls in this order:
 *   LOAD    open, info, then token for each id from 0 to size - 1. The core copies what they give and finds tokens by
 *           their text in its copy.
 *   TEXT    The core cuts special tokens out of a text, calls encode for each part between them, and puts `before` and
 *           `after` around the whole: encode gets plain text and adds nothing to it.
 *   IDS     stream_new, push for each id, flush at the end of the text; then push may begin a new text.
 *   FREE    stream_free for each stream, then close.
 * The core refuses, by the plugin's name, ids outside of the vocabulary, offsets that are out of order or outside of
 * the text, and results beyond what a call may use up. Handles are never NULL after OK; close and stream_free are never
 * called with NULL. */
#ifndef WEFT_ABI_TOKENIZER_H
#define WEFT_ABI_TOKENIZER_H

#include "weft/abi/format.h"
#include "weft/abi/json.h"

#define WEFT_TOKENIZER_INTERFACE "weft.tokenizer/0"

/* What a tokenizer is made of. The struct and what it gives are valid until open returns. [one thread per source] */
typedef struct weft_tokenizer_source {
  weft_hdr hdr;
  void* ctx;
  weft_str kind;                     /* the claim that was met */
  const weft_vocabulary* vocabulary; /* of the format; NULL: the folder's files have it */
  /* Reads a file of the folder by its plain name ("vocab.txt"); NOT_FOUND: there is none. Where the format has a
   * vocabulary, no file is found: those of the folder may belong to another model. */
  weft_status* (*read)(void* ctx, weft_str name, const uint8_t** out_data, uint64_t* out_size);
  /* Parses a JSON file of the folder. NULL: there is none. */
  weft_status* (*read_json)(void* ctx, weft_str name, const weft_json** out);
} weft_tokenizer_source;

/* What the core must know of a tokenizer. The arrays live as long as the tokenizer. */
typedef struct weft_tokenizer_info {
  weft_hdr hdr;
  uint32_t size; /* ids are 0 to size - 1 */
  uint32_t n_before, n_after;
  int32_t bos, eos, unk, pad; /* ids; -1: none */
  uint32_t reserved;
  const int32_t *before, *after; /* ids that stand around a text where special tokens are wanted; at most 64 each */
} weft_tokenizer_info;

enum {
  /* Found in a text before it is split, unless it is to be read as plain text; may be skipped when ids become text:
   * </s>. */
  WEFT_TOKENIZER_SPECIAL = 1,
  WEFT_TOKENIZER_WHOLE = 2 /* found in a text before it is split, always */
};
typedef struct weft_token_info {
  weft_hdr hdr;
  weft_str text; /* how the vocabulary spells it; no two tokens alike. Empty: a token that is not found by its text */
  uint32_t flags, reserved;
} weft_token_info;

/* The host's sink for the tokens of a text, in their order. It copies what it is given. */
typedef struct weft_token_sink {
  weft_hdr hdr;
  void* ctx;
  /* Adds n tokens. Token i stands for the bytes offsets[2i] up to offsets[2i + 1] of the text; no token begins before
   * the one that it follows. A status is to be returned by encode at once: the tokens are refused, or the call is no
   * longer wanted. With n 0 the function says only that, for a plugin that takes long. */
  weft_status* (*add)(void* ctx, uint64_t n, const int32_t* ids, const uint64_t* offsets);
} weft_token_sink;

/* The host's sink for text. It may be given a part of a character, which is held back until the rest has come; U+FFFD
 * stands for what is not UTF-8 in the end. */
typedef struct weft_text_sink {
  weft_hdr hdr;
  void* ctx;
  weft_status* (*add)(void* ctx, weft_str text); /* a status is to be returned at once */
} weft_text_sink;

typedef struct weft_tokenizer {
  weft_hdr hdr;
  void* self;
  const void* (*get_extension)(void* self, weft_str id); /* as weft_interface says */
  weft_str kind; /* what it claims */
  /* [any-thread] Makes a tokenizer, which is immutable. Refuses by name what it does not implement. */
  weft_status* (*open)(void* self, const weft_tokenizer_source*, void** tokenizer);
  void (*close)(void* tokenizer);
  /* [any-thread] The text of a token lives as long as the tokenizer. */
  weft_status* (*info)(void* tokenizer, weft_tokenizer_info* out);
  weft_status* (*token)(void* tokenizer, uint32_t id, weft_token_info* out);
  /* [any-thread] `text` is UTF-8 and not empty. */
  weft_status* (*encode)(void* tokenizer, weft_str text, const weft_token_sink*);
  /* [one thread per stream] Decodes one text after the other. `id` is one of the vocabulary's. */
  weft_status* (*stream_new)(void* tokenizer, void** stream);
  void (*stream_free)(void* stream);
  weft_status* (*push)(void* stream, uint32_t id, const weft_text_sink*);
  weft_status* (*flush)(void* stream, const weft_text_sink*);
} weft_tokenizer;

#endif
