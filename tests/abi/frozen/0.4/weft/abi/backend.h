/* weft.backend: compiles whole graphs for a device and runs them, one call a segment and step.
 *
 * A backend takes one of three steps; each adds functions, all of a step or none:
 *   1. Host memory: WEFT_CAP_HOST_POINTERS, every binding is a host pointer, every call returns when its work is done.
 *   2. Memory of its own: buffer_new, buffer_free and transfer; bindings are buffers.
 *   3. Time of its own, which wants step 2: timeline_new, timeline_free and timeline_wait; execute and transfer return
 *      at once, and their work is done later.
 *
 * The core calls in this order:
 *   LIST     device_count, device_info. Nothing is opened.
 *   LOAD     device_open, once for each device and variant, shared by all models; supports, store_new, compile for each
 *            part of a graph that the device is given. With step 2 the weights are on the device when compile returns.
 *   SESSION  state_layout; timeline_new; buffer_new for each state and each value that enters or leaves the device;
 *            instance_new for each compiled part.
 *   STEP     transfer (blocks that are copied, values that enter), execute, transfer (values that leave), then
 *            timeline_wait. A step counts when its last point is reached, never before: until then the blocks that it
 *            replaces stay as they are.
 *   FAILURE  of a call: nothing of that call is queued. The core waits for the last point that was accepted, and gives
 *            back what the step had reserved. A timeline whose work failed is freed with its instances, and made anew.
 *   LOST     any call may answer UNAVAILABLE: the device is gone. Frees and timeline_wait still answer, in bounded
 *            time.
 * Objects are freed in the reverse order; frees are never called with NULL. */
#ifndef WEFT_ABI_BACKEND_H
#define WEFT_ABI_BACKEND_H

#include "weft/abi/graph.h"
#include "weft/abi/params.h"

#define WEFT_BACKEND_INTERFACE "weft.backend/0"

typedef struct weft_device weft_device;
typedef struct weft_buffer weft_buffer;     /* memory of a device */
typedef struct weft_timeline weft_timeline; /* a session's line of work on a device: it counts up as work is done */
typedef struct weft_store weft_store;       /* the weights of one model on one device */
typedef struct weft_exec weft_exec;         /* a compiled graph; immutable, shared by all sessions */
typedef struct weft_instance weft_instance; /* the bindings and scratch memory of one session */

enum { WEFT_DEVICE_CPU = 1, WEFT_DEVICE_GPU = 2, WEFT_DEVICE_OTHER = 3 };
enum {
  WEFT_CAP_HOST_POINTERS = 1, /* step 1: bindings are host pointers */
  WEFT_CAP_BY_NAME = 2        /* the device is taken only when the user names it: a device in software */
};

typedef struct weft_device_info {
  weft_hdr hdr;
  weft_str name, description, driver; /* name: of the device ("NVIDIA L4"), a part of which --backend takes */
  uint32_t kind, caps;
  uint64_t mem_total, mem_free; /* bytes, now; 0: not known. Of a full device mem_free is 1 */
  uint64_t max_buffer;          /* the largest buffer that can be made and bound whole; 0: no limit */
  uint64_t align;               /* of a buffer's size and of a state's blocks, a power of two up to 4096; 0: 64 */
  uint8_t uuid[16];             /* of the physical device, the same in all backends; zeros: not known */
} weft_device_info;

enum {
  WEFT_MEMORY_DEVICE = 1, /* where ops run fastest; all that is bound lies here */
  WEFT_MEMORY_HOST = 2    /* of the host, reached by the device: for what is copied each step */
};

/* The size of one block of a state, which holds `block_tokens` entries. It depends on device and state alone, so that
 * all executables agree and the core can move blocks as bytes. */
typedef struct weft_state_layout {
  weft_hdr hdr;
  uint64_t block_bytes, align;
} weft_state_layout;

/* The memory of one value: an INPUT, an output (a value id in graph.outputs) or a STATE. It suffices for the symbols'
 * maxima. With step 1 all are host pointers. With step 2, inputs of i32 and u8 are host pointers and have been read
 * when execute returns, and all else lies in buffers of the device, whose content is undefined until it is written.
 * Block i of a state starts at offset + i * block_stride. */
typedef struct weft_binding {
  weft_hdr hdr;
  uint32_t value, reserved;
  weft_buffer* buffer; /* NULL: the memory is at `host` */
  void* host;          /* NULL: the memory is in `buffer` */
  uint64_t offset, bytes, block_stride;
} weft_binding;

/* Bytes from one place to another, a multiple of 4. One end at least is a buffer of the device. Never grows. */
typedef struct weft_region {
  weft_buffer *from, *to; /* NULL: host memory */
  const void* from_host;  /* with from NULL; both NULL: zeros */
  void* to_host;          /* with to NULL */
  uint64_t from_offset, to_offset, bytes; /* the offsets are those of buffers */
} weft_region;

/* When work starts and what it signals. Work waits until its timeline has reached `wait` (0: it does not wait), a value
 * that was given as `signal` before. `signal`: the value that the timeline has when the work is done, above all that it
 * was given before; 0: the call returns when the work is done. Never grows. */
