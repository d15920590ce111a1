#include "core/text/jinja/prompt_ids.hpp"

#include "core/text/text_meter.hpp"

namespace weft {
namespace {

struct Stretch {  // part of the text: control tokens and plain text, or text with the user's special tokens
  std::size_t begin, end;
  bool control;
};

/// Cuts the text so that special tokens which overlap the user's text lie in stretches of their own, where they are
/// plain text. One stretch if there are none.
Result<std::vector<Stretch>> stretches_of(const SpecialTokens& special, const RenderedChat& chat, Meter& meter) {
  std::vector<Stretch> all;
  const std::string_view text = chat.text;
  std::size_t run = 0, begin = 0, user = 0;  // run: begin of the clean text; begin: end of its last control token
  bool dirty = false;
  const auto close = [&](std::size_t end) {
    if (dirty) {
      if (begin > run) all.push_back({run, begin, true});
      all.push_back({begin, end, false});
      run = end;
    }
    dirty = false;
  };
  for (std::size_t i = 0; i < text.size();) {
    const Trie::Match match = special.longest(text.substr(i));
    WEFT_CHECK_OK(meter.take(match.looked_at));
    const std::size_t n = match.length;
    if (n == 0) {
      ++i;
      continue;
    }
    while (user < chat.user.size() && chat.user[user].second <= i) ++user;
    if (user < chat.user.size() && chat.user[user].first < i + n) {
      dirty = true;
      ++i;
      continue;
    }
    close(i);
    begin = i += n;
  }
  close(text.size());
  if (run < text.size()) all.push_back({run, text.size(), true});
  return all;
}

}  // namespace

SpecialTokens::SpecialTokens(const Tokenizer& tokenizer) {
  for (std::int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    if (!tokenizer.is_special(id)) continue;
    if (const auto token = tokenizer.id_to_token(id)) spellings_.insert(*token, id);
  }
}

Result<std::vector<std::int32_t>> prompt_ids(const Tokenizer& tokenizer, const SpecialTokens& special,
                                             const RenderedChat& chat, const CallLimits* limits) {
  std::vector<std::int32_t> ids;
  Meter meter = text_meter(chat.text.size(), limits);
  WEFT_TRY(const auto stretches, stretches_of(special, chat, meter));
  for (const Stretch& s : stretches) {
    const std::string_view text = std::string_view(chat.text).substr(s.begin, s.end - s.begin);
    // The template itself writes the special tokens that stand around a text.
    const EncodeOptions how{.add_special = false, .parse_special = s.control, .meter = &meter};
    WEFT_TRY(const auto more, tokenizer.encode(text, how));
    ids.insert(ids.end(), more.begin(), more.end());
  }
  return ids;
}

}  // namespace weft
