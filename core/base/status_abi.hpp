// Statuses across the ABI: the host allocates each status, the receiver owns it.
#pragma once

#include <exception>
#include <string>

#include "core/base/controls.hpp"
#include "weft/abi/base.h"
#include "weft/status.hpp"

struct weft_status {
  weft::Status status;
};

namespace weft {

/// How many statuses of this process are owned across the ABI.
int64_t statuses_abroad() noexcept;
/// NULL for ok. Never fails: when memory runs out it gives a static status, which keeps no code but DEADLINE_EXCEEDED.
weft_status* to_abi(const Status& status) noexcept;
weft_status* to_abi(Code code, std::string_view message) noexcept;
/// Takes ownership of the status; NULL is ok.
Status from_abi(weft_status* status) noexcept;
void free_abi(weft_status* status) noexcept;

inline std::string_view to_view(weft_str s) {
  return s.data == nullptr ? std::string_view() : std::string_view(s.data, s.size);
}
inline weft_str to_str(std::string_view s) { return {s.data(), s.size()}; }

/// Runs the body of a host callback; an exception becomes a status.
template <class F>
weft_status* guard_abi(F&& body) noexcept {
  try {
    return to_abi(body());
  } catch (const std::bad_alloc&) {
    return to_abi(Code::kResourceExhausted, "out of memory");
  } catch (...) {
    return to_abi(Code::kInternal, "exception in the host");
  }
}

/// Lives during a call of a plugin: what functions throw that the plugin gives to threads of the host, the call fails
/// with. [one thread]
class ThrownInside {
 public:
  ThrownInside() noexcept;  // the innermost of this thread from now on
  ~ThrownInside();
  ThrownInside(const ThrownInside&) = delete;
  ThrownInside& operator=(const ThrownInside&) = delete;

  /// Tells the innermost object of this thread; where there is none, nobody.
  static void note(std::string what) noexcept;
  const std::string& what() const { return what_; }  // empty: nothing was thrown

 private:
  std::string what_;
  ThrownInside* const outer_;
};

/// Runs a plugin's function, which may break the rules and throw: INTERNAL.
template <class F>
Status catch_thrown(std::string_view function, F&& f) {
  const auto thrown = [&](const std::string& what) {
    return Status(Code::kInternal, std::string(function) + " threw an exception across the ABI" + what);
  };
  const ThrownInside inside;
  try {
    f();
  } catch (const std::exception& e) {
    return thrown(": " + one_line(e.what()));
  } catch (...) {
    return thrown("");
  }
  return inside.what().empty() ? Status() : Status(Code::kInternal, std::string(function) + ": " + inside.what());
}

/// Runs a plugin's function that frees something: there is nobody to tell what it throws.
template <class F>
void call_free(F&& f) noexcept {
  const ThrownInside dropped;
  try {
    f();
  } catch (...) {
  }
}

/// Runs a plugin's function that gives a status. That of a broken rule names the plugin.
template <class F>
Status call_plugin(std::string_view plugin_id, std::string_view function, F&& f) {
  weft_status* raw = nullptr;
  const Status broken = catch_thrown(function, [&] { raw = f(); });
  const Status status = from_abi(raw);
  return broken.ok() ? status : broken.with_context(std::string(plugin_id));
}

/// A sink that copies into `out`, which must outlive it.
inline weft_string_sink string_sink(std::string& out) {
  return {{WEFT_END(weft_string_sink, set), 0}, &out, [](void* p, weft_str s) noexcept {
            try {
              *static_cast<std::string*>(p) = to_view(s);
            } catch (...) {  // out of memory: the text stays empty, which its reader refuses
            }
          }};
}

}  // namespace weft
