/* The one symbol that a plugin exports, and the services that the host lends to it.
 *
 * The core calls in this order:
 *   FIND     Nothing: the manifest beside the library says which interfaces are in it.
 *   OPEN     the query symbol; init, when one of the interfaces is asked for. A process may have several hosts: then
 *            the same library is asked and made ready for each, and `self` tells them apart.
 *   USE      get_interface, for n = 0, 1, ... until NULL, as often as the host likes and always with equal answers;
 *            functions of the tables.
 *   CLOSE    shutdown, when nothing that came from the plugin is used any more. The library stays mapped.
 *   FAILURE  of the query, of init or of a table: the plugin is refused with the reason, and others serve. */
#ifndef WEFT_ABI_PLUGIN_H
#define WEFT_ABI_PLUGIN_H

#include "weft/abi/base.h"
#include "weft/abi/dtype.h"
#include "weft/abi/json.h"

enum { WEFT_LOG_DEBUG = 0, WEFT_LOG_INFO = 1, WEFT_LOG_WARN = 2, WEFT_LOG_ERROR = 3 };

/* The host's services. All are [any-thread] and valid until shutdown has returned. */
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
  /* Calls fn(arg, begin, end, worker) over [0,n) in pieces of at least `grain`, with worker < worker_count, and returns
   * when all pieces are done. A nested call runs inline, as the worker of its caller. fn must not throw, here and in
   * team_run. */
  void (*parallel_for)(void* ctx, uint64_t n, uint64_t grain,
                       void (*fn)(void* arg, uint64_t begin, uint64_t end, uint32_t worker),
                       void* arg);
  /* Runs fn on a gang: `size` ranks (1 <= size <= want) run at the same time, the caller as rank 0. Returns size. A
   * nested call runs inline with size 1. */
  uint32_t (*team_run)(void* ctx, uint32_t want, void (*fn)(void* arg, uint32_t rank, uint32_t size),
                       void* arg);
  /* Registers a copy of the descriptor. When the name is known already, the first descriptor stays if the layouts are
   * equal; otherwise the call fails with ALREADY_EXISTS. */
  weft_status* (*dtype_register)(void* ctx, const weft_dtype* dtype, uint32_t* out_id);
  const weft_dtype* (*dtype_info)(void* ctx, uint32_t id);       /* NULL: unknown */
  uint32_t (*dtype_find)(void* ctx, weft_str name);              /* WEFT_NONE: unknown */
  const void* (*get_extension)(void* ctx, weft_str id);          /* NULL: not offered */
} weft_host;

/* What a plugin says of itself: constant data. */
typedef struct weft_plugin {
  weft_hdr hdr;
  uint32_t abi_major, abi_minor; /* the version that it needs: its major, and this minor or a later one */
  weft_str id, version, vendor;  /* id: "weft.reference", "com.acme.npu" */
  /* [main] Called once. options: the object plugins.options[id] of weft.json; the root is absent when there is none. */
  weft_status* (*init)(const weft_host* host, const weft_json* options, void** self); /* *self may stay NULL */
  void (*shutdown)(void* self); /* [main] joins the plugin's threads; its library stays mapped */
  /* [any-thread] The n-th table of an interface ("weft.backend/0"), or NULL. */
  const void* (*get_interface)(void* self, weft_str interface_id, uint32_t n);
} weft_plugin;

/* The plugin's only exported symbol. Pure: it may be called repeatedly and has no side effects. NULL: the plugin cannot
 * serve this host. */
#define WEFT_PLUGIN_QUERY_SYMBOL "weft_plugin_query_v1"
typedef const weft_plugin* (*weft_plugin_query_fn)(uint32_t host_major, uint32_t host_minor);

#endif
