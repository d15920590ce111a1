/* The one exported symbol of a plugin, and the services the host lends it. */
#ifndef WEFT_ABI_PLUGIN_H
#define WEFT_ABI_PLUGIN_H

#include "weft/abi/base.h"
#include "weft/abi/dtype.h"
#include "weft/abi/json.h"

enum { WEFT_LOG_DEBUG = 0, WEFT_LOG_INFO = 1, WEFT_LOG_WARN = 2, WEFT_LOG_ERROR = 3 };

/* Host services: all [any-thread], valid until shutdown has returned. */
typedef struct weft_host {
  weft_hdr hdr;
  uint32_t abi_major, abi_minor;
  void* ctx;
  weft_status* (*status_new)(void* ctx, weft_code code, weft_str message); /* never NULL */
  weft_code (*status_code)(const weft_status*);
  weft_str (*status_message)(const weft_status*);
  void (*status_free)(weft_status*); /* NULL allowed */
  void (*log)(void* ctx, uint32_t level, weft_str component, weft_str message);
  void* (*alloc)(void* ctx, uint64_t bytes, uint64_t align); /* NULL when out of memory */
  void (*free)(void* ctx, void* p, uint64_t bytes, uint64_t align);
  uint32_t (*worker_count)(void* ctx);
  /* fn(arg, begin, end, worker) over [0,n) in pieces of at least `grain`; worker < worker_count.
   * Returns when all are done. Nested calls run inline as worker of the caller. */
  void (*parallel_for)(void* ctx, uint64_t n, uint64_t grain,
                       void (*fn)(void* arg, uint64_t begin, uint64_t end, uint32_t worker),
                       void* arg);
  /* A gang: `size` ranks (1 <= size <= want, returned) run fn at once, the caller is rank 0.
   * Nested: inline, size 1. */
  uint32_t (*team_run)(void* ctx, uint32_t want, void (*fn)(void* arg, uint32_t rank, uint32_t size),
                       void* arg);
  /* Registers a copy of the descriptor. A name registered twice keeps the first (same layout) or
   * fails with ALREADY_EXISTS (another layout). */
  weft_status* (*dtype_register)(void* ctx, const weft_dtype* dtype, uint32_t* out_id);
  const weft_dtype* (*dtype_info)(void* ctx, uint32_t id);       /* NULL: unknown */
  uint32_t (*dtype_find)(void* ctx, weft_str name);              /* WEFT_NONE: unknown */
  const void* (*get_extension)(void* ctx, weft_str id);          /* NULL: not offered */
} weft_host;

/* Constant data of a plugin. */
typedef struct weft_plugin {
  weft_hdr hdr;
  uint32_t abi_major, abi_minor; /* built against */
  weft_str id, version, vendor;  /* id: "weft.reference", "com.acme.npu" */
  /* [main] once; options: the object of weft.json's plugins.options[id], or an absent root. */
  weft_status* (*init)(const weft_host* host, const weft_json* options, void** self);
  void (*shutdown)(void* self); /* [main] joins the plugin's threads; the library stays mapped */
  /* [any-thread] the n-th table of an interface ("weft.backend/0") or NULL. */
  const void* (*get_interface)(void* self, weft_str interface_id, uint32_t n);
} weft_plugin;

/* The only exported symbol. Pure, repeatable, no side effects; NULL: cannot serve this host. */
#define WEFT_PLUGIN_QUERY_SYMBOL "weft_plugin_query_v1"
typedef const weft_plugin* (*weft_plugin_query_fn)(uint32_t host_major, uint32_t host_minor);

#endif
