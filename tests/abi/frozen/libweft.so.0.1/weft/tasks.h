/* tasks.h: what models say about texts: entities, words for masks, answers in a context, labels of the caller's, and
 * which documents answer a query. Beside them weft.h has labels of the model's (weft_classifier) and vectors
 * (weft_embedder). All that weft.h says of functions, objects and options holds here too.
 *
 * - Results are those of the pipelines of transformers, and of CrossEncoder of sentence-transformers.
 * - Each object loads a model for one task and is used by one thread at a time; step_tokens and sequences of the
 *   options are ignored. *_summary gives one line, which plugins do what, valid as long as the object.
 * - Many texts in one call run together, as many in a step as fit. Texts that are too long for the model are cut, with
 *   a warning in the log, unless a function reads them in parts.
 * - What a call gives is valid until the next call for the same object. Places in texts are counted in characters (code
 *   points). Scores are probabilities, 0 to 1, unless a comment says otherwise. */
#ifndef WEFT_TASKS_H
#define WEFT_TASKS_H

#include "weft/weft.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- entities of texts ------------------------------------------------------------------------ */

typedef struct weft_tagger weft_tagger;
typedef struct weft_entity {
  weft_str label; /* "PER"; of a single token as the model calls it, "B-PER" */
  weft_str word;
  double score;
  uint64_t start, end; /* characters of the text */
  int64_t token;       /* the index of the token among those of the text, special ones too; -1: of several tokens */
} weft_entity;
typedef struct weft_entities {
  const weft_entity* data;
  uint64_t n;
} weft_entities;
typedef struct weft_tag_options {
  weft_hdr hdr;
  /* "none": each token is an entity; "simple": neighbours of one label are, where "B-" begins another; "first",
   * "average", "max": the same of words, which have the label of their first token, of the mean of the tokens' scores,
   * or of the highest score. NULL: "none". */
  const char* aggregation;
  int64_t stride; /* long texts are read in windows that share so many tokens; -1: they are cut. Not with "none". */
  const weft_limits* limits;
} weft_tag_options;

WEFT_API weft_status* weft_tagger_load(weft_runtime*, const char* handle,
                                       const weft_model_options* /* NULL: defaults */, weft_tagger** out);
WEFT_API void weft_tagger_free(weft_tagger*);
WEFT_API const char* weft_tagger_summary(const weft_tagger*);
/* Finds the entities of n texts; those of text i go to out[i]. */
WEFT_API weft_status* weft_tagger_texts(weft_tagger*, const weft_str* texts, uint64_t n,
                                        const weft_tag_options* /* NULL: defaults */, weft_entities* out);

/* --- words for masks -------------------------------------------------------------------------- */

typedef struct weft_filler weft_filler;
typedef struct weft_prediction {
  double score;
  weft_str token_str; /* the token's text */
  weft_str sequence;  /* the text with the token in place of its mask; with special tokens if it has several masks */
  uint64_t mask;      /* which of the text's masks, from 0 */
  int32_t token;
  uint32_t reserved;
} weft_prediction;
typedef struct weft_predictions { /* of mask 0 the likeliest first, then of mask 1, ... */
  const weft_prediction* data;
  uint64_t n;
} weft_predictions;
typedef struct weft_fill_options {
  weft_hdr hdr;
  uint64_t top_k; /* predictions of each mask; by default 5 */
  const weft_limits* limits;
} weft_fill_options;

WEFT_API weft_status* weft_filler_load(weft_runtime*, const char* handle,
                                       const weft_model_options* /* NULL: defaults */, weft_filler** out);
WEFT_API void weft_filler_free(weft_filler*);
WEFT_API const char* weft_filler_summary(const weft_filler*);
/* The text of the mask, "[MASK]"; valid as long as the filler. */
WEFT_API weft_str weft_filler_mask(const weft_filler*);
/* Proposes tokens for the masks of n texts. INVALID_ARGUMENT: a text has no mask. */
WEFT_API weft_status* weft_filler_texts(weft_filler*, const weft_str* texts, uint64_t n,
                                        const weft_fill_options* /* NULL: defaults */, weft_predictions* out);

/* --- answers in a context --------------------------------------------------------------------- */

typedef struct weft_answerer weft_answerer;
typedef struct weft_question {
  weft_str question, context;
} weft_question;
typedef struct weft_answer {
  weft_str text;       /* of the context; empty: there is no answer */
  double score;        /* of a context that is read in parts a sum, which may be above 1 */
  uint64_t start, end; /* characters of the context */
} weft_answer;
typedef struct weft_answer_options {
  weft_hdr hdr;
  uint64_t max_seq_len;    /* the most tokens of question and context that are read at once; 0: 384 */
  int64_t doc_stride;      /* tokens that the parts of a long context share; -1: half of max_seq_len, at most 128 */
  uint64_t max_answer_len; /* the most tokens of an answer; by default 15 */
  uint32_t handle_impossible_answer, reserved; /* not 0: that there is no answer may be the answer */
  const weft_limits* limits;
} weft_answer_options;

