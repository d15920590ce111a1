// What a tokenizer of a plugin is made of: the format's vocabulary, or the small files of the folder.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "core/weights/checkpoint.hpp"
#include "weft/abi/tokenizer.h"

namespace weft {

/// The table that a plugin reads from while it makes a tokenizer. [one thread per object]
class TokenizerSource {
 public:
  /// `kind`: the claim that was met. Both must outlive it.
  TokenizerSource(const Checkpoint& checkpoint, std::string_view kind);
  TokenizerSource(const TokenizerSource&) = delete;
  TokenizerSource& operator=(const TokenizerSource&) = delete;

  const weft_tokenizer_source* abi() const { return &table_; }

 private:
  static weft_status* read(void* ctx, weft_str name, const uint8_t** data, uint64_t* size) noexcept;
  static weft_status* read_json(void* ctx, weft_str name, const weft_json** out) noexcept;
  void view(const StoredVocabulary& stored);

  const Checkpoint& checkpoint_;
  std::deque<std::string> files_;  // what was read
  std::vector<weft_str> tokens_, merges_, template_names_, templates_;
  weft_vocabulary vocabulary_{};
  weft_tokenizer_source table_{};
};

}  // namespace weft
