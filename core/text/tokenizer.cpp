#include "core/text/tokenizer.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/text/detokenizer.hpp"
#include "core/text/tokenizer_parts.hpp"

namespace weft {
namespace {

constexpr std::size_t kMaxTextBytes = std::size_t{1} << 30;

Status encode_words(const TokenizerParts& parts, std::string_view text, bool first,
                    std::vector<std::int32_t>& out) {
  WEFT_TRY(const auto words, parts.pretokenizer.run({std::string(text), first}));
  for (const Word& word : words) parts.model.encode(word.text, out);
  return {};
}

}  // namespace

Tokenizer::Tokenizer(TokenizerParts parts)
    : parts_(std::make_shared<const TokenizerParts>(std::move(parts))) {}

Result<std::vector<std::int32_t>> Tokenizer::encode(std::string_view text,
                                                    const EncodeOptions& options) const {
  if (text.size() > kMaxTextBytes) {
    return invalid("tokenizer: text of {} bytes, at most {}", text.size(), kMaxTextBytes);
  }
  std::vector<std::int32_t> out;
  if (options.add_special) out = parts_->prefix;
  const std::string valid = valid_utf8(text);
  for (const AddedPart& raw : parts_->added.split(valid, false, options.parse_special)) {
    if (raw.id >= 0) {
      out.push_back(raw.id);
      continue;
    }
    WEFT_TRY(const std::string normal, parts_->normalizer.run(std::string(raw.text)));
    const bool first = raw.text.data() == valid.data();
    for (const AddedPart& part : parts_->added.split(normal, true, options.parse_special)) {
      if (part.id >= 0) {
        out.push_back(part.id);
      } else {
        const bool begins = first && part.text.data() == normal.data();
        WEFT_CHECK_OK(encode_words(*parts_, part.text, begins, out));
      }
    }
  }
  if (options.add_special) out.insert(out.end(), parts_->suffix.begin(), parts_->suffix.end());
  return out;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special) const {
  DecoderStream stream(parts_->decoder);
  std::string out;
  for (const std::int32_t id : ids) {
    const auto token = id_to_token(id);
    if (token && !(skip_special && is_special(id))) stream.push(*token, out);
  }
  stream.flush(out);
  return out;
}

std::int32_t Tokenizer::vocab_size() const {
  return static_cast<std::int32_t>(std::max(parts_->model.size(), parts_->added.id_end()));
}

std::optional<std::string_view> Tokenizer::id_to_token(std::int32_t id) const {
  if (const AddedToken* added = parts_->added.find(id)) return added->shown;
  if (const std::string* token = parts_->model.token(id)) return *token;
  return std::nullopt;
}

std::optional<std::int32_t> Tokenizer::token_to_id(std::string_view token) const {
  if (const AddedToken* added = parts_->added.find(token)) return added->id;
  const std::int32_t id = parts_->model.id(token);
  return id < 0 ? std::nullopt : std::optional(id);
}

bool Tokenizer::is_special(std::int32_t id) const {
  const AddedToken* added = parts_->added.find(id);
  return added && added->special;
}

std::int32_t Tokenizer::bos_id() const { return parts_->bos; }
std::int32_t Tokenizer::eos_id() const { return parts_->eos; }
std::int32_t Tokenizer::unk_id() const { return parts_->unk; }
std::int32_t Tokenizer::pad_id() const { return parts_->pad; }

Detokenizer::Detokenizer(const Tokenizer& tokenizer, bool skip_special)
    : tokenizer_(tokenizer),
      skip_special_(skip_special),
      stream_(std::make_unique<DecoderStream>(tokenizer_.parts_->decoder)) {}
Detokenizer::Detokenizer(Detokenizer&&) noexcept = default;
Detokenizer& Detokenizer::operator=(Detokenizer&&) noexcept = default;
Detokenizer::~Detokenizer() = default;

std::string Detokenizer::push(std::int32_t id) {
  std::string out;
  const auto token = tokenizer_.id_to_token(id);
  if (token && !(skip_special_ && tokenizer_.is_special(id))) stream_->push(*token, out);
  return out;
}

std::string Detokenizer::flush() {
  std::string out;
  stream_->flush(out);
  return out;
}

}  // namespace weft
