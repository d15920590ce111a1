// Errors inside a plugin are exceptions, and no exception leaves the plugin: each function of a table is a noexcept
// lambda around guard(), which turns an exception into a status that the host allocates.
#pragma once

#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include "weft/abi/plugin.h"

namespace weft::sdk {

inline std::string_view view(weft_str s) { return {s.data, static_cast<std::size_t>(s.size)}; }
inline weft_str str(std::string_view s) { return {s.data(), s.size()}; }
// The header of a struct whose last known field is `f`.
#define WEFT_HDR(T, f) \
  weft_hdr { WEFT_END(T, f), 0 }

/// The exception that plugin code throws; its code reaches the host unchanged.
class Error : public std::runtime_error {
 public:
  Error(weft_code code, const std::string& message) : std::runtime_error(message), code_(code) {}
  weft_code code() const { return code_; }

 private:
  weft_code code_;
};

[[noreturn]] inline void fail(weft_code code, const std::string& message) {
  throw Error(code, message);
}
[[noreturn]] inline void refuse(const std::string& message) {
  throw Error(WEFT_INVALID_ARGUMENT, message);
}

/// The host that this thread works for. A process may have several hosts; each entry into the plugin sets which one has
/// called. NULL on a thread of the plugin's own.
inline const weft_host*& host_slot() {
  static thread_local const weft_host* host = nullptr;
  return host;
}
/// Its services. FAILED_PRECONDITION: the thread works for none, and has to make an Entry first.
inline const weft_host& host() {
  const weft_host* h = host_slot();
  if (h == nullptr)
    throw Error(WEFT_FAILED_PRECONDITION, "this thread works for no host: it has to make a weft::sdk::Entry first");
  return *h;
}

/// Sets the thread's host while it lives: in a function through which the host entered the plugin, and on a thread that
/// the plugin made, which is given the host_slot() of the thread that made it.
class Entry {
 public:
  explicit Entry(const weft_host* host) : outer_(host_slot()) { host_slot() = host; }
  ~Entry() { host_slot() = outer_; }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  const weft_host* outer_;
};

/// To be called where there is an Entry.
inline weft_status* make_status(weft_code code, std::string_view message) noexcept {
  const weft_host* h = host_slot();
  return h->status_new(h->ctx, code, str(message));
}

/// Throws the error that a host's function returned; NULL means OK.
inline void check(weft_status* status) {
  if (status == nullptr) return;
  const weft_host& h = host();
  struct Free {  // frees the status also when copying its message runs out of memory
    const weft_host& h;
    weft_status* status;
    ~Free() { h.status_free(status); }
  } const free{h, status};
  throw Error(h.status_code(status), std::string(view(h.status_message(status))));
}

/// Without an Entry there is no log: the message is dropped.
inline void log(uint32_t level, std::string_view component, std::string_view message) noexcept {
  if (const weft_host* h = host_slot(); h != nullptr) h->log(h->ctx, level, str(component), str(message));
}

/// Runs `body` for `host` and turns an exception into a status; NULL: there was none.
template <class F>
weft_status* guard(const weft_host* host, F&& body) noexcept {
  const Entry entry(host);
  try {
    body();
    return nullptr;
  } catch (const Error& e) {
    return make_status(e.code(), e.what());
  } catch (const std::bad_alloc&) {
    return make_status(WEFT_RESOURCE_EXHAUSTED, "out of memory");
  } catch (const std::length_error&) {
    return make_status(WEFT_RESOURCE_EXHAUSTED, "size too large");
  } catch (const std::exception& e) {
    return make_status(WEFT_INTERNAL, e.what());
  } catch (...) {
    return make_status(WEFT_UNKNOWN, "unknown exception");
  }
}

/// The `self` of tables that have no object of their own: the host they were made for.
inline void* this_host() { return const_cast<weft_host*>(host_slot()); }
inline const weft_host* host_of(void* self) { return static_cast<const weft_host*>(self); }

}  // namespace weft::sdk
