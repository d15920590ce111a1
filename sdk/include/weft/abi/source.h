/* weft.source: from a handle ("hf://org/name") to a local, verified folder or file. */
#ifndef WEFT_ABI_SOURCE_H
#define WEFT_ABI_SOURCE_H

#include "weft/abi/base.h"

#define WEFT_SOURCE_INTERFACE "weft.source/0"

/* How far a fetch has come; texts are valid during the call. */
typedef struct weft_source_progress {
  weft_hdr hdr;
  weft_str file;               /* at work on; empty at the start and the end */
  uint64_t done, size;         /* bytes of it */
  uint64_t all_done, all_size; /* of all that was missing */
  uint32_t files_done, files;
} weft_source_progress;

/* What the host asks for; valid during the call. */
typedef struct weft_source_request {
  weft_hdr hdr;
  weft_str handle;
  void* ctx;
  /* [any-thread] An environment variable; empty when it is not set or the host reads none. A source
   * reads no environment of its own. */
  weft_str (*variable)(void* ctx, weft_str name);
  void (*progress)(void* ctx, const weft_source_progress*); /* NULL: not wanted. One call at a time. */
  uint32_t (*cancelled)(void* ctx); /* [any-thread] NULL: never. Not 0: give up, with CANCELLED. */
} weft_source_request;

/* All functions are [any-thread]. The path is absolute; what lies there is whole and verified. */
typedef struct weft_source {
  weft_hdr hdr;
  void* self;
  weft_str scheme; /* "hf": serves hf://… */
  weft_status* (*resolve)(void* self, weft_str handle, const weft_string_sink* local_path);
  /* In place of resolve, for sources that take time; NULL: resolve is asked. */
  weft_status* (*fetch)(void* self, const weft_source_request*, const weft_string_sink* local_path);
} weft_source;

#endif
