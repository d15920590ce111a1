#include "plugins/formats/gguf/reader.hpp"

#include <algorithm>
#include <cmath>

#include "weft/sdk/json_writer.hpp"

namespace weft::gguf {

void Reader::refuse(const std::string& why) const {
  sdk::refuse(file_ + ": " + why + " (at byte " + std::to_string(at_) + ")");
}

void Reader::need(uint64_t bytes, const char* what) {
  if (bytes > size_ - at_)
    refuse(std::string(what) + " needs " + std::to_string(bytes) + " bytes, the file has " +
           std::to_string(size_ - at_) + " more");
  if (bytes <= there_ - at_) return;
  constexpr uint64_t kStep = 64 << 10;
  const uint64_t to = at_ + bytes + std::min(kStep, size_ - at_ - bytes);
  files_.await(m_, there_, to - there_);
  there_ = to;
}

std::string_view Reader::string(const char* what, uint64_t most) {
  const auto n = number<uint64_t>(what);
  if (n > most) refuse(std::string(what) + " of " + std::to_string(n) + " bytes, at most " + std::to_string(most));
  return take(n, what);
}

std::string_view Reader::take(uint64_t bytes, const char* what) {
  need(bytes, what);
  const std::string_view s(reinterpret_cast<const char*>(data_ + at_), bytes);
  at_ += bytes;
  return s;
}

uint64_t Reader::count(const char* what, uint64_t least_bytes, uint64_t most) {
  const auto n = number<uint64_t>(what);
  if (n > most) refuse(std::string(what) + " " + std::to_string(n) + ", at most " + std::to_string(most));
  if (n > (size_ - at_) / least_bytes)
    refuse(std::string(what) + " " + std::to_string(n) + " does not fit in the file");
  return n;
}

void Reader::nest(uint64_t n) {
  constexpr uint64_t kMaxNested = 65536;  // larger: a file of empty arrays takes more memory, ten times its size
  if ((nested_ += n) > kMaxNested) refuse("metadata has more than " + std::to_string(kMaxNested) + " arrays in arrays");
}

namespace {

/// The bytes of a number; the least that a string or an array takes in the file.
uint64_t size_of(uint32_t kind) {
  switch (kind) {
    case kU8: case kI8: case kBool: return 1;
    case kU16: case kI16: return 2;
    case kU32: case kI32: case kF32: return 4;
    case kArray: return 12;
    default: return 8;
  }
}

bool is_number(uint32_t kind) { return kind != kString && kind != kArray; }

template <class T>
T as(const char* p) {
  T v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

/// The number at `p`; a u64 of more than 63 bits comes out negative.
Value number_at(const char* p, uint32_t kind) {
  Value v;
  v.kind = kind;
  switch (kind) {
    case kU8: case kBool: v.integer = as<uint8_t>(p); break;
    case kI8: v.integer = as<int8_t>(p); break;
    case kU16: v.integer = as<uint16_t>(p); break;
    case kI16: v.integer = as<int16_t>(p); break;
    case kU32: v.integer = as<uint32_t>(p); break;
    case kI32: v.integer = as<int32_t>(p); break;
    case kU64: case kI64: v.integer = as<int64_t>(p); break;
    case kF32: v.number = static_cast<double>(as<float>(p)); break;
    default: v.number = as<double>(p);
  }
  return v;
}

void check_number(const Reader& r, const Value& v, const std::string& key) {
  if (v.kind == kU64 && v.integer < 0) r.refuse("metadata " + key + " exceeds 63 bits");
  if (v.kind == kBool && v.integer > 1)
    r.refuse("metadata " + key + " is a boolean of value " + std::to_string(v.integer));
}

}  // namespace

uint64_t Value::count() const {
  return is_number(element) ? string.size() / size_of(element) : element == kString ? strings.size() : items.size();
}

Value Value::at(uint64_t i) const {
  if (is_number(element)) return number_at(string.data() + i * size_of(element), element);
  if (element != kString) return items[i];
  Value v;
  v.kind = kString;
  v.string = strings[i];
  return v;
}

Value read_value(Reader& r, uint32_t kind, const std::string& key, int depth) {
  if (kind > kF64) r.refuse("metadata " + key + " has the unknown type " + std::to_string(kind));
  if (is_number(kind)) {
    const Value v = number_at(r.take(size_of(kind), "a metadata value").data(), kind);
    check_number(r, v, key);
    return v;
  }
  Value v;
  v.kind = kind;
  if (kind == kString) {
    v.string = r.string("a metadata string");
    return v;
  }
  if (depth > 3) r.refuse("metadata " + key + " nests too deep");
  v.element = r.number<uint32_t>("an array's type");
  if (v.element > kF64) r.refuse("metadata " + key + " has the unknown type " + std::to_string(v.element));
  const uint64_t n = r.count("an array's length", size_of(v.element), 16u << 20);
  if (is_number(v.element)) {
    v.string = r.take(n * size_of(v.element), "an array");
    const bool any_is_legal = v.element != kBool && v.element != kU64;
    for (uint64_t i = 0; !any_is_legal && i < n; ++i) check_number(r, v.at(i), key);
  } else if (v.element == kString) {
    v.strings.reserve(n);  // count() has checked that the file has bytes for n strings
    for (uint64_t i = 0; i < n; ++i) v.strings.push_back(r.string("a metadata string"));
  } else {
    r.nest(n);
    for (uint64_t i = 0; i < n; ++i) v.items.push_back(read_value(r, v.element, key, depth + 1));
  }
  return v;
}

std::string to_json(const Value& v, const std::string& key) {
  switch (v.kind) {
    case kString: return sdk::json_string(v.string);
    case kBool: return v.integer ? "true" : "false";
    case kF32:
    case kF64:
      if (!std::isfinite(v.number)) sdk::refuse("metadata " + key + " is not a finite number");
      return v.kind == kF32 ? [&] {
        char buffer[40];
        return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, static_cast<float>(v.number)).ptr);
      }() : sdk::json_number(v.number);
    case kArray: {
      std::string out = "[";
      for (uint64_t i = 0; i < v.count(); ++i) out += (i > 0 ? "," : "") + to_json(v.at(i), key);
      return out + "]";
    }
    default: return std::to_string(v.integer);
  }
}

}  // namespace weft::gguf
