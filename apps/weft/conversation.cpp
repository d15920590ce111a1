#include "apps/weft/conversation.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace weft::app {
namespace {

bool is_of(const Json& message, const char* role) { return message["role"] == role; }

}  // namespace

Conversation::Conversation(const Model& model, bool templated, const std::string& system, const ChatOptions& options)
    : text_(*model.text()), templated_(templated), alone_(model.start_token() >= 0), options_(options) {
  if (!system.empty()) set_system(system);
}

Result<std::vector<int32_t>> Conversation::with(const std::string& line) {
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

void Conversation::keep(const std::vector<int32_t>& with_answer, const std::string& answer) {
  if (templated_) {
    messages_.push_back({{"role", "assistant"}, {"content", answer}});
  } else if (!alone_) {
    raw_ = with_answer;
  }
}

void Conversation::forget() {
  if (templated_) messages_.erase(messages_.size() - 1);
}

std::size_t Conversation::first_turn() const { return !messages_.empty() && is_of(messages_[0], "system") ? 1 : 0; }

std::size_t Conversation::next_question(std::size_t from) const {
  std::size_t at = from + 1;
  while (at < messages_.size() && !is_of(messages_[at], "user")) ++at;
  return std::min(at, messages_.size());
}

void Conversation::clear() {
  raw_.clear();
  const auto first = static_cast<std::ptrdiff_t>(first_turn());
  messages_.erase(messages_.begin() + first, messages_.end());
}

std::optional<Result<std::vector<int32_t>>> Conversation::without_oldest() {
  const std::size_t first = first_turn(), next = next_question(first);
  if (!templated_ || next >= messages_.size()) return std::nullopt;
  messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(first),
                  messages_.begin() + static_cast<std::ptrdiff_t>(next));
  return text_.chat().ids(messages_, options_);
}

std::optional<std::string> Conversation::take_last() {
  std::size_t at = messages_.size();
  while (at > 0 && !is_of(messages_[at - 1], "user")) --at;
  if (at == 0) return std::nullopt;
  std::string question = messages_[at - 1]["content"].get<std::string>();
  messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(at - 1), messages_.end());
  return question;
}

void Conversation::set_system(const std::string& text) {
  if (first_turn() == 1) messages_.erase(0);
  const Json message = {{"role", "system"}, {"content", text}};
  if (!text.empty()) messages_.insert(messages_.begin(), message);
}

Status Conversation::load(Json messages) {
  if (!messages.is_array()) return invalid("is a JSON {}, expected a list of messages", messages.type_name());
  for (const Json& m : messages) {
    const bool sound = m.is_object() && m.contains("role") && m["role"].is_string() && m.contains("content") &&
                       m["content"].is_string();
    if (!sound) return invalid("has a message without \"role\" and \"content\" as texts");
  }
  messages_ = std::move(messages);
  return {};
}

Result<Cache> Cache::create(const Model& model) {
  WEFT_TRY(auto session, model.new_session());
  WEFT_TRY(const SequenceId sequence, session->open());
  return Cache(std::move(session), sequence);
}

Result<std::vector<int32_t>> Cache::rest_of(const std::vector<int32_t>& ids) {
  WEFT_TRY(const int64_t kept, session_->keep_common(sequence_, ids));
  return std::vector<int32_t>(ids.begin() + kept, ids.end());
}

}  // namespace weft::app
