// A chat on a terminal: turns, and the commands that begin with a slash.
#pragma once

#include <string>
#include <vector>

#include "apps/weft/answer.hpp"
#include "apps/weft/conversation.hpp"

namespace weft::app {

class Chat {
 public:
  /// Keeps references to `model` and `options`.
  Chat(const RunOptions& o, const Model& model, bool templated, const ChatOptions& options, Cache cache);

  /// Answers one message. Fails only when the chat cannot go on.
  Status turn(const std::string& message);

  /// Whether a line is a command: a slash and letters. "/etc/passwd" is none, nor what begins with a blank.
  static bool is_command(const std::string& line);
  enum class Then { kGoOn, kLeave };
  /// Wrong commands are told on standard error. Fails only when the chat cannot go on.
  Result<Then> command(const std::string& line);
  /// What the last word of `before`, the beginning of a line, may become: a command, an option of /set, or a path.
  static std::vector<std::string> completions(const std::string& before);

 private:
  static std::vector<std::string> command_names();
  static std::vector<std::string> setting_names();  // of /set
  Status set(const std::string& text);
  Status save(const std::string& path) const;
  Status load(const std::string& path);
  /// The ids of the conversation with `message`, without its oldest turns where they leave no room for an answer.
  Result<std::vector<int32_t>> fitting(const std::string& message);

  RunOptions o_;  // as /set has changed it
  const Model& model_;
  Conversation talk_;
  Cache cache_;
  bool told_of_dropping_ = false;
};

}  // namespace weft::app
