/* A family: a blueprint (the graph that a config describes) and a converter (which tensors of a checkpoint the
 * parameters are). This model looks at single tokens: logits = embed[token] head^T, where head is embed.
 *
 * To fill in:  1. `open_model`: the config's keys, of which what is not implemented is refused by name
 *              2. `build`: the graph, node by node; docs/reference/ops.md, installed in share/doc/weft, lists the ops
 *              3. `plan`: what the tensors of the checkpoint are called
 * The blocks of the SDK (weft/blocks: attention, rope, decoders) are C++. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft/abi/architecture.h"
#include "weft/abi/converter.h"
#include "weft/abi/plugin.h"

typedef struct plugin {
  const weft_host* host;
  weft_architecture blueprint;
  weft_converter converter;
} plugin;

typedef struct model {
  int64_t vocab, width, context;
} model;

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

/* A whole number of the config, from 1 to 2^31 - 1. */
static weft_status* read_size(const weft_host* host, const weft_json* config, const char* key, int64_t* out) {
  const weft_json_node* value = config->member(config->root, text(key));
  *out = config->type(value) == WEFT_JSON_INT ? config->integer(value) : 0;
  if (*out >= 1 && *out <= INT32_MAX) return NULL;
  return fail(host, WEFT_INVALID_ARGUMENT, "@NAME@: config %s is no whole number from 1 to 2147483647", key);
}

/* Tells of a key of config.json that is not read: another value of it might ask for another model. */
static void warn_of_key(const weft_host* host, weft_str key) {
  char message[256];
  snprintf(message, sizeof message, "config key not known, ignored: %.*s", (int)key.size, key.data);
  host->log(host->ctx, WEFT_LOG_WARN, text("@NAME@"), text(message));
}

