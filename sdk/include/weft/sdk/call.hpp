// What a kernel of an Interpreter is given: one node with its tensors, attributes and states.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <vector>

#include "weft/abi/backend.h"
#include "weft/sdk/error.hpp"
#include "weft/sdk/interpreter_store.hpp"

namespace weft::sdk {

/// A tensor of dense row-major data, which the View does not own.
struct View {
  uint32_t dtype = WEFT_F32;
  std::vector<int64_t> dims;
  void* data = nullptr;

  std::size_t rank() const { return dims.size(); }
  int64_t size() const {
    int64_t n = 1;
    for (int64_t d : dims) n *= d;
    return n;
  }
  int64_t last() const { return dims.empty() ? 1 : dims.back(); }
  float* f32() const { return static_cast<float*>(data); }
  int32_t* i32() const { return static_cast<int32_t*>(data); }
  uint8_t* u8() const { return static_cast<uint8_t*>(data); }
};

/// The entries of a paged state as they are stored: read() decodes an entry, write() rounds to the stored dtype.
struct StateView {
  uint8_t* data = nullptr;
  uint64_t block_stride = 0, entry_bytes = 0;
  int64_t block_tokens = 0, slots = 0, entry_elems = 0, row_elems = 0;  // row_elems: values of the entry's last axis
  float fill = 0;                                                       // the value of an entry that nobody has written
  const weft_dtype* dtype = nullptr;

  uint8_t* entry(int64_t slot) const {
    return data + static_cast<uint64_t>(slot / block_tokens) * block_stride +
           static_cast<uint64_t>(slot % block_tokens) * entry_bytes;
  }
  weft_slab slab(int64_t slot) const {
    weft_slab s{};
    s.plane[0] = entry(slot);
    s.col_pitch[0] = dtype->plane[0].bytes;
    s.row_pitch[0] = entry_bytes / static_cast<uint64_t>(entry_elems / row_elems);
    return s;
  }
  void read(int64_t slot, float* out) const {
    const weft_slab s = slab(slot);
    check(dtype->decode(dtype->self, &s, static_cast<uint64_t>(entry_elems / row_elems),
                        static_cast<uint64_t>(row_elems), out));
  }
  void write(int64_t slot, const float* in) const {
    const weft_slab s = slab(slot);
    check(dtype->encode(dtype->self, in, static_cast<uint64_t>(entry_elems / row_elems),
                        static_cast<uint64_t>(row_elems), &s));
  }
};

/// An attribute as the interpreter keeps it. In ints that are sizes, a negative entry stands for the symbol ~entry:
/// Call::size looks it up. Call::integer and Call::list give all others as they are.
struct StoredAttr {
  std::string key, text;
  std::vector<int64_t> ints;
  std::vector<double> floats;
  bool operator==(const StoredAttr&) const = default;
};

class Call {
 public:
  std::string_view op;
  const std::function<void(Call&)>* run = nullptr;
  std::vector<View> in, out;             // an absent input has null data and rank 0
  std::vector<bool> present;
  std::vector<const StateView*> states;  // by input: the state it is, or null
  std::vector<const Weight*> weights;    // by input: the parameter, where the kernel takes it as stored; else null
  uint32_t precision = WEFT_PRECISION_DEFAULT;
  const void* variant = nullptr;         // what Interpreter::variants chose
  const StateView* out_state = nullptr;  // the state that a scatter writes to; else null
  /// In a scan: runs its body once. Inputs and outputs are in the body's order; the caller lends the outputs' memory.
  std::function<void(const std::vector<View>& in, const std::vector<View>& out)> body;
  const std::vector<StoredAttr>* attrs = nullptr;
  const std::vector<int64_t>* sizes = nullptr;  // by symbol

  bool has(std::size_t i) const { return i < present.size() && present[i]; }
  int64_t integer(std::string_view key, int64_t fallback) const {
    const StoredAttr* a = find(key);
    return a && !a->ints.empty() ? a->ints[0] : fallback;
  }
  /// An integer that is a size, such as the size of a slice; a symbol is given as its size in this step.
  int64_t size(std::string_view key, int64_t fallback) const {
    const int64_t v = integer(key, fallback);
    if (v >= 0) return v;
    const auto symbol = static_cast<std::size_t>(~v);
    if (symbol >= sizes->size())
      fail(WEFT_INVALID_ARGUMENT, "attribute " + std::string(key) + " names symbol " + std::to_string(symbol) + " of " +
                                      std::to_string(sizes->size()));
    return (*sizes)[symbol];
  }
  double number(std::string_view key, double fallback) const {
    const StoredAttr* a = find(key);
    return a && !a->floats.empty() ? a->floats[0] : fallback;
  }
  std::string_view text(std::string_view key) const {
    const StoredAttr* a = find(key);
    return a ? std::string_view(a->text) : std::string_view();
  }
  std::vector<int64_t> list(std::string_view key) const {
    const StoredAttr* a = find(key);
    return a ? a->ints : std::vector<int64_t>();
  }

  /// Runs body(begin, end) over [0, n) on the host's pool. An exception of a piece is thrown here.
  template <class Body>
  void parallel(int64_t n, int64_t grain, const Body& body) const {
    const weft_host& h = host();
    struct Arg {
      const Body* body;
      const weft_host* host;
      weft_status* failed = nullptr;
    } arg{&body, &h};
    h.parallel_for(h.ctx, static_cast<uint64_t>(n), static_cast<uint64_t>(grain),
                   [](void* p, uint64_t begin, uint64_t end, uint32_t) {
                     Arg& a = *static_cast<Arg*>(p);
                     weft_status* s =
                         guard(a.host, [&] { (*a.body)(static_cast<int64_t>(begin), static_cast<int64_t>(end)); });
                     if (s == nullptr) return;
                     weft_status* expected = nullptr;  // of several failures the first is kept
                     if (!__atomic_compare_exchange_n(&a.failed, &expected, s, false, __ATOMIC_ACQ_REL,
                                                      __ATOMIC_ACQUIRE)) {
                       a.host->status_free(s);
                     }
                   },
                   &arg);
    check(arg.failed);
  }

 private:
  const StoredAttr* find(std::string_view key) const {
    for (const StoredAttr& a : *attrs) {
      if (a.key == key) return &a;
    }
    return nullptr;
  }
};

}  // namespace weft::sdk
