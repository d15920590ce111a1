// Text to token ids and back. Immutable; copies share one state; any thread may call anything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/vocabulary.hpp"
#include "weft/status.hpp"

namespace weft {

struct TokenizerParts;

struct EncodeOptions {
  bool add_special = true;    // what the post-processor puts around a text (bos, eos…)
  bool parse_special = true;  // special tokens spelt in the text become their ids
};

class Tokenizer {
 public:
  /// Reads a Hugging Face tokenizer.json with a BPE model. kUnimplemented names any part that is
  /// not implemented. `truncation` and `padding` are batch settings and are not applied.
  static Result<Tokenizer> from_json(std::string_view tokenizer_json);
  static Result<Tokenizer> from_vocabulary(const Vocabulary& vocabulary);

  /// Ill-formed UTF-8 counts as U+FFFD. Fails only when a pattern takes too many steps.
  Result<std::vector<std::int32_t>> encode(std::string_view text,
                                           const EncodeOptions& options = {}) const;
  /// Ids of no token are skipped, as are special ones if `skip_special`.
  std::string decode(std::span<const std::int32_t> ids, bool skip_special = false) const;

  std::int32_t vocab_size() const;  // largest id + 1
  std::optional<std::string_view> id_to_token(std::int32_t id) const;
  std::optional<std::int32_t> token_to_id(std::string_view token) const;
  bool is_special(std::int32_t id) const;

  /// -1 where unknown. A tokenizer.json knows bos and eos only from its template.
  std::int32_t bos_id() const;
  std::int32_t eos_id() const;
  std::int32_t unk_id() const;
  std::int32_t pad_id() const;

 private:
  friend class Detokenizer;
  explicit Tokenizer(TokenizerParts parts);
  std::shared_ptr<const TokenizerParts> parts_;
};

}  // namespace weft
