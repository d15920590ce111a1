/* weft.h: the functions through which a C program embeds weft. libweft exports them, and those of tasks.h: what models
 * say about texts.
 *
 * - A function that can fail returns a weft_status: NULL is OK; the caller frees any other.
 * - Objects are opaque, and each type has a function that frees it; NULL may be freed. An object keeps alive what it
 *   needs, so objects may be freed in any order, except that a generation is freed before its session.
 * - Structs that open with weft_hdr are made by WEFT_INIT(T), which sets every field to its default. A struct whose
 *   header gives no size is INVALID_ARGUMENT. So is NULL where no comment allows it; functions without a status then
 *   return 0, -1 or "".
 * - Runtimes and models are [any-thread]. A session with its generations, a classifier and an embedder are used by one
 *   thread at a time. Callbacks may come from any thread and must not call into the object that is at work.
 * - Text is UTF-8. Text that weft returns in a weft_text is NUL-terminated too. */
#ifndef WEFT_WEFT_H
#define WEFT_WEFT_H

#include <string.h>

#include "weft/abi/plugin.h"
#include "weft/abi/source.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_API __attribute__((visibility("default")))

typedef struct weft_runtime weft_runtime;       /* plugins and threads; a process needs only one */
typedef struct weft_model weft_model;           /* a checkpoint that is ready to run */
typedef struct weft_session weft_session;       /* a cache and the sequences that share it */
typedef struct weft_generation weft_generation; /* an answer that the caller pulls piece by piece */
typedef struct weft_classifier weft_classifier; /* a model that gives labels to texts or images */
typedef struct weft_embedder weft_embedder;     /* a model that turns texts into vectors */

/* --- version, statuses, owned data ---------------------------------------------------------- */

WEFT_API const char* weft_version(void); /* "0.1.0" */

WEFT_API weft_code weft_status_code(const weft_status*);      /* WEFT_OK for NULL */
WEFT_API const char* weft_status_message(const weft_status*); /* valid until the status is freed */
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

/* A struct that opens with weft_hdr, every field at its default. */
#define WEFT_INIT(T) weft_init_##T()

/* The value of a number in weft_generate_options that the caller leaves to the model, and to weft where the model says
 * nothing. */
#define WEFT_UNSET __builtin_nan("")
#define WEFT_UNSET_INT INT64_MIN
#define WEFT_RANDOM_SEED UINT64_MAX

/* --- limits of a call ----------------------------------------------------------------------- */

/* Ends the calls that were given it; [any-thread] but for weft_cancel_free. Once raised it stays so. */
typedef struct weft_cancel weft_cancel;
WEFT_API weft_status* weft_cancel_new(weft_cancel** out);
WEFT_API void weft_cancel_raise(weft_cancel*);
WEFT_API void weft_cancel_free(weft_cancel*);

/* What a call may use up. Options hold a pointer to it, NULL for no limits beyond weft's own (SECURITY.md). It is read
 * when the call begins, from which on the time counts; a generation begins with weft_generation_new. A call that ends
 * early changes nothing but, of a generation, the sequence, which keeps what was read; all objects stay usable. */
typedef struct weft_limits {
  weft_hdr hdr;
  const weft_cancel* cancel; /* NULL: the call cannot be cancelled; raised: CANCELLED */
  int64_t timeout_ms;        /* milliseconds, then DEADLINE_EXCEEDED; 0: at once; -1: no end */
  /* The most memory for texts and ids that the chat template and the tokenizer may make, each, in bytes, then
   * RESOURCE_EXHAUSTED; UINT64_MAX: as weft says. A load and a generation do not look at it. */
  uint64_t text_bytes;
} weft_limits;

/* --- runtime -------------------------------------------------------------------------------- */

