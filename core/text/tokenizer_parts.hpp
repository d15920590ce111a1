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
};

/// Decodes one text as the model does by itself, otherwise by the decoder, which is called directly: a virtual call is
/// felt there. The parts must outlive it.
class PartsStream {
 public:
  explicit PartsStream(const TokenizerParts& parts) : own_(parts.model->new_stream()), chain_(parts.decoder) {}
  Status push(std::int32_t id, std::string_view token, std::string& out) {
    return own_ ? own_->push(id, token, out) : chain_.push(token, out);
  }
  Status flush(std::string& out) { return own_ ? own_->flush(out) : chain_.flush(out); }

 private:
  std::unique_ptr<TokenStream> own_;
  DecoderStream chain_;
};

}  // namespace weft
