#include "hub/header.hpp"

#include <cstring>

#include "core/base/error.hpp"

namespace weft::hub {
namespace {

constexpr uint64_t kMost = 100u << 20;

/// Reads forward. Past the end every number is 0, and is_short() is true.
class Cursor {
 public:
  explicit Cursor(std::string_view data) : data_(data) {}
  template <class T>
  T take() {
    T value{};
    if (skip(sizeof(T))) std::memcpy(&value, data_.data() + at_ - sizeof(T), sizeof(T));
    return value;
  }
  bool skip(uint64_t bytes) {
    if (short_ || bytes > data_.size() - at_) return short_ = true, false;
    at_ += bytes;
    return true;
  }
  bool skip_string() { return skip(take<uint64_t>()); }
  bool is_short() const { return short_; }
  uint64_t at() const { return at_; }

 private:
  std::string_view data_;
  uint64_t at_ = 0;
  bool short_ = false;
};

/// Bytes of a type of GGUF; 0 for strings, arrays and unknown types.
uint64_t size_of_type(uint32_t type) {
  constexpr uint64_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return type < std::size(sizes) ? sizes[type] : 0;
}

Status skip_value(Cursor& c, uint32_t type) {
  constexpr uint32_t kString = 8, kArray = 9;
  if (type == kString) return c.skip_string(), Status();
  if (type != kArray) {
    if (size_of_type(type) == 0) return invalid("a GGUF value of type {}", type);
    return c.skip(size_of_type(type)), Status();
  }
  const auto element = c.take<uint32_t>();
  const auto count = c.take<uint64_t>();
  if (c.is_short()) return {};
  if (element == kString) {
    for (uint64_t i = 0; i < count && c.skip_string(); ++i) {
    }
    return {};
  }
  if (size_of_type(element) == 0 || count > kMost)
    return invalid("a GGUF array of {} values of type {}", count, element);
  return c.skip(count * size_of_type(element)), Status();
}

}  // namespace

Result<std::optional<uint64_t>> safetensors_header(std::string_view start) {
  Cursor c(start);
  const auto length = c.take<uint64_t>();
  if (c.is_short()) return std::optional<uint64_t>();
  if (length > kMost) return invalid("a safetensors header of {} bytes, at most {} are read", length, kMost);
  return std::optional<uint64_t>(8 + length);
}

Result<std::optional<uint64_t>> gguf_header(std::string_view start) {
  Cursor c(start);
  const auto magic = c.take<uint32_t>(), version = c.take<uint32_t>();
  const auto tensors = c.take<uint64_t>(), values = c.take<uint64_t>();
  if (!c.is_short() && (magic != 0x46554747 || version < 2 || version > 3))
    return invalid("not a GGUF file of version 2 or 3");
  for (uint64_t i = 0; i < values && !c.is_short(); ++i) {
    c.skip_string();
    const auto type = c.take<uint32_t>();
    if (!c.is_short()) WEFT_CHECK_OK(skip_value(c, type));
  }
  for (uint64_t i = 0; i < tensors && !c.is_short(); ++i) {
    c.skip_string();
    const auto dims = c.take<uint32_t>();
    if (dims > 8) return invalid("a GGUF tensor of {} dimensions", dims);
    c.skip(dims * uint64_t{8} + 12);
  }
  return c.is_short() ? std::optional<uint64_t>() : std::optional<uint64_t>(c.at());
}

HeaderLength header_length(std::string_view path) {
  return path.ends_with(".safetensors") ? safetensors_header : path.ends_with(".gguf") ? gguf_header : nullptr;
}

}  // namespace weft::hub