enum { /* weft_runtime_options.flags */
  /* Read no environment variable, and no weft.json except config_file or config_text. Search only plugin_folders and
   * the config's plugins.paths, not the folders beside libweft. */
  WEFT_NO_ENVIRONMENT = 1,
  WEFT_NO_SIGBUS_GUARD = 2, /* install no SIGBUS handler: a mapped file that shrinks then kills the process */
  WEFT_PIN_THREADS = 4      /* each of weft's own threads stays on one processor; callers' threads are left alone */
};

typedef struct weft_runtime_options {
  weft_hdr hdr;
  const char* config_file;           /* a weft.json; NULL: the user's */
  const char* config_text;           /* the text of a weft.json, instead of a file */
  const char* const* plugin_folders; /* searched first; absolute: relative ones are refused in the report */
  /* Plugins that are linked into the program; they come before all folders. */
  const weft_plugin_query_fn* static_plugins;
  uint32_t n_plugin_folders, n_static_plugins;
  /* 0: as many as weft.json says, otherwise one for each processor that the process may use (affinity, quotas of
   * control groups). Never more than there are such processors. */
  uint32_t threads;
  uint32_t flags;
  void* ctx; /* given to the callbacks log to team_run */
  void (*log)(void* ctx, uint32_t level, weft_str component, weft_str message);
  /* Used in place of malloc for the memory that plugins get from their host; both or neither. */
  void* (*alloc)(void* ctx, uint64_t bytes, uint64_t align);
  void (*free)(void* ctx, void* p, uint64_t bytes, uint64_t align);
  /* Used in place of weft's own threads; both or neither. weft_host in abi/plugin.h has their contracts. */
  uint32_t (*worker_count)(void* ctx);
  void (*parallel_for)(void* ctx, uint64_t n, uint64_t grain,
                       void (*fn)(void* arg, uint64_t begin, uint64_t end, uint32_t worker),
                       void* arg);
  /* Goes with these two, for plugins whose threads must run at the same time; NULL: such plugins get one thread, the
   * caller's. */
  uint32_t (*team_run)(void* ctx, uint32_t want, void (*fn)(void* arg, uint32_t rank, uint32_t size),
                       void* arg);
  /* Called while a handle (hf://...) is fetched, from any thread, until the runtime and its models have been freed;
   * NULL: not wanted. When cancelled returns not 0, the fetch gives up with CANCELLED and keeps what has come. */
  void* fetch_ctx;
  void (*fetch_progress)(void* fetch_ctx, const weft_source_progress*);
  uint32_t (*fetch_cancelled)(void* fetch_ctx);
} weft_runtime_options;

WEFT_API weft_status* weft_runtime_new(const weft_runtime_options* /* NULL: defaults */,
                                       weft_runtime** out);
WEFT_API void weft_runtime_free(weft_runtime*);
/* A JSON array with an object for each plugin: {"id","version","state","reason","manifest","library","provides"}. */
WEFT_API weft_status* weft_runtime_plugins(weft_runtime*, weft_text* out);
/* A JSON array with an object for each device of each backend, in order of preference, as `weft devices --json` prints
 * it: {"use","backend","index","name","description","driver","kind","memory","free","uuid","plugin"}. "use" is what
 * weft_model_options.backend takes; sizes are bytes, null where they are not known. Opens no device. */
WEFT_API weft_status* weft_runtime_devices(weft_runtime*, weft_text* out);

/* Fetches and verifies what a handle ("hf://org/name") names and gives its local path. A local path is given back. */
WEFT_API weft_status* weft_runtime_fetch(weft_runtime*, const char* handle, weft_text* out_path);

/* --- model ---------------------------------------------------------------------------------- */

