// A bounded reader of GGUF's header: each count and length is checked against what is left of the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/sdk/format.hpp"

namespace weft::gguf {

class Reader {
 public:
  Reader(const sdk::Files& files, std::string name, const sdk::MappedBytes& m)
      : files_(files), file_(std::move(name)), m_(m), data_(m.data), size_(m.size) {}

  template <class T>
  T number(const char* what) {
    need(sizeof(T), what);
    T v;
    __builtin_memcpy(&v, data_ + at_, sizeof v);
    at_ += sizeof v;
    return v;
  }
  /// A string: a length (u64) of at most `most`, then the bytes.
  std::string_view string(const char* what, uint64_t most = 64u << 20);
  /// A count of items, which is refused above `most`, or when items of `least_bytes` each do not fit in what is left.
  uint64_t count(const char* what, uint64_t least_bytes, uint64_t most);
  std::string_view take(uint64_t bytes, const char* what);
  uint64_t at() const { return at_; }
  uint64_t size() const { return size_; }
  [[noreturn]] void refuse(const std::string& why) const;
  /// Called before an array of `n` arrays is read.
  void nest(uint64_t n);

 private:
  void need(uint64_t bytes, const char* what);
  const sdk::Files& files_;
  std::string file_;
  sdk::MappedBytes m_;
  const uint8_t* data_;
  uint64_t size_, at_ = 0;
  uint64_t there_ = 0;   // how many bytes from the start have arrived
  uint64_t nested_ = 0;  // how many arrays are elements of arrays
};

/// The types of metadata as GGUF numbers them.
enum Kind : uint32_t { kU8, kI8, kU16, kI16, kU32, kI32, kF32, kBool, kString, kArray, kU64, kI64, kF64 };

/// A metadata value: a number, a string, or an array of one kind of values. Arrays of numbers stay in the file: in
/// memory an array of bytes would take many times its size.
struct Value {
  uint32_t kind = kU8;
  int64_t integer = 0;
  double number = 0;
  std::string_view string;  // a string; the bytes of an array of numbers
  uint32_t element = kU8;   // the kind of an array's elements
  std::vector<std::string_view> strings;  // the elements of an array of strings
  std::vector<Value> items;               // the elements of an array of arrays

  uint64_t count() const;             // the elements of an array
  Value at(uint64_t i) const;         // element i of an array
};

Value read_value(Reader& r, uint32_t kind, const std::string& key, int depth = 0);
/// The value as JSON; a number that is not finite is refused, naming `key`.
std::string to_json(const Value& value, const std::string& key);

}  // namespace weft::gguf
