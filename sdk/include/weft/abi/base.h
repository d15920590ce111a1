/* weft C ABI, ground rules. Everything else in weft/abi includes this file.
 *
 * - Every struct opens with weft_hdr; the creator sets struct_size to the end of the last field it
 *   knows (WEFT_END), the reader asks WEFT_HAS before it touches a field that may be newer.
 * - Arrays of structs carry a stride in bytes, so that elements may grow.
 * - Append only: no field is reordered, retyped or reused. Zero in a new field = old behaviour.
 * - No exception, abort, signal handler or print crosses or hides behind a function.
 * - Thread tags: [main] serialised by the core per plugin; [any-thread] concurrent and reentrant;
 *   [one thread per X] externally synchronised per object X.
 * - Strings are UTF-8, not NUL-terminated, owned by who returns them, copied at once by who reads.
 */
#ifndef WEFT_ABI_BASE_H
#define WEFT_ABI_BASE_H

#include <stddef.h>
#include <stdint.h>

#define WEFT_ABI_MAJOR 0u
#define WEFT_ABI_MINOR 1u /* before 1.0 host and plugin must agree on the minor exactly */

#ifdef __cplusplus
#define WEFT_END(T, f) static_cast<uint32_t>(offsetof(T, f) + sizeof(T::f))
#else
#define WEFT_END(T, f) ((uint32_t)(offsetof(T, f) + sizeof(((T*)0)->f)))
#endif
#define WEFT_HAS(p, T, f) ((p)->hdr.struct_size >= WEFT_END(T, f))

#define WEFT_NONE 0xFFFFFFFFu /* an absent value, tensor or index */

typedef struct weft_hdr {
  uint32_t struct_size, reserved;
} weft_hdr;

typedef struct weft_str {
  const char* data;
  uint64_t size;
} weft_str;

/* NULL = OK. Allocated by the host alone (weft_host.status_new), owned by the receiver. */
typedef struct weft_status weft_status;

typedef uint32_t weft_code;
enum {
  WEFT_OK = 0,
  WEFT_CANCELLED = 1,
  WEFT_UNKNOWN = 2,
  WEFT_INVALID_ARGUMENT = 3,
  WEFT_DEADLINE_EXCEEDED = 4,
  WEFT_NOT_FOUND = 5,
  WEFT_ALREADY_EXISTS = 6,
  WEFT_PERMISSION_DENIED = 7,
  WEFT_RESOURCE_EXHAUSTED = 8,
  WEFT_FAILED_PRECONDITION = 9,
  WEFT_ABORTED = 10,
  WEFT_OUT_OF_RANGE = 11,
  WEFT_UNIMPLEMENTED = 12,
  WEFT_INTERNAL = 13,
  WEFT_UNAVAILABLE = 14,
  WEFT_DATA_LOSS = 15,
  WEFT_UNAUTHENTICATED = 16
};

/* A typed attribute. WEFT_ATTR_I64: count int64_t; WEFT_ATTR_F64: count double;
 * WEFT_ATTR_STR: count bytes of UTF-8. In int lists that are sizes, a negative entry d stands for
 * the symbol ~d. */
enum { WEFT_ATTR_I64 = 1, WEFT_ATTR_F64 = 2, WEFT_ATTR_STR = 3 };
typedef struct weft_attr {
  weft_hdr hdr;
  weft_str key;
  uint32_t type, count;
  const void* data;
} weft_attr;

/* Every interface table opens so. `self` goes to those of its functions that take a self. */
typedef struct weft_interface {
  weft_hdr hdr;
  void* self;
} weft_interface;

/* A sink for one string: the plugin calls it once, the host copies. */
typedef struct weft_string_sink {
  weft_hdr hdr;
  void* ctx;
  void (*set)(void* ctx, weft_str text);
} weft_string_sink;

#endif