typedef struct weft_model_options {
  weft_hdr hdr;
  const char* backend;      /* "NAME[:device][,NAME...]"; NULL: what weft.json says, otherwise the best that is found */
  const char* precision;    /* "exact", "default" or "fast"; NULL: what weft.json says, otherwise "default" */
  const char* kv;           /* "f16", "bf16", "f32", "q8_0" */
  const char* architecture; /* id of a blueprint to use instead of the converter's choice */
  /* How many tokens a sequence may have, at most 2^24. 0: the model's own limit, at most 4096. A larger context than
   * weft_model_trained_context gives a warning in the log. */
  int64_t context;
  int64_t sequences;      /* how many may be open at once in a session */
  int64_t step_tokens;    /* the most tokens of one step, of all sequences together */
  uint32_t strict_device; /* not 0: fail rather than use a later backend of the list */
  uint32_t allow_unused;  /* not 0: run without the tensors that no parameter takes, with a warning in the log */
  /* Which devices run which layers: "cpu:0-9,acme:1:10-31"; NULL: the first device runs all that it can. */
  const char* layers;
  uint64_t cache_bytes; /* the most memory that the states of a session take; 0: what the devices have free */
  int64_t logits_rows;  /* the most rows of logits of one step; 0: as many as tokens */
  const weft_limits* limits; /* of the load, which looks at them while it waits for files and between its parts */
  /* What the model is loaded for: roles of graphs (abi/architecture.h) or their names, with commas between them; the
   * first is what sessions run unless they ask for another. NULL: "predict-tokens". Parameters of other graphs are not
   * looked for. */
  const char* roles;
} weft_model_options;

/* `handle`: a folder, a file, or a name that a source plugin resolves ("hf://org/name"). The function may return while
 * weights are still being fetched. Then the first step of a session waits until all weights have come and are verified,
 * and fails if they do not. */
WEFT_API weft_status* weft_model_load(weft_runtime*, const char* handle,
                                      const weft_model_options* /* NULL: defaults */,
                                      weft_model** out);
WEFT_API void weft_model_free(weft_model*);
/* One line: which plugins do what, on which backends, in which precision. Valid as long as the model. */
WEFT_API const char* weft_model_summary(const weft_model*);
/* A JSON object: what the summary says, sizes, stop_ids, the names of chat_templates, "sampling" (what holds where the
 * host sets nothing: {"temperature": {"value": 0.6, "from": "model"}, ...}; "from" is "model" or "weft"), "graphs" (an
 * object for each that the blueprint has: {"name","role","whole_sequences"}), the blueprint's "config", and the file's
 * "metadata". */
WEFT_API weft_status* weft_model_describe(const weft_model*, weft_text* out_json);
WEFT_API int64_t weft_model_vocab_size(const weft_model*);
WEFT_API int64_t weft_model_context(const weft_model*);         /* how many tokens a sequence may have */
WEFT_API int64_t weft_model_trained_context(const weft_model*); /* how many the model was trained for */
WEFT_API int64_t weft_model_step_tokens(const weft_model*); /* the most tokens of one step, of all sequences together */
/* The ids that end a generation: end of text, end of turn. */
WEFT_API weft_status* weft_model_stop_ids(const weft_model*, weft_ids* out);
/* The id that a sequence of an encoder-decoder begins with; -1: the model is none. */
WEFT_API int32_t weft_model_start_token(const weft_model*);

enum { /* flags of weft_model_tokenize */
  WEFT_TOKENIZE_NO_SPECIAL = 1,      /* add no bos, eos, ... */
  WEFT_TOKENIZE_NO_PARSE_SPECIAL = 2 /* special tokens spelt in the text are plain text */
};
WEFT_API weft_status* weft_model_tokenize(const weft_model*, weft_str text, uint32_t flags,
                                          weft_ids* out);
typedef struct weft_tokenize_options { /* for calls with limits */
  weft_hdr hdr;
  uint32_t flags, reserved;  /* as for weft_model_tokenize */
  const weft_limits* limits; /* of several texts, text_bytes count for each by itself */
} weft_tokenize_options;
WEFT_API weft_status* weft_model_tokenize_with(const weft_model*, weft_str text,
                                               const weft_tokenize_options* /* NULL: defaults */, weft_ids* out);
WEFT_API weft_status* weft_model_detokenize(const weft_model*, const int32_t* ids, uint64_t n,
                                            weft_text* out);

