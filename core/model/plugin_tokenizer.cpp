#include "core/model/plugin_tokenizer.hpp"

#include "core/base/bounded.hpp"
#include "core/base/error.hpp"
#include "core/base/sink.hpp"
#include "core/model/tokenizer_source.hpp"
#include "core/text/tokenizer_parts.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

constexpr uint32_t kMostAround = 64;  // tokens before or after a text

/// A tokenizer in its plugin, closed with its last user.
struct Opened {
  std::shared_ptr<const void> engine;
  std::string plugin;
  const weft_tokenizer* table;
  void* handle = nullptr;

  Opened(std::shared_ptr<const void> e, const Interface& offer)
      : engine(std::move(e)), plugin(offer.plugin_id), table(static_cast<const weft_tokenizer*>(offer.table)) {}
  Opened(const Opened&) = delete;
  ~Opened() {
    if (handle != nullptr) call_free([&] { table->close(handle); });
  }
  /// An error names the plugin. `sink`: where the call gives something, whose refusal is the call's.
  template <class F>
  Status call(std::string_view function, F&& f, const Sink* sink = nullptr) const {
    Status s = bounded(call_plugin(plugin, function, f));
    if (const auto refusal = sink != nullptr ? sink->refusal() : std::nullopt) s = *refusal;
    return s.message().starts_with(plugin) ? s : s.with_context(plugin);
  }
  /// call() for a function that makes an object: f(&handle). What a call that fails leaves there is not looked at.
  template <class F>
  Result<void*> make(std::string_view function, F&& f) const {
    void* made = nullptr;
    WEFT_CHECK_OK(call(function, [&] { return f(&made); }));
    if (made == nullptr) return error(Code::kInternal, "{}: {} said OK and gave nothing", plugin, function);
    return made;
  }
};

/// Takes the tokens of one text.
struct TokenTaker {
  std::string_view text;
  std::size_t vocab;
  Meter& meter;
  std::vector<Token>& out;
  Sink sink{};
  uint64_t last = 0;  // where the token before begins

