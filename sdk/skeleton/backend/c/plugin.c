/* A backend for host memory with one kernel. `supports` refuses nodes without a kernel, and the core runs them on the
 * next backend of the list, so that kernels can be added one by one.
 *
 * To fill in:  1. a function for each kernel, and its row in `kernels`; begin with the slowest op, "matmul", which
 *                 reads parameters: `store_new` is given where to pull them from (weft/abi/params.h)
 *              2. PREFERENCE in CMakeLists.txt, once it is faster than the cpu as a whole (docs/plugins.md)
 * docs/reference/ops.md, installed in share/doc/weft, says what each op means. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft/abi/backend.h"
#include "weft/abi/plugin.h"

typedef struct plugin {
  const weft_host* host;
  weft_backend table;
} plugin;

struct weft_device {
  const plugin* of;
};

struct weft_store {
  const plugin* of;
};

/* A value of a compiled graph. A dim below 0 stands for the size of symbol ~dim. */
typedef struct value {
  uint32_t rank;
  int64_t dims[WEFT_MAX_RANK];
} value;

/* A node with its kernel, which is called with the sizes of a run. */
typedef struct step {
  void (*kernel)(const weft_host* host, const float* x, float* y, uint64_t size);
  uint32_t in, out;
} step;

struct weft_exec {
  const plugin* of;
  uint32_t n_values, n_steps, n_symbols;
  value* values;
  step* steps;
  int64_t* most; /* of each symbol */
};

struct weft_instance {
  const weft_exec* exec;
  float** memory; /* of each value: what is bound to it, or what the instance has made for it */
  float** own;    /* what the instance has made */
};

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

static weft_status* out_of_memory(const weft_host* host) {
  return fail(host, WEFT_RESOURCE_EXHAUSTED, "out of memory");
}

static int is(weft_str s, const char* word) { return s.size == strlen(word) && memcmp(s.data, word, s.size) == 0; }

/* --- kernels --- */

typedef struct pair {
  const float* x;
  float* y;
} pair;

static void sigmoid_part(void* arg, uint64_t begin, uint64_t end, uint32_t worker) {
  const pair* p = (const pair*)arg;
  uint64_t i;
  (void)worker;
  for (i = begin; i < end; ++i) p->y[i] = 1 / (1 + expf(-p->x[i]));
}

/* y = 1 / (1 + exp(-x)). Tensors are dense and row-major. */
static void sigmoid(const weft_host* host, const float* x, float* y, uint64_t size) {
  const uint64_t least = 4096; /* elements that make a piece worth a thread */
  pair p;
  p.x = x, p.y = y;
  host->parallel_for(host->ctx, size, least, sigmoid_part, &p);
}

static const struct {
  const char* op;
  void (*run)(const weft_host* host, const float* x, float* y, uint64_t size);
} kernels[] = {{"sigmoid", sigmoid}};

/* The kernel of a node; NULL: there is none. */
static void (*kernel_of(const weft_graph* g, const weft_node* n))(const weft_host*, const float*, float*, uint64_t) {
  const weft_value* x;
  size_t i;
  if (n->version != 1 || n->body != 0 || n->n_in != 1 || n->in[0] == WEFT_NONE) return NULL;
  x = (const weft_value*)((const char*)g->values + (size_t)n->in[0] * g->value_stride);
  if (x->dtype != WEFT_F32 || (x->kind != WEFT_INPUT && x->kind != WEFT_TEMP) || x->index != WEFT_NONE) return NULL;
  for (i = 0; i < sizeof kernels / sizeof *kernels; ++i) {
    if (is(g->op_names[n->op], kernels[i].op)) return kernels[i].run;
  }
  return NULL;
}

static const weft_node* node_of(const weft_graph* g, uint32_t i) {
  return (const weft_node*)((const char*)g->nodes + (size_t)i * g->node_stride);
}

/* --- device and store --- */

static uint32_t device_count(void* self) { return (void)self, 1; }

static weft_status* device_info(void* self, uint32_t i, weft_device_info* out) {
  if (i != 0) return fail(((plugin*)self)->host, WEFT_NOT_FOUND, "@NAME@ has one device");
  out->name = text("@NAME@"), out->description = text("what weft devices says of it");
  out->kind = WEFT_DEVICE_CPU, out->caps = WEFT_CAP_HOST_POINTERS;
  return NULL;
}

/* Options, of which none is known here. */
static weft_status* refuse_options(const weft_host* host, const weft_options* options) {
  if (options == NULL || options->n_attr == 0) return NULL;
  return fail(host, WEFT_INVALID_ARGUMENT, "option %.*s is not known", (int)options->attr->key.size,
              options->attr->key.data);
}

