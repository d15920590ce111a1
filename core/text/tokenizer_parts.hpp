// What a Tokenizer is made of; the readers of tokenizer files fill it in.
#pragma once

#include <memory>
#include <mutex>

#include "core/text/model.hpp"
#include "core/text/pretokenizer.hpp"
#include "core/text/tokenizer_added.hpp"
#include "core/text/tokenizer_decoder.hpp"
#include "core/text/tokenizer_normalizer.hpp"
#include "core/text/tokenizer_post.hpp"
#include "core/text/word_cache.hpp"

namespace weft {

/// Caches, lent to one call of encode() at a time.
class CachePool {
 public:
  std::unique_ptr<WordCache> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<WordCache>();
    auto cache = std::move(free_.back());
    free_.pop_back();
    return cache;
  }
  void give_back(std::unique_ptr<WordCache> cache) noexcept {
    try {
      const std::lock_guard lock(mutex_);
      free_.push_back(std::move(cache));
    } catch (...) {  // no memory to keep it: it is a cache
    }
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<WordCache>> free_;
};

struct TokenizerParts {
  Normalizer normalizer;
  PreTokenizer pretokenizer;
  std::unique_ptr<TokenModel> model;
  AddedTokens added;
  PostProcessor post;
  DecoderChain decoder;
  std::int32_t bos = -1, eos = -1, unk = -1, pad = -1;
  std::unique_ptr<CachePool> caches = std::make_unique<CachePool>();
};

}  // namespace weft
