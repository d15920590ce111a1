#include "core/text/tokenizer.hpp"

#include <algorithm>
#include <array>

#include "core/base/error.hpp"
#include "core/base/thread_pool.hpp"
#include "core/text/detokenizer.hpp"
#include "core/text/encoder.hpp"
#include "core/text/tokenizer_parts.hpp"

namespace weft {
namespace {

template <class T>
std::vector<T> slice(const std::vector<T>& of, TokenRange range) {
  return {of.begin() + static_cast<std::ptrdiff_t>(range.begin), of.begin() + static_cast<std::ptrdiff_t>(range.end)};
}

/// The tokens of `range`, whose offsets are trimmed and in the text as given.
Encoding part_of(const BareTokens& tokens, TokenRange range, const PostProcessor& post, std::string_view given) {
  const Encoding& all = tokens.encoding;
  Encoding part;
  part.ids = slice(all.ids, range), part.offsets = slice(all.offsets, range), part.words = slice(all.words, range);
  if (post.trims())
    post.trim(tokens.text, std::span(tokens.blanks).subspan(range.begin, range.end - range.begin), part.offsets);
  if (!tokens.replaced.empty()) map_back(given, part.offsets);
  return part;
}

}  // namespace

Tokenizer Tokenizer::of_parts(TokenizerParts parts) { return Tokenizer(std::move(parts)); }

Tokenizer::Tokenizer(TokenizerParts parts) : parts_(std::make_shared<const TokenizerParts>(std::move(parts))) {}

Result<std::vector<std::int32_t>> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  Encoding out;
  WEFT_CHECK_OK(Encoder(*parts_, options, false).run(text, out));
  return std::move(out.ids);
}

Result<Encoding> Tokenizer::encode_with_offsets(std::string_view text, const EncodeOptions& options) const {
  Encoding out;
  WEFT_CHECK_OK(Encoder(*parts_, options, true).run(text, out));
  return out;
}

Result<std::vector<Encoding>> Tokenizer::encode_batch(std::span<const std::string_view> texts,
                                                      const EncodeOptions& options, bool with_offsets,
                                                      ThreadPool& pool) const {
  struct Job {
    const TokenizerParts& parts;
    std::span<const std::string_view> texts;
    const EncodeOptions& options;
    bool with_offsets;
    std::vector<Encoding> out;
    std::vector<Status> failed;
  } job{*parts_, texts, options, with_offsets, {}, {}};
  job.out.resize(texts.size());
  job.failed.resize(texts.size());
  const auto work = [](void* arg, std::uint64_t begin, std::uint64_t end, std::uint32_t) {
    Job& j = *static_cast<Job*>(arg);
    for (std::uint64_t i = begin; i < end; ++i) {
      try {
        EncodeOptions own = j.options;
        own.meter = nullptr;
        j.failed[i] = Encoder(j.parts, own, j.with_offsets).run(j.texts[i], j.out[i]);
      } catch (const std::exception& e) {  // mostly memory that ran out
        j.failed[i] = Status(Code::kResourceExhausted, e.what());
      }
    }
  };
  pool.parallel_for(texts.size(), 1, work, &job);
  for (Status& status : job.failed) {
    if (!status.ok()) return std::move(status);
  }
  return std::move(job.out);
}

Result<EncodedTexts> Tokenizer::encode_texts(std::span<const std::string_view> texts, const Truncation& how,
                                             const EncodeOptions& options) const {
  if (texts.empty() || texts.size() > 2) return invalid("tokenizer: {} texts, expected 1 or 2", texts.size());
  const PostProcessor& post = parts_->post;
  WEFT_CHECK_OK(post.check(texts.size()));
  std::array<BareTokens, 2> tokens;
  std::array<std::size_t, 2> sizes{};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    WEFT_CHECK_OK(Encoder(*parts_, options, true).run(texts[i], tokens[i]));
    sizes[i] = tokens[i].encoding.ids.size();
  }
  const std::size_t added = options.add_special ? post.added(texts.size()) : 0;
  WEFT_TRY(const std::vector<CutTexts> windows, cut_texts(sizes, texts.size(), added, how));
  EncodedTexts out;
  out.uncut = sizes[0] + sizes[1] + added;
  for (const CutTexts& window : windows) {
    std::array<Encoding, 2> parts;
    for (std::size_t i = 0; i < texts.size(); ++i) parts[i] = part_of(tokens[i], window[i], post, texts[i]);
    out.windows.push_back(post.run_texts(options.add_special, std::span(parts).first(texts.size())));
  }
  return out;
}

