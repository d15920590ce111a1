/* alphabet://NAME is the folder NAME of the folder that the plugin's options name. */
#include <stdlib.h>
#include <string.h>

#include "alphabet.h"

static weft_status* resolve(void* p, weft_str handle, const weft_string_sink* local_path) {
  alphabet* self = p;
  const size_t scheme = strlen(ALPHABET "://"), folder = strlen(self->folder);
  char* path;
  if (handle.size <= scheme) return fail(self, WEFT_NOT_FOUND, "a handle of alphabet:// has no name");
  path = malloc(folder + 1 + handle.size - scheme);
  if (path == NULL) return fail(self, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  memcpy(path, self->folder, folder);
  path[folder] = '/';
  memcpy(path + folder + 1, handle.data + scheme, handle.size - scheme);
  {
    weft_str text;
    text.data = path, text.size = folder + 1 + handle.size - scheme;
    local_path->set(local_path->ctx, text);
  }
  free(path);
  return NULL;
}

void add_source(alphabet* self) {
  weft_source* t = &self->source;
  t->hdr.struct_size = WEFT_END(weft_source, start);
  t->self = self;
  t->scheme = str(ALPHABET);
  t->resolve = resolve;
}
