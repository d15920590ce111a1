#include "core/text/token_table.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>

#include "core/base/error.hpp"
#include "core/base/large_pages.hpp"
#include "core/text/unicode.hpp"

namespace weft {

const std::uint64_t kHashSeed = [] {
  const int here = 0;  // the stack's address and the time: enough that the author of a file cannot know the seed
  const auto place = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&here));
  return mix_numbers(place,
                     static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) | 1);
}();

namespace {

/// How many slots the table has for this many tokens: at most two thirds of them are used.
std::size_t slots_for(std::size_t tokens) { return std::bit_ceil(tokens + tokens / 2 + 16); }

}  // namespace

std::uint64_t hash_bytes(std::string_view bytes) {
  constexpr std::uint64_t kA = 0x9E3779B97F4A7C15u, kB = 0xD1B54A32D192ED03u;
  const char* p = bytes.data();
  std::size_t n = bytes.size();
  std::uint64_t h = kHashSeed ^ n * kA, word = 0;
  for (; n >= 8; p += 8, n -= 8) {
    std::memcpy(&word, p, 8);
    h = mix_numbers(h ^ word, kB);
  }
  const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<std::uint8_t>(p[i])); };
  word = 0;
  if (n >= 4) {
    std::uint32_t first = 0, last = 0;
    std::memcpy(&first, p, 4);
    std::memcpy(&last, p + n - 4, 4);
    word = first | static_cast<std::uint64_t>(last) << 32;
  } else if (n > 0) {
    word = byte(0) | byte(n / 2) << 8 | byte(n - 1) << 16;
  }
  return mix_numbers(h ^ word ^ kB, kA);
}

void TokenTable::reserve(std::size_t tokens, std::size_t bytes) {
  reserve_large(spans_, tokens);
  reserve_large(arena_, std::min(bytes, kMaxAllTokenBytes));
  grow(slots_for(tokens));
}

std::size_t TokenTable::slot(std::string_view text, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& s = slots_[i];
    if (s.id < 0 || (s.hash == tag && std::string_view(arena_).substr(s.begin, s.size) == text)) return i;
  }
}

void TokenTable::grow(std::size_t slots) {
  if (slots <= slots_.size()) return;
  const std::vector<Slot> old = std::move(slots_);
  slots_ = {};
  reserve_large(slots_, slots);
  slots_.resize(slots);
  for (const Slot& s : old) {
    if (s.id < 0) continue;
    slots_[slot(text(s.id), hash_bytes(text(s.id)))] = s;
  }
}

Status TokenTable::append(std::string_view text, std::int64_t id, bool hidden) {
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
  span.begin = static_cast<std::uint32_t>(arena_.size()) & 0x7FFFFFFFu;
  span.hidden = hidden ? 1 : 0;
  span.size = static_cast<std::int32_t>(text.size());
  arena_ += text;
  return {};
}

Status TokenTable::add_hidden(std::string_view text, std::int64_t id) { return append(text, id, true); }

Status TokenTable::add(std::string_view text, std::int64_t id, bool shadow) {
  return add_hashed(text, hash_bytes(text), id, shadow);
}

Status TokenTable::add(std::span<const Entry> entries, bool shadow) {
  std::size_t bytes = 0;
  for (const Entry& e : entries) bytes += e.text.size();
  reserve(count_ + entries.size(), arena_.size() + bytes);
  constexpr std::size_t kAhead = 16;  // entries; their memory is fetched this far ahead
  std::uint64_t hashes[kAhead] = {};
  const auto fetch = [&](std::size_t i) {
    if (i >= entries.size()) return;
    hashes[i % kAhead] = hash_bytes(entries[i].text);
    __builtin_prefetch(&slots_[hashes[i % kAhead] & (slots_.size() - 1)], 1);
  };
  for (std::size_t i = 0; i < kAhead; ++i) fetch(i);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& e = entries[i];
    WEFT_CHECK_OK(e.hidden ? add_hidden(e.text, e.id) : add_hashed(e.text, hashes[i % kAhead], e.id, shadow));
    fetch(i + kAhead);
  }
  return {};
}

Status TokenTable::add_hashed(std::string_view text, std::uint64_t hash, std::int64_t id, bool shadow) {
  if (count_ * 4 >= slots_.size() * 3) grow(slots_for(count_ * 2 + 64));
  const std::size_t at = slot(text, hash);
  const std::int32_t other = slots_[at].id;
  if (other >= 0 && !shadow) {
    return invalid("tokenizer: token '{}' has both id {} and id {}", valid_utf8(text), other, id);
  }
  const auto begin = static_cast<std::uint32_t>(arena_.size());
  WEFT_CHECK_OK(append(text, id, false));
  slots_[at] = {static_cast<std::int32_t>(id), static_cast<std::uint32_t>(hash >> 32), begin,
                static_cast<std::uint32_t>(text.size())};
  if (other < 0) ++count_;
  else shadows_ = true;
  return {};
}

std::int32_t TokenTable::find(std::string_view text) const {
  return slots_.empty() ? -1 : slots_[slot(text, hash_bytes(text))].id;
}

void TokenTable::find(std::span<const std::string_view> texts, std::span<std::int32_t> ids) const {
  if (slots_.empty()) return std::fill(ids.begin(), ids.end(), -1);
  constexpr std::size_t kAtOnce = 64;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t from = 0; from < texts.size(); from += kAtOnce) {
    const std::size_t n = std::min(kAtOnce, texts.size() - from);
    std::uint64_t hashes[kAtOnce];
    for (std::size_t i = 0; i < n; ++i) {
      hashes[i] = hash_bytes(texts[from + i]);
      __builtin_prefetch(&slots_[hashes[i] & mask]);
    }
    for (std::size_t i = 0; i < n; ++i) __builtin_prefetch(arena_.data() + slots_[hashes[i] & mask].begin);
    for (std::size_t i = 0; i < n; ++i) ids[from + i] = slots_[slot(texts[from + i], hashes[i])].id;
  }
}

}  // namespace weft
