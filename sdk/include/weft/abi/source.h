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

/* What the host asks for; valid during the call, and of start until the arrival is released. */
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

/* A file that is still on its way: its bytes can be mapped where `now` says, as far as they have come. */
typedef struct weft_arriving_file {
  weft_hdr hdr;
  weft_str path; /* where it will lie: the local path, or below it */
  weft_str now;
  uint64_t size;
} weft_arriving_file;

/* The files that a source still fetches. All functions are [any-thread]. */
typedef struct weft_arrival {
  weft_hdr hdr;
  void* self;
  const weft_arriving_file* files;
  uint32_t n_files, file_stride;
  /* Waits until these bytes of a file have come. They have not been verified. */
  weft_status* (*await)(void* self, uint32_t file, uint64_t offset, uint64_t bytes);
  /* Waits until every file lies in its place, verified. Unless it is ok, what has been read is worthless. */
  weft_status* (*complete)(void* self);
  /* Gives up what has not come; what has is kept for the next fetch. Nothing may be called behind it. */
  void (*release)(void* self);
} weft_arrival;

/* All functions are [any-thread]. The path is absolute; what lies there is whole and verified. */
typedef struct weft_source {
  weft_hdr hdr;
  void* self;
  weft_str scheme; /* "hf": serves hf://… */
  weft_status* (*resolve)(void* self, weft_str handle, const weft_string_sink* local_path);
  /* In place of resolve, for sources that take time; NULL: resolve is asked. */
  weft_status* (*fetch)(void* self, const weft_source_request*, const weft_string_sink* local_path);
  /* As fetch, but comes back while large files are on their way; *arrival is NULL when none is. The request's
   * ctx and functions are used until it is released. NULL: fetch is asked. */
  weft_status* (*start)(void* self, const weft_source_request*, const weft_string_sink* local_path,
                        const weft_arrival** arrival);
} weft_source;

#endif
