/* logits [R, tokens] = sigmoid(embed[token of each row]) next'. The checkpoint has `next` transposed. */
#include <stdlib.h>
#include <string.h>

#include "alphabet.h"

/* --- blueprint -------------------------------------------------------------------------------- */

typedef struct model {
  const alphabet* plugin;
  int64_t tokens;
  weft_graph_info graph;
} model;

static weft_status* open_model(void* p, const weft_json* config, int64_t context, void** out) {
  const alphabet* self = p;
  const weft_json_node* tokens = config->member(config->root, str("tokens"));
  model* m;
  (void)context;
  if (config->type(tokens) != WEFT_JSON_INT || config->integer(tokens) != TOKENS) {
    return fail(self, WEFT_INVALID_ARGUMENT, "alphabet: config tokens is not 8");
  }
  m = calloc(1, sizeof *m);
  if (m == NULL) return fail(self, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  m->plugin = self;
  m->tokens = config->integer(tokens);
  m->graph.hdr.struct_size = WEFT_END(weft_graph_info, reserved);
  m->graph.name = str("step"), m->graph.role = str(WEFT_ROLE_PREDICT_TOKENS);
  *out = m;
  return NULL;
}

static void close_model(void* p) { free(p); }

static weft_status* info(void* p, weft_model_info* out) {
  model* m = p;
  out->vocab_size = m->tokens, out->max_context = 64;
  out->n_graphs = 1, out->graph_stride = sizeof m->graph, out->graphs = &m->graph;
  out->start_token = -1;
  return NULL;
}

static weft_status* symbol(const weft_builder* b, const char* name, uint32_t* out) {
  weft_symbol s;
  memset(&s, 0, sizeof s);
  s.hdr.struct_size = WEFT_END(weft_symbol, k);
  s.name = str(name);
  s.op = WEFT_SYM_FREE;
  return b->symbol(b->ctx, &s, out);
}

/* An i32 input with an entry for each of what `name_of_symbol` counts. */
static weft_status* input(const weft_builder* b, const char* name, const char* name_of_symbol, uint32_t* out) {
  uint32_t id;
  int64_t dim;
  weft_status* failed = symbol(b, name_of_symbol, &id);
  if (failed != NULL) return failed;
  dim = ~(int64_t)id;
  return b->input(b->ctx, str(name), WEFT_I32, 1, &dim, out);
}

static weft_status* node(const weft_builder* b, const char* op, const uint32_t* in, uint32_t n_in, const char* key,
                         uint32_t* out) {
  static const int64_t one = 1;
  weft_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.hdr.struct_size = WEFT_END(weft_attr, data);
  attr.type = WEFT_ATTR_I64, attr.count = 1, attr.data = &one;
  if (key != NULL) attr.key = str(key);
  return b->node(b->ctx, str(op), 1, in, n_in, key != NULL ? &attr : NULL, key != NULL ? 1 : 0, sizeof attr, 0, 1, out);
}

static weft_status* build(void* p, weft_str graph, const weft_builder* b) {
  const model* m = p;
  const int64_t dims[2] = {m->tokens, m->tokens};
  uint32_t in[2], x;
  weft_status* failed;
  if (!same(graph, "step")) return fail(m->plugin, WEFT_NOT_FOUND, "alphabet: its one graph is \"step\"");
  failed = b->param(b->ctx, str("embed"), 2, dims, &in[0]);
  if (failed == NULL) failed = input(b, "tokens", "T", &in[1]);
  if (failed == NULL) failed = node(b, "gather", in, 2, NULL, &in[0]); /* [T, tokens] */
  if (failed == NULL) failed = input(b, "rows", "R", &in[1]);
  if (failed == NULL) failed = node(b, "gather", in, 2, NULL, &x); /* [R, tokens] */
  if (failed == NULL) failed = node(b, "sigmoid", &x, 1, NULL, &in[0]);
  if (failed == NULL) failed = b->param(b->ctx, str("next"), 2, dims, &in[1]);
  if (failed == NULL) failed = node(b, "matmul", in, 2, "tb", &x);
  return failed != NULL ? failed : b->output(b->ctx, str("logits"), x);
}

/* --- converter -------------------------------------------------------------------------------- */

static weft_status* probe(void* p, const weft_checkpoint* c, uint32_t* score) {
  (void)p;
  *score = same(c->format, ALPHABET) ? 100 : 0;
  return NULL;
}

static weft_status* identify(void* p, const weft_checkpoint* c, const weft_string_sink* architecture,
                             const weft_string_sink* config) {
  const weft_json_node* inside = c->metadata->member(c->metadata->root, str("alphabet"));
  if (c->metadata->integer(c->metadata->member(inside, str("tokens"))) != TOKENS) {
    return fail(p, WEFT_INVALID_ARGUMENT, "alphabet: metadata alphabet.tokens is not 8");
  }
  architecture->set(architecture->ctx, str(ALPHABET));
  config->set(config->ctx, str("{\"tokens\": 8}"));
  return NULL;
}

static weft_status* plan(void* p, const weft_checkpoint* c, const weft_json* config, const weft_param_info* params,
                         uint32_t n, uint32_t stride, const weft_plan* out) {
  uint32_t i;
  (void)config;
  for (i = 0; i < n; ++i) {
    const weft_param_info* param = (const weft_param_info*)((const char*)params + (size_t)i * stride);
    weft_xnode x[2];
    weft_status* failed;
    memset(x, 0, sizeof x);
    x[0].hdr.struct_size = x[1].hdr.struct_size = WEFT_END(weft_xnode, scalar);
    x[0].op = WEFT_X_STORED, x[0].stored = c->find(c->ctx, param->name);
    x[1].op = WEFT_X_PERMUTE, x[1].n_in = 1, x[1].n_arg = 2, x[1].arg[0] = 1, x[1].arg[1] = 0;
    x[1].stored = WEFT_NONE;
    if (x[0].stored == WEFT_NONE) return fail(p, WEFT_NOT_FOUND, "alphabet: a parameter has no tensor");
    failed = out->map(out->ctx, param->name, x, same(param->name, "next") ? 2 : 1, sizeof x[0]);
    if (failed != NULL) return failed;
  }
  return NULL;
}

void add_family(alphabet* self) {
  weft_architecture* a = &self->architecture;
  weft_converter* c = &self->converter;
  a->hdr.struct_size = WEFT_END(weft_architecture, build);
  a->self = self;
  a->id = str(ALPHABET);
  a->open = open_model, a->close = close_model, a->info = info, a->build = build;
  c->hdr.struct_size = WEFT_END(weft_converter, plan);
  c->self = self;
  c->id = str(ALPHABET);
  c->probe = probe, c->identify = identify, c->plan = plan;
}
