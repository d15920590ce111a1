#include "core/text/model.hpp"

#include "core/text/unicode.hpp"

namespace weft {
namespace {

/// Gives the index of the byte whose spelling in the byte-level alphabet is at `at`. Fast for calls in ascending order.
class SpeltBytes {
 public:
  explicit SpeltBytes(std::string_view spelt) : spelt_(spelt) {}
  std::uint32_t operator()(std::uint32_t at) {
    const auto length = [&] { return static_cast<std::uint8_t>(spelt_[done_]) < 0x80 ? 1u : 2u; };
    if (at < done_) done_ = byte_ = 0;
    for (; done_ + length() <= at; ++byte_) done_ += length();
    return byte_;
  }

 private:
  std::string_view spelt_;
  std::uint32_t done_ = 0, byte_ = 0;
};

}  // namespace

void push_bytes(std::span<const std::int32_t> ids, std::string_view word, std::size_t begin, std::size_t end,
                std::vector<Token>& out) {
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t to = i + 1 == end ? end : begin;
    out.push_back({ids[static_cast<std::uint8_t>(word[i])], static_cast<std::uint32_t>(begin),
                   static_cast<std::uint32_t>(to)});
  }
}

Status TokenModel::encode_spelt(std::string_view bytes, Meter& meter, std::vector<Token>& out) const {
  const std::string spelt = byte_level_text(bytes);
  const std::size_t mark = out.size();
  WEFT_CHECK_OK(encode(spelt, meter, out));
  SpeltBytes byte_at(spelt);
  for (std::size_t i = mark; i < out.size(); ++i) {
    Token& token = out[i];
    if (token.end > spelt.size() || token.begin >= token.end) continue;
    token.begin = byte_at(token.begin);
    token.end = byte_at(token.end - 1) + 1;
  }
  return {};
}

}  // namespace weft