typedef struct weft_encoding { /* ids[i] stands for bytes begin[i] to end[i] of the text; 0 to 0: for none */
  int32_t* ids;
  uint64_t* begin;
  uint64_t* end;
  uint64_t size;
} weft_encoding;
WEFT_API void weft_encoding_free(weft_encoding*); /* frees the data and zeroes the struct */
/* Tokenizes n texts into n elements of `out`, on the runtime's threads; flags as for weft_model_tokenize. On failure
 * every element of `out` is empty. */
WEFT_API weft_status* weft_model_encode(const weft_model*, const weft_str* texts, uint64_t n, uint32_t flags,
                                        weft_encoding* out);
WEFT_API weft_status* weft_model_encode_with(const weft_model*, const weft_str* texts, uint64_t n,
                                             const weft_tokenize_options* /* NULL: defaults */, weft_encoding* out);

/* Turns ids into text as they come. The pieces put together are what weft_model_detokenize gives, and no piece ends
 * inside a character. Used by one thread at a time; the model must outlive it. */
typedef struct weft_detokenizer weft_detokenizer;
WEFT_API weft_status* weft_detokenizer_new(const weft_model*, uint32_t skip_special, weft_detokenizer** out);
WEFT_API void weft_detokenizer_free(weft_detokenizer*);
/* Adds an id and gives the text that has become certain, which may be empty. Valid until the next call for the same
 * detokenizer. */
WEFT_API weft_status* weft_detokenizer_push(weft_detokenizer*, int32_t id, weft_str* out);
/* Gives the text that is still held back. The next push begins a new text. */
WEFT_API weft_status* weft_detokenizer_flush(weft_detokenizer*, weft_str* out);

enum { /* flags of a token */
  WEFT_TOKEN_SPECIAL = 1, /* a control token, which users are not shown */
  WEFT_TOKEN_ADDED = 2    /* searched for in a text before the text is split */
};
/* The text of a token as the vocabulary spells it, valid as long as the model. NOT_FOUND: the vocabulary has no such
 * token. `out_flags` may be NULL. */
WEFT_API weft_status* weft_model_token(const weft_model*, int32_t id, weft_str* out_text, uint32_t* out_flags);
WEFT_API weft_status* weft_model_token_id(const weft_model*, weft_str text, int32_t* out);

/* Not 0: the model has a chat template, so that weft_model_chat can be used. */
WEFT_API uint32_t weft_model_has_chat_template(const weft_model*);
/* Writes a conversation as the model's chat template wants it, up to where the answer begins. messages:
 * [{"role":"user","content":"..."}, ...]; tools: a JSON array, or empty. */
WEFT_API weft_status* weft_model_chat(const weft_model*, weft_str messages_json, weft_str tools_json,
                                      weft_ids* out);

typedef struct weft_chat_options { /* which template to use, and what to give it besides the messages */
  weft_hdr hdr;
  weft_str tools_json;     /* a JSON array; empty: none */
  weft_str arguments_json; /* a JSON object such as {"enable_thinking": false}; empty: none */
  weft_str template_name;  /* for a model that has several; empty: "tool_use" if there are tools, otherwise "default" */
  const weft_limits* limits; /* of the rendering and of its tokens */
} weft_chat_options;
WEFT_API weft_status* weft_model_chat_with(const weft_model*, weft_str messages_json,
                                           const weft_chat_options* /* NULL: defaults */, weft_ids* out);
/* The same as text, for reading. Tokenizing it gives other ids than weft_model_chat_with where messages spell special
 * tokens. */
WEFT_API weft_status* weft_model_chat_text(const weft_model*, weft_str messages_json,
                                           const weft_chat_options* /* NULL: defaults */, weft_text* out);

/* --- session -------------------------------------------------------------------------------- */

