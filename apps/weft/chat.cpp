#include <cstdio>

#include "apps/weft/answer.hpp"
#include "apps/weft/interrupt.hpp"
#include "apps/weft/line_reader.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

/// What has been said, as ids. With a template the messages are rendered anew each turn; raw lines
/// follow each other, but for those to an encoder-decoder, which stand alone.
class Conversation {
 public:
  Conversation(const Model& model, bool templated, const std::string& system, const ChatOptions& options)
      : text_(*model.text()), templated_(templated), alone_(model.start_token() >= 0), options_(options) {
    if (!system.empty()) messages_.push_back({{"role", "system"}, {"content", system}});
  }

  /// The whole conversation with `line` as its last turn.
  Result<std::vector<int32_t>> with(const std::string& line) {
    if (templated_) {
      messages_.push_back({{"role", "user"}, {"content", line}});
      auto ids = text_.chat().ids(messages_, options_);
      if (!ids.ok()) forget();
      return ids;
    }
    WEFT_TRY(const std::vector<int32_t> more, text_.tokenizer().encode(line, {.add_special = raw_.empty()}));
    std::vector<int32_t> ids = raw_;
    ids.insert(ids.end(), more.begin(), more.end());
    return ids;
  }
  /// The turn of the last with() and its answer stay.
  void keep(const std::vector<int32_t>& with_answer, const std::string& answer) {
    if (templated_) {
      messages_.push_back({{"role", "assistant"}, {"content", answer}});
    } else if (!alone_) {
      raw_ = with_answer;
    }
  }
  /// As if the turn of the last with() had not been.
  void forget() {
    if (templated_) messages_.erase(messages_.size() - 1);
  }

 private:
  const TextSide& text_;
  bool templated_, alone_;
  const ChatOptions& options_;
  Json messages_ = Json::array();
  std::vector<int32_t> raw_;
};

/// A sequence and the ids its cache holds.
class Cache {
 public:
  static Result<Cache> create(const Model& model) {
    WEFT_TRY(auto session, model.new_session());
    WEFT_TRY(const SequenceId sequence, session->open());
    return Cache(std::move(session), sequence);
  }
  Session& session() { return *session_; }
  SequenceId sequence() const { return sequence_; }

  /// Keeps what `ids` begins with and gives the rest, at least one id.
  Result<std::vector<int32_t>> rest_of(const std::vector<int32_t>& ids) {
    std::size_t same = 0;
    while (same < held_.size() && same + 1 < ids.size() && held_[same] == ids[same]) ++same;
    // A source is read but once; or a window has moved on.
    if (session_->has_source() || !session_->rollback(sequence_, static_cast<int64_t>(same)).ok()) {
      WEFT_CHECK_OK(session_->close(sequence_));
      WEFT_TRY(sequence_, session_->open());
      same = 0;
    }
    held_.resize(same);
    return std::vector<int32_t>(ids.begin() + static_cast<std::ptrdiff_t>(same), ids.end());
  }
  /// After an answer, also one that was cut short: the sequence holds a beginning of `ids`.
  Status holds(const std::vector<int32_t>& ids) {
    WEFT_TRY(const int64_t length, session_->length(sequence_));
    held_.assign(ids.begin(), ids.begin() + std::min(length, static_cast<int64_t>(ids.size())));
    return {};
  }

 private:
  Cache(std::unique_ptr<Session> session, SequenceId sequence) : session_(std::move(session)), sequence_(sequence) {}
  std::unique_ptr<Session> session_;
  SequenceId sequence_;
  std::vector<int32_t> held_;
};

/// One turn. Fails only when the chat cannot go on.
Status turn(const RunOptions& o, const Model& model, Conversation& talk, Cache& cache, const std::string& line) {
  WEFT_TRY(std::vector<int32_t> ids, talk.with(line));
  WEFT_TRY(std::vector<int32_t> rest, cache.rest_of(ids));
  GenerateResult r;
  Status s = answer(o, model, cache.session(), cache.sequence(), std::move(rest), r);
  ids.insert(ids.end(), r.ids.begin(), r.ids.end());
  WEFT_CHECK_OK(cache.holds(ids));
  if (s.code() == Code::kCancelled) WEFT_CHECK_OK(model.check_intact());  // of the answer alone, or of what it waited for
  if (s.ok() || s.code() == Code::kCancelled) {
    talk.keep(ids, r.text);
    return {};
  }
  if (s.code() != Code::kOutOfRange && s.code() != Code::kInvalidArgument) return s;
  talk.forget();
  print_error(s.message());
  return {};
}

}  // namespace

Status chat(const RunOptions& o, const Model& model, const ChatOptions& options) {
  WEFT_TRY(const bool templated, uses_template(o, model));
  Conversation talk(model, templated, o.system, options);
  WEFT_TRY(Cache cache, Cache::create(model));
  Interrupts interrupts;
  LineReader lines(interrupts.descriptor());
  std::string line;
  for (;;) {
    // An interrupt from before this prompt is over with the next line; one that comes with the line
    // is meant for its answer.
    interrupts.drain();
    const bool earlier = Interrupts::flag();
    std::fprintf(stderr, "> ");
    switch (lines.next(line)) {
      case LineRead::kEnd:
        std::fprintf(stderr, "\n");
        return {};
      case LineRead::kInterrupted:
        std::fprintf(stderr, "\nweft: Ctrl-C again, or Ctrl-D, leaves\n");
        break;
      case LineRead::kLine:
        if (earlier) Interrupts::clear();
        if (!line.empty()) WEFT_CHECK_OK(turn(o, model, talk, cache, line));
    }
  }
}

}  // namespace weft::app
