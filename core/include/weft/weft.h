/* weft.h: what a C program embeds. libweft exports these functions and nothing else.
 *
 * - Functions that can fail return a weft_status: NULL is OK, anything else is the caller's to free.
 * - Objects are opaque and freed by their own function; NULL may be freed. A child keeps what it
 *   needs alive, so the order of freeing is free, but for a generation, which goes before its session.
 * - Structs that open with weft_hdr are made by WEFT_INIT(T), with every field at its default; one whose header says
 *   no size is INVALID_ARGUMENT. So is NULL where no comment allows it; functions without a status then give
 *   0, -1 or "".
 * - Runtimes and models are [any-thread]; a session and its generations, a classifier and an embedder belong
 *   to one thread at a time. Callbacks may come from any thread and must not call back into the object at work.
 * - Text is UTF-8. Text that weft returns in a weft_text is NUL-terminated too.
 */
#ifndef WEFT_WEFT_H
#define WEFT_WEFT_H

#include <string.h>

#include "weft/abi/plugin.h"
#include "weft/abi/source.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_API __attribute__((visibility("default")))

typedef struct weft_runtime weft_runtime;       /* plugins and threads; one a process is enough */
typedef struct weft_model weft_model;           /* a checkpoint made runnable */
typedef struct weft_session weft_session;       /* a cache, and the sequences that share it */
typedef struct weft_generation weft_generation; /* an answer, pulled piece by piece */
typedef struct weft_classifier weft_classifier; /* a model that tells labels of texts or images */
typedef struct weft_embedder weft_embedder;     /* a model that makes vectors of texts */

/* --- version, statuses, owned data ---------------------------------------------------------- */

WEFT_API const char* weft_version(void); /* "0.1.0" */

WEFT_API weft_code weft_status_code(const weft_status*);         /* of NULL: WEFT_OK */
WEFT_API const char* weft_status_message(const weft_status*);    /* valid until it is freed */
WEFT_API void weft_status_free(weft_status*);

typedef struct weft_text {
  char* data;
  uint64_t size;
} weft_text;
typedef struct weft_ids {
  int32_t* data;
  uint64_t size;
} weft_ids;
WEFT_API void weft_text_free(weft_text*); /* frees the data and zeroes the struct */
WEFT_API void weft_ids_free(weft_ids*);

/* A struct that opens with weft_hdr, with every field at its default. */
#define WEFT_INIT(T) weft_init_##T()

/* In a number of weft_generate_options: left to the model, and where it says nothing, to weft. */
#define WEFT_UNSET __builtin_nan("")
#define WEFT_UNSET_INT INT64_MIN
#define WEFT_RANDOM_SEED UINT64_MAX

/* --- runtime -------------------------------------------------------------------------------- */

enum { /* weft_runtime_options.flags */
  /* Read no environment variable and no weft.json but config_file or config_text; search only plugin_folders and
   * its plugins.paths, not what lies beside libweft. */
  WEFT_NO_ENVIRONMENT = 1,
  WEFT_NO_SIGBUS_GUARD = 2, /* install no SIGBUS handler: a shrinking file kills the process */
  WEFT_PIN_THREADS = 4      /* weft's own threads stay on a processor each; callers' are left alone */
};

typedef struct weft_runtime_options {
  weft_hdr hdr;
  const char* config_file; /* a weft.json; NULL: the user's */
  const char* config_text; /* its text, instead of a file */
  const char* const* plugin_folders; /* searched first; absolute, others are refused in the report */
  const weft_plugin_query_fn* static_plugins; /* linked into the program; before all folders */
  uint32_t n_plugin_folders, n_static_plugins;
  /* 0: what weft.json says, else one a processor that the process may use (affinity, quotas of control groups); never
   * more than those. */
  uint32_t threads;
  uint32_t flags;
  void* ctx; /* for all callbacks */
  void (*log)(void* ctx, uint32_t level, weft_str component, weft_str message);
  /* In place of malloc for what plugins allocate through their host; both or none. */
  void* (*alloc)(void* ctx, uint64_t bytes, uint64_t align);
  void (*free)(void* ctx, void* p, uint64_t bytes, uint64_t align);
  /* In place of weft's own threads; both or none. Contracts: weft_host in abi/plugin.h. */
  uint32_t (*worker_count)(void* ctx);
  void (*parallel_for)(void* ctx, uint64_t n, uint64_t grain,
                       void (*fn)(void* arg, uint64_t begin, uint64_t end, uint32_t worker),
                       void* arg);
  /* Beside those two, for plugins that want threads at once; NULL: they get one, their own. */
  uint32_t (*team_run)(void* ctx, uint32_t want, void (*fn)(void* arg, uint32_t rank, uint32_t size),
                       void* arg);
  /* While a handle (hf://...) is fetched; NULL: not wanted. cancelled: not 0 gives up with CANCELLED, and
   * what has come by then is kept. From any thread, until the runtime and its models have been freed. */
  void* fetch_ctx;
  void (*fetch_progress)(void* fetch_ctx, const weft_source_progress*);
  uint32_t (*fetch_cancelled)(void* fetch_ctx);
} weft_runtime_options;

