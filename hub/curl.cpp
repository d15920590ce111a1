#include "hub/curl.hpp"

#include <dlfcn.h>

#include <string>

#include "core/base/error.hpp"

namespace weft::hub {
namespace {

struct Loaded {
  Curl functions;
  std::string missing;  // empty: all are there
};

Loaded load() {
  Loaded loaded;
  void* library = nullptr;  // stays open: its threads and exit handlers may run to the end
  for (const char* name : {"libcurl.so.4", "libcurl-gnutls.so.4"}) {
    library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) break;
    if (loaded.missing.empty()) loaded.missing = dlerror();
  }
  if (library == nullptr) return loaded;
  loaded.missing.clear();
#define WEFT_CURL_FIND(name)                                                                                 \
  loaded.functions.name = reinterpret_cast<decltype(&::curl_##name)>(dlsym(library, "curl_" #name));         \
  if (loaded.functions.name == nullptr) loaded.missing = "it is too old: it has no curl_" #name;
  WEFT_CURL_FUNCTIONS(WEFT_CURL_FIND)
#undef WEFT_CURL_FIND
  return loaded;
}

const Loaded& loaded() {
  static const Loaded& once = *new Loaded(load());  // never destroyed: threads may outlive main
  return once;
}

}  // namespace

Status load_curl() {
  if (loaded().missing.empty()) return {};
  return error(Code::kFailedPrecondition,
               "handles (hf://...) need libcurl, which cannot be loaded: {}; install it (Debian: apt-get install "
               "libcurl4 ca-certificates), or give a folder or a file",
               loaded().missing);
}

const Curl& curl() { return loaded().functions; }

}  // namespace weft::hub