static weft_status* device_open(void* self, uint32_t i, weft_str variant, const weft_options* options,
                                weft_device** out) {
  const plugin* p = (const plugin*)self;
  weft_status* failed = refuse_options(p->host, options);
  if (failed != NULL) return failed;
  if (i != 0 || variant.size > 0) return fail(p->host, WEFT_NOT_FOUND, "@NAME@ has one device, without variants");
  *out = (weft_device*)malloc(sizeof **out);
  if (*out == NULL) return out_of_memory(p->host);
  (*out)->of = p;
  return NULL;
}

static void device_close(weft_device* d) { free(d); }

static weft_status* supports(weft_device* d, const weft_graph* g, uint8_t* verdicts, const weft_reasons* reasons) {
  uint32_t i;
  (void)d;
  for (i = 0; i < g->n_nodes; ++i) {
    verdicts[i] = kernel_of(g, node_of(g, i)) != NULL;
    if (!verdicts[i] && reasons != NULL) reasons->add(reasons->ctx, i, text("there is no kernel for it"));
  }
  return NULL;
}

/* The entries of a block lie one behind the other, dense and row-major. */
static weft_status* state_layout(weft_device* d, const weft_state* s, uint32_t block_tokens, weft_state_layout* out) {
  const weft_host* host = d->of->host;
  const weft_dtype* dtype = host->dtype_info(host->ctx, s->dtype);
  const uint64_t most = (uint64_t)1 << 40; /* bytes that the host takes */
  uint64_t bytes;
  uint32_t i;
  if (dtype == NULL || dtype->n_planes != 1 || dtype->plane[0].rows != 1 || dtype->plane[0].cols != 1)
    return fail(host, WEFT_UNIMPLEMENTED, "@NAME@ keeps no states of dtype %u", (unsigned)s->dtype);
  bytes = (uint64_t)block_tokens * dtype->plane[0].bytes;
  for (i = 0; i < s->rank; ++i) {
    const uint64_t dim = (uint64_t)s->dims[i];
    if (dim > 0 && bytes > most / dim)
      return fail(host, WEFT_RESOURCE_EXHAUSTED, "a block of state %.*s is too large", (int)s->name.size, s->name.data);
    bytes *= dim;
  }
  out->block_bytes = bytes, out->align = 64;
  return NULL;
}

static weft_status* store_new(weft_device* d, const weft_params* params, const weft_numerics* numerics,
                              const weft_options* options, weft_store** out) {
  weft_status* failed = refuse_options(d->of->host, options);
  (void)params, (void)numerics; /* no kernel reads parameters */
  if (failed != NULL) return failed;
  *out = (weft_store*)malloc(sizeof **out);
  if (*out == NULL) return out_of_memory(d->of->host);
  (*out)->of = d->of;
  return NULL;
}

static void store_free(weft_store* s) { free(s); }

/* --- compiled graphs --- */

static void exec_free(weft_exec* e) { free(e->values), free(e->steps), free(e->most), free(e); }

static weft_status* compile(weft_store* s, const weft_graph* g, const weft_options* options, weft_exec** out) {
  const weft_host* host = s->of->host;
  weft_status* failed = refuse_options(host, options);
  weft_exec* e;
  uint32_t i;
  if (failed != NULL) return failed;
  e = (weft_exec*)calloc(1, sizeof *e);
  if (e == NULL) return out_of_memory(host);
  e->of = s->of, e->n_values = g->n_values, e->n_steps = g->n_nodes, e->n_symbols = g->n_symbols;
  e->values = (value*)calloc((size_t)g->n_values + 1, sizeof *e->values);
  e->steps = (step*)calloc((size_t)g->n_nodes + 1, sizeof *e->steps);
  e->most = (int64_t*)calloc((size_t)g->n_symbols + 1, sizeof *e->most);
  if (e->values == NULL || e->steps == NULL || e->most == NULL) return exec_free(e), out_of_memory(host);
  for (i = 0; i < g->n_values; ++i) {
    const weft_value* v = (const weft_value*)((const char*)g->values + (size_t)i * g->value_stride);
    e->values[i].rank = v->rank;
    if (v->rank > 0) memcpy(e->values[i].dims, v->dims, v->rank * sizeof *v->dims);
  }
  for (i = 0; i < g->n_symbols; ++i)
    e->most[i] = ((const weft_symbol*)((const char*)g->symbols + (size_t)i * g->symbol_stride))->max;
  for (i = 0; i < g->n_nodes; ++i) {
    const weft_node* n = node_of(g, i);
    e->steps[i].kernel = kernel_of(g, n);
    if (e->steps[i].kernel == NULL)
      return exec_free(e), fail(host, WEFT_INVALID_ARGUMENT, "@NAME@ was given a node that it does not support");
    e->steps[i].in = n->in[0], e->steps[i].out = n->out[0];
  }
  *out = e;
  return NULL;
}

