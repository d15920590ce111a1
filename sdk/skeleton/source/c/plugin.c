/* A source: turns handles "@NAME@://..." into local files. This one finds them below a folder that weft.json names:
 *   {"plugins": {"options": {"@ID@": {"root": "/models"}}}}
 *
 * To fill in:  1. `init`: the options, of which unknown ones are refused
 *              2. `fetch`: what the handle names is brought to a local folder and verified before its path is given
 * A handle is any user's text: check it before it becomes part of a path, a command or an address. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "weft/abi/plugin.h"
#include "weft/abi/source.h"

typedef struct plugin {
  const weft_host* host;
  weft_source table;
  char root[4096]; /* empty: it is not given */
} plugin;

static weft_str text(const char* s) {
  weft_str t;
  t.data = s, t.size = strlen(s);
  return t;
}

static weft_status* fail(const weft_host* host, weft_code code, const char* format, ...) {
  char message[8192];
  va_list values;
  va_start(values, format);
  vsnprintf(message, sizeof message, format, values);
  va_end(values);
  return host->status_new(host->ctx, code, text(message));
}

static int is(weft_str s, const char* word) { return s.size == strlen(word) && memcmp(s.data, word, s.size) == 0; }

/* Whether one of the parts between slashes is "..". */
static int leaves_root(const char* path) {
  for (;;) {
    const size_t n = strcspn(path, "/");
    if (n == 2 && path[0] == '.' && path[1] == '.') return 1;
    if (path[n] == '\0') return 0;
    path += n + 1;
  }
}

/* [any-thread] */
static weft_status* fetch(void* self, const weft_source_request* request, const weft_string_sink* local_path) {
  const plugin* p = (const plugin*)self;
  const char* scheme = "@NAME@://";
  char path[2048], local[sizeof p->root + sizeof path + 2];
  struct stat found;
  if (p->root[0] == '\0')
    return fail(p->host, WEFT_FAILED_PRECONDITION, "@ID@: plugins.options names no \"root\"");
  if (request->handle.size <= strlen(scheme) || request->handle.size - strlen(scheme) >= sizeof path)
    return fail(p->host, WEFT_INVALID_ARGUMENT, "%s: expected FOLDER behind it, below the root", scheme);
  memcpy(path, request->handle.data + strlen(scheme), request->handle.size - strlen(scheme));
  path[request->handle.size - strlen(scheme)] = '\0';
  if (strlen(path) != request->handle.size - strlen(scheme) || path[0] == '/' || leaves_root(path))
    return fail(p->host, WEFT_INVALID_ARGUMENT, "%s%s: expected a folder below the root", scheme, path);
  sprintf(local, "%s/%s", p->root, path);
  if (stat(local, &found) != 0) return fail(p->host, WEFT_NOT_FOUND, "%s%s: there is no %s", scheme, path, local);
  local_path->set(local_path->ctx, text(local));
  return NULL;
}

/* [any-thread] */
static weft_status* resolve(void* self, weft_str handle, const weft_string_sink* local_path) {
  weft_source_request request;
  memset(&request, 0, sizeof request);
  request.hdr.struct_size = sizeof request;
  request.handle = handle;
  return fetch(self, &request, local_path);
}

static weft_status* init(const weft_host* host, const weft_json* options, void** self) {
  weft_str root;
  uint64_t i;
  plugin* p;
  for (i = 0; i < options->size(options->root); ++i) {
    const weft_str key = options->key(options->root, i);
    if (!is(key, "root"))
      return fail(host, WEFT_INVALID_ARGUMENT, "option %.*s is not known, known is root", (int)key.size, key.data);
  }
  root = options->string(options->member(options->root, text("root")));
  if (root.size >= sizeof p->root || (root.size > 0 && root.data[0] != '/'))
    return fail(host, WEFT_INVALID_ARGUMENT, "option root is not a path that begins with /");
  p = (plugin*)calloc(1, sizeof *p);
  if (p == NULL) return fail(host, WEFT_RESOURCE_EXHAUSTED, "out of memory");
  if (root.size > 0) memcpy(p->root, root.data, root.size);
  p->host = host;
  p->table.hdr.struct_size = sizeof p->table;
  p->table.self = p;
  p->table.scheme = text("@NAME@");
  p->table.resolve = resolve;
  p->table.fetch = fetch;
  *self = p;
  return NULL;
}

static void shut_down(void* self) { free(self); }

static const void* get_interface(void* self, weft_str id, uint32_t n) {
  return is(id, WEFT_SOURCE_INTERFACE) && n == 0 ? &((plugin*)self)->table : NULL;
}

#define TEXT(s) {s, sizeof(s) - 1}

__attribute__((visibility("default"))) const weft_plugin* weft_plugin_query_v1(uint32_t major, uint32_t minor) {
  static const weft_plugin table = {{sizeof(weft_plugin), 0}, WEFT_ABI_MAJOR,   WEFT_ABI_MINOR, TEXT("@ID@"),
                                    TEXT("0.1.0"),            TEXT("@VENDOR@"), init,           shut_down,
                                    get_interface};
  return major == WEFT_ABI_MAJOR && minor >= WEFT_ABI_MINOR ? &table : NULL;
}