WEFT_API weft_status* weft_runtime_new(const weft_runtime_options* /* NULL: defaults */,
                                       weft_runtime** out);
WEFT_API void weft_runtime_free(weft_runtime*);
/* A JSON array: {"id","version","state","reason","manifest","library","provides"} a plugin. */
WEFT_API weft_status* weft_runtime_plugins(weft_runtime*, weft_text* out);

/* The local path of a handle ("hf://org/name"), fetched and verified first; a path is given back. */
WEFT_API weft_status* weft_runtime_fetch(weft_runtime*, const char* handle, weft_text* out_path);

/* --- model ---------------------------------------------------------------------------------- */

typedef struct weft_model_options {
  weft_hdr hdr;
  const char* backend;      /* "NAME[:device][,NAME...]"; NULL: weft.json, else the best found */
  const char* precision;    /* "exact", "default", "fast" */
  const char* kv;           /* "f16", "bf16", "f32", "q8_0" */
  const char* architecture; /* a blueprint's id instead of the converter's choice */
  /* Tokens a sequence may have, at most 2^24; 0: the model's own, at most 4096. Beyond weft_model_trained_context there
   * is a warning in the log. */
  int64_t context;
  int64_t sequences;        /* open at once in a session */
  int64_t step_tokens;      /* tokens of one step, all sequences together */
  uint32_t strict_device;   /* not 0: fail rather than fall back to a later backend */
  uint32_t reserved;
} weft_model_options;

/* `handle`: a folder, a file, or what a source plugin resolves ("hf://org/name"). It may come back while weights
 * are still being fetched: the first step of a session then waits until all have come and are verified, and fails
 * if they are not. */
WEFT_API weft_status* weft_model_load(weft_runtime*, const char* handle,
                                      const weft_model_options* /* NULL: defaults */,
                                      weft_model** out);
WEFT_API void weft_model_free(weft_model*);
/* One line: which plugins do what, on which backends, in which precision. Lives as long as the model. */
WEFT_API const char* weft_model_summary(const weft_model*);
/* A JSON object: what the summary tells, sizes, stop_ids, names of chat_templates, "sampling" (what is in force where a
 * host sets nothing: {"temperature": {"value": 0.6, "from": "model"}, ...}; "from" is "model" or "weft"), "config" of
 * the blueprint, and "metadata" of the file. */
WEFT_API weft_status* weft_model_describe(const weft_model*, weft_text* out_json);
WEFT_API int64_t weft_model_vocab_size(const weft_model*);
WEFT_API int64_t weft_model_context(const weft_model*);         /* tokens a sequence may have */
WEFT_API int64_t weft_model_trained_context(const weft_model*); /* and what the model was made for */
WEFT_API int64_t weft_model_step_tokens(const weft_model*);     /* tokens of one step, all sequences together */
/* The ids at which a generation ends: end of text, end of turn. */
WEFT_API weft_status* weft_model_stop_ids(const weft_model*, weft_ids* out);
/* Of an encoder-decoder (T5): the id that a sequence's own tokens begin with; -1: it is none. */
WEFT_API int32_t weft_model_start_token(const weft_model*);

enum { /* flags of weft_model_tokenize */
  WEFT_TOKENIZE_NO_SPECIAL = 1,      /* add no bos, eos, ... */
  WEFT_TOKENIZE_NO_PARSE_SPECIAL = 2 /* special tokens spelt in the text are plain text */
};
WEFT_API weft_status* weft_model_tokenize(const weft_model*, weft_str text, uint32_t flags,
                                          weft_ids* out);
WEFT_API weft_status* weft_model_detokenize(const weft_model*, const int32_t* ids, uint64_t n,
                                            weft_text* out);

