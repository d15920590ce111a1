/* A container of tensors. This one is lines of text, then the values:
 *   @NAME@ 1
 *   NAME DIM DIM ...      one line for each tensor: f32, row-major, innermost dim last
 *                         an empty line; then the tensors' bytes, in the order of the lines
 *
 * To fill in:  1. `locate`: which file of a folder to start from
 *              2. `read_file`: where each tensor lies
 * Files are hostile: check every number. The host maps the files and checks every extent that the sink is given; the
 * plugin opens nothing. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft/abi/format.h"
#include "weft/abi/plugin.h"

typedef struct plugin {
  const weft_host* host;
  weft_format table;
} plugin;

static weft_str text(const char* s) {
  weft_str t;
  t.data = s, t.size = strlen(s);
  return t;
}

static weft_status* refuse(const weft_host* host, const char* format, ...) {
  char message[1024];
  va_list values;
  va_start(values, format);
  vsnprintf(message, sizeof message, format, values);
  va_end(values);
  return host->status_new(host->ctx, WEFT_INVALID_ARGUMENT, text(message));
}

static int is(weft_str s, const char* word) { return s.size == strlen(word) && memcmp(s.data, word, s.size) == 0; }

static int ends_with(weft_str s, const char* end) {
  const size_t n = strlen(end);
  return s.size >= n && memcmp(s.data + s.size - n, end, n) == 0;
}

/* Score 0: this format has no file here. A file that the user has chosen is either the one to start from or is left
 * alone. */
static weft_status* locate(void* self, const weft_files* files, uint32_t* score, const weft_string_sink* entry) {
  uint32_t i;
  (void)self;
  *score = 0;
  if (files->chosen.size > 0) {
    if (!ends_with(files->chosen, ".@NAME@")) return NULL;
    *score = 100;
    entry->set(entry->ctx, files->chosen);
    return NULL;
  }
  for (i = 0; i < files->n_files; ++i) {
    if (!is(files->name(files->ctx, i), "model.@NAME@")) continue;
    *score = 90;
    entry->set(entry->ctx, text("model.@NAME@"));
  }
  return NULL;
}

/* Takes a number from 1 to `most` from the line at *at, behind a space. 0: there is none. */
static uint64_t take_dim(const char** at, const char* end, uint64_t most) {
  uint64_t value = 0;
  const char* p = *at;
  if (p == end || *p != ' ') return 0;
  for (++p; p < end && *p >= '0' && *p <= '9'; ++p) {
    if (value > most / 10) return 0;
    value = value * 10 + (uint64_t)(*p - '0');
  }
  *at = p;
  return value <= most ? value : 0;
}

static weft_status* read_file(void* self, const weft_files* files, weft_str entry, const weft_format_sink* sink) {
  const weft_host* host = ((plugin*)self)->host;
  const uint8_t* data;
  uint64_t size, first = strlen("@NAME@ 1\n"), lines, offset, limit;
  uint32_t file;
  const char *at, *end;
  weft_status* failed = files->map(files->ctx, entry, &file, &data, &size);
  if (failed != NULL) return failed;
  limit = size < (1u << 20) ? size : (1u << 20); /* the lines are 1 MiB at most */
  if (size < first || memcmp(data, "@NAME@ 1\n", first) != 0)
    return refuse(host, "%.*s: the first line is not \"@NAME@ 1\"", (int)entry.size, entry.data);
  for (lines = first; lines + 1 < limit && !(data[lines - 1] == '\n' && data[lines] == '\n');) ++lines;
  if (lines + 1 > limit || data[lines] != '\n' || data[lines - 1] != '\n')
    return refuse(host, "%.*s: no empty line after the tensors' names", (int)entry.size, entry.data);
  offset = lines + 1;
  end = (const char*)data + lines;
  for (at = (const char*)data + first; at < end; ++at) {
    const char *line = at, *line_end = (const char*)memchr(at, '\n', (size_t)(end - at));
    uint64_t bytes = sizeof(float); /* the check of each dim keeps it within the file's size */
    int64_t dims[8];
    weft_stored_tensor t;
    memset(&t, 0, sizeof t);
    while (at < line_end && *at != ' ') ++at;
    t.hdr.struct_size = sizeof t;
    t.name.data = line, t.name.size = (uint64_t)(at - line);
    while (at < line_end && t.rank < 8) {
      const uint64_t dim = take_dim(&at, line_end, size / bytes);
      if (dim == 0) break;
      dims[t.rank++] = (int64_t)dim;
      bytes *= dim;
    }
    if (t.rank == 0 || at != line_end)
      return refuse(host, "%.*s: tensor \"%.*s\" has no 1 to 8 dims that the file can hold", (int)entry.size,
                    entry.data, (int)(t.name.size < 256 ? t.name.size : 256), t.name.data);
    t.dtype = WEFT_F32, t.n_planes = 1, t.dims = dims;
    t.file[0] = file, t.offset[0] = offset, t.bytes[0] = bytes;
    failed = sink->tensor(sink->ctx, &t); /* refuses one that ends after the file */
    if (failed != NULL) return failed;
    offset += bytes;
  }
  /* sink->metadata and sink->vocabulary hand over what else the file says, for converter and text side. */
  return NULL;
}

static weft_status* init(const weft_host* host, const weft_json* options, void** self) {
  plugin* p;
  if (options->size(options->root) > 0) {
    const weft_str key = options->key(options->root, 0);
    return refuse(host, "option %.*s is not known: there are none", (int)key.size, key.data);
  }
  p = (plugin*)calloc(1, sizeof *p);
  if (p == NULL) return host->status_new(host->ctx, WEFT_RESOURCE_EXHAUSTED, text("out of memory"));
  p->host = host;
  p->table.hdr.struct_size = sizeof p->table;
  p->table.self = p;
  p->table.id = text("@NAME@");
  p->table.locate = locate, p->table.read = read_file;
  *self = p;
  return NULL;
}

static void shut_down(void* self) { free(self); }

static const void* get_interface(void* self, weft_str id, uint32_t n) {
  return is(id, WEFT_FORMAT_INTERFACE) && n == 0 ? &((plugin*)self)->table : NULL;
}

#define TEXT(s) {s, sizeof(s) - 1}

__attribute__((visibility("default"))) const weft_plugin* weft_plugin_query_v1(uint32_t major, uint32_t minor) {
  static const weft_plugin table = {{sizeof(weft_plugin), 0}, WEFT_ABI_MAJOR,   WEFT_ABI_MINOR, TEXT("@ID@"),
                                    TEXT("0.1.0"),            TEXT("@VENDOR@"), init,           shut_down,
                                    get_interface};
  return major == WEFT_ABI_MAJOR && minor >= WEFT_ABI_MINOR ? &table : NULL;
}