/* How many elements a value has where the symbols have these sizes. */
static uint64_t size_of(const value* v, const int64_t* sizes) {
  uint64_t size = 1;
  uint32_t i;
  for (i = 0; i < v->rank; ++i) size *= (uint64_t)(v->dims[i] >= 0 ? v->dims[i] : sizes[~v->dims[i]]);
  return size;
}

static void instance_free(weft_instance* in) {
  uint32_t i;
  for (i = 0; in->own != NULL && i < in->exec->n_values; ++i) free(in->own[i]);
  free(in->memory), free(in->own), free(in);
}

static void bind(weft_instance* in, const weft_binding* bindings, uint32_t n, uint32_t stride) {
  uint32_t i;
  for (i = 0; i < n; ++i) {
    const weft_binding* b = (const weft_binding*)((const char*)bindings + (size_t)i * stride);
    if (b->value < in->exec->n_values) in->memory[b->value] = (float*)(void*)((char*)b->host + b->offset);
  }
}

static weft_status* instance_new(weft_exec* e, weft_timeline* timeline, const weft_binding* bindings, uint32_t n,
                                 uint32_t stride, const weft_options* options, weft_instance** out) {
  const weft_host* host = e->of->host;
  weft_status* failed = refuse_options(host, options);
  weft_instance* in;
  uint32_t i;
  (void)timeline; /* NULL: every call returns when its work is done */
  if (failed != NULL) return failed;
  in = (weft_instance*)calloc(1, sizeof *in);
  if (in == NULL) return out_of_memory(host);
  in->exec = e;
  in->memory = (float**)calloc((size_t)e->n_values + 1, sizeof *in->memory);
  in->own = (float**)calloc((size_t)e->n_values + 1, sizeof *in->own);
  if (in->memory == NULL || in->own == NULL) return instance_free(in), out_of_memory(host);
  bind(in, bindings, n, stride);
  for (i = 0; i < e->n_steps; ++i) { /* what no caller sees lies in memory of its own */
    const uint32_t v = e->steps[i].out;
    if (in->memory[v] != NULL) continue;
    in->memory[v] = in->own[v] = (float*)calloc(size_of(&e->values[v], e->most) + 1, sizeof(float));
    if (in->own[v] == NULL) return instance_free(in), out_of_memory(host);
  }
  *out = in;
  return NULL;
}

static weft_status* execute(weft_instance* in, const weft_submit* submit) {
  const weft_exec* e = in->exec;
  weft_status* failed = WEFT_HAS(submit, weft_submit, options) ? refuse_options(e->of->host, submit->options) : NULL;
  uint32_t i;
  if (failed != NULL) return failed;
  bind(in, submit->bindings, submit->n_bindings, submit->binding_stride);
  for (i = 0; i < e->n_steps; ++i) {
    const step* s = &e->steps[i];
    s->kernel(e->of->host, in->memory[s->in], in->memory[s->out], size_of(&e->values[s->out], submit->sizes));
  }
  return NULL;
}

/* --- the plugin --- */

static weft_status* init(const weft_host* host, const weft_json* options, void** self) {
  plugin* p;
  if (options->size(options->root) > 0) {
    const weft_str key = options->key(options->root, 0);
    return fail(host, WEFT_INVALID_ARGUMENT, "option %.*s is not known: there are none", (int)key.size, key.data);
  }
  p = (plugin*)calloc(1, sizeof *p);
  if (p == NULL) return out_of_memory(host);
  p->host = host;
  p->table.hdr.struct_size = sizeof p->table;
  p->table.self = p;
  p->table.name = text("@NAME@"); /* --backend @NAME@ */
  p->table.device_count = device_count, p->table.device_info = device_info;
  p->table.device_open = device_open, p->table.device_close = device_close;
  p->table.supports = supports, p->table.state_layout = state_layout;
  p->table.store_new = store_new, p->table.store_free = store_free;
  p->table.compile = compile, p->table.exec_free = exec_free;
  p->table.instance_new = instance_new, p->table.instance_free = instance_free, p->table.execute = execute;
  *self = p;
  return NULL;
}

static void shut_down(void* self) { free(self); }

static const void* get_interface(void* self, weft_str id, uint32_t n) {
  return is(id, WEFT_BACKEND_INTERFACE) && n == 0 ? &((plugin*)self)->table : NULL;
}

#define TEXT(s) {s, sizeof(s) - 1}

__attribute__((visibility("default"))) const weft_plugin* weft_plugin_query_v1(uint32_t major, uint32_t minor) {
  static const weft_plugin table = {{sizeof(weft_plugin), 0}, WEFT_ABI_MAJOR,   WEFT_ABI_MINOR, TEXT("@ID@"),
                                    TEXT("0.1.0"),            TEXT("@VENDOR@"), init,           shut_down,
                                    get_interface};
  return major == WEFT_ABI_MAJOR && minor >= WEFT_ABI_MINOR ? &table : NULL;
}
