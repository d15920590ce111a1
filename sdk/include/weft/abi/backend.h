/* weft.backend: compiles whole graphs for a device and runs them, one call a step. */
#ifndef WEFT_ABI_BACKEND_H
#define WEFT_ABI_BACKEND_H

#include "weft/abi/graph.h"
#include "weft/abi/params.h"

#define WEFT_BACKEND_INTERFACE "weft.backend/0"

typedef struct weft_device weft_device;
typedef struct weft_buffer weft_buffer;
typedef struct weft_store weft_store;       /* weights of one model on one device */
typedef struct weft_exec weft_exec;         /* immutable, shared by all sessions */
typedef struct weft_instance weft_instance; /* bindings and scratch of one session */

enum { WEFT_DEVICE_CPU = 1, WEFT_DEVICE_GPU = 2, WEFT_DEVICE_OTHER = 3 };
enum { WEFT_CAP_HOST_POINTERS = 1 }; /* bindings are host pointers; buffer functions may be NULL */

typedef struct weft_device_info {
  weft_hdr hdr;
  weft_str name, description;
  uint32_t kind, caps;
  uint64_t mem_total, mem_free, buffer_align;
} weft_device_info;

/* Size of one block of `block_tokens` entries of a state. A pure function of device and state, so
 * that executables agree and the core can move blocks as bytes. */
typedef struct weft_state_layout {
  weft_hdr hdr;
  uint64_t block_bytes, align;
} weft_state_layout;

/* Memory of a value: an INPUT, an output (a value id in graph.outputs) or a STATE. i32 inputs are
 * always host pointers. Capacity is for the symbols' maxima. A state's block i starts at
 * offset + i * block_stride. */
typedef struct weft_binding {
  weft_hdr hdr;
  uint32_t value, reserved;
  weft_buffer* buffer; /* or NULL: host */
  void* host;
  uint64_t offset, bytes, block_stride;
} weft_binding;

typedef struct weft_submit {
  weft_hdr hdr;
  const int64_t* sizes; /* actual size of each symbol of the graph, derived ones included */
  uint32_t n_sizes, reserved;
} weft_submit;

typedef struct weft_backend {
  weft_hdr hdr;
  void* self;
  weft_str name; /* what --backend calls it: "reference" */
  /* --- required --------------------------------------------------------------------------- */
  uint32_t (*device_count)(void* self);                                           /* [any-thread] */
  weft_status* (*device_open)(void* self, uint32_t i, weft_str variant, weft_device** out);
  void (*device_close)(weft_device*); /* after all its children are freed */
  weft_status* (*device_info)(weft_device*, weft_device_info* out); /* [any-thread] */
  /* One verdict a node: 0 no, 1 yes, 2 yes and fast. Never depends on a parameter's stored dtype.
   * [any-thread] */
  weft_status* (*supports)(weft_device*, const weft_graph*, uint8_t* verdicts);
  weft_status* (*state_layout)(weft_device*, const weft_state*, uint32_t block_tokens,
                               weft_state_layout* out); /* [any-thread] */
  /* Pulls nothing. `params` outlives the store. */
  weft_status* (*store_new)(weft_device*, const weft_params*, const weft_numerics*,
                            weft_store** out);
  void (*store_free)(weft_store*);
  weft_status* (*compile)(weft_device*, weft_store*, const weft_graph*, weft_exec** out);
  void (*exec_free)(weft_exec*); /* after its instances */
  weft_status* (*instance_new)(weft_exec*, const weft_binding*, uint32_t n, uint32_t stride,
                               weft_instance** out); /* [any-thread] */
  void (*instance_free)(weft_instance*);
  weft_status* (*execute)(weft_instance*, const weft_submit*); /* [one thread per instance] */
  /* --- required unless WEFT_CAP_HOST_POINTERS ---------------------------------------------- */
  weft_status* (*buffer_new)(weft_device*, uint64_t bytes, weft_buffer** out);
  void (*buffer_free)(weft_buffer*);
  weft_status* (*buffer_write)(weft_buffer*, uint64_t offset, const void* src, uint64_t bytes);
  weft_status* (*buffer_read)(weft_buffer*, uint64_t offset, void* dst, uint64_t bytes);
} weft_backend;

#endif
