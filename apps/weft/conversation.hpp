// What has been said in a chat, as messages and as the ids that the model reads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/model/model.hpp"

namespace weft::app {

/// With a template the messages are rendered anew each turn; raw lines and their answers follow each other, but for
/// those to an encoder-decoder, which stand alone.
class Conversation {
 public:
  /// Keeps references to `model`, which has a text side, and to `options`.
  Conversation(const Model& model, bool templated, const std::string& system, const ChatOptions& options);

  bool templated() const { return templated_; }
  /// Adds a turn that has no answer yet.
  void add(const std::string& line);
  /// The whole conversation as the model reads it.
  Result<std::vector<int32_t>> ids() const;
  /// The last turn stays; `ids` and `text` are its answer.
  void keep(const std::vector<int32_t>& ids, const std::string& text);
  /// Takes back the last turn, which has no answer.
  void forget();

  /// Forgets all turns; the system message stays.
  void clear();
  /// Takes the oldest question and its answer out; false where the last question is the oldest.
  bool drop_oldest();
  /// Takes the oldest turns out until no more is said than a prompt may have; whether it took any.
  bool drop_surplus();
  /// Takes the last question and its answer out and gives the question; nothing where there is none.
  std::optional<std::string> take_last();

  struct RawTurn {
    std::string question;
    std::vector<int32_t> answer;
  };
  /// What has been said: messages where there is a template, else turns.
  struct Said {
    Json messages = Json::array();
    std::vector<RawTurn> turns;
  };
  const Said& said() const { return said_; }
  void restore(Said said) { said_ = std::move(said); }

  /// These need a template, as messages do.
  void set_system(const std::string& text);
  const Json& messages() const { return said_.messages; }
  /// INVALID_ARGUMENT for what is no list of {"role": ..., "content": ...}; the conversation stays as it was.
  Status load(Json messages);

 private:
  /// The place of the first message of the user behind `from`; the number of messages where there is none.
  std::size_t next_question(std::size_t from) const;
  std::size_t first_turn() const;  // behind the system message
  Result<std::vector<int32_t>> raw_ids() const;

  const TextSide& text_;
  bool templated_, alone_;
  const ChatOptions& options_;
  Said said_;
};

/// A session of one sequence.
class Cache {
 public:
  static Result<Cache> create(const Model& model);
  Session& session() { return *session_; }
  SequenceId sequence() const { return sequence_; }

  /// Keeps the part of the cache that `ids` begins with, and gives the ids behind it, at least one.
  Result<std::vector<int32_t>> rest_of(const std::vector<int32_t>& ids);

 private:
  Cache(std::unique_ptr<Session> session, SequenceId sequence) : session_(std::move(session)), sequence_(sequence) {}
  std::unique_ptr<Session> session_;
  SequenceId sequence_;
};

}  // namespace weft::app
