/* A token is a letter, or the end of the text; spaces are nothing. */
#include <stdlib.h>
#include <string.h>

#include "alphabet.h"

typedef struct letters {
  const alphabet* plugin;
  char text[TOKENS][8];
} letters;

static weft_status* open_letters(void* p, const weft_tokenizer_source* source, void** out) {
  const alphabet* self = p;
  const weft_vocabulary* v = source->vocabulary;
  letters* t;
  uint64_t i;
  if (v == NULL || v->n_tokens != TOKENS) return fail(self, WEFT_INVALID_ARGUMENT, "alphabet: not 8 tokens");
  t = calloc(1, sizeof *t);
  if (t == NULL) return fail(self, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  t->plugin = self;
  for (i = 0; i < TOKENS; ++i) {
    const weft_str token = v->tokens[i];
    if (token.size == 0 || token.size >= sizeof t->text[i]) {
      free(t);
      return fail(self, WEFT_INVALID_ARGUMENT, "alphabet: a token is not of 1 to 7 bytes");
    }
    memcpy(t->text[i], token.data, token.size);
  }
  *out = t;
  return NULL;
}

static void close_letters(void* p) { free(p); }

static weft_status* info(void* p, weft_tokenizer_info* out) {
  (void)p;
  out->size = TOKENS;
  out->bos = out->unk = out->pad = -1, out->eos = 0;
  return NULL;
}

static weft_status* token(void* p, uint32_t id, weft_token_info* out) {
  letters* t = p;
  out->text = str(t->text[id]);
  out->flags = id == 0 ? WEFT_TOKENIZER_SPECIAL : 0;
  return NULL;
}

static weft_status* encode(void* p, weft_str text, const weft_token_sink* out) {
  letters* t = p;
  uint64_t i;
  for (i = 0; i < text.size; ++i) {
    const uint64_t place[2] = {i, i + 1};
    int32_t id = TOKENS;
    weft_status* failed;
    if (text.data[i] == ' ') continue;
    while (--id > 0 && (t->text[id][0] != text.data[i] || t->text[id][1] != 0)) {
    }
    if (id == 0) return fail(t->plugin, WEFT_INVALID_ARGUMENT, "alphabet: a character is no letter from a to g");
    failed = out->add(out->ctx, 1, &id, place);
    if (failed != NULL) return failed;
  }
  return NULL;
}

static weft_status* stream_new(void* p, void** out) {
  *out = p; /* a stream keeps nothing */
  return NULL;
}

static void stream_free(void* p) { (void)p; }

static weft_status* push(void* p, uint32_t id, const weft_text_sink* out) {
  letters* t = p;
  return out->add(out->ctx, str(t->text[id]));
}

static weft_status* flush(void* p, const weft_text_sink* out) {
  (void)p, (void)out;
  return NULL;
}

void add_tokenizer(alphabet* self) {
  weft_tokenizer* t = &self->tokenizer;
  t->hdr.struct_size = WEFT_END(weft_tokenizer, flush);
  t->self = self;
  t->kind = str(ALPHABET);
  t->open = open_letters, t->close = close_letters, t->info = info, t->token = token, t->encode = encode;
  t->stream_new = stream_new, t->stream_free = stream_free, t->push = push, t->flush = flush;
}
