#include "core/text/pretokenizer.hpp"

#include <algorithm>
#include <span>

#include "core/text/tokenizer_normalizer.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

/// Turns the spans of matches and gaps into the words that `behavior` asks for.
void regroup(std::vector<Span>& spans, SplitBehavior behavior) {
  if (behavior == SplitBehavior::kIsolated) return;
  if (behavior == SplitBehavior::kRemoved) {
    std::erase_if(spans, [](const Span& s) { return s.matched; });
    return;
  }
  const bool backwards = behavior == SplitBehavior::kMergedWithNext;
  if (backwards) std::reverse(spans.begin(), spans.end());
  std::size_t n = 0;
  bool previous = false;
  for (const Span s : spans) {
    const bool joins =
        n > 0 && (behavior == SplitBehavior::kContiguous ? previous == s.matched : s.matched && !previous);
    previous = s.matched;
    if (!joins) spans[n++] = s;
    else if (backwards) spans[n - 1].begin = s.begin;
    else spans[n - 1].end = s.end;
  }
  spans.resize(n);
  if (backwards) std::reverse(spans.begin(), spans.end());
}

template <class F>
void spans_of(std::string_view text, std::vector<Span>& out, F&& matches) {
  std::size_t at = 0;
  for_each_character(text, [&](std::uint32_t code, std::string_view bytes) {
    const bool matched = matches(code);
    if (!matched && !out.empty() && !out.back().matched) out.back().end += bytes.size();
    else out.push_back({at, at + bytes.size(), matched});
    at += bytes.size();
  });
}

/// Splits into words, punctuation and the white space between them.
void word_spans(std::string_view text, std::vector<Span>& out) {
  std::size_t at = 0;
  int last = -1;
  for_each_character(text, [&](std::uint32_t code, std::string_view bytes) {
    const int kind = is_word(code) ? 2 : is_space(code) ? 0 : 1;
    if (kind == last) out.back().end += bytes.size();
    else out.push_back({at, at + bytes.size(), kind == 0});
    last = kind;
    at += bytes.size();
  });
}

/// Cuts where the script changes. As in the reference, text before the first character that has a script is lost.
void script_spans(std::string_view text, std::vector<Span>& out) {
  std::size_t at = 0;
  int last = -1;
  for_each_character(text, [&](std::uint32_t code, std::string_view bytes) {
    const int script = script_of(code);
    if (script != 0 && script != last) {
      if (!out.empty()) out.back().end = at;
      out.push_back({at, text.size(), false});
    }
    if (script != 0) last = script;
    at += bytes.size();
  });
}

void length_spans(std::string_view text, std::size_t length, std::vector<Span>& out) {
  std::size_t at = 0, n = 0;
  for_each_character(text, [&](std::uint32_t, std::string_view bytes) {
    if (n++ % length == 0) out.push_back({at, at, false});
    at += bytes.size();
    out.back().end = at;
  });
}

/// Splits without changing the text. `out` is empty at first.
struct Cut {
  std::string_view text;  // the text of one word
  Meter& meter;
  std::vector<Span>& out;

  Status operator()(const SplitByRegex& s) const {
    WEFT_CHECK_OK(s.pattern.spans(text, meter, out));
    if (s.invert) {
      for (Span& span : out) span.matched = !span.matched;
    }
    return regroup(out, s.behavior), Status();
  }
  Status operator()(const SplitByCharacter& s) const {
    spans_of(text, out, s.matches);
    return regroup(out, s.behavior), Status();
  }
  Status operator()(const SplitByDelimiter& s) const {
    spans_of(text, out, [&](std::uint32_t c) { return c == s.delimiter; });
    return regroup(out, s.behavior), Status();
  }
  Status operator()(const SplitWords&) const {
    word_spans(text, out);
    return regroup(out, SplitBehavior::kRemoved), Status();
  }
  Status operator()(const SplitByScript&) const { return script_spans(text, out), Status(); }
  Status operator()(const SplitByLength& s) const { return length_spans(text, s.length, out), Status(); }
  Status operator()(const SplitByteLevel& s) const { return s.pattern.front().spans(text, meter, out); }
  Status operator()(const SplitMetaspace& s) const {
    return (*this)(SplitByDelimiter{utf8_step(s.replacement).code, SplitBehavior::kMergedWithNext});
  }
};

