/* weft.format: reads a container of tensors. The host opens and maps files, the plugin parses them. The host checks
 * each tensor's extent against the file's real size before it reads through it.
 *
 * The core calls in this order, both functions [any-thread]:
 *   CHOOSE   locate, of each format. The highest score gets the folder, as with converters.
 *   LOAD     read of the one that was chosen, once a checkpoint. What it gives the sink is copied and checked; the
 *            bytes of tensors are read later, without the plugin.
 *   FAILURE  of locate: the format is passed over; if none claims the folder, the error is told. Of read, or of a call
 *            of the sink: the checkpoint is refused; the sink's first error counts, whatever read gives. */
#ifndef WEFT_ABI_FORMAT_H
#define WEFT_ABI_FORMAT_H

#include "weft/abi/dtype.h"
#include "weft/abi/json.h"

#define WEFT_FORMAT_INTERFACE "weft.format/0"

/* The files of one checkpoint's folder. [one thread per weft_files] */
typedef struct weft_files {
  weft_hdr hdr;
  void* ctx;
  uint32_t n_files, reserved;
  weft_str chosen;                         /* the file that the user named; empty when it was a folder */
  weft_str (*name)(void* ctx, uint32_t i); /* the i-th name, sorted; plain names without folders */
  /* Maps a file by its plain name (no '/'). The bytes live as long as the checkpoint. */
  weft_status* (*map)(void* ctx, weft_str name, uint32_t* out_file, const uint8_t** out_data,
                      uint64_t* out_size);
  /* Parses JSON text within the host's limits; the view lives as long as the weft_files. */
  weft_status* (*parse_json)(void* ctx, weft_str text, const weft_json** out);
  /* map waits until a file that is still being fetched is complete. map_arriving does not: bytes may be read once
   * `await` for them has returned. A format that reads headers alone needs no more of the file. */
  weft_status* (*map_arriving)(void* ctx, weft_str name, uint32_t* out_file, const uint8_t** out_data,
                               uint64_t* out_size);
  /* Waits until these bytes of a mapped file have come. */
  weft_status* (*await)(void* ctx, uint32_t file, uint64_t offset, uint64_t bytes);
} weft_files;

/* A tensor in its files: plane i lies at [offset[i], offset[i]+bytes[i]) of file[i]. No dtype has more than four
 * planes. */
typedef struct weft_stored_tensor {
  weft_hdr hdr;
  weft_str name;
  uint32_t dtype, rank, n_planes, reserved;
  const int64_t* dims; /* row-major, innermost last */
  uint32_t file[4];
  uint64_t offset[4], bytes[4];
} weft_stored_tensor;

/* A vocabulary in neutral terms. An array has n_tokens (n_merges, n_templates) entries or is NULL. */
typedef struct weft_vocabulary {
  weft_hdr hdr;
  /* "bpe": byte-level BPE; "spm": SentencePiece BPE by scores; "wpm": WordPiece whose tokens mark the beginning of
   * words; "ugm": Unigram; "rwkv": the longest token that fits. */
  weft_str model;
  weft_str pre; /* name of the pre-tokeniser; may be empty */
  const weft_str* tokens;
  const float* scores;
  const int32_t* types; /* 1 normal 2 unknown 3 control 4 user-defined 5 unused 6 byte */
  const weft_str* merges;
  uint64_t n_tokens, n_merges;
  int64_t bos, eos, unk, pad; /* -1: none */
  uint32_t add_bos, add_eos, add_space_prefix; /* 0 no, 1 yes, 2 not said */
  uint32_t reserved;
  weft_str chat_template;
  const weft_str* template_names; /* names of further chat templates: "tool_use" is taken when there are tools */
  const weft_str* templates;
  uint64_t n_templates;
  weft_str charsmap; /* SentencePiece's precompiled map of characters; may be empty */
  int64_t sep;       /* -1: none */
  uint32_t add_sep, remove_extra_spaces, lowercase, strip_accents; /* 0 no, 1 yes, 2 not said */
} weft_vocabulary;

/* The host's sink for what a file holds. It copies what it is given. [one thread per sink] */
typedef struct weft_format_sink {
  weft_hdr hdr;
  void* ctx;
  weft_status* (*tensor)(void* ctx, const weft_stored_tensor*);
  weft_status* (*metadata)(void* ctx, weft_str json_object); /* at most once: JSON text */
  weft_status* (*vocabulary)(void* ctx, const weft_vocabulary*); /* at most once */
  /* At most once: the file's defaults for generation, as JSON text of an object with the keys and meanings of
   * transformers' generation_config.json (temperature, top_k, do_sample, eos_token_id, ...). A further key is
   * penalty_window: how many of the last tokens repetition_penalty looks at (-1 or absent: all). Sampling methods that
   * transformers does not have stand under names of their own (mirostat); the host warns of those it does not know. */
  weft_status* (*generation_config)(void* ctx, weft_str json_object);
} weft_format_sink;

typedef struct weft_format {
  weft_hdr hdr;
  void* self;
  const void* (*get_extension)(void* self, weft_str id); /* as weft_interface says */
  weft_str id; /* "safetensors" */
  /* Finds the file to start from by the files' names, and by the beginnings of files where names do not suffice. Score
   * 0: there is no file of this format. */
  weft_status* (*locate)(void* self, const weft_files*, uint32_t* out_score,
                         const weft_string_sink* entry);
  /* Reads the checkpoint that begins with the file `entry` into the sink. */
  weft_status* (*read)(void* self, const weft_files*, weft_str entry, const weft_format_sink*);
} weft_format;

#endif
