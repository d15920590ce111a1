/* A file of text: a line "alphabet 1", a line of digits for each row of the tensors `embed` and `next`, and a line for
 * each token. The digits are a dtype of the plugin's own: a row is stored as its digits and the end of its line. */
#include <string.h>

#include "alphabet.h"

static const char kFirst[] = "alphabet 1\n";
enum { kFirstBytes = sizeof kFirst - 1, kRowBytes = TOKENS + 1, kTensorBytes = TOKENS * kRowBytes };

static weft_status* decode(void* p, const weft_slab* src, uint64_t rows, uint64_t cols, float* dst) {
  uint64_t r, c;
  (void)p;
  for (r = 0; r < rows; ++r) {
    for (c = 0; c < cols; ++c) {
      const uint8_t* group = (const uint8_t*)src->plane[0] + r * src->row_pitch[0] + c / TOKENS * src->col_pitch[0];
      dst[r * cols + c] = (float)(group[c % TOKENS] - '0');
    }
  }
  return NULL;
}

static weft_status* locate(void* p, const weft_files* files, uint32_t* score, const weft_string_sink* entry) {
  uint32_t i;
  (void)p;
  *score = 0;
  for (i = 0; i < files->n_files; ++i) {
    const weft_str name = files->name(files->ctx, i);
    if (!same(name, "model.alphabet")) continue;
    *score = 100;
    entry->set(entry->ctx, name);
  }
  return NULL;
}

static weft_status* give_tensor(const alphabet* self, const weft_format_sink* sink, const char* name, uint32_t file,
                                uint64_t offset) {
  static const int64_t dims[2] = {TOKENS, TOKENS};
  weft_stored_tensor t;
  memset(&t, 0, sizeof t);
  t.hdr.struct_size = WEFT_END(weft_stored_tensor, bytes);
  t.name = str(name);
  t.dtype = self->digits, t.rank = 2, t.n_planes = 1;
  t.dims = dims;
  t.file[0] = file, t.offset[0] = offset, t.bytes[0] = kTensorBytes;
  return sink->tensor(sink->ctx, &t);
}

static weft_status* give_vocabulary(const alphabet* self, const weft_format_sink* sink, const char* text,
                                    const char* end) {
  weft_str tokens[TOKENS];
  weft_vocabulary v;
  uint32_t n;
  for (n = 0; n < TOKENS && text < end; ++n) {
    const char* line = memchr(text, '\n', (size_t)(end - text));
    if (line == NULL) line = end;
    tokens[n].data = text, tokens[n].size = (uint64_t)(line - text);
    text = line < end ? line + 1 : end;
  }
  if (n < TOKENS) return fail(self, WEFT_DATA_LOSS, "model.alphabet: ends before its last token");
  memset(&v, 0, sizeof v);
  v.hdr.struct_size = WEFT_END(weft_vocabulary, strip_accents);
  v.model = str(ALPHABET);
  v.tokens = tokens, v.n_tokens = TOKENS;
  v.bos = v.eos = v.unk = v.pad = v.sep = -1; /* the tokenizer says */
  v.add_bos = v.add_eos = v.add_space_prefix = v.add_sep = 2;
  v.remove_extra_spaces = v.lowercase = v.strip_accents = 2;
  return sink->vocabulary(sink->ctx, &v);
}

static weft_status* read(void* p, const weft_files* files, weft_str entry, const weft_format_sink* sink) {
  const alphabet* self = p;
  const uint8_t* data;
  uint64_t size;
  uint32_t file;
  weft_status* failed = files->map(files->ctx, entry, &file, &data, &size);
  if (failed != NULL) return failed;
  if (size < kFirstBytes + 2 * kTensorBytes || memcmp(data, kFirst, kFirstBytes) != 0) {
    return fail(self, WEFT_DATA_LOSS, "model.alphabet: its first line is not \"alphabet 1\", or it is too short");
  }
  failed = give_tensor(self, sink, "embed", file, kFirstBytes);
  if (failed == NULL) failed = give_tensor(self, sink, "next", file, kFirstBytes + kTensorBytes);
  if (failed == NULL) failed = sink->metadata(sink->ctx, str("{\"alphabet\": {\"tokens\": 8}}"));
  if (failed != NULL) return failed;
  return give_vocabulary(self, sink, (const char*)data + kFirstBytes + 2 * kTensorBytes, (const char*)data + size);
}

weft_status* add_format(alphabet* self) {
  weft_format* t = &self->format;
  weft_dtype digits;
  memset(&digits, 0, sizeof digits);
  digits.hdr.struct_size = WEFT_END(weft_dtype, encode);
  digits.name = str("test.digits");
  digits.n_planes = 1;
  digits.plane[0].role = WEFT_PLANE_DATA;
  digits.plane[0].rows = 1, digits.plane[0].cols = TOKENS, digits.plane[0].bytes = kRowBytes;
  digits.decode = decode;
  t->hdr.struct_size = WEFT_END(weft_format, read);
  t->self = self;
  t->id = str(ALPHABET);
  t->locate = locate, t->read = read;
  return self->host->dtype_register(self->host->ctx, &digits, &self->digits);
}