WEFT_API weft_status* weft_session_new(weft_model*, weft_session** out);
/* A session for another graph than the first one that the model was loaded for, by its role or name. Steps give what
 * the graph gives for each row or sequence. FAILED_PRECONDITION: the model has no such graph, or it takes parameters
 * that the load was not for. */
WEFT_API weft_status* weft_session_new_for(weft_model*, const char* role, weft_session** out);
WEFT_API void weft_session_free(weft_session*);
WEFT_API weft_status* weft_session_open(weft_session*, int32_t* out_sequence);
WEFT_API weft_status* weft_session_close(weft_session*, int32_t sequence);
/* Opens a sequence with the same tokens as another. They share their cache until one of them writes. */
WEFT_API weft_status* weft_session_fork(weft_session*, int32_t sequence, int32_t* out_sequence);
/* Forgets all tokens from `length` on. */
WEFT_API weft_status* weft_session_rollback(weft_session*, int32_t sequence, int64_t length);
/* Keeps only the tokens that the sequence has in common with the beginning of `ids`, as in a conversation that goes on,
 * and forgets the rest. Gives the number of tokens kept, which is less than n: the ids from there on are to be stepped
 * or generated from. 0: the sequence cannot go back so far, or belongs to an encoder-decoder. */
WEFT_API weft_status* weft_session_keep_common(weft_session*, int32_t sequence, const int32_t* ids, uint64_t n,
                                               int64_t* out_kept);
WEFT_API weft_status* weft_session_length(const weft_session*, int32_t sequence, int64_t* out);

/* What a host gives beside the tokens: an entry for each token of an item, for an input of the graph that has one for
 * each token (abi/architecture.h), such as "token_types", "embeddings", or "positions" in place of the tokens' own.
 * Tokens to which the host gives nothing have zeros. */
typedef struct weft_token_input {
  weft_str name;
  const void* data; /* dense, of the input's dtype */
  uint64_t bytes;
} weft_token_input;
typedef struct weft_step_item { /* what one step adds to one sequence */
  weft_hdr hdr;
  int32_t sequence;
  uint32_t all_rows; /* not 0: logits after every token; 0: after the last one */
  const int32_t* tokens;
  uint64_t n_tokens;
  const weft_token_input* inputs;
  uint32_t n_inputs, reserved;
} weft_step_item;
/* f32 [rows, vocab] in the order of the items; of other graphs than those that predict tokens, vocab is the width of
 * what they give. Valid until the next step. */
typedef struct weft_logits {
  const float* data;
  int64_t rows, vocab;
} weft_logits;
/* For an encoder-decoder: reads the encoder's input of new sequences. Each item's tokens are the input that its
 * sequence attends to from now on (all_rows is ignored). Steps of the sequence then take the target's tokens alone, the
 * start token first. A generation does both by itself. On failure no sequence has changed. */
WEFT_API weft_status* weft_session_encode(weft_session*, const weft_step_item* items, uint32_t n, uint32_t stride);
/* The same within limits, as weft_session_step_with. */
WEFT_API weft_status* weft_session_encode_with(weft_session*, const weft_step_item* items, uint32_t n, uint32_t stride,
                                               const weft_limits* /* NULL: none */);
/* Runs one step of all items' sequences together. `stride` is the bytes from one item to the next. On failure no
 * sequence has changed. */
WEFT_API weft_status* weft_session_step(weft_session*, const weft_step_item* items, uint32_t n,
                                        uint32_t stride, weft_logits* out);
/* The same within limits, which are looked at between the parts that devices are given. */
WEFT_API weft_status* weft_session_step_with(weft_session*, const weft_step_item* items, uint32_t n, uint32_t stride,
                                             const weft_limits* /* NULL: none */, weft_logits* out);
/* The sequence that made the last step or encode fail, for instance because it is full; the others can be stepped
 * without it. -1: the last call did not fail, or not because of one sequence. */
WEFT_API int32_t weft_session_failed_sequence(const weft_session*);

/* --- graphs without sequences ----------------------------------------------------------------- */