  Status take(uint64_t n, const int32_t* ids, const uint64_t* offsets) {
    WEFT_CHECK_OK(meter.take(n == 0 ? 1 : n));
    if (n == 0) return {};
    if (ids == nullptr || offsets == nullptr) return invalid("encode: {} tokens without ids or offsets", n);
    WEFT_CHECK_OK(meter.check_bytes(sizeof(int32_t), n + out.size()));
    for (uint64_t i = 0; i < n; ++i) {
      const uint64_t begin = offsets[2 * i], end = offsets[2 * i + 1];
      if (ids[i] < 0 || static_cast<std::size_t>(ids[i]) >= vocab)
        return invalid("encode: id {}, expected 0 to {}", ids[i], vocab - 1);
      if (begin < last || end < begin || end > text.size())
        return invalid("encode: a token for the bytes {} to {} of {} after one that begins at {}", begin, end,
                       text.size(), last);
      last = begin;
      out.push_back({ids[i], static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
    }
    return {};
  }
  static weft_status* add(void* self, uint64_t n, const int32_t* ids, const uint64_t* offsets) noexcept {
    auto& it = *static_cast<TokenTaker*>(self);
    return it.sink.take([&] { return it.take(n, ids, offsets); });
  }
};

class PluginStream final : public TokenStream {
 public:
  PluginStream(std::shared_ptr<const Opened> opened, const TokenTable& tokens)
      : opened_(std::move(opened)), tokens_(tokens), meter_(text_meter(0)) {}
  PluginStream(const PluginStream&) = delete;
  ~PluginStream() override {
    if (handle_ != nullptr) call_free([&] { table().stream_free(handle_); });
  }

  Status push(std::int32_t id, std::string_view token, std::string& out) override {
    meter_.allow(kStepsPerByte * (token.size() + 1), kBytesPerByte * (token.size() + 1));
    if (id < 0) id = tokens_.find(token);
    if (id < 0) {  // no token of the plugin's: it stands for itself
      WEFT_CHECK_OK(flush(out));
      out += valid_utf8(token);
      return {};
    }
    const weft_text_sink into = sink();
    WEFT_CHECK_OK(call("push", [&] { return table().push(handle_, static_cast<uint32_t>(id), &into); }));
    give(false, out);
    return {};
  }
  Status flush(std::string& out) override {
    if (handle_ == nullptr) return {};
    const weft_text_sink into = sink();
    WEFT_CHECK_OK(call("flush", [&] { return table().flush(handle_, &into); }));
    give(true, out);
    return {};
  }

 private:
  const weft_tokenizer& table() const { return *opened_->table; }
  weft_text_sink sink() { return {{WEFT_END(weft_text_sink, add), 0}, this, add}; }

  static weft_status* add(void* self, weft_str text) noexcept {
    auto& it = *static_cast<PluginStream*>(self);
    return it.sink_.take([&]() -> Status {
      const std::string_view bytes = to_view(text);
      WEFT_CHECK_OK(it.meter_.take(1 + bytes.size() / 16));
      WEFT_CHECK_OK(it.meter_.keep_bytes(bytes.size()));
      it.held_ += bytes;
      return {};
    });
  }
  template <class F>
  Status call(std::string_view function, F&& f) {
    if (handle_ == nullptr) {
      WEFT_TRY(handle_, opened_->make("stream_new", [&](void** h) { return table().stream_new(opened_->handle, h); }));
    }
    return opened_->call(function, f, &sink_);
  }
  /// Gives what has come up to the last whole character, or all of it.
  void give(bool all, std::string& out) {
    std::string_view rest = held_;
    while (!rest.empty()) {
      const Utf8Step step = utf8_step(rest);
      if (step.kind == Utf8Step::kIncomplete && !all) break;
      out += step.kind == Utf8Step::kCharacter ? rest.substr(0, step.length) : kReplacement;
      rest.remove_prefix(step.length);
    }
    held_.erase(0, held_.size() - rest.size());
  }

  const std::shared_ptr<const Opened> opened_;
  const TokenTable& tokens_;
  void* handle_ = nullptr;
  std::string held_;  // what may yet become a character
  Sink sink_;
  Meter meter_;
};

class PluginModel final : public TokenModel {
 public:
  /// Reads the vocabulary; of its added tokens and of what stands around texts the parts are told.
  static Status read(std::shared_ptr<const Opened> opened, TokenizerParts& parts) {
    std::unique_ptr<PluginModel> model(new PluginModel(std::move(opened)));
    const weft_tokenizer& table = *model->opened_->table;
    weft_tokenizer_info info{};
    info.hdr = {WEFT_END(weft_tokenizer_info, after), 0};
    info.bos = info.eos = info.unk = info.pad = -1;
    WEFT_CHECK_OK(model->opened_->call("info", [&] { return table.info(model->opened_->handle, &info); }));
    if (Status s = model->read(info, parts); !s.ok()) return s.with_context(model->opened_->plugin);
    parts.model = std::move(model);
    return {};
  }

  Status encode(std::string_view text, Meter& meter, std::vector<Token>& out) const override {
    TokenTaker taker{text, tokens_.size(), meter, out};
    const weft_token_sink sink{{WEFT_END(weft_token_sink, add), 0}, &taker, TokenTaker::add};
    const weft_tokenizer& table = *opened_->table;
    return opened_->call("encode", [&] { return table.encode(opened_->handle, to_str(text), &sink); }, &taker.sink);
  }
  bool splits_texts() const override { return true; }
  std::unique_ptr<TokenStream> new_stream() const override {
    return std::make_unique<PluginStream>(opened_, tokens_);
  }

 private:
  explicit PluginModel(std::shared_ptr<const Opened> opened) : opened_(std::move(opened)) {}

  Status read(const weft_tokenizer_info& info, TokenizerParts& parts) {
    if (info.size == 0 || info.size > kMaxVocabulary)
      return invalid("info: a vocabulary of {} tokens, expected 1 to {}", info.size, kMaxVocabulary);
    for (const auto& [name, id] :
         {std::pair{"bos", info.bos}, {"eos", info.eos}, {"unk", info.unk}, {"pad", info.pad}}) {
      if (id < -1 || id >= static_cast<int64_t>(info.size))
        return invalid("info: {} is {}, expected -1 to {}", name, id, info.size - 1);
    }
    WEFT_TRY(const std::vector<int32_t> before, around("before", info.n_before, info.before, info.size));
    WEFT_TRY(const std::vector<int32_t> after, around("after", info.n_after, info.after, info.size));
    for (uint32_t id = 0; id < info.size; ++id) WEFT_CHECK_OK(read_token(id, parts));
    parts.bos = info.bos, parts.eos = info.eos, parts.unk = info.unk, parts.pad = info.pad;
    unk_ = info.unk;
    parts.post.add({framed_text(before, after), {}});
    return {};
  }
  static Result<std::vector<int32_t>> around(std::string_view side, uint32_t n, const int32_t* ids, uint32_t size) {
    if (n > kMostAround || (n > 0 && ids == nullptr))
      return invalid("info: {} tokens {} a text, expected an array of at most {}", n, side, kMostAround);
    std::vector<int32_t> all(ids, ids + n);
    for (const int32_t id : all) {
      if (id < 0 || static_cast<uint32_t>(id) >= size)
        return invalid("info: id {} {} a text, expected 0 to {}", id, side, size - 1);
    }
    return all;
  }
  Status read_token(uint32_t id, TokenizerParts& parts) {
    weft_token_info info{};
    info.hdr = {WEFT_END(weft_token_info, reserved), 0};
    const weft_tokenizer& table = *opened_->table;
    WEFT_CHECK_OK(call_plugin(opened_->plugin, "token", [&] { return table.token(opened_->handle, id, &info); }));
    const std::string_view text = to_view(info.text);
    if (!is_valid_utf8(text)) return invalid("token: the text of {} is not UTF-8", id);
    if (text.empty()) return tokens_.add_hidden(text, id);
    WEFT_CHECK_OK(tokens_.add(text, id));
    if ((info.flags & (WEFT_TOKENIZER_SPECIAL | WEFT_TOKENIZER_WHOLE)) == 0) return {};
    AddedToken added;
    added.id = static_cast<int32_t>(id), added.content = text;
    added.special = (info.flags & WEFT_TOKENIZER_SPECIAL) != 0;
    return parts.added.add(std::move(added), parts.normalizer);
  }

  const std::shared_ptr<const Opened> opened_;
};

}  // namespace

Result<Tokenizer> open_plugin_tokenizer(const Interface& offer, const Checkpoint& checkpoint,
                                        std::shared_ptr<const void> engine) {
  const auto opened = std::make_shared<Opened>(std::move(engine), offer);
  const TokenizerSource source(checkpoint, offer.name);
  WEFT_TRY(opened->handle,
           opened->make("open", [&](void** h) { return opened->table->open(offer.self, source.abi(), h); }));
  TokenizerParts parts;
  WEFT_CHECK_OK(PluginModel::read(opened, parts));
  return Tokenizer::of_parts(std::move(parts));
}

}  // namespace weft