WEFT_API weft_status* weft_answerer_load(weft_runtime*, const char* handle,
                                         const weft_model_options* /* NULL: defaults */, weft_answerer** out);
WEFT_API void weft_answerer_free(weft_answerer*);
WEFT_API const char* weft_answerer_summary(const weft_answerer*);
/* Answers n questions into n elements of `out`. INVALID_ARGUMENT: a question or a context is empty. OUT_OF_RANGE: a
 * question leaves no room for its context. */
WEFT_API weft_status* weft_answerer_answer(weft_answerer*, const weft_question* questions, uint64_t n,
                                           const weft_answer_options* /* NULL: defaults */, weft_answer* out);

/* --- labels of the caller's ------------------------------------------------------------------- */

typedef struct weft_zero_shot weft_zero_shot; /* a model that says whether a text entails a sentence */
typedef struct weft_label_score {
  uint64_t label; /* the index among the labels given */
  double score;
} weft_label_score;
typedef struct weft_zero_shot_options {
  weft_hdr hdr;
  const char* const* labels; /* no two alike */
  uint64_t n_labels;
  const char* hypothesis; /* the sentence for a label, which stands in place of {}; NULL: "This example is {}." */
  uint32_t multi_label, reserved; /* not 0: each label by itself may be right; 0: one of them is */
  const weft_limits* limits;
} weft_zero_shot_options;

/* FAILED_PRECONDITION: none of the model's labels says that a text entails another. */
WEFT_API weft_status* weft_zero_shot_load(weft_runtime*, const char* handle,
                                          const weft_model_options* /* NULL: defaults */, weft_zero_shot** out);
WEFT_API void weft_zero_shot_free(weft_zero_shot*);
WEFT_API const char* weft_zero_shot_summary(const weft_zero_shot*);
/* Scores the labels for n texts; n_labels elements of `out` for each text, the likeliest label first. */
WEFT_API weft_status* weft_zero_shot_texts(weft_zero_shot*, const weft_str* texts, uint64_t n,
                                           const weft_zero_shot_options*, weft_label_score* out);

/* --- documents that answer a query -------------------------------------------------------------- */

/* A cross-encoder (a classifier of two texts with one label), or a model that predicts tokens and answers "yes" or "no"
 * to the prompt that such models are published with. */
typedef struct weft_reranker weft_reranker;
typedef struct weft_ranked {
  uint64_t document; /* the index among the documents given */
  double score;      /* as the model's config says; a probability unless it says otherwise */
} weft_ranked;
typedef struct weft_rerank_options {
  weft_hdr hdr;
  const char* instruction; /* what makes a document a good answer, for models that predict tokens; NULL: as usual */
  const weft_limits* limits;
} weft_rerank_options;

WEFT_API weft_status* weft_reranker_load(weft_runtime*, const char* handle,
                                         const weft_model_options* /* NULL: defaults */, weft_reranker** out);
WEFT_API void weft_reranker_free(weft_reranker*);
WEFT_API const char* weft_reranker_summary(const weft_reranker*);
/* Ranks n documents into n elements of `out`, the best first. */
WEFT_API weft_status* weft_reranker_rank(weft_reranker*, weft_str query, const weft_str* documents, uint64_t n,
                                         const weft_rerank_options* /* NULL: defaults */, weft_ranked* out);

/* --- defaults --------------------------------------------------------------------------------- */

static inline weft_tag_options weft_init_weft_tag_options(void) {
  weft_tag_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_tag_options, limits);
  o.stride = -1;
  return o;
}
static inline weft_fill_options weft_init_weft_fill_options(void) {
  weft_fill_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_fill_options, limits);
  o.top_k = 5;
  return o;
}
static inline weft_answer_options weft_init_weft_answer_options(void) {
  weft_answer_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_answer_options, limits);
  o.doc_stride = -1;
  o.max_answer_len = 15;
  return o;
}
static inline weft_zero_shot_options weft_init_weft_zero_shot_options(void) {
  weft_zero_shot_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_zero_shot_options, limits);
  return o;
}
static inline weft_rerank_options weft_init_weft_rerank_options(void) {
  weft_rerank_options o;
  memset(&o, 0, sizeof o);
  o.hdr.struct_size = WEFT_END(weft_rerank_options, limits);
  return o;
}

#ifdef __cplusplus
}
#endif
#endif