/* A graph that a host calls by itself, such as one that makes embeddings of images. [one thread per call object] */
typedef struct weft_graph_call weft_graph_call;
typedef struct weft_array { /* dense */
  const void* data;
  const int64_t* dims;
  uint32_t dtype; /* WEFT_F32, WEFT_F16, WEFT_BF16, WEFT_I32 or WEFT_U8 of abi/dtype.h */
  uint32_t rank;
} weft_array;

/* `role`: a role or the name of a graph. UNIMPLEMENTED: the graph has states, which sessions keep. */
WEFT_API weft_status* weft_graph_call_new(weft_model*, const char* role, weft_graph_call** out);
WEFT_API void weft_graph_call_free(weft_graph_call*);
/* Copies an input, which stays until it is set again. INVALID_ARGUMENT: the graph has no such input, or it has another
 * dtype, rank or size. OUT_OF_RANGE: a size is larger than the graph takes. */
WEFT_API weft_status* weft_graph_call_set(weft_graph_call*, weft_str input, const weft_array*);
/* INVALID_ARGUMENT: an input is missing, or sizes disagree. */
WEFT_API weft_status* weft_graph_call_run(weft_graph_call*, const weft_limits* /* NULL: none */);
/* An output of the last run, valid until the next call for the same object. */
WEFT_API weft_status* weft_graph_call_output(weft_graph_call*, weft_str output, weft_array* out);

/* --- generation ----------------------------------------------------------------------------- */

typedef struct weft_logit_bias {
  int32_t token;
  float bias;
} weft_logit_bias;

typedef struct weft_generate_options {
  weft_hdr hdr;
  int64_t max_tokens; /* -1: as many as the context holds */
  uint32_t greedy, ignore_eos;
  /* Numbers that are WEFT_UNSET or WEFT_UNSET_INT, as WEFT_INIT sets them, are what the model's generation_config.json
   * or GGUF metadata say, otherwise weft's default, which each comment gives last. A model that says "do_sample": false
   * is greedy unless a temperature is set. */
  double temperature;        /* divides the logits; 0: greedy; default 0.8 */
  int64_t top_k;             /* keep only the k likeliest tokens; 0: all; default 40 */
  double top_p;              /* keep the likeliest tokens whose probabilities sum to this; default 0.95 */
  double min_p;              /* drop tokens below this share of the likeliest one's probability; default 0.05 */
  double typical_p;          /* keep tokens about as likely as expected, up to this sum; 1: all; default 1 */
  double repetition_penalty; /* weakens the logits of tokens that were seen; 1: off; default 1 */
  double presence_penalty;   /* subtracted from the logits of tokens that were seen; default 0 */
  double frequency_penalty;  /* the same, multiplied by how often they were seen; default 0 */
  /* How many of the last tokens count as seen; -1: all; default 64, with a model's own repetition_penalty all. */
  int64_t penalty_window;
  uint64_t seed; /* equal seeds give equal texts; WEFT_RANDOM_SEED, as WEFT_INIT sets it: a new seed each time */
  const char* const* stop; /* strings that end the text and do not become part of it */
  const weft_logit_bias* logit_bias;
  uint32_t n_stop, n_logit_bias;
  uint32_t top_logprobs; /* how many of the likeliest tokens are reported beside the chosen one */
  uint32_t reserved;
  const weft_limits* limits; /* looked at between steps, and between those that read the prompt */
} weft_generate_options;

typedef struct weft_logprob {
  int32_t token;
  float logprob;
} weft_logprob;
typedef struct weft_piece { /* valid until the next call for the same generation */
  weft_hdr hdr;
  int32_t token; /* -1: no token, only the end of the stream */
  float logprob;
  weft_str text; /* the text that has become certain; may be empty */
  const weft_logprob* top;
  uint32_t n_top;
  uint32_t last;
  weft_str stop; /* in the last piece: "eos", "length" or "stop" */
} weft_piece;

