#include "core/text/pretokenizer.hpp"

#include <algorithm>

#include "core/text/tokenizer_normalizer.hpp"
#include "core/text/unicode.hpp"

namespace weft {

const std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

std::vector<Span> regroup(const std::vector<Span>& spans, SplitBehavior behavior) {
  std::vector<Span> out;
  bool previous = false;
  switch (behavior) {
    case SplitBehavior::kIsolated:
      return spans;
    case SplitBehavior::kRemoved:
      std::copy_if(spans.begin(), spans.end(), std::back_inserter(out),
                   [](const Span& s) { return !s.matched; });
      return out;
    case SplitBehavior::kContiguous:
      for (const Span& s : spans) {
        if (!out.empty() && out.back().matched == s.matched) {
          out.back().end = s.end;
        } else {
          out.push_back(s);
        }
      }
      return out;
    case SplitBehavior::kMergedWithPrevious:
      for (const Span& s : spans) {
        if (s.matched && !previous && !out.empty()) {
          out.back().end = s.end;
        } else {
          out.push_back(s);
        }
        previous = s.matched;
      }
      return out;
    case SplitBehavior::kMergedWithNext:
      for (auto s = spans.rbegin(); s != spans.rend(); ++s) {
        if (s->matched && !previous && !out.empty()) {
          out.back().begin = s->begin;
        } else {
          out.push_back(*s);
        }
        previous = s->matched;
      }
      std::reverse(out.begin(), out.end());
      return out;
  }
  return out;
}

void cut(const Word& word, const std::vector<Span>& spans, std::vector<Word>& out) {
  for (const Span& s : spans) {
    if (s.begin == s.end) continue;
    out.push_back({word.text.substr(s.begin, s.end - s.begin), word.first && s.begin == 0});
  }
}

std::vector<Span> spans_of(std::string_view text, const std::function<bool(std::uint32_t)>& f) {
  std::vector<Span> out;
  std::size_t at = 0;
  for_each_character(text, [&](std::uint32_t code, std::string_view bytes) {
    const bool matched = f(code);
    if (!matched && !out.empty() && !out.back().matched) {
      out.back().end += bytes.size();
    } else {
      out.push_back({at, at + bytes.size(), matched});
    }
    at += bytes.size();
  });
  return out;
}

struct Run {
  Word& word;
  std::vector<Word>& out;

  Status operator()(const SplitByRegex& s) {
    WEFT_TRY(auto spans, s.pattern.spans(word.text));
    if (s.invert) {
      for (Span& span : spans) span.matched = !span.matched;
    }
    cut(word, regroup(spans, s.behavior), out);
    return {};
  }

  Status operator()(const SplitByCharacter& s) {
    cut(word, regroup(spans_of(word.text, s.matches), s.behavior), out);
    return {};
  }

  Status operator()(const SplitByteLevel& s) {
    if (s.add_prefix_space && !word.text.starts_with(' ')) word.text.insert(0, 1, ' ');
    const std::size_t begin = out.size();
    if (s.pattern.empty()) {
      out.push_back(std::move(word));
    } else {
      WEFT_TRY(const auto spans, s.pattern.front().spans(word.text));
      cut(word, spans, out);
    }
    for (std::size_t i = begin; i < out.size(); ++i) out[i].text = byte_level_text(out[i].text);
    return {};
  }

  Status operator()(const SplitMetaspace& s) {
    using Prepend = SplitMetaspace::Prepend;
    word.text = replace_all(word.text, " ", s.replacement);
    const bool wanted =
        s.prepend == Prepend::kAlways || (s.prepend == Prepend::kFirst && word.first);
    if (wanted && !word.text.starts_with(s.replacement)) word.text.insert(0, s.replacement);
    if (!s.split) {
      out.push_back(std::move(word));
      return {};
    }
    const std::uint32_t mark = utf8_step(s.replacement).code;
    const auto spans = spans_of(word.text, [mark](std::uint32_t c) { return c == mark; });
    cut(word, regroup(spans, SplitBehavior::kMergedWithNext), out);
    return {};
  }
};

}  // namespace

Result<std::vector<Word>> PreTokenizer::run(Word text) const {
  std::vector<Word> words;
  if (!text.text.empty()) words.push_back(std::move(text));
  for (const SplitStep& step : steps_) {
    std::vector<Word> next;
    next.reserve(words.size());
    for (Word& word : words) WEFT_CHECK_OK(std::visit(Run{word, next}, step));
    words = std::move(next);
  }
  return words;
}

}  // namespace weft
