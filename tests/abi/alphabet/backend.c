/* A backend of host memory with one kernel: it takes one `sigmoid` of a graph, and leaves the rest to others. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alphabet.h"

struct weft_device {
  const alphabet* plugin;
};
struct weft_store {
  const alphabet* plugin;
};
struct weft_exec {
  const alphabet* plugin;
  uint32_t in, out; /* values */
  uint32_t rank;
  int64_t dims[WEFT_MAX_RANK]; /* of both */
};
struct weft_instance {
  const weft_exec* exec;
  const float* in;
  float* out;
};

static const weft_node* node_at(const weft_graph* g, uint32_t i) {
  return (const weft_node*)((const char*)g->nodes + (size_t)i * g->node_stride);
}

static uint32_t device_count(void* p) { return p != NULL; }

static weft_status* device_info(void* p, uint32_t i, weft_device_info* out) {
  (void)p, (void)i;
  out->name = str("the alphabet's"), out->description = str("one kernel");
  out->kind = WEFT_DEVICE_OTHER, out->caps = WEFT_CAP_HOST_POINTERS;
  return NULL;
}

static weft_status* device_open(void* p, uint32_t i, weft_str variant, const weft_options* options,
                                weft_device** out) {
  const alphabet* self = p;
  weft_device* d;
  (void)i;
  if (variant.size > 0) return fail(self, WEFT_INVALID_ARGUMENT, "alphabet: the device has no variants");
  if (options != NULL && options->n_attr > 0) {
    return fail(self, WEFT_INVALID_ARGUMENT, "alphabet: the device has no options");
  }
  d = calloc(1, sizeof *d);
  if (d == NULL) return fail(self, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  d->plugin = self;
  *out = d;
  return NULL;
}

static void device_close(weft_device* d) { free(d); }

static weft_status* supports(weft_device* d, const weft_graph* g, uint8_t* verdicts, const weft_reasons* reasons) {
  uint32_t i;
  int taken = 0;
  (void)d;
  for (i = 0; i < g->n_nodes; ++i) {
    const weft_node* n = node_at(g, i);
    verdicts[i] = !taken && n->body == 0 && n->version == 1 && same(g->op_names[n->op], "sigmoid");
    taken = taken || verdicts[i];
    if (!verdicts[i] && reasons != NULL) reasons->add(reasons->ctx, i, str("takes one sigmoid and nothing else"));
  }
  return NULL;
}

static weft_status* state_layout(weft_device* d, const weft_state* s, uint32_t tokens, weft_state_layout* out) {
  (void)s, (void)tokens, (void)out;
  return fail(d->plugin, WEFT_UNIMPLEMENTED, "alphabet: sigmoid has no states");
}

static weft_status* store_new(weft_device* d, const weft_params* params, const weft_numerics* numerics,
                              const weft_options* options, weft_store** out) {
  weft_store* s = calloc(1, sizeof *s);
  (void)params, (void)numerics, (void)options;
  if (s == NULL) return fail(d->plugin, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  s->plugin = d->plugin;
  *out = s;
  return NULL;
}

static void store_free(weft_store* s) { free(s); }

static weft_status* compile(weft_store* s, const weft_graph* g, const weft_options* options, weft_exec** out) {
  const weft_node* n = node_at(g, 0);
  const weft_value* v;
  weft_exec* e;
  (void)options;
  if (g->n_nodes != 1 || !same(g->op_names[n->op], "sigmoid")) {
    return fail(s->plugin, WEFT_UNIMPLEMENTED, "alphabet: the graph is not one sigmoid");
  }
  v = (const weft_value*)((const char*)g->values + (size_t)n->out[0] * g->value_stride);
  e = calloc(1, sizeof *e);
  if (e == NULL) return fail(s->plugin, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  e->plugin = s->plugin;
  e->in = n->in[0], e->out = n->out[0], e->rank = v->rank;
  memcpy(e->dims, v->dims, v->rank * sizeof v->dims[0]);
  *out = e;
  return NULL;
}

static void exec_free(weft_exec* e) { free(e); }

static void bind(weft_instance* x, const weft_binding* all, uint32_t n, uint32_t stride) {
  uint32_t i;
  for (i = 0; i < n; ++i) {
    const weft_binding* b = (const weft_binding*)((const char*)all + (size_t)i * stride);
    void* at = (char*)b->host + b->offset;
    if (b->value == x->exec->in) x->in = at;
    if (b->value == x->exec->out) x->out = at;
  }
}

static weft_status* instance_new(weft_exec* e, weft_timeline* timeline, const weft_binding* bindings, uint32_t n,
                                 uint32_t stride, const weft_options* options, weft_instance** out) {
  weft_instance* x = calloc(1, sizeof *x);
  (void)timeline, (void)options;
  if (x == NULL) return fail(e->plugin, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  x->exec = e;
  bind(x, bindings, n, stride);
  *out = x;
  return NULL;
}

static void instance_free(weft_instance* x) { free(x); }

static weft_status* execute(weft_instance* x, const weft_submit* s) {
  int64_t n = 1, i;
  uint32_t d;
  if (s->bindings != NULL) bind(x, s->bindings, s->n_bindings, s->binding_stride);
  if (x->in == NULL || x->out == NULL) return fail(x->exec->plugin, WEFT_FAILED_PRECONDITION, "alphabet: not bound");
  for (d = 0; d < x->exec->rank; ++d) n *= x->exec->dims[d] >= 0 ? x->exec->dims[d] : s->sizes[~x->exec->dims[d]];
  for (i = 0; i < n; ++i) x->out[i] = (float)(1 / (1 + exp(-x->in[i])));
  return NULL;
}

void add_backend(alphabet* self) {
  weft_backend* t = &self->backend;
  t->hdr.struct_size = WEFT_END(weft_backend, estimate);
  t->self = self;
  t->name = str(ALPHABET);
  t->device_count = device_count, t->device_info = device_info;
  t->device_open = device_open, t->device_close = device_close;
  t->supports = supports, t->state_layout = state_layout;
  t->store_new = store_new, t->store_free = store_free;
  t->compile = compile, t->exec_free = exec_free;
  t->instance_new = instance_new, t->instance_free = instance_free, t->execute = execute;
}
