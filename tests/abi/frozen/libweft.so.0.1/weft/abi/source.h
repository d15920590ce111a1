/* weft.source: turns a handle ("hf://org/name") into a local, verified folder or file.
 *
 * The core calls one of these, by what it wants and the source has:
 *   RESOLVE  resolve: the path, when all is there.
 *   FETCH    fetch: the same, with progress, and may be cancelled.
 *   START    start: the path at once. With an arrival: await, as bytes are needed; complete, once; release, at the end,
 *            also when complete failed or was never called.
 *   FAILURE  leaves what has been fetched for the next attempt. NOT_FOUND, UNAUTHENTICATED, PERMISSION_DENIED and
 *            UNAVAILABLE are told apart, since users do different things about them. */
#ifndef WEFT_ABI_SOURCE_H
#define WEFT_ABI_SOURCE_H

#include "weft/abi/base.h"

#define WEFT_SOURCE_INTERFACE "weft.source/0"

/* How far a fetch has come. The texts are valid during the call. */
typedef struct weft_source_progress {
  weft_hdr hdr;
  weft_str file;               /* the file being fetched; empty at the start and at the end */
  uint64_t done, size;         /* its bytes */
  uint64_t all_done, all_size; /* the bytes of all files that were missing */
  uint32_t files_done, files;
} weft_source_progress;

/* What the host asks for. It is valid during the call; one given to start is valid until the arrival is released. Its
 * functions may be called on threads of the source's own. */
typedef struct weft_source_request {
  weft_hdr hdr;
  weft_str handle;
  void* ctx;
  /* [any-thread] The value of an environment variable; empty when it is not set or the host reads none. A source never
   * reads the environment itself. */
  weft_str (*variable)(void* ctx, weft_str name);
  void (*progress)(void* ctx, const weft_source_progress*); /* NULL: not wanted. Calls come one at a time. */
  /* [any-thread] NULL: never. When it returns not 0, the source gives up with CANCELLED. */
  uint32_t (*cancelled)(void* ctx);
} weft_source_request;

/* A file that is still being fetched. The bytes that have come can be mapped at the path `now`. */
typedef struct weft_arriving_file {
  weft_hdr hdr;
  weft_str path; /* where it will be once it is complete: the local path, or below it */
  weft_str now;  /* where it is meanwhile */
  uint64_t size;
} weft_arriving_file;

/* The files that a source is still fetching. All functions are [any-thread]. */
typedef struct weft_arrival {
  weft_hdr hdr;
  void* self;
  const weft_arriving_file* files;
  uint32_t n_files, file_stride;
  /* Waits until these bytes of a file have come. They are not verified yet. */
  weft_status* (*await)(void* self, uint32_t file, uint64_t offset, uint64_t bytes);
  /* Waits until every file is verified and in its place. If this fails, what has been read from the files is
   * worthless. */
  weft_status* (*complete)(void* self);
  /* Stops fetching and frees the arrival; the bytes that have come are kept for the next fetch. No function may be
   * called afterwards. */
  void (*release)(void* self);
} weft_arrival;

/* All functions are [any-thread]. The local path they give is absolute, and what lies there is complete and
 * verified. */
typedef struct weft_source {
  weft_hdr hdr;
  void* self;
  const void* (*get_extension)(void* self, weft_str id); /* as weft_interface says */
  weft_str scheme; /* "hf": this source serves hf://… */
  weft_status* (*resolve)(void* self, weft_str handle, const weft_string_sink* local_path);
  /* Called in place of resolve when the host wants progress or may cancel. NULL: the host calls resolve. */
  weft_status* (*fetch)(void* self, const weft_source_request*, const weft_string_sink* local_path);
  /* Does what fetch does, but returns while large files are still on their way; *arrival is NULL when none is. The
   * request's ctx and functions are used until the arrival is released. NULL: the host calls fetch. */
  weft_status* (*start)(void* self, const weft_source_request*, const weft_string_sink* local_path,
                        const weft_arrival** arrival);
} weft_source;

#endif
