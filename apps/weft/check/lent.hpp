// Memory that a call lends a plugin: who reaches it once the call has returned is noticed.
#pragma once

#include <cstring>
#include <string_view>
#include <type_traits>

#include "apps/weft/check/reporter.hpp"
#include "weft/abi/graph.h"

namespace weft::app {

/// A region of pages of its own. take_back() closes them; a plugin that reaches them later breaks memory.lent and goes
/// on with what stood there. The pages stay reserved as long as the process, so that no other memory has their
/// addresses. Its first object takes the process's handler of SIGSEGV. [one thread]
class Lent {
 public:
  /// `what`: what is lent ("the graph that supports is given").
  explicit Lent(std::string_view what);
  ~Lent() { take_back(); }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;

  template <class T>
  T* copy(const T* from, std::size_t n) {
    static_assert(std::is_trivially_copyable_v<T>);
    T* const at = static_cast<T*>(take(n * sizeof(T), alignof(T)));
    if (n > 0) std::memcpy(at, from, n * sizeof(T));
    return at;
  }
  template <class T>
  T* copy(const T& value) {
    return copy(&value, 1);
  }
  weft_str text(std::string_view s) { return {copy(s.data(), s.size()), s.size()}; }
  /// A graph, with all that it points to. It has no attributes, states, groups and bodies.
  const weft_graph* graph(const weft_graph& graph);
  void take_back();

  /// Tells of each region that was reached after it was taken back.
  static void tell(Reporter& reporter);

 private:
  void* take(std::size_t bytes, std::size_t align);

  std::size_t region_;
  std::size_t used_ = 0;
};

}  // namespace weft::app