std::optional<std::string_view> Tokenizer::decoded_text(std::int32_t id, bool skip_special) const {
  if (const AddedToken* added = parts_->added.find(id)) {
    if (skip_special && parts_->added.is_skipped(*added)) return std::nullopt;
    return added->shown;
  }
  return parts_->model->tokens().has(id) ? std::optional(parts_->model->tokens().text(id)) : std::nullopt;
}

Result<std::string> Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special) const {
  PartsStream stream(*parts_);
  std::string out;
  for (const std::int32_t id : ids) {
    if (const auto token = decoded_text(id, skip_special)) WEFT_CHECK_OK(stream.push(id, *token, out));
  }
  WEFT_CHECK_OK(stream.flush(out));
  return out;
}

Result<std::string> Tokenizer::tokens_to_text(std::span<const std::string> tokens) const {
  PartsStream stream(*parts_);
  std::string out;
  for (const std::string& token : tokens) WEFT_CHECK_OK(stream.push(-1, token, out));
  WEFT_CHECK_OK(stream.flush(out));
  return out;
}

std::string_view Tokenizer::continuing_prefix() const { return parts_->model->continuing_prefix(); }
bool Tokenizer::merges_pairs() const { return parts_->model->merges_pairs(); }

std::int32_t Tokenizer::vocab_size() const {
  return static_cast<std::int32_t>(std::max(parts_->model->tokens().size(), parts_->added.id_end()));
}

std::optional<std::string_view> Tokenizer::id_to_token(std::int32_t id) const {
  if (const AddedToken* added = parts_->added.find(id)) return added->content;
  return decoded_text(id, false);
}

std::optional<std::int32_t> Tokenizer::token_to_id(std::string_view token) const {
  if (const AddedToken* added = parts_->added.find(token)) return added->id;
  const std::int32_t id = parts_->model->tokens().find(token);
  return id < 0 ? std::nullopt : std::optional(id);
}

bool Tokenizer::is_special(std::int32_t id) const {
  const AddedToken* added = parts_->added.find(id);
  return added && added->special;
}

bool Tokenizer::is_added(std::int32_t id) const { return parts_->added.find(id) != nullptr; }

std::int32_t Tokenizer::bos_id() const { return parts_->bos; }
std::int32_t Tokenizer::eos_id() const { return parts_->eos; }
std::int32_t Tokenizer::unk_id() const { return parts_->unk; }
std::int32_t Tokenizer::pad_id() const { return parts_->pad; }

Detokenizer::Detokenizer(const Tokenizer& tokenizer, bool skip_special)
    : tokenizer_(tokenizer),
      skip_special_(skip_special),
      stream_(std::make_unique<PartsStream>(*tokenizer_.parts_)) {}
Detokenizer::Detokenizer(Detokenizer&&) noexcept = default;
Detokenizer& Detokenizer::operator=(Detokenizer&&) noexcept = default;
Detokenizer::~Detokenizer() = default;

Result<std::string> Detokenizer::push(std::int32_t id) {
  std::string out;
  if (const auto token = tokenizer_.decoded_text(id, skip_special_)) WEFT_CHECK_OK(stream_->push(id, *token, out));
  return out;
}

Result<std::string> Detokenizer::flush() {
  std::string out;
  WEFT_CHECK_OK(stream_->flush(out));
  return out;
}

}  // namespace weft