typedef struct weft_encoding { /* ids[i] stands for the bytes begin[i] to end[i] of the text; 0 to 0: none */
  int32_t* ids;
  uint64_t* begin;
  uint64_t* end;
  uint64_t size;
} weft_encoding;
WEFT_API void weft_encoding_free(weft_encoding*); /* frees the data and zeroes the struct */
/* Flags as of weft_model_tokenize. `out`: one a text; the texts share the runtime's threads. On failure
 * all of `out` is empty. */
WEFT_API weft_status* weft_model_encode(const weft_model*, const weft_str* texts, uint64_t n, uint32_t flags,
                                        weft_encoding* out);

/* Ids to text as they come: the pieces, put together, are what weft_model_detokenize gives, and none ends
 * inside a character. One thread at a time; the model must outlive it. */
typedef struct weft_detokenizer weft_detokenizer;
WEFT_API weft_status* weft_detokenizer_new(const weft_model*, uint32_t skip_special, weft_detokenizer** out);
WEFT_API void weft_detokenizer_free(weft_detokenizer*);
/* The text that `id` makes certain, may be empty; valid until the next call for the same detokenizer. */
WEFT_API weft_status* weft_detokenizer_push(weft_detokenizer*, int32_t id, weft_str* out);
/* What is still held back; the next push begins a new text. */
WEFT_API weft_status* weft_detokenizer_flush(weft_detokenizer*, weft_str* out);

enum { /* of a token */
  WEFT_TOKEN_SPECIAL = 1, /* control: not shown to users */
  WEFT_TOKEN_ADDED = 2    /* sought in the text before all else */
};
/* NOT_FOUND where the vocabulary has no such token. The text is as the vocabulary spells it, and lives as
 * long as the model. `out_flags` may be NULL. */
WEFT_API weft_status* weft_model_token(const weft_model*, int32_t id, weft_str* out_text, uint32_t* out_flags);
WEFT_API weft_status* weft_model_token_id(const weft_model*, weft_str text, int32_t* out);

/* Not 0: weft_model_chat can be used. */
WEFT_API uint32_t weft_model_has_chat_template(const weft_model*);
/* A conversation as the model wants it, ready to be answered. messages:
 * [{"role":"user","content":"..."}, ...]; tools: a JSON array, or empty. */
WEFT_API weft_status* weft_model_chat(const weft_model*, weft_str messages_json, weft_str tools_json,
                                      weft_ids* out);

typedef struct weft_chat_options { /* what a template is told besides the messages, and which one */
  weft_hdr hdr;
  weft_str tools_json;     /* a JSON array; empty: none */
  weft_str arguments_json; /* a JSON object, as {"enable_thinking": false}; empty: none */
  weft_str template_name;  /* of a model that has several; empty: "tool_use" with tools, else "default" */
} weft_chat_options;
WEFT_API weft_status* weft_model_chat_with(const weft_model*, weft_str messages_json,
                                           const weft_chat_options* /* NULL: defaults */, weft_ids* out);
/* The same as text. To tokenize it is not the same as weft_model_chat_with where messages spell special tokens. */
WEFT_API weft_status* weft_model_chat_text(const weft_model*, weft_str messages_json,
                                           const weft_chat_options* /* NULL: defaults */, weft_text* out);

/* --- session -------------------------------------------------------------------------------- */

WEFT_API weft_status* weft_session_new(weft_model*, weft_session** out);
WEFT_API void weft_session_free(weft_session*);
WEFT_API weft_status* weft_session_open(weft_session*, int32_t* out_sequence);
WEFT_API weft_status* weft_session_close(weft_session*, int32_t sequence);
/* A second sequence with the same tokens; their cache is shared until one side writes. */
WEFT_API weft_status* weft_session_fork(weft_session*, int32_t sequence, int32_t* out_sequence);
/* Forgets all tokens from `length` on. */
WEFT_API weft_status* weft_session_rollback(weft_session*, int32_t sequence, int64_t length);
/* Forgets all but what the sequence's tokens have in common with the beginning of `ids`, as of a conversation that goes
 * on, and gives the number of tokens that this is, less than n: the ids from there on are to be stepped or generated
 * from. 0 where the sequence cannot go back so far, and of an encoder-decoder. */
WEFT_API weft_status* weft_session_keep_common(weft_session*, int32_t sequence, const int32_t* ids, uint64_t n,
                                               int64_t* out_kept);
WEFT_API weft_status* weft_session_length(const weft_session*, int32_t sequence, int64_t* out);

