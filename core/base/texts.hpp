// Many short texts in one piece of memory, so that a vocabulary's tokens need no allocation each.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

class Texts {
 public:
  Texts() = default;
  Texts(std::initializer_list<std::string_view> texts) { assign(texts); }
  template <class List>
  explicit Texts(const List& texts) {
    assign(texts);
  }

  /// Makes room for this many texts with this many bytes in all.
  void reserve(std::size_t texts, std::size_t bytes) {
    ends_.reserve(texts);
    bytes_.reserve(bytes);
  }
  void push_back(std::string_view text) {
    bytes_.append(text);
    ends_.push_back(bytes_.size());
  }
  /// Valid until the next push_back().
  std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i > 0 ? ends_[i - 1] : 0;
    return std::string_view(bytes_).substr(begin, ends_[i] - begin);
  }
  std::size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }

 private:
  template <class List>
  void assign(const List& texts) {
    for (const std::string_view text : texts) push_back(text);
  }
  std::string bytes_;
  std::vector<std::uint64_t> ends_;
};

}  // namespace weft
