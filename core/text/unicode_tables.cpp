// Facts of code points as the reference has them; unicode_tables.py writes the data.
#include <array>
#include <vector>

#include "core/text/unicode.hpp"

namespace weft {
namespace {

struct Range {
  std::uint32_t first, value;
};
#include "core/text/unicode_tables.inc"

enum Flag : std::uint16_t {
  kWord = 16,
  kNumeric = 32,
  kPunctuation = 64,
  kControl = 128,
  kAccent = 256,
  kNonspacing = 512
};

/// A value for each code point, in blocks of 256. A block of one value is stored once for all equal blocks.
template <class T>
class Blocks {
 public:
  template <std::size_t N>
  explicit Blocks(const Range (&ranges)[N]) {
    std::size_t at = 0;
    const auto value = [&](std::uint32_t code) {
      while (at + 1 < N && ranges[at + 1].first <= code) ++at;
      return static_cast<T>(ranges[at].value);
    };
    for (std::uint32_t block = 0; block < block_.size(); ++block) {
      const std::uint32_t first = block << 8;
      const T all = value(first);
      if (at + 1 == N || ranges[at + 1].first > first + 255) {  // uniform
        std::size_t same = 0;
        while (same < uniform_.size() && uniform_[same].first != all) ++same;
        if (same == uniform_.size()) {
          uniform_.push_back({all, static_cast<std::uint16_t>(values_.size() >> 8)});
          values_.insert(values_.end(), 256, all);
        }
        block_[block] = uniform_[same].second;
        continue;
      }
      block_[block] = static_cast<std::uint16_t>(values_.size() >> 8);
      for (std::uint32_t i = 0; i < 256; ++i) values_.push_back(value(first + i));
    }
  }
  T operator[](std::uint32_t code) const {
    return code > 0x10FFFF ? T{} : values_[static_cast<std::size_t>(block_[code >> 8]) << 8 | (code & 255)];
  }

 private:
  std::array<std::uint16_t, 0x1100> block_{};
  std::vector<T> values_;
  std::vector<std::pair<T, std::uint16_t>> uniform_;
};

std::uint16_t attributes(std::uint32_t code) {
  static const Blocks<std::uint16_t> blocks(kAttributes);
  return blocks[code];
}

template <std::size_t N>
std::int64_t exact(const Range (&rows)[N], std::uint32_t code) {
  std::size_t low = 0, high = N;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (rows[middle].first < code) low = middle + 1;
    else high = middle;
  }
  return low < N && rows[low].first == code ? static_cast<std::int64_t>(rows[low].value) : -1;
}

}  // namespace

Category category_of(std::uint32_t code) { return static_cast<Category>(attributes(code) & 15); }

bool is_space(std::uint32_t c) {
  return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}
bool is_word(std::uint32_t code) { return attributes(code) & kWord; }
bool is_numeric(std::uint32_t code) { return attributes(code) & kNumeric; }
bool is_punctuation(std::uint32_t code) { return attributes(code) & kPunctuation; }
bool is_control(std::uint32_t code) { return attributes(code) & kControl; }
bool is_accent(std::uint32_t code) { return attributes(code) & kAccent; }
bool is_nonspacing(std::uint32_t code) { return attributes(code) & kNonspacing; }

std::uint8_t script_of(std::uint32_t code) {
  static const Blocks<std::uint8_t> blocks(kScripts);
  return blocks[code];
}

std::uint32_t lowercase_beyond_utf8proc(std::uint32_t code) {
  const std::int64_t lower = exact(kLowercase, code);
  return lower < 0 ? code : static_cast<std::uint32_t>(lower);
}

bool is_kept_by_normal_forms(std::uint32_t code) { return exact(kNotDecomposed, code) >= 0; }

}  // namespace weft