typedef struct weft_step_item { /* what one sequence adds in a step */
  weft_hdr hdr;
  int32_t sequence;
  uint32_t all_rows; /* not 0: logits after every token, else after the last */
  const int32_t* tokens;
  uint64_t n_tokens;
} weft_step_item;
typedef struct weft_logits { /* f32 [rows, vocab] in the order of the items, until the next step */
  const float* data;
  int64_t rows, vocab;
} weft_logits;
/* Of an encoder-decoder: each item's tokens are the encoder's input of its sequence, which is new and attends to it
 * from now on (all_rows is not looked at). Its steps then take the tokens of the target alone, the start token first. A
 * generation does both by itself. On failure no sequence has changed. */
WEFT_API weft_status* weft_session_encode(weft_session*, const weft_step_item* items, uint32_t n, uint32_t stride);
/* All sequences of one step run together. On failure no sequence has changed. `stride`: bytes from
 * item to item. */
WEFT_API weft_status* weft_session_step(weft_session*, const weft_step_item* items, uint32_t n,
                                        uint32_t stride, weft_logits* out);
/* The sequence that made the last step or encode fail, as one that is full; -1: it did not fail, or not for one
 * sequence alone. The others can be stepped without it. */
WEFT_API int32_t weft_session_failed_sequence(const weft_session*);

/* --- generation ----------------------------------------------------------------------------- */

typedef struct weft_logit_bias {
  int32_t token;
  float bias;
} weft_logit_bias;

typedef struct weft_generate_options {
  weft_hdr hdr;
  int64_t max_tokens; /* -1: as many as the context holds */
  uint32_t greedy, ignore_eos;
  /* WEFT_UNSET and WEFT_UNSET_INT, which WEFT_INIT sets: as the model's generation_config.json or GGUF metadata say,
   * else weft's own, which stands behind. A model that says "do_sample": false is greedy unless a temperature is set.
   */
  double temperature;        /* 0: greedy; 0.8 */
  int64_t top_k;             /* keep the k likeliest, 0: all; 40 */
  double top_p;              /* keep the likeliest with this sum of probability; 0.95 */
  double min_p;              /* drop what is below this share of the likeliest; 0.05 */
  double typical_p;          /* keep what is about as likely as expected, 1: all; 1 */
  double repetition_penalty; /* logits of tokens seen are divided by it, 1: off; 1 */
  double presence_penalty;   /* taken from logits of tokens seen; 0 */
  double frequency_penalty;  /* the same, times how often they were; 0 */
  int64_t penalty_window;    /* last tokens looked at, -1: all; 64, of a model's own repetition_penalty all */
  uint64_t seed; /* equal ones give equal texts; WEFT_RANDOM_SEED, which WEFT_INIT sets: a new one each time */
  const char* const* stop; /* strings that end the text and are not part of it */
  const weft_logit_bias* logit_bias;
  uint32_t n_stop, n_logit_bias;
  uint32_t top_logprobs; /* likeliest tokens reported beside the chosen one */
  uint32_t reserved;
} weft_generate_options;

typedef struct weft_logprob {
  int32_t token;
  float logprob;
} weft_logprob;
typedef struct weft_piece { /* valid until the next call for the same generation */
  weft_hdr hdr;
  int32_t token; /* -1: none, only the end of the stream */
  float logprob;
  weft_str text; /* what is certain by now; may be empty */
  const weft_logprob* top;
  uint32_t n_top;
  uint32_t last;
  weft_str stop; /* of the last piece: "eos", "length" or "stop" */
} weft_piece;

/* Adds the prompt, and then each new token, to the sequence. Of an encoder-decoder the prompt is the encoder's
 * input, and the sequence has to be new: what is generated begins after the start token. */
WEFT_API weft_status* weft_generation_new(weft_session*, int32_t sequence, const int32_t* prompt,
                                          uint64_t n_prompt,
                                          const weft_generate_options* /* NULL: defaults */,
                                          weft_generation** out);
/* The first call reads the prompt. CANCELLED after weft_generation_cancel, FAILED_PRECONDITION
 * after the last piece. */
WEFT_API weft_status* weft_generation_next(weft_generation*, weft_piece* out);
/* The seed, drawn or given. */
WEFT_API uint64_t weft_generation_seed(const weft_generation*);
/* The sampling in force: a JSON object as "sampling" of weft_model_describe; "from" may be "given" and "random" too. */
WEFT_API weft_status* weft_generation_sampling(const weft_generation*, weft_text* out_json);
/* Ends it between two steps; the one function that another thread may call meanwhile. */
WEFT_API void weft_generation_cancel(weft_generation*);
WEFT_API void weft_generation_free(weft_generation*);

