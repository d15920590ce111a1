/* A kind of tokenizer. This one splits at spaces: each word is the token of that text, or else <unk>; </s> ends a text.
 *
 * To fill in:  1. the kind that it claims, here and in CMakeLists.txt: a class of tokenizer_config.json, a model type
 *                 of tokenizer.json, or the `model` of a format's vocabulary; more kinds are more tables
 *              2. `open_words`: the vocabulary, from the format's or from files of the folder
 *              3. `encode`, and `push` and `flush`, which go the other way
 * Files are hostile: check every number. The host finds special tokens in texts, puts `before` and `after` around them,
 * and checks ids, offsets and text. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft/abi/plugin.h"
#include "weft/abi/tokenizer.h"

typedef struct plugin {
  const weft_host* host;
  weft_tokenizer table;
} plugin;

typedef struct word {
  weft_str text;
  int32_t id;
} word;

typedef struct words {
  const weft_host* host;
  char* texts;    /* one behind the other */
  weft_str* text; /* by id */
  word* sorted;   /* by text */
  uint32_t size;
  int32_t unk, end;
} words;

typedef struct stream {
  const words* of;
  int begun;
} stream;

static weft_str text(const char* s) {
  weft_str t;
  t.data = s, t.size = strlen(s);
  return t;
}

static weft_status* fail(const weft_host* host, weft_code code, const char* format, ...) {
  char message[1024];
  va_list values;
  va_start(values, format);
  vsnprintf(message, sizeof message, format, values);
  va_end(values);
  return host->status_new(host->ctx, code, text(message));
}

static int is(weft_str s, const char* word) { return s.size == strlen(word) && memcmp(s.data, word, s.size) == 0; }

static int compare(const void* a, const void* b) {
  const weft_str x = ((const word*)a)->text, y = ((const word*)b)->text;
  const size_t n = x.size < y.size ? x.size : y.size;
  const int order = n == 0 ? 0 : memcmp(x.data, y.data, n);
  return order != 0 ? order : (x.size > y.size) - (x.size < y.size);
}

/* -1: it is not in the vocabulary. */
static int32_t find(const words* w, weft_str t) {
  const word* found;
  word key;
  key.text = t, key.id = -1;
  found = (const word*)bsearch(&key, w->sorted, w->size, sizeof key, compare);
  return found == NULL ? -1 : found->id;
}

static void close_words(void* tokenizer) {
  words* w = (words*)tokenizer;
  free(w->texts), free(w->text), free(w->sorted), free(w);
}

/* The next line of a text, without its end. */
static weft_str take_line(weft_str* rest) {
  const char* end = (const char*)memchr(rest->data, '\n', rest->size);
  weft_str line = *rest;
  if (end != NULL) line.size = (uint64_t)(end - rest->data);
  rest->data += line.size + (end != NULL), rest->size -= line.size + (end != NULL);
  return line;
}

