// The parts of a Tokenizer. The readers of tokenizer files fill them in.
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

/// Lends a cache to each call of encode().
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
    } catch (...) {  // there is no memory to keep the cache; the next call makes a new one
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

  /// Decodes one text; must not outlive the parts.
  std::unique_ptr<TokenStream> new_stream() const {
    if (auto own = model->new_stream()) return own;
    return std::make_unique<DecoderStream>(decoder);
  }
};

}  // namespace weft
