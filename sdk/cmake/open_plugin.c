/* open_plugin LIBRARY MANIFEST: opens a plugin as a host does, by its one symbol, and compares what the table says of
 * it with the manifest. Nothing is made ready: that needs a host. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "weft/abi/plugin.h"

/* Whether the manifest has the line of this key and value, as weft_add_plugin writes it. */
static int has_line(const char* manifest, const char* key, weft_str value) {
  char line[512];
  const int n = snprintf(line, sizeof line, "\"%s\": \"%.*s\"", key, (int)value.size, value.data);
  if (n > 0 && (size_t)n < sizeof line && strstr(manifest, line) != NULL) return 1;
  fprintf(stderr, "the library says that its %s is \"%.*s\", the manifest has another\n", key, (int)value.size,
          value.data);
  return 0;
}

int main(int argc, char** argv) {
  static char manifest[1 << 20];
  weft_plugin_query_fn query;
  const weft_plugin* plugin;
  void *library, *symbol;
  FILE* file;
  if (argc != 3) return fprintf(stderr, "usage: open_plugin LIBRARY MANIFEST\n"), 2;
  library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return fprintf(stderr, "%s\n", dlerror()), 1;
  symbol = dlsym(library, WEFT_PLUGIN_QUERY_SYMBOL);
  if (symbol == NULL) return fprintf(stderr, "%s: exports no " WEFT_PLUGIN_QUERY_SYMBOL "\n", argv[1]), 1;
  memcpy(&query, &symbol, sizeof query);
  plugin = query(WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
  if (plugin == NULL) return fprintf(stderr, "%s: gives no table to a host of its own ABI\n", argv[1]), 1;
  if (!WEFT_HAS(plugin, weft_plugin, get_interface) || plugin->init == NULL || plugin->shutdown == NULL ||
      plugin->get_interface == NULL)
    return fprintf(stderr, "%s: its table lacks a function\n", argv[1]), 1;
  if (query(WEFT_ABI_MAJOR + 1, 0) != NULL)
    return fprintf(stderr, "%s: gives a table to a host of another major version\n", argv[1]), 1;
  file = fopen(argv[2], "rb");
  if (file == NULL || fread(manifest, 1, sizeof manifest - 1, file) == 0)
    return fprintf(stderr, "%s: cannot be read\n", argv[2]), 1;
  fclose(file);
  return has_line(manifest, "id", plugin->id) && has_line(manifest, "version", plugin->version) ? 0 : 1;
}
