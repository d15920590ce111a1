/* weft C ABI, ground rules. Every other header of weft/abi includes this one.
 *
 * - Every struct opens with weft_hdr, or says that it never grows. Its creator sets struct_size to the end of the last
 *   field it knows (WEFT_END); a reader asks WEFT_HAS before it touches a field that may be newer.
 * - A struct that a function fills (`T* out`) is made by the caller, who sets struct_size and zeroes the rest. Whoever
 *   fills it leaves the header as it is, and writes no byte behind struct_size.
 * - Arrays of structs carry a stride in bytes, and no struct that may grow is a field of another.
 * - Structs are only ever appended to: no field is reordered, retyped or reused. Zero in a new field means the old
 *   behaviour.
 * - Kinds, roles, uses and options grow too: who meets one that it does not know refuses it by its name or number.
 * - No argument, no field and no function of a table is NULL unless its comment says so; strings and arrays that are
 *   empty may be. Where a call gives OK, what it was to give is there and not NULL; where it gives an error, nothing is
 *   to be freed.
 * - No function of host or plugin throws an exception, aborts, prints or installs a signal handler.
 * - Thread tags: [main] the core serialises the calls to each plugin; [any-thread] calls may be concurrent and
 *   reentrant; [one thread per X] the caller makes sure that one thread at a time uses the object X, which need not be
 *   the same thread each time. Objects of which nothing else is said are freed by the last call that uses them.
 * - Strings are UTF-8 without a terminating NUL. The side that returns a string owns it; the reader copies it at
 * once. */
#ifndef WEFT_ABI_BASE_H
#define WEFT_ABI_BASE_H

#include <stddef.h>
#include <stdint.h>

#define WEFT_ABI_MAJOR 0u
#define WEFT_ABI_MINOR 4u /* grows with each addition; a host runs plugins that were built for this minor or before */
/* The first minor from which structs were only added to. A host refuses plugins that were built for an earlier one. It
 * moves when something that stands changes, which happens before 1.0 alone. */
#define WEFT_ABI_LEAST_MINOR 4u

#ifdef __cplusplus
#define WEFT_END(T, f) static_cast<uint32_t>(offsetof(T, f) + sizeof(T::f))
#else
#define WEFT_END(T, f) ((uint32_t)(offsetof(T, f) + sizeof(((T*)0)->f)))
#endif
#define WEFT_HAS(p, T, f) ((p)->hdr.struct_size >= WEFT_END(T, f))

#define WEFT_NONE 0xFFFFFFFFu /* stands for an absent value, tensor or index */

/* Never grows. */
typedef struct weft_hdr {
  uint32_t struct_size, reserved;
} weft_hdr;

/* Never grows. `data` may be NULL when `size` is 0. */
typedef struct weft_str {
  const char* data;
  uint64_t size;
} weft_str;

/* NULL means OK. A status is allocated by the host alone (weft_host.status_new); its receiver owns and frees it. */
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

/* A typed attribute of a node. `data` points to count int64_t (WEFT_ATTR_I64), count double (WEFT_ATTR_F64) or count
 * bytes of UTF-8 (WEFT_ATTR_STR). In lists of ints that are sizes, a negative entry d stands for the symbol with id
 * ~d. */
enum { WEFT_ATTR_I64 = 1, WEFT_ATTR_F64 = 2, WEFT_ATTR_STR = 3 };
typedef struct weft_attr {
  weft_hdr hdr;
  weft_str key;
  uint32_t type, count;
  const void* data;
} weft_attr;

/* What a call may be asked for besides its arguments. A key that the callee does not know is refused by name, with
 * INVALID_ARGUMENT; the keys that are defined stand where the call is. */
typedef struct weft_options {
  weft_hdr hdr;
  const weft_attr* attr;
  uint32_t n_attr, attr_stride;
} weft_options;

/* The first fields of every interface table. Never grows. The host passes `self` back to each function that takes a
 * self. */
typedef struct weft_interface {
  weft_hdr hdr;
  void* self;
  /* [any-thread] A table that this header does not know, which both sides have agreed on ("com.acme.profile/1"); NULL:
   * it is not offered. May be NULL: nothing is. It lives as long as the table that it extends. */
  const void* (*get_extension)(void* self, weft_str id);
} weft_interface;

/* Takes one string from a plugin: the plugin calls set once, and the host copies the text. [one thread per sink] */
typedef struct weft_string_sink {
  weft_hdr hdr;
  void* ctx;
  void (*set)(void* ctx, weft_str text);
} weft_string_sink;

#endif