static weft_status* open_model(void* self, const weft_json* config, int64_t context, void** out) {
  const weft_host* host = ((plugin*)self)->host;
  model read, *m;
  uint64_t i;
  weft_status* failed = read_size(host, config, "vocab_size", &read.vocab);
  if (failed == NULL) failed = read_size(host, config, "hidden_size", &read.width);
  if (failed == NULL) failed = read_size(host, config, "max_position_embeddings", &read.context);
  if (failed != NULL) return failed;
  (void)context; /* of use to blueprints whose graph depends on how long sequences get */
  m = (model*)malloc(sizeof *m);
  if (m == NULL) return fail(host, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  for (i = 0; i < config->size(config->root); ++i) {
    const weft_str key = config->key(config->root, i);
    if (!is(key, "model_type") && !is(key, "vocab_size") && !is(key, "hidden_size") &&
        !is(key, "max_position_embeddings"))
      warn_of_key(host, key);
  }
  *m = read;
  *out = m;
  return NULL;
}

static void close_model(void* m) { free(m); }

#define TEXT(s) {s, sizeof(s) - 1}

static weft_status* info(void* opened, weft_model_info* out) {
  static const weft_graph_info step = {{sizeof step, 0}, TEXT("step"), TEXT(WEFT_ROLE_PREDICT_TOKENS), 0, 0};
  const model* m = (const model*)opened;
  out->vocab_size = m->vocab, out->max_context = m->context;
  out->n_graphs = 1, out->graph_stride = sizeof step, out->graphs = &step;
  return NULL;
}

/* The symbol of this name, as a dim. */
static weft_status* symbol(const weft_builder* b, const char* name, int64_t* dim) {
  weft_symbol definition;
  uint32_t id = 0;
  weft_status* failed;
  memset(&definition, 0, sizeof definition);
  definition.hdr.struct_size = sizeof definition;
  definition.name = text(name);
  failed = b->symbol(b->ctx, &definition, &id);
  *dim = ~(int64_t)id;
  return failed;
}

/* A node of a primitive with two inputs, and with attribute `key` where that is not NULL. */
static weft_status* node(const weft_builder* b, const char* op, uint32_t x, uint32_t y, const char* key, int64_t value,
                         uint32_t* out) {
  uint32_t in[2];
  weft_attr attr;
  in[0] = x, in[1] = y;
  memset(&attr, 0, sizeof attr);
  attr.hdr.struct_size = sizeof attr;
  attr.type = WEFT_ATTR_I64, attr.count = 1, attr.data = &value;
  if (key != NULL) attr.key = text(key);
  return b->node(b->ctx, text(op), 1, in, 2, &attr, key != NULL, sizeof attr, 0, 1, out);
}

/* One step: T new tokens of all sequences on one axis, and the logits of the R wanted rows. */
static weft_status* build(void* opened, weft_str graph, const weft_builder* b) {
  const model* m = (const model*)opened;
  int64_t T, R, dims[2];
  uint32_t tokens, rows, embed, x, logits;
  weft_status* failed;
  (void)graph; /* there is one: "step" */
  if ((failed = symbol(b, "T", &T)) != NULL || (failed = symbol(b, "R", &R)) != NULL) return failed;
  if ((failed = b->input(b->ctx, text("tokens"), WEFT_I32, 1, &T, &tokens)) != NULL) return failed;
  if ((failed = b->input(b->ctx, text("rows"), WEFT_I32, 1, &R, &rows)) != NULL) return failed;
  dims[0] = m->vocab, dims[1] = m->width;
  if ((failed = b->param(b->ctx, text("embed.weight"), 2, dims, &embed)) != NULL) return failed;
  if ((failed = node(b, "gather", embed, tokens, NULL, 0, &x)) != NULL) return failed; /* [T, width] */
  /* Layers go here. */
  if ((failed = node(b, "gather", x, rows, NULL, 0, &x)) != NULL) return failed;          /* [R, width] */
  if ((failed = node(b, "matmul", x, embed, "tb", 1, &logits)) != NULL) return failed;    /* [R, vocab] */
  return b->output(b->ctx, text("logits"), logits);
}

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

static weft_status* identify(void* self, const weft_checkpoint* c, const weft_string_sink* architecture,
                             const weft_string_sink* config) {
  (void)self, (void)c;
  architecture->set(architecture->ctx, text("@NAME@"));
  config->set(config->ctx, text("")); /* the checkpoint's config.json as it is */
  return NULL;
}

/* Every parameter is mapped once; every tensor of the checkpoint is used, or ignored with a reason. */
static weft_status* plan(void* self, const weft_checkpoint* c, const weft_json* config, const weft_param_info* params,
                         uint32_t n, uint32_t stride, const weft_plan* sink) {
  weft_status* failed = NULL;
  weft_xnode stored;
  uint32_t i;
  (void)config, (void)params, (void)n, (void)stride;
  memset(&stored, 0, sizeof stored);
  stored.hdr.struct_size = sizeof stored;
  stored.op = WEFT_X_STORED;
  stored.stored = c->find(c->ctx, text("model.embed_tokens.weight"));
  if (stored.stored == WEFT_NONE)
    return fail(((plugin*)self)->host, WEFT_INVALID_ARGUMENT, "the checkpoint has no model.embed_tokens.weight");
  failed = sink->map(sink->ctx, text("embed.weight"), &stored, 1, sizeof stored);
  for (i = 0; i < c->n_tensors && failed == NULL; ++i) {
    if (i != stored.stored) failed = sink->ignore(sink->ctx, i, text("the blueprint has no layers so far"));
  }
  return failed;
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
  p->blueprint.hdr.struct_size = sizeof p->blueprint, p->converter.hdr.struct_size = sizeof p->converter;
  p->blueprint.self = p->converter.self = p;
  p->blueprint.id = text("@NAME@"), p->converter.id = text("@NAME@.hf");
  p->blueprint.open = open_model, p->blueprint.close = close_model;
  p->blueprint.info = info, p->blueprint.build = build;
  p->converter.probe = probe, p->converter.identify = identify, p->converter.plan = plan;
  *self = p;
  return NULL;
}

static void shut_down(void* self) { free(self); }

static const void* get_interface(void* self, weft_str id, uint32_t n) {
  plugin* p = (plugin*)self;
  if (n == 0 && is(id, WEFT_ARCHITECTURE_INTERFACE)) return &p->blueprint;
  return n == 0 && is(id, WEFT_CONVERTER_INTERFACE) ? &p->converter : NULL;
}

__attribute__((visibility("default"))) const weft_plugin* weft_plugin_query_v1(uint32_t major, uint32_t minor) {
  static const weft_plugin table = {{sizeof(weft_plugin), 0}, WEFT_ABI_MAJOR,   WEFT_ABI_MINOR, TEXT("@ID@"),
                                    TEXT("0.1.0"),            TEXT("@VENDOR@"), init,           shut_down,
                                    get_interface};
  return major == WEFT_ABI_MAJOR && minor >= WEFT_ABI_MINOR ? &table : NULL;
}
