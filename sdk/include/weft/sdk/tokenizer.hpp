// The plugin side of weft.tokenizer: an abstract Tokenizer and the table that serves it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/abi/tokenizer.h"
#include "weft/sdk/json.hpp"

namespace weft::sdk {

/// What a tokenizer is made of; see weft_tokenizer_source.
class TokenizerSource {
 public:
  explicit TokenizerSource(const weft_tokenizer_source& api) : api_(api) {}
  std::string_view kind() const { return view(api_.kind); }
  /// The vocabulary of the format; null: the folder's files have it.
  const weft_vocabulary* vocabulary() const { return api_.vocabulary; }
  /// The bytes of a file of the folder, valid while the tokenizer is made; none: there is no such file.
  std::optional<std::string_view> find(std::string_view name) const {
    const uint8_t* data = nullptr;
    uint64_t size = 0;
    try {
      check(api_.read(api_.ctx, str(name), &data, &size));
    } catch (const Error& e) {
      if (e.code() != WEFT_NOT_FOUND) throw;
      return std::nullopt;
    }
    return std::string_view(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  }
  /// The same; the error names a file that is missing.
  std::string_view read(std::string_view name) const {
    const auto found = find(name);
    if (!found) fail(WEFT_NOT_FOUND, "the folder has no " + std::string(name));
    return *found;
  }
  /// A JSON file of the folder; absent where there is none.
  Json read_json(std::string_view name) const {
    return given_json([&](const weft_json** out) { return api_.read_json(api_.ctx, str(name), out); });
  }

 private:
  const weft_tokenizer_source& api_;
};

/// See weft_tokenizer_info.
struct TokenizerInfo {
  uint32_t size = 0;
  int32_t bos = -1, eos = -1, unk = -1, pad = -1;
  std::vector<int32_t> before = {}, after = {};
};

/// See weft_token_info. `text` lives as long as the tokenizer.
struct TokenInfo {
  std::string_view text;
  uint32_t flags = 0;  // WEFT_TOKENIZER_SPECIAL...
};

/// Takes the tokens of a text in their order.
class TokenSink {
 public:
  explicit TokenSink(const weft_token_sink& api) : api_(api) {}
  /// The token stands for the bytes from `begin` up to `end`. Throws when the host wants no more.
  void add(int32_t id, uint64_t begin, uint64_t end) {
    ids_.push_back(id);
    offsets_.push_back(begin), offsets_.push_back(end);
    if (ids_.size() == kAtOnce) give();
  }
  void give() {
    check(api_.add(api_.ctx, ids_.size(), ids_.data(), offsets_.data()));
    ids_.clear(), offsets_.clear();
  }

 private:
  static constexpr std::size_t kAtOnce = 1024;  // tokens; fewer: more calls
  const weft_token_sink& api_;
  std::vector<int32_t> ids_;
  std::vector<uint64_t> offsets_;  // [tokens, 2]
};

/// Decodes texts id by id. One thread at a time.
class TextStream {
 public:
  virtual ~TextStream() = default;
  /// The text that has become certain; it may end inside a character.
  virtual std::string push(uint32_t id) = 0;
  /// The rest of the text; the next push begins a new one.
  virtual std::string flush() { return {}; }
};

/// Immutable. [any-thread]
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual TokenizerInfo info() const = 0;
  virtual TokenInfo token(uint32_t id) const = 0;  // id < info().size
  /// `text` is UTF-8, not empty, and has no special tokens.
  virtual void encode(std::string_view text, TokenSink& out) const = 0;
  /// The stream may use the tokenizer, which outlives it.
  virtual std::unique_ptr<TextStream> stream() const = 0;
};

inline void give_text(const weft_text_sink* sink, const std::string& text) {
  if (!text.empty()) check(sink->add(sink->ctx, str(text)));
}

/// The interface table of a kind of tokenizer, of which `Make(source)` makes those.
template <std::unique_ptr<Tokenizer> (*Make)(const TokenizerSource& source)>
weft_tokenizer tokenizer_table(std::string_view kind) {
  struct Opened {
    const weft_host* host;
    std::unique_ptr<Tokenizer> tokenizer;
    TokenizerInfo info;
  };
  struct Stream {
    const weft_host* host;
    std::unique_ptr<TextStream> stream;
  };
  return {WEFT_HDR(weft_tokenizer, flush), this_host(), nullptr, str(kind),
          [](void* self, const weft_tokenizer_source* source, void** out) noexcept {
            return guard(host_of(self), [&] {
              auto opened = std::make_unique<Opened>();
              opened->host = host_of(self);
              opened->tokenizer = Make(TokenizerSource(*source));
              opened->info = opened->tokenizer->info();
              *out = opened.release();
            });
          },
          [](void* tokenizer) noexcept {
            const Entry entry(static_cast<Opened*>(tokenizer)->host);
            delete static_cast<Opened*>(tokenizer);
          },
          [](void* tokenizer, weft_tokenizer_info* out) noexcept {
            return guard(static_cast<Opened*>(tokenizer)->host, [&] {
              const TokenizerInfo& info = static_cast<Opened*>(tokenizer)->info;
              out->size = info.size;
              out->bos = info.bos, out->eos = info.eos, out->unk = info.unk, out->pad = info.pad;
              out->before = info.before.data(), out->n_before = static_cast<uint32_t>(info.before.size());
              out->after = info.after.data(), out->n_after = static_cast<uint32_t>(info.after.size());
            });
          },
          [](void* tokenizer, uint32_t id, weft_token_info* out) noexcept {
            return guard(static_cast<Opened*>(tokenizer)->host, [&] {
              const TokenInfo token = static_cast<Opened*>(tokenizer)->tokenizer->token(id);
              out->text = str(token.text), out->flags = token.flags;
            });
          },
          [](void* tokenizer, weft_str text, const weft_token_sink* sink) noexcept {
            return guard(static_cast<Opened*>(tokenizer)->host, [&] {
              TokenSink out(*sink);
              static_cast<Opened*>(tokenizer)->tokenizer->encode(view(text), out);
              out.give();
            });
          },
          [](void* tokenizer, void** out) noexcept {
            return guard(static_cast<Opened*>(tokenizer)->host, [&] {
              auto stream = std::make_unique<Stream>();
              stream->host = static_cast<Opened*>(tokenizer)->host;
              stream->stream = static_cast<Opened*>(tokenizer)->tokenizer->stream();
              *out = stream.release();
            });
          },
          [](void* stream) noexcept {
            const Entry entry(static_cast<Stream*>(stream)->host);
            delete static_cast<Stream*>(stream);
          },
          [](void* stream, uint32_t id, const weft_text_sink* sink) noexcept {
            return guard(static_cast<Stream*>(stream)->host,
                         [&] { give_text(sink, static_cast<Stream*>(stream)->stream->push(id)); });
          },
          [](void* stream, const weft_text_sink* sink) noexcept {
            return guard(static_cast<Stream*>(stream)->host,
                         [&] { give_text(sink, static_cast<Stream*>(stream)->stream->flush()); });
          }};
}

}  // namespace weft::sdk