/* --- classification ------------------------------------------------------------------------- */

typedef struct weft_classes { /* a value for each label, valid until the next call for the same classifier */
  const float* scores; /* shares of 1 where one label is right, each 0 to 1 where any may be, logits of a regression */
  const float* logits;
  uint64_t n;
  uint64_t best; /* the index of the largest */
} weft_classes;

/* Of a model of texts, or of images with its preprocessor_config.json. Step tokens and sequences of the options are
 * the classifier's own business. */
WEFT_API weft_status* weft_classifier_load(weft_runtime*, const char* handle,
                                           const weft_model_options* /* NULL: defaults */,
                                           weft_classifier** out);
WEFT_API void weft_classifier_free(weft_classifier*);
/* One line: which plugins do what. Lives as long as the classifier. */
WEFT_API const char* weft_classifier_summary(const weft_classifier*);
WEFT_API uint32_t weft_classifier_takes_images(const weft_classifier*); /* 0: it takes texts */
WEFT_API uint64_t weft_classifier_labels(const weft_classifier*);       /* how many */
/* What label `index` is called; lives as long as the classifier. */
WEFT_API weft_status* weft_classifier_label(const weft_classifier*, uint64_t index, weft_str* out);
WEFT_API weft_status* weft_classifier_text(weft_classifier*, weft_str text, weft_classes* out);
/* The bytes of a PNG or JPEG file. */
WEFT_API weft_status* weft_classifier_file(weft_classifier*, const void* data, uint64_t size, weft_classes* out);
/* Red, green and blue of each pixel, a byte each, top row first, `row_bytes` from row to row. */
WEFT_API weft_status* weft_classifier_pixels(weft_classifier*, const uint8_t* rgb, uint64_t width, uint64_t height,
                                             uint64_t row_bytes, weft_classes* out);

/* --- embedding ------------------------------------------------------------------------------ */

typedef struct weft_vector { /* valid until the next call for the same embedder */
  const float* values;
  uint64_t n;
  const int32_t* tokens; /* of the text, with its prompt and the special ones */
  uint64_t n_tokens;
} weft_vector;

/* Vectors are pooled, put through further modules and normalised as the checkpoint says. Step tokens and sequences of
 * the options are the embedder's own business. */
WEFT_API weft_status* weft_embedder_load(weft_runtime*, const char* handle,
                                         const weft_model_options* /* NULL: defaults */, weft_embedder** out);
WEFT_API void weft_embedder_free(weft_embedder*);
/* One line: which plugins do what. Lives as long as the embedder. */
WEFT_API const char* weft_embedder_summary(const weft_embedder*);
/* A text too long for the model is cut, with a warning in the log. */
WEFT_API weft_status* weft_embedder_text(weft_embedder*, weft_str text, weft_vector* out);
/* Of ids as they stand: nothing is put around them. INVALID_ARGUMENT: no ids. OUT_OF_RANGE: too many, or one that is
 * not of the vocabulary. */
WEFT_API weft_status* weft_embedder_tokens(weft_embedder*, const int32_t* tokens, uint64_t n_tokens, weft_vector* out);

/* --- defaults ------------------------------------------------------------------------------- */

static inline weft_runtime_options weft_init_weft_runtime_options(void) {
  weft_runtime_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_runtime_options, fetch_cancelled);
  return o;
}
static inline weft_model_options weft_init_weft_model_options(void) {
  weft_model_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_model_options, reserved);
  o.sequences = 1;
  o.step_tokens = 512;
  return o;
}
static inline weft_chat_options weft_init_weft_chat_options(void) {
  weft_chat_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_chat_options, template_name);
  return o;
}
static inline weft_generate_options weft_init_weft_generate_options(void) {
  weft_generate_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_generate_options, reserved);
  o.max_tokens = -1;
  o.temperature = o.top_p = o.min_p = o.typical_p = WEFT_UNSET;
  o.repetition_penalty = o.presence_penalty = o.frequency_penalty = WEFT_UNSET;
  o.top_k = o.penalty_window = WEFT_UNSET_INT;
  o.seed = WEFT_RANDOM_SEED;
  return o;
}
static inline weft_step_item weft_init_weft_step_item(void) {
  weft_step_item o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_step_item, n_tokens);
  return o;
}
static inline weft_piece weft_init_weft_piece(void) {
  weft_piece o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_piece, stop);
  return o;
}

#ifdef __cplusplus
}
#endif
#endif
