// A string that knows which of its bytes came from the user, and keeps knowing it through every operation.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::jinja {

struct Span {  // the bytes [begin, end)
  std::size_t begin, end;
};

class Text {
 public:
  Text() = default;
  explicit Text(std::string bytes, bool user = false) : bytes_(std::move(bytes)) {
    if (user && !bytes_.empty()) user_.push_back({0, bytes_.size()});
  }

  const std::string& bytes() const { return bytes_; }
  std::string_view view() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  /// The ranges that came from the user: sorted, not touching, not empty.
  const std::vector<Span>& user() const { return user_; }

  Text part(std::size_t begin, std::size_t end = std::string::npos) const;
  void append(std::string_view bytes, bool user = false);
  void append(const Text& text) { append(text, 0, text.size()); }
  void append(const Text& text, std::size_t begin, std::size_t end);
  void reserve(std::size_t size) { bytes_.reserve(size); }

  std::string take_bytes() { return std::move(bytes_); }
  std::vector<Span> take_user() { return std::move(user_); }

 private:
  void mark(std::size_t begin, std::size_t end);

  std::string bytes_;
  std::vector<Span> user_;
};

/// Says for ascending places of a text whether the byte came from the user.
class UserCursor {
 public:
  explicit UserCursor(const Text& text) : spans_(text.user()) {}
  bool at(std::size_t place) {
    while (next_ < spans_.size() && spans_[next_].end <= place) ++next_;
    return next_ < spans_.size() && spans_[next_].begin <= place;
  }

 private:
  const std::vector<Span>& spans_;
  std::size_t next_ = 0;
};

}  // namespace weft::jinja