typedef struct weft_when {
  weft_timeline* timeline; /* NULL: with step 1 and 2, and both values are 0 */
  uint64_t wait, signal;
} weft_when;

/* Copies between memories. No region overlaps one that is written, and they are done in any order. Host memory is the
 * device's until the signal is reached. */
typedef struct weft_transfer {
  weft_hdr hdr;
  const weft_region* regions;
  uint32_t n_regions, reserved;
  weft_when when;
} weft_transfer;

/* bindings replace those of the same values, for this run and later ones. */
typedef struct weft_submit {
  weft_hdr hdr;
  const int64_t* sizes; /* the actual size of each symbol of the graph, derived symbols included */
  uint32_t n_sizes, n_bindings;
  const weft_binding* bindings; /* NULL: as before */
  uint32_t binding_stride, reserved;
  weft_when when; /* of the timeline that the instance was made with */
  const weft_options* options; /* NULL: none */
} weft_submit;

/* Bytes on the device, at the symbols' maxima. weights: as a store would keep them, tied ones once. */
typedef struct weft_estimate {
  weft_hdr hdr;
  uint64_t weights, scratch;
} weft_estimate;

/* Takes the reason why a node is not run; called during the call that it is given to, on its thread. */
typedef struct weft_reasons {
  weft_hdr hdr;
  void* ctx;
  void (*add)(void* ctx, uint32_t node, weft_str reason);
} weft_reasons;

typedef struct weft_backend {
  weft_hdr hdr;
  void* self;
  const void* (*get_extension)(void* self, weft_str id); /* as weft_interface says */
  weft_str name; /* the name that --backend takes: "reference" */
  /* --- required, and [any-thread] where nothing else is said ------------------------------------
   * `options` may be NULL: there are none. No key is defined so far; a vendor's begin with its name
   * ("com.acme.streams"). */
  uint32_t (*device_count)(void* self); /* 0: none here; the same as long as the process lives */
  weft_status* (*device_info)(void* self, uint32_t i, weft_device_info* out);
  /* `variant` is what the user wrote behind the colon of --backend, where it names no device; empty: nothing. */
  weft_status* (*device_open)(void* self, uint32_t i, weft_str variant, const weft_options* options,
                              weft_device** out);
  void (*device_close)(weft_device*); /* called after all that came from the device is freed */
  /* Writes one verdict for each node: 0 cannot run it, 1 can, 2 can and is fast. A verdict never depends on the dtype
   * that a parameter is stored as. reasons: NULL, or takes why verdicts are 0. */
  weft_status* (*supports)(weft_device*, const weft_graph*, uint8_t* verdicts, const weft_reasons* reasons);
  weft_status* (*state_layout)(weft_device*, const weft_state*, uint32_t block_tokens, weft_state_layout* out);
  /* Makes an empty store: parameters are pulled later, when graphs need them. `params` outlives the store. */
  weft_status* (*store_new)(weft_device*, const weft_params*, const weft_numerics*, const weft_options* options,
                            weft_store** out);
  void (*store_free)(weft_store*);
  weft_status* (*compile)(weft_store*, const weft_graph*, const weft_options* options, weft_exec** out);
  void (*exec_free)(weft_exec*); /* called after its instances are freed */
  /* timeline: what the instance's runs signal; NULL with steps 1 and 2. The instances of one timeline never run at the
   * same time, so they may share scratch memory. [one thread per timeline] */
  weft_status* (*instance_new)(weft_exec*, weft_timeline*, const weft_binding*, uint32_t n, uint32_t stride,
                               const weft_options* options, weft_instance** out);
  void (*instance_free)(weft_instance*); /* called when its work is over; [one thread per timeline] */
  weft_status* (*execute)(weft_instance*, const weft_submit*); /* [one thread per instance and per timeline] */
  /* --- step 2 --------------------------------------------------------------------------------- */
  weft_status* (*buffer_new)(weft_device*, uint32_t memory, uint64_t bytes, weft_buffer** out); /* bytes > 0 */
  void (*buffer_free)(weft_buffer*);                            /* called when no work uses it */
  weft_status* (*transfer)(weft_device*, const weft_transfer*); /* [one thread per timeline] */
  /* --- step 3 --------------------------------------------------------------------------------- */
  weft_status* (*timeline_new)(weft_device*, weft_timeline** out); /* at 0 */
  void (*timeline_free)(weft_timeline*);                           /* called when no work signals or awaits it */
  /* DEADLINE_EXCEEDED, also when memory runs out: not reached yet; 0 ns only asks. Any other answer, also a failure,
   * comes only when no work up to `value` runs any more or ever will: the memory that it used may then be freed. */
  weft_status* (*timeline_wait)(weft_timeline*, uint64_t value, uint64_t timeout_ns);
  /* --- may be NULL ---------------------------------------------------------------------------- */
  /* Host and device both reach the buffer at *out as long as it lives. */
  weft_status* (*buffer_map)(weft_buffer*, void** out);
  /* What a graph would take. NULL: the host counts the weights as they are stored, and no scratch memory. */
  weft_status* (*estimate)(weft_device*, const weft_params*, const weft_graph*, weft_estimate* out);
} weft_backend;

#endif