/// The steps that change the text of one word before it is cut.
void change(const SplitMetaspace& s, AlignedText& word, bool tracked) {
  using Prepend = SplitMetaspace::Prepend;
  const bool first = word.origin(0).begin == 0;
  replace_all(word, " ", s.replacement, tracked);
  const bool wanted = s.prepend == Prepend::kAlways || (s.prepend == Prepend::kFirst && first);
  if (wanted && !word.bytes.starts_with(s.replacement)) word.prepend(s.replacement, tracked);
}
void change(const SplitByteLevel& s, AlignedText& word, bool tracked) {
  if (s.add_prefix_space && !word.bytes.starts_with(' ')) word.prepend(" ", tracked);
}

/// Builds the text anew, word by word: f changes one word, which then is a word of the new text.
template <class F>
void rewrite(AlignedText& text, std::vector<Word>& words, bool tracked, F&& f) {
  if (words.size() == 1 && words[0].begin == 0 && words[0].end == text.bytes.size()) {
    f(text);
    words[0].end = static_cast<std::uint32_t>(text.bytes.size());
    return;
  }
  AlignedText out;
  out.base = text.base;
  for (Word& word : words) {
    AlignedText part = text.slice(word.begin, word.end);
    f(part);
    word.begin = static_cast<std::uint32_t>(out.bytes.size());
    out.bytes += part.bytes;
    word.end = static_cast<std::uint32_t>(out.bytes.size());
    if (!tracked) continue;
    part.track();
    out.origins.insert(out.origins.end(), part.origins.begin(), part.origins.end());
  }
  text = std::move(out);
}

}  // namespace

void PreTokenizer::add(SplitStep step) {
  if (const auto* m = std::get_if<SplitMetaspace>(&step)) {
    needs_origins_ = needs_origins_ || m->prepend == SplitMetaspace::Prepend::kFirst;
  }
  steps_.push_back(std::move(step));
}

void add_word_split(PreTokenizer& out) {
  out.add(SplitByCharacter{is_space, SplitBehavior::kRemoved});
  out.add(SplitByCharacter{is_punctuation, SplitBehavior::kIsolated});
}

Status PreTokenizer::run(AlignedText& text, bool tracked, Meter& meter, std::vector<Word>& words) const {
  words.clear();
  if (text.bytes.empty()) return {};
  words.push_back({0, static_cast<std::uint32_t>(text.bytes.size())});
  std::vector<Word> next;
  std::vector<Span> spans;
  for (const SplitStep& step : steps_) {
    WEFT_CHECK_OK(meter.check_bytes(text.bytes.size()));  // as the step before has left it
    WEFT_CHECK_OK(meter.take(1 + text.bytes.size() / 16 + words.size()));
    const auto* metaspace = std::get_if<SplitMetaspace>(&step);
    const auto* bytes = std::get_if<SplitByteLevel>(&step);
    if (metaspace) rewrite(text, words, tracked, [&](AlignedText& word) { change(*metaspace, word, tracked); });
    if (bytes && bytes->add_prefix_space) {
      rewrite(text, words, tracked, [&](AlignedText& word) { change(*bytes, word, tracked); });
    }
    const bool cuts = !(metaspace && !metaspace->split) && !(bytes && bytes->pattern.empty());
    next.clear();
    if (cuts) next.reserve(words.size());
    for (const Word& word : cuts ? std::span<const Word>(words) : std::span<const Word>()) {
      const std::string_view part = std::string_view(text.bytes).substr(word.begin, word.end - word.begin);
      spans.clear();
      WEFT_CHECK_OK(std::visit(Cut{part, meter, spans}, step));
      for (const Span& s : spans) {
        if (s.begin == s.end) continue;
        next.push_back(
            {word.begin + static_cast<std::uint32_t>(s.begin), word.begin + static_cast<std::uint32_t>(s.end)});
      }
    }
    if (cuts) words.swap(next);
    if (bytes && &step != &steps_.back()) {
      rewrite(text, words, tracked, [&](AlignedText& word) { byte_level(word, tracked); });
    }
  }
  return {};
}

}  // namespace weft
