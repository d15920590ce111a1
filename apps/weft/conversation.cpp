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

void Conversation::add(const std::string& line) {
  if (alone_) said_.turns.clear();
  if (templated_) {
    said_.messages.push_back({{"role", "user"}, {"content", line}});
  } else {
    said_.turns.push_back({line, {}});
  }
}

Result<std::vector<int32_t>> Conversation::ids() const {
  return templated_ ? text_.chat().ids(said_.messages, options_) : raw_ids();
}

void Conversation::keep(const std::vector<int32_t>& ids, const std::string& text) {
  if (templated_) {
    said_.messages.push_back({{"role", "assistant"}, {"content", text}});
  } else {
    said_.turns.back().answer = ids;
  }
}

void Conversation::forget() {
  if (templated_) {
    said_.messages.erase(said_.messages.size() - 1);
  } else {
    said_.turns.pop_back();
  }
}

Result<std::vector<int32_t>> Conversation::raw_ids() const {
  std::vector<int32_t> ids;
  for (const RawTurn& turn : said_.turns) {
    const EncodeOptions how{.add_special = ids.empty(), .limits = &options_.limits};
    WEFT_TRY(const auto question, text_.tokenizer().encode(turn.question, how));
    ids.insert(ids.end(), question.begin(), question.end());
    ids.insert(ids.end(), turn.answer.begin(), turn.answer.end());
  }
  return ids;
}

std::size_t Conversation::first_turn() const {
  return !said_.messages.empty() && is_of(said_.messages[0], "system") ? 1 : 0;
}

std::size_t Conversation::next_question(std::size_t from) const {
  std::size_t at = from + 1;
  while (at < said_.messages.size() && !is_of(said_.messages[at], "user")) ++at;
  return std::min(at, said_.messages.size());
}

void Conversation::clear() {
  said_.turns.clear();
  const auto first = static_cast<std::ptrdiff_t>(first_turn());
  said_.messages.erase(said_.messages.begin() + first, said_.messages.end());
}

bool Conversation::drop_oldest() {
  if (!templated_) {
    if (said_.turns.size() < 2) return false;
    said_.turns.erase(said_.turns.begin());
    return true;
  }
  const std::size_t first = first_turn(), next = next_question(first);
  if (next >= said_.messages.size()) return false;
  const auto begin = said_.messages.begin();
  said_.messages.erase(begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(next));
  return true;
}

bool Conversation::drop_surplus() {
  const auto bytes_of = [](const Json& m) { return m["content"].get_ref<const std::string&>().size(); };
  uint64_t bytes = 0;
  for (const Json& m : said_.messages) bytes += bytes_of(m);
  const std::size_t first = first_turn();
  std::size_t kept = first;
  while (bytes > text_.chat().max_prompt_bytes()) {
    const std::size_t next = next_question(kept);
    if (next >= said_.messages.size()) break;
    for (; kept < next; ++kept) bytes -= bytes_of(said_.messages[kept]);
  }
  const auto begin = said_.messages.begin();
  said_.messages.erase(begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(kept));
  return kept > first;
}

std::optional<std::string> Conversation::take_last() {
  if (!templated_) {
    if (said_.turns.empty()) return std::nullopt;
    std::string question = std::move(said_.turns.back().question);
    said_.turns.pop_back();
    return question;
  }
  std::size_t at = said_.messages.size();
  while (at > 0 && !is_of(said_.messages[at - 1], "user")) --at;
  if (at == 0) return std::nullopt;
  std::string question = said_.messages[at - 1]["content"].get<std::string>();
  said_.messages.erase(said_.messages.begin() + static_cast<std::ptrdiff_t>(at - 1), said_.messages.end());
  return question;
}

void Conversation::set_system(const std::string& text) {
  if (first_turn() == 1) said_.messages.erase(0);
  const Json message = {{"role", "system"}, {"content", text}};
  if (!text.empty()) said_.messages.insert(said_.messages.begin(), message);
}

Status Conversation::load(Json messages) {
  if (!messages.is_array()) return invalid("is a JSON {}, expected a list of messages", messages.type_name());
  for (const Json& m : messages) {
    const bool sound = m.is_object() && m.contains("role") && m["role"].is_string() && m.contains("content") &&
                       m["content"].is_string();
    if (!sound) return invalid("has a message without \"role\" and \"content\" as texts");
  }
  said_.messages = std::move(messages);
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
