// Turns text into token ids and back. A Tokenizer is immutable, and copies share one state. [any-thread]
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/encoding.hpp"
#include "core/text/truncation.hpp"
#include "core/text/vocabulary.hpp"
#include "weft/status.hpp"

namespace weft {

class Meter;
struct CallLimits;
class ThreadPool;
struct TokenizerFiles;
struct TokenizerParts;
struct TokensBeside;

struct EncodeOptions {
  bool add_special = true;    // add what the post-processor puts around a text (bos, eos…)
  bool parse_special = true;  // special tokens spelt in the text become their ids; false: they are plain text
  Meter* meter = nullptr;     // what the call may use up; null: what the size of the text allows
  const CallLimits* limits = nullptr;  // what the host allows; null: all of that. Unused with `meter`
};

class Tokenizer {
 public:
  /// Reads a Hugging Face tokenizer.json. kUnimplemented names a part that is not implemented. `truncation` and
  /// `padding` are settings of batches and are not applied.
  static Result<Tokenizer> from_json(std::string_view tokenizer_json);
  static Result<Tokenizer> from_json(std::string_view tokenizer_json, const TokensBeside& beside);
  static Result<Tokenizer> from_vocabulary(const Vocabulary& vocabulary);
  /// Reads the older files of a model folder; see tokenizer_files.hpp.
  static Result<Tokenizer> from_files(const TokenizerFiles& files);
  static Tokenizer of_parts(TokenizerParts parts);

  /// Ill-formed UTF-8 counts as U+FFFD. Fails when the tokenizer makes too much of the text or takes too many steps
  /// (text_meter.hpp), or when the model has neither a token for a part of the text nor an unknown token.
  Result<std::vector<std::int32_t>> encode(std::string_view text, const EncodeOptions& options = {}) const;
  Result<Encoding> encode_with_offsets(std::string_view text, const EncodeOptions& options = {}) const;
  /// Encodes each text on the pool; one Encoding for each. Each text has a meter of its own.
  Result<std::vector<Encoding>> encode_batch(std::span<const std::string_view> texts, const EncodeOptions& options,
                                             bool with_offsets, ThreadPool& pool) const;
  /// Encodes a text, or two that a model reads together (a question and its context), cut as `how` says. UNIMPLEMENTED:
  /// the tokenizer does not say how two texts are put together. OUT_OF_RANGE: see cut_texts.
  Result<EncodedTexts> encode_texts(std::span<const std::string_view> texts, const Truncation& how,
                                    const EncodeOptions& options = {}) const;
  /// Skips ids that are no token and, with `skip_special`, special tokens.
  Result<std::string> decode(std::span<const std::int32_t> ids, bool skip_special = false) const;

  /// The text that tokens give, each as the vocabulary spells it.
  Result<std::string> tokens_to_text(std::span<const std::string> tokens) const;

  std::int32_t vocab_size() const;  // the largest id + 1
  std::optional<std::string_view> id_to_token(std::int32_t id) const;
  std::optional<std::int32_t> token_to_id(std::string_view token) const;
  bool is_special(std::int32_t id) const;
  bool is_added(std::int32_t id) const;  // searched for in a text before it is split

  /// What tokens begin with that go on with a word, such as "##"; "": none do.
  std::string_view continuing_prefix() const;
  bool merges_pairs() const;  // whether the model is a byte-pair encoding

  /// -1 where it is not known. A tokenizer.json gives bos and eos only through its template.
  std::int32_t bos_id() const;
  std::int32_t eos_id() const;
  std::int32_t unk_id() const;
  std::int32_t pad_id() const;

 private:
  friend class Detokenizer;
  explicit Tokenizer(TokenizerParts parts);
  /// The text that the decoder gets for `id`; none where the id is skipped.
  std::optional<std::string_view> decoded_text(std::int32_t id, bool skip_special) const;
  std::shared_ptr<const TokenizerParts> parts_;
};

/// The type of the model of a tokenizer.json, where from_json does not read it; else "".
std::string foreign_model_type(std::string_view tokenizer_json);

}  // namespace weft
