/* weft.source: from a handle ("hf://org/name") to a local, verified folder or file. */
#ifndef WEFT_ABI_SOURCE_H
#define WEFT_ABI_SOURCE_H

#include "weft/abi/base.h"

#define WEFT_SOURCE_INTERFACE "weft.source/0"

typedef struct weft_source {
  weft_hdr hdr;
  void* self;
  weft_str scheme; /* "hf": serves hf://… */
  weft_status* (*resolve)(void* self, weft_str handle, const weft_string_sink* local_path);
} weft_source;

#endif
