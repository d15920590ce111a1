#include "core/text/token_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/base/error.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const auto wide = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(wide) ^ static_cast<std::uint64_t>(wide >> 64);
}

}  // namespace

std::uint64_t hash_bytes(std::string_view bytes) {
  constexpr std::uint64_t kA = 0x9E3779B97F4A7C15u, kB = 0xD1B54A32D192ED03u;
  const char* p = bytes.data();
  std::size_t n = bytes.size();
  std::uint64_t h = n * kA, word = 0;
  for (; n >= 8; p += 8, n -= 8) {
    std::memcpy(&word, p, 8);
    h = mix(h ^ word, kB);
  }
  word = 0;
  for (std::size_t i = 0; i < n; ++i) word |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(p[i])) << (8 * i);
  return mix(h ^ word ^ kB, kA);
}

void TokenTable::reserve(std::size_t tokens, std::size_t bytes) {
  spans_.reserve(tokens);
  arena_.reserve(std::min(bytes, kMaxAllTokenBytes));
  grow(std::bit_ceil(tokens * 2 + 16));
}

std::size_t TokenTable::slot(std::string_view text, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    if (slots_[i].id < 0 || (slots_[i].hash == tag && this->text(slots_[i].id) == text)) return i;
  }
}

void TokenTable::grow(std::size_t slots) {
  if (slots <= slots_.size()) return;
  const std::vector<Slot> old = std::move(slots_);
  slots_.assign(slots, Slot{});
  for (const Slot& s : old) {
    if (s.id < 0) continue;
    slots_[slot(text(s.id), hash_bytes(text(s.id)))] = s;
  }
}

Status TokenTable::add_hidden(std::string_view text, std::int64_t id) {
  if (id < 0 || id >= static_cast<std::int64_t>(kMaxVocabulary)) {
    return invalid("tokenizer: token id {} is outside 0..{}", id, kMaxVocabulary - 1);
  }
  if (text.size() > kMaxTokenBytes) {
    return invalid("tokenizer: token {} has {} bytes, at most {}", id, text.size(), kMaxTokenBytes);
  }
  if (arena_.size() + text.size() > kMaxAllTokenBytes) {
    return invalid("tokenizer: the tokens have more than {} bytes together", kMaxAllTokenBytes);
  }
  if (static_cast<std::size_t>(id) >= spans_.size()) spans_.resize(static_cast<std::size_t>(id) + 1);
  Span& span = spans_[static_cast<std::size_t>(id)];
  if (span.size >= 0) {
    return invalid("tokenizer: id {} belongs to both '{}' and '{}'", id,
                   valid_utf8(this->text(static_cast<std::int32_t>(id))), valid_utf8(text));
  }
  span = {static_cast<std::uint32_t>(arena_.size()), static_cast<std::int32_t>(text.size())};
  arena_ += text;
  return {};
}

Status TokenTable::add(std::string_view text, std::int64_t id, bool shadow) {
  if (count_ * 2 >= slots_.size()) grow(std::bit_ceil(slots_.size() * 2 + 64));
  const std::uint64_t hash = hash_bytes(text);
  const std::size_t at = slot(text, hash);
  const std::int32_t other = slots_[at].id;
  if (other >= 0 && !shadow) {
    return invalid("tokenizer: token '{}' has both id {} and id {}", valid_utf8(text), other, id);
  }
  WEFT_CHECK_OK(add_hidden(text, id));
  slots_[at] = {static_cast<std::int32_t>(id), static_cast<std::uint32_t>(hash >> 32)};
  if (other < 0) ++count_;
  return {};
}

std::int32_t TokenTable::find(std::string_view text) const {
  return slots_.empty() ? -1 : slots_[slot(text, hash_bytes(text))].id;
}

}  // namespace weft