/* Adds the prompt, and then each new token, to the sequence. For an encoder-decoder the prompt is the encoder's input,
 * and the sequence must be new: the text begins after the start token. */
WEFT_API weft_status* weft_generation_new(weft_session*, int32_t sequence, const int32_t* prompt,
                                          uint64_t n_prompt,
                                          const weft_generate_options* /* NULL: defaults */,
                                          weft_generation** out);
/* Gives the next piece; the first call reads the prompt. CANCELLED: weft_generation_cancel was called.
 * FAILED_PRECONDITION: the last piece was given. */
WEFT_API weft_status* weft_generation_next(weft_generation*, weft_piece* out);
/* The seed, drawn or given. */
WEFT_API uint64_t weft_generation_seed(const weft_generation*);
/* The sampling that holds, as the JSON object "sampling" of weft_model_describe; "from" may also be "given" or
 * "random". */
WEFT_API weft_status* weft_generation_sampling(const weft_generation*, weft_text* out_json);
/* Ends the generation between two steps. The only function that another thread may call meanwhile. */
WEFT_API void weft_generation_cancel(weft_generation*);
WEFT_API void weft_generation_free(weft_generation*);

/* --- classification ------------------------------------------------------------------------- */

typedef struct weft_classes { /* a value for each label, valid until the next call for the same classifier */
  /* Probabilities where one label is right, each 0 to 1 where several may be, logits of a regression. */
  const float* scores;
  const float* logits;
  uint64_t n;
  uint64_t best; /* the index of the largest score */
} weft_classes;

/* Loads a model that classifies texts, or images with its preprocessor_config.json. As many texts run in a step as
 * sequences and step_tokens of the options allow; images run one by one. */
WEFT_API weft_status* weft_classifier_load(weft_runtime*, const char* handle,
                                           const weft_model_options* /* NULL: defaults */,
                                           weft_classifier** out);
WEFT_API void weft_classifier_free(weft_classifier*);
/* One line: which plugins do what. Valid as long as the classifier. */
WEFT_API const char* weft_classifier_summary(const weft_classifier*);
WEFT_API uint32_t weft_classifier_takes_images(const weft_classifier*); /* 0: the model takes texts */
WEFT_API uint64_t weft_classifier_labels(const weft_classifier*);       /* how many labels there are */
/* The name of label `index`; valid as long as the classifier. */
WEFT_API weft_status* weft_classifier_label(const weft_classifier*, uint64_t index, weft_str* out);
/* A text that is too long for the model is cut, with a warning in the log. */
WEFT_API weft_status* weft_classifier_text(weft_classifier*, weft_str text, weft_classes* out);
/* Classifies two texts that the model reads together. UNIMPLEMENTED: its tokenizer does not say how. */
WEFT_API weft_status* weft_classifier_pair(weft_classifier*, weft_str text, weft_str pair, weft_classes* out);
/* Classifies n texts into n classes, within limits, which are looked at between the parts of a step (text_bytes do not
 * apply). With `pairs`, which are n, each text is read together with its pair. */
WEFT_API weft_status* weft_classifier_texts(weft_classifier*, const weft_str* texts,
                                            const weft_str* pairs /* NULL: none */, uint64_t n,
                                            const weft_limits* /* NULL: none */, weft_classes* out);
/* Classifies the image in the bytes of a PNG or JPEG file. */
WEFT_API weft_status* weft_classifier_file(weft_classifier*, const void* data, uint64_t size, weft_classes* out);
WEFT_API weft_status* weft_classifier_file_with(weft_classifier*, const void* data, uint64_t size,
                                                const weft_limits* /* NULL: none */, weft_classes* out);
/* Classifies an image of red, green and blue, a byte each, pixel by pixel, top row first; `row_bytes` from row to
 * row. */
WEFT_API weft_status* weft_classifier_pixels(weft_classifier*, const uint8_t* rgb, uint64_t width, uint64_t height,
                                             uint64_t row_bytes, weft_classes* out);