/* [any-thread] */
static weft_status* open_words(void* self, const weft_tokenizer_source* source, void** tokenizer) {
  const weft_host* host = ((plugin*)self)->host;
  const weft_vocabulary* v = source->vocabulary;
  weft_str file = {NULL, 0}, rest;
  uint64_t n = 0, bytes = 0, i;
  weft_status* failed = NULL;
  words* w;
  char* at;
  if (v != NULL) {
    for (n = v->n_tokens, i = 0; i < n; ++i) bytes += v->tokens[i].size;
  } else {
    const uint8_t* data = NULL;
    failed = source->read(source->ctx, text("vocab.txt"), &data, &file.size);
    if (failed != NULL) return failed;
    file.data = (const char*)data, bytes = file.size;
    for (rest = file; rest.size > 0; ++n) take_line(&rest);
  }
  if (n == 0 || n > INT32_MAX / sizeof(word))
    return fail(host, WEFT_INVALID_ARGUMENT, "the vocabulary has %llu tokens", (unsigned long long)n);
  w = (words*)calloc(1, sizeof *w);
  if (w == NULL) return fail(host, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  w->host = host, w->size = (uint32_t)n;
  w->texts = (char*)malloc(bytes + 1);
  w->text = (weft_str*)calloc(n, sizeof *w->text);
  w->sorted = (word*)calloc(n, sizeof *w->sorted);
  if (w->texts == NULL || w->text == NULL || w->sorted == NULL) {
    close_words(w);
    return fail(host, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  }
  for (i = 0, at = w->texts, rest = file; i < n; ++i) {
    const weft_str from = v != NULL ? v->tokens[i] : take_line(&rest);
    if (from.size > 0) memcpy(at, from.data, from.size);
    w->text[i].data = at, w->text[i].size = from.size, at += from.size;
    w->sorted[i].text = w->text[i], w->sorted[i].id = (int32_t)i;
  }
  qsort(w->sorted, n, sizeof *w->sorted, compare);
  for (i = 1; i < n && failed == NULL; ++i) {
    const weft_str t = w->sorted[i].text;
    if (compare(&w->sorted[i - 1], &w->sorted[i]) == 0)
      failed = fail(host, WEFT_INVALID_ARGUMENT, "two tokens are \"%.*s\"", (int)(t.size < 256 ? t.size : 256), t.data);
  }
  w->unk = find(w, text("<unk>")), w->end = find(w, text("</s>"));
  if (failed == NULL && (w->unk < 0 || w->end < 0))
    failed = fail(host, WEFT_INVALID_ARGUMENT, "the vocabulary lacks <unk> or </s>");
  if (failed != NULL) close_words(w);
  else *tokenizer = w;
  return failed;
}

static weft_status* info(void* tokenizer, weft_tokenizer_info* out) {
  const words* w = (const words*)tokenizer;
  out->size = w->size;
  out->bos = -1, out->eos = w->end, out->unk = w->unk, out->pad = -1;
  out->after = &w->end, out->n_after = 1;
  return NULL;
}

static weft_status* token(void* tokenizer, uint32_t id, weft_token_info* out) {
  const words* w = (const words*)tokenizer;
  out->text = w->text[id];
  out->flags = (int32_t)id == w->unk || (int32_t)id == w->end ? WEFT_TOKENIZER_SPECIAL : 0;
  return NULL;
}

static weft_status* encode(void* tokenizer, weft_str plain, const weft_token_sink* sink) {
  const words* w = (const words*)tokenizer;
  uint64_t offsets[2], i = 0;
  for (;;) {
    weft_status* failed;
    weft_str part;
    int32_t id;
    while (i < plain.size && plain.data[i] == ' ') ++i;
    if (i == plain.size) return NULL;
    for (offsets[0] = i; i < plain.size && plain.data[i] != ' ';) ++i;
    offsets[1] = i;
    part.data = plain.data + offsets[0], part.size = i - offsets[0];
    id = find(w, part);
    if (id < 0) id = w->unk;
    failed = sink->add(sink->ctx, 1, &id, offsets);
    if (failed != NULL) return failed;
  }
}

static weft_status* stream_new(void* tokenizer, void** out) {
  const words* w = (const words*)tokenizer;
  stream* s = (stream*)calloc(1, sizeof *s);
  if (s == NULL) return fail(w->host, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  s->of = w;
  *out = s;
  return NULL;
}

static void stream_free(void* s) { free(s); }

static weft_status* push(void* opened, uint32_t id, const weft_text_sink* sink) {
  stream* s = (stream*)opened;
  weft_status* failed = s->begun ? sink->add(sink->ctx, text(" ")) : NULL;
  s->begun = 1;
  return failed != NULL || s->of->text[id].size == 0 ? failed : sink->add(sink->ctx, s->of->text[id]);
}

static weft_status* flush(void* opened, const weft_text_sink* sink) {
  (void)sink;
  ((stream*)opened)->begun = 0;
  return NULL;
}

static weft_status* init(const weft_host* host, const weft_json* options, void** self) {
  plugin* p;
  if (options->size(options->root) > 0) {
    const weft_str key = options->key(options->root, 0);
    return fail(host, WEFT_INVALID_ARGUMENT, "option %.*s is not known: there are none", (int)key.size, key.data);
  }
  p = (plugin*)calloc(1, sizeof *p);
  if (p == NULL) return fail(host, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  p->host = host;
  p->table.hdr.struct_size = sizeof p->table;
  p->table.self = p;
  p->table.kind = text("@NAME@");
  p->table.open = open_words, p->table.close = close_words, p->table.info = info, p->table.token = token;
  p->table.encode = encode, p->table.stream_new = stream_new, p->table.stream_free = stream_free;
  p->table.push = push, p->table.flush = flush;
  *self = p;
  return NULL;
}

static void shut_down(void* self) { free(self); }

static const void* get_interface(void* self, weft_str id, uint32_t n) {
  return is(id, WEFT_TOKENIZER_INTERFACE) && n == 0 ? &((plugin*)self)->table : NULL;
}

#define TEXT(s) {s, sizeof(s) - 1}

__attribute__((visibility("default"))) const weft_plugin* weft_plugin_query_v1(uint32_t major, uint32_t minor) {
  static const weft_plugin table = {{sizeof(weft_plugin), 0}, WEFT_ABI_MAJOR,   WEFT_ABI_MINOR, TEXT("@ID@"),
                                    TEXT("0.1.0"),            TEXT("@VENDOR@"), init,           shut_down,
                                    get_interface};
  return major == WEFT_ABI_MAJOR && minor >= WEFT_ABI_MINOR ? &table : NULL;
}
