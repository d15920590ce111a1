// weft.hpp: what a C++ program embeds. It uses weft.h and nothing else.
//
//   auto lm = weft::CausalLM::from_preset("hf://org/name", {.backend = "cpu"});
//   if (!lm.ok()) { ... lm.status().message() ... }
//   weft::Pieces answer = lm->chat("What is the capital of France?");
//   for (std::string_view piece : answer) std::cout << piece << std::flush;
//   if (!answer.status().ok()) ...
//
// TextClassifier and ImageClassifier give labels, TextEmbedder gives vectors (encoders.hpp, which this includes); what
// else models say about texts is in tasks.hpp.
// Models that are given one Runtime share its threads and plugins.
//
// Errors are values; only the standard library throws (std::bad_alloc). Copies of a CausalLM share one model and are
// [any-thread]; a Chat and its Pieces are used by one thread at a time.
#pragma once

#if (defined(_MSVC_LANG) ? _MSVC_LANG : __cplusplus) < 202002L
#error "weft.hpp needs C++20 (-std=c++20); weft.h serves C99 and every C++"
#endif

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/status.hpp"
#include "weft/weft.h"

namespace weft {

namespace detail {
inline Status take(weft_status* raw) {
  if (raw == nullptr) return {};
  Status s(static_cast<Code>(weft_status_code(raw)), weft_status_message(raw));
  weft_status_free(raw);
  return s;
}
inline weft_str view(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view view(weft_str s) { return {s.data, s.size}; }
inline std::vector<weft_str> views(std::span<const std::string_view> texts) {
  std::vector<weft_str> out;
  for (const std::string_view text : texts) out.push_back(view(text));
  return out;
}
/// Copies what weft gave and frees it.
inline std::string take(weft_text& text) {
  std::string copy(text.data, text.size);
  weft_text_free(&text);
  return copy;
}
inline std::vector<std::int32_t> take(weft_ids& ids) {
  std::vector<std::int32_t> copy(ids.data, ids.data + ids.size);
  weft_ids_free(&ids);
  return copy;
}
inline const char* or_null(const std::string& s) { return s.empty() ? nullptr : s.c_str(); }

struct Freer {
  void operator()(weft_cancel* p) const { weft_cancel_free(p); }
  void operator()(weft_runtime* p) const { weft_runtime_free(p); }
  void operator()(weft_model* p) const { weft_model_free(p); }
  void operator()(weft_session* p) const { weft_session_free(p); }
  void operator()(weft_graph_call* p) const { weft_graph_call_free(p); }
  void operator()(weft_generation* p) const { weft_generation_free(p); }
  void operator()(weft_classifier* p) const { weft_classifier_free(p); }
  void operator()(weft_embedder* p) const { weft_embedder_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Freer>;

inline std::string json_string(std::string_view s) {
  std::string out = "\"";
  for (char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (byte < 0x20) {
      constexpr char digits[] = "0123456789abcdef";
      ((out += "\\u00") += digits[byte >> 4]) += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}
}  // namespace detail

/// Ends the calls that were given it. Copies are the same one; [any-thread].
class Cancel {
 public:
  Cancel() = default;  // none: nothing can be ended with it
  static Result<Cancel> create() {
    weft_cancel* raw = nullptr;
    WEFT_CHECK_OK(detail::take(weft_cancel_new(&raw)));
    Cancel made;
    made.handle_ = std::shared_ptr<weft_cancel>(raw, detail::Freer());
    return made;
  }
  /// Calls end with CANCELLED from now on.
  void raise() const { weft_cancel_raise(handle_.get()); }
  weft_cancel* handle() const { return handle_.get(); }

 private:
  std::shared_ptr<weft_cancel> handle_;
};

/// What a call may use up; see weft_limits.
struct Limits {
  Cancel cancel{};
  std::optional<std::chrono::steady_clock::time_point> deadline{};  // then DEADLINE_EXCEEDED
  std::optional<std::uint64_t> text_bytes{};
};

namespace detail {
inline weft_limits limits_from_now(const Limits& limits) {
  using std::chrono::milliseconds;
  weft_limits l = WEFT_INIT(weft_limits);
  l.cancel = limits.cancel.handle();
  if (limits.deadline) {
    const auto left = std::chrono::ceil<milliseconds>(*limits.deadline - std::chrono::steady_clock::now());
    l.timeout_ms = std::max<std::int64_t>(left.count(), 0);
  }
  l.text_bytes = limits.text_bytes.value_or(l.text_bytes);
  return l;
}
}  // namespace detail

/// How a model is loaded; see weft_model_options. Empty strings mean "as weft.json says".
struct Options {
  std::string backend{}, precision{}, kv{}, architecture{}, layers{};  // with {} an initialiser may leave them out
  bool strict_device = false;
  bool allow_unused = false;  // run without the tensors that no parameter takes, with a warning in the log
  std::int64_t context = 0;
  std::int64_t sequences = 1;
  std::int64_t step_tokens = 512;
  std::int64_t logits_rows = 0;   // the most rows of logits of one step; 0: as many as tokens
  std::uint64_t cache_bytes = 0;  // the most memory that a session's states take; 0: what the devices have free
  Limits limits{};  // of the load
  std::string roles{};  // of the graphs that a CausalLM is loaded for, predict-tokens first; see weft_model_options
};

/// What models share; see weft_runtime_options.
struct RuntimeOptions {
  std::uint32_t threads = 0;
  bool pin_threads = false;  // each of weft's own threads stays on one processor
  std::string config_file{};
  std::vector<std::string> plugin_folders{};  // absolute
  bool use_environment = true;                // off: see WEFT_NO_ENVIRONMENT
  bool sigbus_guard = true;                   // off: a mapped file that shrinks kills the process
  void (*log)(void* ctx, std::uint32_t level, weft_str component, weft_str message) = nullptr;
  /// Called while a handle is fetched, from any thread, until the last model is freed. fetch_progress is told how far
  /// the fetch has come; fetch_cancelled returns true to give up, and what has come is kept.
  std::function<void(const weft_source_progress&)> fetch_progress{};
  std::function<bool()> fetch_cancelled{};
};

/// Plugins and threads for any number of models, which keep the runtime alive. Copies are the same runtime;
/// [any-thread].
class Runtime {
 public:
  Runtime() = default;  // no runtime yet: each model that is given it makes its own, with default options
  static Result<Runtime> create(const RuntimeOptions& given = {}) {
    Runtime made;
    made.state_ = std::make_shared<State>();
    made.state_->options = given;
    const RuntimeOptions& options = made.state_->options;
    weft_runtime_options r = WEFT_INIT(weft_runtime_options);
    std::vector<const char*> folders;
    for (const std::string& f : options.plugin_folders) folders.push_back(f.c_str());
    r.config_file = detail::or_null(options.config_file);
    r.plugin_folders = folders.data(), r.n_plugin_folders = static_cast<std::uint32_t>(folders.size());
    r.threads = options.threads;
    if (!options.use_environment) r.flags |= WEFT_NO_ENVIRONMENT;
    if (options.pin_threads) r.flags |= WEFT_PIN_THREADS;
    if (!options.sigbus_guard) r.flags |= WEFT_NO_SIGBUS_GUARD;
    r.log = options.log;
    r.fetch_ctx = &made.state_->options;
    if (options.fetch_progress) {
      r.fetch_progress = [](void* o, const weft_source_progress* p) {
        static_cast<const RuntimeOptions*>(o)->fetch_progress(*p);
      };
    }
    if (options.fetch_cancelled) {
      r.fetch_cancelled = [](void* o) {
        return std::uint32_t{static_cast<const RuntimeOptions*>(o)->fetch_cancelled()};
      };
    }
    weft_runtime* runtime = nullptr;
    WEFT_CHECK_OK(detail::take(weft_runtime_new(&r, &runtime)));
    made.state_->handle.reset(runtime);
    return made;
  }
  /// This runtime; or a new one with default options where this is none yet.
  Result<Runtime> ready() const { return state_ ? Result<Runtime>(*this) : create(); }
  /// Fetches and verifies what a handle ("hf://org/name") names and gives its local path. A local path is given back.
  Result<std::string> fetch(const std::string& handle) const {
    WEFT_TRY(const Runtime runtime, ready());
    weft_text path{};
    WEFT_CHECK_OK(detail::take(weft_runtime_fetch(runtime.handle(), handle.c_str(), &path)));
    return detail::take(path);
  }
  /// Every backend's devices as a JSON array, see weft_runtime_devices.
  Result<std::string> devices() const {
    if (!state_) return Status(Code::kFailedPrecondition, "no runtime; make one with Runtime::create");
    weft_text out{};
    WEFT_CHECK_OK(detail::take(weft_runtime_devices(handle(), &out)));
    return detail::take(out);
  }
  /// For what weft.h offers beyond this class; null where this is no runtime yet.
  weft_runtime* handle() const { return state_ ? state_->handle.get() : nullptr; }

 private:
  struct State {
    RuntimeOptions options;  // outlives the runtime, which calls its callbacks
    detail::Owned<weft_runtime> handle;
  };
  std::shared_ptr<State> state_;
};

/// The local path of a handle; see Runtime::fetch.
inline Result<std::string> fetch(const std::string& handle, const Runtime& runtime = {}) {
  return runtime.fetch(handle);
}

namespace detail {
/// Options for weft.h, whose strings point into `options`.
inline weft_model_options model_options(const Options& options) {
  weft_model_options m = WEFT_INIT(weft_model_options);
  m.backend = or_null(options.backend), m.precision = or_null(options.precision);
  m.kv = or_null(options.kv), m.architecture = or_null(options.architecture);
  m.context = options.context, m.sequences = options.sequences, m.step_tokens = options.step_tokens;
  if (!options.layers.empty()) m.layers = options.layers.c_str();
  m.roles = or_null(options.roles);
  m.cache_bytes = options.cache_bytes, m.logits_rows = options.logits_rows;
  m.strict_device = options.strict_device ? 1 : 0, m.allow_unused = options.allow_unused ? 1 : 0;
  return m;
}

/// Loads with weft_model_load or a function like it. What is loaded keeps the runtime, whose callbacks it may still
/// call.
template <class T, class Free = Freer, class Load>
Result<std::shared_ptr<T>> load(Load load_with, const std::string& preset, const Options& options,
                                const Runtime& given) {
  WEFT_TRY(const Runtime runtime, given.ready());
  weft_model_options m = model_options(options);
  const weft_limits limits = limits_from_now(options.limits);
  m.limits = &limits;
  T* raw = nullptr;
  WEFT_CHECK_OK(take(load_with(runtime.handle(), preset.c_str(), &m, &raw)));
  return std::shared_ptr<T>(raw, [runtime](T* p) { Free{}(p); });
}
}  // namespace detail

/// What is not set is left to the model, and to weft where the model says nothing; see weft_generate_options.
struct Sampling {
  std::int64_t max_tokens = -1;
  bool greedy = false;
  std::optional<double> temperature{};
  std::optional<std::int64_t> top_k{};
  std::optional<double> top_p{}, min_p{}, typical_p{};
  std::optional<double> repetition_penalty{}, presence_penalty{}, frequency_penalty{};
  std::optional<std::int64_t> penalty_window{};
  std::optional<std::uint64_t> seed{};  // unset: a new seed each time, which Pieces::seed gives
  std::vector<std::string> stop{};
  Limits limits{};  // of the whole answer, with what makes its prompt
};

struct Message {
  std::string role{}, content{};
};
/// Which chat template is used, and what it is given besides the messages; see weft_chat_options.
struct ChatOptions {
  std::string tools_json{}, arguments_json{}, template_name{};
  Limits limits{};  // not for Chat, which takes those of each answer
};

namespace detail {
struct Conversation {  // a session with one sequence
  std::shared_ptr<weft_model> model;
  Owned<weft_session> session;
  std::int32_t sequence = 0;
};
}  // namespace detail

/// A stream of text, made while it is read: a single-pass range of std::string_view.
class Pieces {
 public:
  class Iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    std::string_view operator*() const { return pieces_->text_; }
    Iterator& operator++() {
      if (!pieces_->advance()) pieces_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.pieces_ == b.pieces_; }

   private:
    friend class Pieces;
    Pieces* pieces_ = nullptr;
  };

  Iterator begin() {
    Iterator i;
    if (advance()) i.pieces_ = this;
    return i;
  }
  Iterator end() { return {}; }
  /// Reads the stream to its end and returns the whole text, from the first piece on.
  Result<std::string> all() {
    while (advance()) {
    }
    if (!status_.ok()) return status_;
    return whole_;
  }
  /// Why the stream broke off; OK while it runs and after its regular end.
  const Status& status() const { return status_; }
  const std::string& text() const { return whole_; }  // what has been read so far
  const std::string& stop() const { return stop_; }   // "eos", "length", "stop"; empty while it runs
  const std::vector<std::int32_t>& ids() const { return ids_; }
  /// The seed of this text: the same seed gives the same text again. 0 if the stream could not begin.
  std::uint64_t seed() const { return weft_generation_seed(generation_.get()); }
  /// The sampling that holds, as JSON; see weft_generation_sampling.
  Result<std::string> sampling_json() const {
    weft_text text{};
    WEFT_CHECK_OK(detail::take(weft_generation_sampling(generation_.get(), &text)));
    return detail::take(text);
  }
  /// Ends the stream between two steps. [any-thread]
  void cancel() const {
    if (generation_) weft_generation_cancel(generation_.get());
  }

 private:
  friend class CausalLM;
  friend class Chat;
  explicit Pieces(Status failure) : status_(std::move(failure)) {}
  Pieces(std::shared_ptr<detail::Conversation> c, const std::vector<std::int32_t>& prompt, const Sampling& s)
      : conversation_(std::move(c)) {
    weft_generate_options o = WEFT_INIT(weft_generate_options);
    std::vector<const char*> stop;
    for (const std::string& t : s.stop) stop.push_back(t.c_str());
    o.max_tokens = s.max_tokens, o.greedy = s.greedy ? 1 : 0;
    o.temperature = s.temperature.value_or(o.temperature), o.top_k = s.top_k.value_or(o.top_k);
    o.top_p = s.top_p.value_or(o.top_p), o.min_p = s.min_p.value_or(o.min_p);
    o.typical_p = s.typical_p.value_or(o.typical_p);
    o.repetition_penalty = s.repetition_penalty.value_or(o.repetition_penalty);
    o.presence_penalty = s.presence_penalty.value_or(o.presence_penalty);
    o.frequency_penalty = s.frequency_penalty.value_or(o.frequency_penalty);
    o.penalty_window = s.penalty_window.value_or(o.penalty_window), o.seed = s.seed.value_or(o.seed);
    o.stop = stop.data(), o.n_stop = static_cast<std::uint32_t>(stop.size());
    const weft_limits limits = detail::limits_from_now(s.limits);
    o.limits = &limits;
    weft_generation* raw = nullptr;
    status_ = detail::take(weft_generation_new(conversation_->session.get(), conversation_->sequence, prompt.data(),
                                               prompt.size(), &o, &raw));
    generation_.reset(raw);
  }
  bool advance() {  // to the next piece that has text
    while (generation_ && status_.ok() && stop_.empty()) {
      weft_piece piece = WEFT_INIT(weft_piece);
      status_ = detail::take(weft_generation_next(generation_.get(), &piece));
      if (!status_.ok()) return false;
      if (piece.token >= 0) ids_.push_back(piece.token);
      text_ = detail::view(piece.text);
      whole_ += text_;
      if (piece.last) stop_ = detail::view(piece.stop);
      if (!text_.empty()) return true;
    }
    return false;
  }

  std::shared_ptr<detail::Conversation> conversation_;
  detail::Owned<weft_generation> generation_;
  Status status_;
  std::string text_, whole_, stop_;
  std::vector<std::int32_t> ids_;
};

/// A language model, ready to answer. The encoder of an encoder-decoder reads what it is given; see `complete`.
class CausalLM {
 public:
  /// `preset`: a folder, a file, or a handle ("hf://org/name"). The function may return while weights are still being
  /// fetched; then the first token waits until all weights have come and are verified, and fails if they do not.
  static Result<CausalLM> from_preset(const std::string& preset, const Options& options = {},
                                      const Runtime& runtime = {}) {
    WEFT_TRY(auto model, detail::load<weft_model>(weft_model_load, preset, options, runtime));
    return CausalLM(std::move(model));
  }

  std::string summary() const { return weft_model_summary(model_.get()); }
  std::int64_t vocab_size() const { return weft_model_vocab_size(model_.get()); }
  std::int64_t context() const { return weft_model_context(model_.get()); }
  std::int64_t trained_context() const { return weft_model_trained_context(model_.get()); }
  std::int64_t step_tokens() const { return weft_model_step_tokens(model_.get()); }
  bool has_chat_template() const { return weft_model_has_chat_template(model_.get()) != 0; }
  /// The ids at which an answer ends.
  Result<std::vector<std::int32_t>> stop_ids() const {
    weft_ids ids{};
    WEFT_CHECK_OK(detail::take(weft_model_stop_ids(model_.get(), &ids)));
    return detail::take(ids);
  }
  /// Sizes, stop ids, sampling, config and metadata as JSON; see weft_model_describe.
  Result<std::string> describe() const {
    weft_text text{};
    WEFT_CHECK_OK(detail::take(weft_model_describe(model_.get(), &text)));
    return detail::take(text);
  }
  /// Whether the model has an encoder that reads the input, and a decoder that writes a text of its own.
  bool encoder_decoder() const { return weft_model_start_token(model_.get()) >= 0; }

  Result<std::vector<std::int32_t>> tokenize(std::string_view text, bool add_special = true,
                                             bool parse_special = true, const Limits& limits = {}) const {
    weft_ids ids{};
    const weft_limits l = detail::limits_from_now(limits);
    const weft_tokenize_options o = tokenize_options(add_special, parse_special, l);
    WEFT_CHECK_OK(detail::take(weft_model_tokenize_with(model_.get(), detail::view(text), &o, &ids)));
    return detail::take(ids);
  }
  Result<std::string> detokenize(const std::vector<std::int32_t>& ids) const {
    weft_text text{};
    WEFT_CHECK_OK(detail::take(weft_model_detokenize(model_.get(), ids.data(), ids.size(), &text)));
    return detail::take(text);
  }
  /// Ids, and for each the bytes of the text that it stands for.
  struct Encoding {
    std::vector<std::int32_t> ids;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> offsets;
  };
  /// Tokenizes each text, on the runtime's threads; one Encoding for each.
  Result<std::vector<Encoding>> encode(const std::vector<std::string_view>& texts, bool add_special = true,
                                       bool parse_special = true, const Limits& limits = {}) const {
    const weft_limits l = detail::limits_from_now(limits);
    const weft_tokenize_options o = tokenize_options(add_special, parse_special, l);
    const std::vector<weft_str> views = detail::views(texts);
    std::vector<weft_encoding> given(texts.size());
    WEFT_CHECK_OK(detail::take(weft_model_encode_with(model_.get(), views.data(), views.size(), &o, given.data())));
    std::vector<Encoding> out(texts.size());
    for (std::size_t i = 0; i < given.size(); ++i) {
      out[i].ids.assign(given[i].ids, given[i].ids + given[i].size);
      for (std::uint64_t t = 0; t < given[i].size; ++t) out[i].offsets.emplace_back(given[i].begin[t], given[i].end[t]);
      weft_encoding_free(&given[i]);
    }
    return out;
  }
  /// The token's text as the vocabulary spells it, valid as long as the model.
  Result<std::string_view> token(std::int32_t id) const {
    weft_str text{};
    WEFT_CHECK_OK(detail::take(weft_model_token(model_.get(), id, &text, nullptr)));
    return std::string_view(text.data, text.size);
  }
  Result<std::int32_t> token_id(std::string_view text) const {
    std::int32_t id = -1;
    WEFT_CHECK_OK(detail::take(weft_model_token_id(model_.get(), detail::view(text), &id)));
    return id;
  }

  /// Continues a text as it is, without a template. An encoder-decoder reads the text and answers it.
  Pieces complete(std::string_view text, const Sampling& sampling = {}) const {
    auto ids = tokenize(text, true, true, sampling.limits);
    return ids.ok() ? answer(*ids, sampling) : Pieces(ids.status());
  }
  /// Answers one message through the model's chat template.
  Pieces chat(std::string_view message, const Sampling& sampling = {}) const {
    auto ids = chat_ids({{"user", std::string(message)}}, {.limits = sampling.limits});
    return ids.ok() ? answer(*ids, sampling) : Pieces(ids.status());
  }
  /// Writes a conversation as the model's chat template wants it, up to where the answer begins.
  Result<std::vector<std::int32_t>> chat_ids(const std::vector<Message>& messages,
                                             const ChatOptions& options = {}) const {
    weft_ids ids{};
    const std::string json = messages_json(messages);
    const weft_limits limits = detail::limits_from_now(options.limits);
    const weft_chat_options o = chat_options(options, limits);
    WEFT_CHECK_OK(detail::take(weft_model_chat_with(model_.get(), detail::view(json), &o, &ids)));
    return detail::take(ids);
  }
  /// The same as text, for reading. Tokenizing it may give other ids than chat_ids.
  Result<std::string> chat_text(const std::vector<Message>& messages, const ChatOptions& options = {}) const {
    weft_text text{};
    const std::string json = messages_json(messages);
    const weft_limits limits = detail::limits_from_now(options.limits);
    const weft_chat_options o = chat_options(options, limits);
    WEFT_CHECK_OK(detail::take(weft_model_chat_text(model_.get(), detail::view(json), &o, &text)));
    return detail::take(text);
  }
  /// For what weft.h offers beyond this class.
  weft_model* handle() const { return model_.get(); }

 private:
  friend class Chat;
  explicit CausalLM(std::shared_ptr<weft_model> model) : model_(std::move(model)) {}
  static std::string messages_json(const std::vector<Message>& messages) {
    std::string json = "[";
    for (const Message& m : messages) {
      if (json.size() > 1) json += ',';
      json += "{\"role\":";
      json += detail::json_string(m.role);
      json += ",\"content\":";
      json += detail::json_string(m.content);
      json += '}';
    }
    return json + ']';
  }
  // What these give points into what they were given.
  static weft_tokenize_options tokenize_options(bool add_special, bool parse_special, const weft_limits& limits) {
    weft_tokenize_options o = WEFT_INIT(weft_tokenize_options);
    o.flags = (add_special ? 0u : static_cast<std::uint32_t>(WEFT_TOKENIZE_NO_SPECIAL)) |
              (parse_special ? 0u : static_cast<std::uint32_t>(WEFT_TOKENIZE_NO_PARSE_SPECIAL));
    o.limits = &limits;
    return o;
  }
  static weft_chat_options chat_options(const ChatOptions& options, const weft_limits& limits) {
    weft_chat_options o = WEFT_INIT(weft_chat_options);
    o.tools_json = detail::view(options.tools_json);
    o.arguments_json = detail::view(options.arguments_json);
    o.template_name = detail::view(options.template_name);
    o.limits = &limits;
    return o;
  }
  Result<std::shared_ptr<detail::Conversation>> open() const {
    auto c = std::make_shared<detail::Conversation>();
    c->model = model_;
    weft_session* session = nullptr;
    WEFT_CHECK_OK(detail::take(weft_session_new(model_.get(), &session)));
    c->session.reset(session);
    WEFT_CHECK_OK(detail::take(weft_session_open(session, &c->sequence)));
    return c;
  }
  Pieces answer(const std::vector<std::int32_t>& ids, const Sampling& sampling) const {
    auto c = open();
    return c.ok() ? Pieces(*c, ids, sampling) : Pieces(c.status());
  }
  std::shared_ptr<weft_model> model_;
};

/// A conversation with memory. What its cache already holds is not computed again.
class Chat {
 public:
  explicit Chat(CausalLM lm, std::string_view system = {}, ChatOptions options = {})
      : lm_(std::move(lm)), options_(std::move(options)) {
    if (!system.empty()) messages_.push_back({"system", std::string(system)});
  }
  /// The answer to the next message. Read it to its end before the next message; what has been read by then counts as
  /// said. A turn that fails before its first token is forgotten.
  Pieces& say(std::string_view message, const Sampling& sampling = {}) {
    end_turn();
    messages_.push_back({"user", std::string(message)});
    options_.limits = sampling.limits;
    auto next = prepare();
    pieces_.emplace(next.ok() ? Pieces(conversation_, *next, sampling) : Pieces(next.status()));
    return *pieces_;
  }
  /// What has been said, the current turn included: its question, and its answer once the next turn begins.
  const std::vector<Message>& messages() const { return messages_; }

 private:
  void end_turn() {
    if (!pieces_) return;
    if (!pieces_->status().ok() && pieces_->ids_.empty()) {
      messages_.pop_back();  // the question
    } else {
      messages_.push_back({"assistant", pieces_->whole_});
    }
    pieces_.reset();  // a generation is freed before its session goes on
  }
  /// The tokens of the conversation that the cache does not hold; the cache is cut back to the ones that it does.
  Result<std::vector<std::int32_t>> prepare() {
    WEFT_TRY(std::vector<std::int32_t> ids, lm_.chat_ids(messages_, options_));
    if (ids.empty()) return Status(Code::kInvalidArgument, "the chat template gives no tokens");
    if (!conversation_) {
      WEFT_TRY(conversation_, lm_.open());
    }
    weft_session* session = conversation_->session.get();
    std::int64_t kept = 0;
    WEFT_CHECK_OK(detail::take(
        weft_session_keep_common(session, conversation_->sequence, ids.data(), ids.size(), &kept)));
    ids.erase(ids.begin(), ids.begin() + kept);
    return ids;
  }

  CausalLM lm_;
  ChatOptions options_;
  std::vector<Message> messages_;
  std::shared_ptr<detail::Conversation> conversation_;
  std::optional<Pieces> pieces_;
};

}  // namespace weft

#include "weft/encoders.hpp"
