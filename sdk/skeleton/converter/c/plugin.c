/* A converter: from checkpoints of one kind to a blueprint that is there already, here llama. It says which checkpoints
 * are its own, what their config is in the blueprint's words, and which tensors the parameters are made of.
 *
 * To fill in:  1. `probe`: how the checkpoints are recognised
 *              2. `identify`: the blueprint, and its config
 *              3. `plan`: where each parameter comes from, as a program of WEFT_X_* (weft/abi/converter.h) */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft/abi/converter.h"
#include "weft/abi/plugin.h"

typedef struct plugin {
  const weft_host* host;
  weft_converter table;
} plugin;

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

/* 0: the checkpoint is not this converter's. The converter with the highest score, 100 at most, gets it. */
static weft_status* probe(void* self, const weft_checkpoint* c, uint32_t* score) {
  const weft_json* config = NULL;
  weft_status* failed = c->json_file(c->ctx, text("config.json"), &config);
  (void)self;
  if (failed != NULL) return failed;
  *score = 0;
  if (config != NULL && is(config->string(config->member(config->root, text("model_type"))), "@NAME@")) *score = 100;
  return NULL;
}

/* Tells of a key of config.json that is not read: another value of it might ask for another model. */
static void warn_of_key(const weft_host* host, weft_str key) {
  char message[256];
  snprintf(message, sizeof message, "config key not known, ignored: %.*s", (int)key.size, key.data);
  host->log(host->ctx, WEFT_LOG_WARN, text("@NAME@"), text(message));
}

/* The architecture's id, and its config as JSON text: the keys of the checkpoint's config.json that llama wants too. */
static weft_status* identify(void* self, const weft_checkpoint* c, const weft_string_sink* architecture,
                             const weft_string_sink* config) {
  static const char* const sizes[] = {"vocab_size",        "hidden_size",         "intermediate_size",
                                      "num_hidden_layers", "num_attention_heads", "max_position_embeddings"};
  const size_t n_sizes = sizeof sizes / sizeof *sizes;
  const weft_host* host = ((plugin*)self)->host;
  char json[1024] = "{\"model_type\": \"llama\"";
  const weft_json* from = NULL;
  weft_status* failed = c->json_file(c->ctx, text("config.json"), &from);
  uint64_t i;
  if (failed != NULL) return failed;
  for (i = 0; i < from->size(from->root); ++i) {
    const weft_str key = from->key(from->root, i);
    const weft_json_node* value = from->at(from->root, i);
    size_t k = 0;
    while (k < n_sizes && !is(key, sizes[k])) ++k;
    if (k < n_sizes) {
      if (from->type(value) != WEFT_JSON_INT)
        return fail(host, WEFT_INVALID_ARGUMENT, "@NAME@: config %s is no whole number", sizes[k]);
      sprintf(json + strlen(json), ", \"%s\": %lld", sizes[k], (long long)from->integer(value));
    } else if (is(key, "tie_word_embeddings")) {
      if (from->type(value) != WEFT_JSON_BOOL)
        return fail(host, WEFT_INVALID_ARGUMENT, "@NAME@: config tie_word_embeddings is neither true nor false");
      strcat(json, from->integer(value) ? ", \"tie_word_embeddings\": true" : ", \"tie_word_embeddings\": false");
    } else if (!is(key, "model_type")) {
      warn_of_key(host, key);
    }
  }
  strcat(json, "}");
  architecture->set(architecture->ctx, text("llama"));
  config->set(config->ctx, text(json));
  return NULL;
}

/* Every parameter is mapped once; every tensor of the checkpoint is used, or ignored with a reason. weft inspect lists
 * the parameters. These checkpoints call each as llama does, behind "net.". */
static weft_status* plan(void* self, const weft_checkpoint* c, const weft_json* config, const weft_param_info* params,
                         uint32_t n, uint32_t stride, const weft_plan* sink) {
  uint32_t i;
  (void)config;
  for (i = 0; i < n; ++i) {
    const weft_param_info* p = (const weft_param_info*)((const char*)params + (size_t)i * stride);
    weft_status* failed;
    weft_xnode stored;
    char name[512];
    snprintf(name, sizeof name, "net.%.*s", (int)p->name.size, p->name.data);
    memset(&stored, 0, sizeof stored);
    stored.hdr.struct_size = sizeof stored;
    stored.op = WEFT_X_STORED;
    stored.stored = c->find(c->ctx, text(name));
    if (stored.stored == WEFT_NONE)
      return fail(((plugin*)self)->host, WEFT_INVALID_ARGUMENT, "the checkpoint has no tensor %s", name);
    failed = sink->map(sink->ctx, p->name, &stored, 1, sizeof stored);
    if (failed != NULL) return failed;
  }
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
  p->table.id = text("@NAME@.hf");
  p->table.probe = probe, p->table.identify = identify, p->table.plan = plan;
  *self = p;
  return NULL;
}

static void shut_down(void* self) { free(self); }

static const void* get_interface(void* self, weft_str id, uint32_t n) {
  return is(id, WEFT_CONVERTER_INTERFACE) && n == 0 ? &((plugin*)self)->table : NULL;
}

#define TEXT(s) {s, sizeof(s) - 1}

__attribute__((visibility("default"))) const weft_plugin* weft_plugin_query_v1(uint32_t major, uint32_t minor) {
  static const weft_plugin table = {{sizeof(weft_plugin), 0}, WEFT_ABI_MAJOR,   WEFT_ABI_MINOR, TEXT("@ID@"),
                                    TEXT("0.1.0"),            TEXT("@VENDOR@"), init,           shut_down,
                                    get_interface};
  return major == WEFT_ABI_MAJOR && minor >= WEFT_ABI_MINOR ? &table : NULL;
}
