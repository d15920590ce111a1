// A bounded cursor over bytes of a file: each length is checked against what is left.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "weft/sdk/error.hpp"

namespace weft::torch {

/// Bytes [begin, end) of a file.
struct Extent {
  uint64_t begin = 0, end = 0;
  uint64_t size() const { return end - begin; }
};

class Cursor {
 public:
  /// `name` is what errors call the file.
  Cursor(std::string name, const uint8_t* data, Extent within)
      : name_(std::move(name)), data_(data), at_(within.begin), end_(within.end) {}

  /// A little-endian number.
  template <class T>
  T number(const char* what) {
    T v;
    std::memcpy(&v, take(sizeof v, what).data(), sizeof v);
    return v;
  }
  std::string_view take(uint64_t bytes, const char* what) {
    if (bytes > left())
      refuse(std::string(what) + " of " + std::to_string(bytes) + " bytes, " + std::to_string(left()) + " are left");
    const std::string_view taken(reinterpret_cast<const char*>(data_ + at_), bytes);
    at_ += bytes;
    return taken;
  }
  /// The bytes up to a newline, which is taken too; refused when there is none within `most` bytes.
  std::string_view line(const char* what, uint64_t most) {
    const uint64_t limit = left() < most ? left() : most;
    for (uint64_t i = 0; i < limit; ++i) {
      if (data_[at_ + i] != '\n') continue;
      const std::string_view found = take(i, what);
      ++at_;
      return found;
    }
    refuse(std::string(what) + " does not end within " + std::to_string(limit) + " bytes");
  }
  uint64_t at() const { return at_; }
  uint64_t left() const { return end_ - at_; }
  const std::string& name() const { return name_; }
  [[noreturn]] void refuse(const std::string& why) const {
    sdk::refuse(name_ + ": byte " + std::to_string(at_) + ": " + why);
  }

 private:
  std::string name_;
  const uint8_t* data_;
  uint64_t at_, end_;
};

}  // namespace weft::torch
