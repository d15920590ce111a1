#include "core/text/sentencepiece_model.hpp"

#include <bit>
#include <cmath>
#include <functional>

#include "core/base/error.hpp"
#include "core/text/token_table.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

/// One field of a message: its number, and a number or bytes, as its wire type says.
struct Field {
  std::uint32_t number = 0;
  std::uint64_t value = 0;
  std::string_view bytes;
  bool is_bytes = false;
};

/// Reads the fields of one message in order.
class Message {
 public:
  explicit Message(std::string_view bytes) : rest_(bytes), size_(bytes.size()) {}

  bool done() const { return rest_.empty(); }
  Status next(Field& out) {
    std::uint64_t key = 0;
    WEFT_CHECK_OK(varint(key));
    out = {};
    out.number = static_cast<std::uint32_t>(key >> 3);
    if (out.number == 0 || key >> 3 > 0x1FFFFFFF) return fail("a field number that cannot be");
    switch (key & 7) {
      case 0: return varint(out.value);
      case 1: return fixed(8, out.value);
      case 5: return fixed(4, out.value);
      case 2: {
        std::uint64_t n = 0;
        WEFT_CHECK_OK(varint(n));
        if (n > rest_.size()) return fail(fmt::format("a field of {} bytes in {}", n, rest_.size()));
        out.bytes = rest_.substr(0, n);
        out.is_bytes = true;
        rest_.remove_prefix(n);
        return {};
      }
      default: return fail("a wire type that is not known");
    }
  }

 private:
  Status fail(std::string_view what) const {
    return invalid("tokenizer.model: {} at byte {} of a message", what, size_ - rest_.size());
  }
  Status varint(std::uint64_t& out) {
    out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return fail("the end within a number");
      const auto byte = static_cast<std::uint8_t>(rest_[0]);
      rest_.remove_prefix(1);
      out |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return {};
    }
    return fail("a number of more than 64 bits");
  }
  Status fixed(std::size_t n, std::uint64_t& out) {
    if (rest_.size() < n) return fail("the end within a number");
    for (std::size_t i = 0; i < n; ++i)
      out |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(rest_[i])) << (8 * i);
    rest_.remove_prefix(n);
    return {};
  }

  std::string_view rest_;
  std::size_t size_;
};

template <class F>
Status each_field(std::string_view bytes, F&& f) {
  Message message(bytes);
  Field field;
  while (!message.done()) {
    WEFT_CHECK_OK(message.next(field));
    WEFT_CHECK_OK(f(field));
  }
  return {};
}

Status read_piece(std::string_view bytes, SentencePieceModel& out) {
  std::string_view text;
  float score = 0;
  auto type = TokenType::kNormal;
  const std::size_t id = out.pieces.size();
  WEFT_CHECK_OK(each_field(bytes, [&](const Field& f) -> Status {
    if (f.number == 1 && f.is_bytes) text = f.bytes;
    if (f.number == 2 && !f.is_bytes) score = std::bit_cast<float>(static_cast<std::uint32_t>(f.value));
    if (f.number == 3 && !f.is_bytes) {
      if (f.value < 1 || f.value > 6) return invalid("tokenizer.model: piece {} has unknown type {}", id, f.value);
      type = static_cast<TokenType>(f.value);
    }
    return {};
  }));
  if (text.empty()) return invalid("tokenizer.model: piece {} is empty", id);
  if (!is_valid_utf8(text)) return invalid("tokenizer.model: piece {} is not UTF-8", id);
  if (std::isnan(score)) return invalid("tokenizer.model: the score of piece {} is not a number", id);
  if (id >= kMaxVocabulary) return invalid("tokenizer.model: more than {} pieces", kMaxVocabulary);
  out.pieces.push_back(text);
  out.scores.push_back(score);
  out.types.push_back(type);
  return {};
}

Status read_trainer(std::string_view bytes, SentencePieceModel& out) {
  return each_field(bytes, [&](const Field& f) -> Status {
    if (f.is_bytes) return {};
    if (f.number == 3) {
      if (f.value < 1 || f.value > 4) return invalid("tokenizer.model: unknown model type {}", f.value);
      out.kind = static_cast<SentencePieceModel::Kind>(f.value);
    }
    if (f.number == 24) out.spaces_are_suffixes = f.value != 0;
    if (f.number == 35) out.byte_fallback = f.value != 0;
    return {};
  });
}

Status read_normalizer(std::string_view bytes, SentencePieceModel& out) {
  return each_field(bytes, [&](const Field& f) -> Status {
    if (f.number == 2 && f.is_bytes) out.charsmap = f.bytes;
    if (f.is_bytes) return {};
    if (f.number == 3) out.dummy_prefix = f.value != 0;
    if (f.number == 4) out.remove_extra_spaces = f.value != 0;
    if (f.number == 5) out.escape_spaces = f.value != 0;
    return {};
  });
}

}  // namespace

Result<SentencePieceModel> read_sentencepiece(std::string_view file) {
  SentencePieceModel out;
  bool trained = false;
  WEFT_CHECK_OK(each_field(file, [&](const Field& f) -> Status {
    if (!f.is_bytes) return {};
    switch (f.number) {
      case 1: return read_piece(f.bytes, out);
      case 2: trained = true; return read_trainer(f.bytes, out);
      case 3: return read_normalizer(f.bytes, out);
      case 5: {  // a denormalizer is written like a normalizer; weft has none
        SentencePieceModel denormalizer;
        WEFT_CHECK_OK(read_normalizer(f.bytes, denormalizer));
        if (denormalizer.charsmap.empty()) return {};
        return error(Code::kUnimplemented, "tokenizer.model: a denormalizer is not implemented");
      }
      default: return {};
    }
  }));
  if (out.pieces.empty() || !trained)
    return invalid("tokenizer.model: no pieces, or nothing said of them: is it cut short?");
  return out;
}

}  // namespace weft
