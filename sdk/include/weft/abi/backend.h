/* weft.backend: compiles whole graphs for a device and runs them, one call a step. The core calls in this order:
 * device_open once for each model; supports; store_new; compile for each graph, or part of one, that the device is
 * given; state_layout and instance_new for each session; execute for each step. Objects are freed in the reverse
 * order. */
#ifndef WEFT_ABI_BACKEND_H
#define WEFT_ABI_BACKEND_H

#include "weft/abi/graph.h"
#include "weft/abi/params.h"

#define WEFT_BACKEND_INTERFACE "weft.backend/0"

typedef struct weft_device weft_device;
typedef struct weft_buffer weft_buffer;
typedef struct weft_store weft_store;       /* the weights of one model on one device */
typedef struct weft_exec weft_exec;         /* a compiled graph; immutable, shared by all sessions */
typedef struct weft_instance weft_instance; /* the bindings and scratch memory of one session */

enum { WEFT_DEVICE_CPU = 1, WEFT_DEVICE_GPU = 2, WEFT_DEVICE_OTHER = 3 };
enum { WEFT_CAP_HOST_POINTERS = 1 }; /* bindings are host pointers, and the buffer functions may be NULL */

typedef struct weft_device_info {
  weft_hdr hdr;
  weft_str name, description;
  uint32_t kind, caps;
  uint64_t mem_total, mem_free, buffer_align;
} weft_device_info;

/* The size of one block of a state, which holds `block_tokens` entries. It depends on device and state alone, so that
 * all executables agree and the core can move blocks as bytes. */
typedef struct weft_state_layout {
  weft_hdr hdr;
  uint64_t block_bytes, align;
} weft_state_layout;

/* The memory of one value: an INPUT, an output (a value id in graph.outputs) or a STATE. i32 inputs are always host
 * pointers. The memory suffices for the symbols' maxima. Block i of a state starts at offset + i * block_stride. */
typedef struct weft_binding {
  weft_hdr hdr;
  uint32_t value, reserved;
  weft_buffer* buffer; /* NULL: the memory is at `host` */
  void* host;
  uint64_t offset, bytes, block_stride;
} weft_binding;

typedef struct weft_submit {
  weft_hdr hdr;
  const int64_t* sizes; /* the actual size of each symbol of the graph, derived symbols included */
  uint32_t n_sizes, reserved;
} weft_submit;

typedef struct weft_backend {
  weft_hdr hdr;
  void* self;
  weft_str name; /* the name that --backend takes: "reference" */
  /* --- required --------------------------------------------------------------------------- */
  uint32_t (*device_count)(void* self);                                           /* [any-thread] */
  /* `variant` is what the user wrote behind the colon of --backend; empty: nothing. */
  weft_status* (*device_open)(void* self, uint32_t i, weft_str variant, weft_device** out);
  void (*device_close)(weft_device*); /* called after all that came from the device is freed */
  weft_status* (*device_info)(weft_device*, weft_device_info* out); /* [any-thread] */
  /* Writes one verdict for each node: 0 cannot run it, 1 can, 2 can and is fast (today the core treats 2 as 1). A
   * verdict never depends on the dtype that a parameter is stored as. [any-thread] */
  weft_status* (*supports)(weft_device*, const weft_graph*, uint8_t* verdicts);
  weft_status* (*state_layout)(weft_device*, const weft_state*, uint32_t block_tokens,
                               weft_state_layout* out); /* [any-thread] */
  /* Makes an empty store: parameters are pulled later, when graphs need them. `params` outlives the store. */
  weft_status* (*store_new)(weft_device*, const weft_params*, const weft_numerics*,
                            weft_store** out);
  void (*store_free)(weft_store*);
  weft_status* (*compile)(weft_device*, weft_store*, const weft_graph*, weft_exec** out);
  void (*exec_free)(weft_exec*); /* called after its instances are freed */
  weft_status* (*instance_new)(weft_exec*, const weft_binding*, uint32_t n, uint32_t stride,
                               weft_instance** out); /* [any-thread] */
  void (*instance_free)(weft_instance*);
  weft_status* (*execute)(weft_instance*, const weft_submit*); /* runs one step; [one thread per instance] */
  /* --- required unless WEFT_CAP_HOST_POINTERS ---------------------------------------------- */
  weft_status* (*buffer_new)(weft_device*, uint64_t bytes, weft_buffer** out);
  void (*buffer_free)(weft_buffer*);
  weft_status* (*buffer_write)(weft_buffer*, uint64_t offset, const void* src, uint64_t bytes);
  weft_status* (*buffer_read)(weft_buffer*, uint64_t offset, void* dst, uint64_t bytes);
} weft_backend;

#endif
