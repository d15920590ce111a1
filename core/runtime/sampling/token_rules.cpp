#include "core/runtime/sampling/token_rules.hpp"

#include <algorithm>
#include <limits>

#include "core/base/error.hpp"

namespace weft {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

/// A token's id; none where the value is no number that can be one.
std::optional<int32_t> id_of(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<uint64_t>() > INT32_MAX) return std::nullopt;
  const auto id = value.get<int64_t>();
  if (id < 0 || id > INT32_MAX) return std::nullopt;
  return static_cast<int32_t>(id);
}

/// The ids in a list, or the one that stands alone.
std::optional<std::vector<int32_t>> ids_of(const Json& value) {
  std::vector<int32_t> ids;
  for (const Json& one : value.is_array() ? value : Json::array({value})) {
    const auto id = id_of(one);
    if (!id) return std::nullopt;
    ids.push_back(*id);
  }
  return ids;
}

class Reader {
 public:
  Reader(const Json& config, const std::function<void(const std::string&)>& warn) : config_(config), warn_(warn) {}

  void ids(const char* key, std::vector<int32_t>& out) const {
    read(key, "token ids", [&](const Json& value) {
      auto found = ids_of(value);
      if (found) out = std::move(*found);
      return found.has_value();
    });
  }
  void lists(const char* key, std::vector<std::vector<int32_t>>& out) const {
    read(key, "lists of token ids", [&](const Json& value) {
      std::vector<std::vector<int32_t>> all;
      if (!value.is_array()) return false;
      for (const Json& one : value) {
        auto found = one.is_array() && !one.empty() ? ids_of(one) : std::nullopt;
        if (!found) return false;
        all.push_back(std::move(*found));
      }
      out = std::move(all);
      return true;
    });
  }
  void count(const char* key, int64_t& out) const {
    read(key, "a number of tokens", [&](const Json& value) {
      const auto found = id_of(value);
      if (found) out = *found;
      return found.has_value();
    });
  }

 private:
  template <class F>
  void read(const char* key, const char* expected, F&& use) const {
    const auto it = config_.find(key);
    if (it == config_.end() || it->is_null() || (it->is_number_integer() && *it == -1)) return;
    if (!use(*it)) warn_(fmt::format("{} is not {}; ignored", key, expected));
  }

  const Json& config_;
  const std::function<void(const std::string&)>& warn_;
};

/// Forbids tokens that would follow the last n - 1 tokens of `history` as they do somewhere in `text`.
void forbid_repeats(std::span<const int32_t> text, std::span<const int32_t> history, int64_t n,
                    std::span<float> logits) {
  if (n <= 0 || std::ssize(history) + 1 < n) return;
  const auto width = static_cast<std::size_t>(n - 1);
  const auto end = history.last(width);
  for (std::size_t at = 0; at + width < text.size(); ++at) {
    const auto token = static_cast<std::size_t>(text[at + width]);
    if (token < logits.size() && std::ranges::equal(text.subspan(at, width), end)) logits[token] = kNever;
  }
}

bool ends_with(std::span<const int32_t> history, std::span<const int32_t> part) {
  return part.size() <= history.size() && std::ranges::equal(history.last(part.size()), part);
}

}  // namespace

bool TokenRules::empty() const {
  return !first && last.empty() && never.empty() && never_first.empty() && sequences.empty() && min_length == 0 &&
         min_new_tokens == 0 && no_repeat == 0 && no_repeat_source == 0;
}

TokenRules read_token_rules(const Json& config, const std::function<void(const std::string&)>& warn) {
  TokenRules rules;
  const Reader read(config, warn);
  std::vector<int32_t> first;
  read.ids("forced_bos_token_id", first);
  if (!first.empty()) rules.first = first[0];
  read.ids("forced_eos_token_id", rules.last);
  read.ids("suppress_tokens", rules.never);
  read.ids("begin_suppress_tokens", rules.never_first);
  read.lists("bad_words_ids", rules.sequences);
  read.count("min_length", rules.min_length);
  read.count("min_new_tokens", rules.min_new_tokens);
  read.count("no_repeat_ngram_size", rules.no_repeat);
  read.count("encoder_no_repeat_ngram_size", rules.no_repeat_source);
  return rules;
}

void apply_token_rules(const TokenRules& rules, const GenerationPlace& place, std::span<float> logits) {
  const auto forbid = [&](std::span<const int32_t> ids) {
    for (const int32_t id : ids) {
      if (static_cast<std::size_t>(id) < logits.size()) logits[static_cast<std::size_t>(id)] = kNever;
    }
  };
  const auto force = [&](std::span<const int32_t> ids) {
    for (std::size_t i = 0; i < logits.size(); ++i) {
      if (std::ranges::find(ids, static_cast<int32_t>(i)) == ids.end()) logits[i] = kNever;
    }
  };
  const int64_t length = std::ssize(place.history), before = length - place.made;
  if (rules.first && length == 1) return force({&*rules.first, 1});
  if (!rules.last.empty() && place.last) return force(rules.last);
  forbid_repeats(place.history, place.history, rules.no_repeat, logits);
  forbid_repeats(place.source, place.history, rules.no_repeat_source, logits);
  for (const std::vector<int32_t>& sequence : rules.sequences) {
    const std::span<const int32_t> all(sequence);
    const bool ends = all.size() == 1 && std::ranges::find(place.stop_ids, all[0]) != place.stop_ids.end();
    if (!ends && ends_with(place.history, all.first(all.size() - 1))) forbid(all.last(1));
  }
  if (length < rules.min_length || place.made < rules.min_new_tokens) forbid(place.stop_ids);
  forbid(rules.never);
  const bool second = rules.first && before == 1;  // the first token is forced
  if (place.made == (second ? 1 : 0)) forbid(rules.never_first);
}

}  // namespace weft
