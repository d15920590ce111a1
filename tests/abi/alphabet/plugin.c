/* The plugin's symbol, and its tables. */
#include <stdlib.h>
#include <string.h>

#include "alphabet.h"

weft_str str(const char* text) {
  weft_str s;
  s.data = text, s.size = strlen(text);
  return s;
}

int same(weft_str a, const char* b) { return a.size == strlen(b) && memcmp(a.data, b, a.size) == 0; }

weft_status* fail(const alphabet* self, weft_code code, const char* message) {
  return self->host->status_new(self->host->ctx, code, str(message));
}

/* Copies the option `folder`, "" where there is none. NULL: out of memory. */
static char* folder_of(const weft_json* options) {
  const weft_json_node* node = options->root != NULL ? options->member(options->root, str("folder")) : NULL;
  const weft_str given = options->string(node);
  char* copy = calloc(given.size + 1, 1);
  if (copy != NULL && given.size > 0) memcpy(copy, given.data, given.size);
  return copy;
}

static void alphabet_shutdown(void* p) {
  alphabet* self = p;
  free(self->folder);
  free(self);
}

static weft_status* alphabet_init(const weft_host* host, const weft_json* options, void** out) {
  alphabet* self = calloc(1, sizeof *self);
  weft_status* failed;
  if (self == NULL) return host->status_new(host->ctx, WEFT_RESOURCE_EXHAUSTED, str("out of memory"));
  self->host = host;
  self->folder = folder_of(options);
  failed = self->folder != NULL ? add_format(self) : fail(self, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  if (failed != NULL) {
    alphabet_shutdown(self);
    return failed;
  }
  add_source(self), add_family(self), add_tokenizer(self), add_backend(self);
  *out = self;
  return NULL;
}

static const void* alphabet_interface(void* p, weft_str id, uint32_t n) {
  alphabet* self = p;
  if (n != 0) return NULL;
  if (same(id, WEFT_SOURCE_INTERFACE)) return &self->source;
  if (same(id, WEFT_FORMAT_INTERFACE)) return &self->format;
  if (same(id, WEFT_CONVERTER_INTERFACE)) return &self->converter;
  if (same(id, WEFT_ARCHITECTURE_INTERFACE)) return &self->architecture;
  if (same(id, WEFT_TOKENIZER_INTERFACE)) return &self->tokenizer;
  if (same(id, WEFT_BACKEND_INTERFACE)) return &self->backend;
  return NULL;
}

__attribute__((visibility("default"))) const weft_plugin* weft_plugin_query_v1(uint32_t major, uint32_t minor);

const weft_plugin* weft_plugin_query_v1(uint32_t major, uint32_t minor) {
  static const weft_plugin plugin = {{WEFT_END(weft_plugin, get_interface), 0},
                                     WEFT_ABI_MAJOR,
                                     WEFT_ABI_MINOR,
                                     {"test.alphabet", 13},
                                     {"1", 1},
                                     {"test", 4},
                                     alphabet_init,
                                     alphabet_shutdown,
                                     alphabet_interface};
  return major == WEFT_ABI_MAJOR && minor >= WEFT_ABI_MINOR ? &plugin : NULL;
}