WEFT_API weft_status* weft_classifier_pixels_with(weft_classifier*, const uint8_t* rgb, uint64_t width, uint64_t height,
                                                  uint64_t row_bytes, const weft_limits* /* NULL: none */,
                                                  weft_classes* out);

/* --- embedding ------------------------------------------------------------------------------ */

typedef struct weft_vector { /* valid until the next call for the same embedder */
  const float* values;
  uint64_t n;
  const int32_t* tokens; /* the text's tokens, with its prompt and the special tokens */
  uint64_t n_tokens;
} weft_vector;

/* Loads a model that makes vectors. They are pooled, passed through further modules and normalised as the checkpoint
 * says. step_tokens and sequences of the options are ignored: the embedder chooses them. */
WEFT_API weft_status* weft_embedder_load(weft_runtime*, const char* handle,
                                         const weft_model_options* /* NULL: defaults */, weft_embedder** out);
WEFT_API void weft_embedder_free(weft_embedder*);
/* One line: which plugins do what. Valid as long as the embedder. */
WEFT_API const char* weft_embedder_summary(const weft_embedder*);
/* The vector of a text. A text too long for the model is cut, with a warning in the log. */
WEFT_API weft_status* weft_embedder_text(weft_embedder*, weft_str text, weft_vector* out);
typedef struct weft_embed_options { /* what holds in place of what the checkpoint says, or on top of it */
  weft_hdr hdr;
  const char* prompt;      /* put before each text; NULL: the checkpoint's */
  const char* prompt_name; /* the checkpoint's prompt of this name, "query"; NULL: its default one */
  const char* pooling;     /* "cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"; NULL */
  int64_t dimensions;      /* only so many of a vector's first values; 0: all */
  uint32_t normalize;      /* not 0: scale what is left to length 1 */
  uint32_t reserved;
  const weft_limits* limits; /* looked at between the parts of a step; text_bytes do not apply */
} weft_embed_options;
typedef struct weft_vectors { /* f32 [n, width]; valid until the next call for the same embedder */
  const float* values;
  uint64_t n, width;
} weft_vectors;
/* The vectors of n texts, in their order; as many texts run in a step as fit. */
WEFT_API weft_status* weft_embedder_texts(weft_embedder*, const weft_str* texts, uint64_t n,
                                          const weft_embed_options* /* NULL: defaults */, weft_vectors* out);
/* The vector of ids as they are: no special tokens are added. INVALID_ARGUMENT: there are no ids. OUT_OF_RANGE: there
 * are too many, or one is not in the vocabulary. */
WEFT_API weft_status* weft_embedder_tokens(weft_embedder*, const int32_t* tokens, uint64_t n_tokens, weft_vector* out);

/* --- defaults ------------------------------------------------------------------------------- */

static inline weft_limits weft_init_weft_limits(void) {
  weft_limits o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_limits, text_bytes);
  o.timeout_ms = -1, o.text_bytes = UINT64_MAX;
  return o;
}
static inline weft_runtime_options weft_init_weft_runtime_options(void) {
  weft_runtime_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_runtime_options, fetch_cancelled);
  return o;
}
static inline weft_model_options weft_init_weft_model_options(void) {
  weft_model_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_model_options, roles);
  o.sequences = 1;
  o.step_tokens = 512;
  return o;
}
static inline weft_tokenize_options weft_init_weft_tokenize_options(void) {
  weft_tokenize_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_tokenize_options, limits);
  return o;
}
static inline weft_chat_options weft_init_weft_chat_options(void) {
  weft_chat_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_chat_options, limits);
  return o;
}
static inline weft_generate_options weft_init_weft_generate_options(void) {
  weft_generate_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_generate_options, limits);
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
  o.hdr.struct_size = WEFT_END(weft_step_item, reserved);
  return o;
}
static inline weft_embed_options weft_init_weft_embed_options(void) {
  weft_embed_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_embed_options, limits);
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
