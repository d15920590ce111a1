#include "plugins/formats/gguf/reader.hpp"

#include <cmath>

#include "weft/sdk/json_writer.hpp"

namespace weft::gguf {

void Reader::refuse(const std::string& why) const { sdk::refuse(file_ + ": " + why + " (at byte " + std::to_string(at_) + ")"); }

void Reader::need(uint64_t bytes, const char* what) const {
  if (bytes > size_ - at_) refuse(std::string(what) + " needs " + std::to_string(bytes) + " bytes, the file has " + std::to_string(size_ - at_) + " more");
}

std::string_view Reader::string(const char* what, uint64_t most) {
  const auto n = number<uint64_t>(what);
  if (n > most) refuse(std::string(what) + " of " + std::to_string(n) + " bytes, at most " + std::to_string(most));
  need(n, what);
  const std::string_view s(reinterpret_cast<const char*>(data_ + at_), n);
  at_ += n;
  return s;
}

uint64_t Reader::count(const char* what, uint64_t least_bytes, uint64_t most) {
  const auto n = number<uint64_t>(what);
  if (n > most) refuse(std::string(what) + " " + std::to_string(n) + ", at most " + std::to_string(most));
  if (n > (size_ - at_) / least_bytes) refuse(std::string(what) + " " + std::to_string(n) + " does not fit in the file");
  return n;
}

Value read_value(Reader& r, uint32_t kind, const std::string& key, int depth) {
  Value v;
  v.kind = kind;
  const char* what = "a metadata value";
  switch (kind) {
    case kU8: v.integer = r.number<uint8_t>(what); break;
    case kI8: v.integer = r.number<int8_t>(what); break;
    case kU16: v.integer = r.number<uint16_t>(what); break;
    case kI16: v.integer = r.number<int16_t>(what); break;
    case kU32: v.integer = r.number<uint32_t>(what); break;
    case kI32: v.integer = r.number<int32_t>(what); break;
    case kU64: {
      const auto u = r.number<uint64_t>(what);
      if (u > static_cast<uint64_t>(INT64_MAX)) r.refuse("metadata " + key + " exceeds 63 bits");
      v.integer = static_cast<int64_t>(u);
      break;
    }
    case kI64: v.integer = r.number<int64_t>(what); break;
    case kF32: v.number = static_cast<double>(r.number<float>(what)); break;
    case kF64: v.number = r.number<double>(what); break;
    case kBool:
      v.integer = r.number<uint8_t>(what);
      if (v.integer > 1) r.refuse("metadata " + key + " is a boolean of value " + std::to_string(v.integer));
      break;
    case kString: v.string = r.string("a metadata string"); break;
    case kArray: {
      if (depth > 3) r.refuse("metadata " + key + " nests too deep");
      v.element = r.number<uint32_t>("an array's type");
      if (v.element > kF64) r.refuse("metadata " + key + " has the unknown type " + std::to_string(v.element));
      const uint64_t n = r.count("an array's length", 1, 16u << 20);
      for (uint64_t i = 0; i < n; ++i) v.items.push_back(read_value(r, v.element, key, depth + 1));
      break;
    }
    default: r.refuse("metadata " + key + " has the unknown type " + std::to_string(kind));
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
      for (const Value& item : v.items) out += (out.size() > 1 ? "," : "") + to_json(item, key);
      return out + "]";
    }
    default: return std::to_string(v.integer);
  }
}

}  // namespace weft::gguf
