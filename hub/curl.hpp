// libcurl, opened by name when a handle is used: a program that runs local files needs neither libcurl nor what it
// links.
#pragma once

#include <curl/curl.h>

#include "weft/status.hpp"

namespace weft::hub {

/// The functions of libcurl that the hub calls, under their names without "curl_".
struct Curl {
#define WEFT_CURL_FUNCTIONS(X)                                                                                     \
  X(global_init) X(easy_init) X(easy_reset) X(easy_setopt) X(easy_perform) X(easy_getinfo) X(easy_strerror)        \
  X(easy_cleanup) X(slist_append) X(slist_free_all) X(url) X(url_set) X(url_get) X(url_cleanup) X(free)
#define WEFT_CURL_MEMBER(name) decltype(&::curl_##name) name = nullptr;
  WEFT_CURL_FUNCTIONS(WEFT_CURL_MEMBER)
#undef WEFT_CURL_MEMBER
};

/// [any-thread] FAILED_PRECONDITION, with what to install, where libcurl is missing.
Status load_curl();
/// Valid after load_curl() was OK, as it was for whoever has Settings.
const Curl& curl();

}  // namespace weft::hub
