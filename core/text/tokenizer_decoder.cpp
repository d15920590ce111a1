#include "core/text/tokenizer_decoder.hpp"

#include "core/text/tokenizer_normalizer.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

std::string strip(std::string_view text, const DecodeStep& step) {
  for (std::size_t i = 0; i < step.start && text.starts_with(step.literal); ++i) {
    text.remove_prefix(step.literal.size());
  }
  for (std::size_t i = 0; i < step.stop && text.ends_with(step.literal); ++i) {
    text.remove_suffix(step.literal.size());
  }
  return std::string(text);
}

Result<std::string> replace(std::string_view text, const DecodeStep& step, Meter& meter) {
  if (!step.pattern.empty()) return step.pattern.front().replace(text, step.with, meter);
  WEFT_CHECK_OK(check_replace_all(text, step.literal, step.with, meter));
  return replace_all(text, step.literal, step.with);
}

std::string cleaned(std::string text) {
  constexpr std::pair<std::string_view, std::string_view> kRules[] = {
      {" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
      {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kRules) text = replace_all(text, from, to);
  return text;
}

std::string word_piece(std::string text, const DecodeStep& step, bool first) {
  if (!first && text.starts_with(step.literal)) text.erase(0, step.literal.size());
  else if (!first) text.insert(0, 1, ' ');
  return step.cleanup ? cleaned(std::move(text)) : text;
}

std::string ctc(std::string_view text, const DecodeStep& step) {
  std::string out = replace_all(text, step.literal, "");
  return step.cleanup ? replace_all(cleaned(std::move(out)), step.with, " ") : out;
}

std::string level_bytes(std::string_view token) {
  std::string bytes;
  bool all = true;
  for_each_character(token, [&](std::uint32_t code, std::string_view) {
    const int b = byte_level_byte(code);
    all = all && b >= 0;
    bytes += static_cast<char>(b);
  });
  return all ? bytes : std::string(token);
}

}  // namespace

void DecoderChain::add(DecodeStep step) {
  bool fused = false;
  for (const Link& link : links_) {
    fused = fused || link.step.kind == DecodeStep::kFuse || link.step.kind == DecodeStep::kByteLevel;
  }
  const bool one_character = step.pattern.empty() && !step.literal.empty() &&
                             utf8_step(step.literal).length == step.literal.size();
  const bool buffers =
      fused &&
      ((step.kind == DecodeStep::kReplace && !one_character) || (step.kind == DecodeStep::kStrip && step.stop > 0) ||
       step.kind == DecodeStep::kByteFallback || step.kind == DecodeStep::kCtc || step.kind == DecodeStep::kByteLevel ||
       step.kind == DecodeStep::kWordSuffix || (step.kind == DecodeStep::kWordPiece && step.cleanup));
  links_.push_back({std::move(step), fused, buffers});
}

Status DecoderStream::feed(std::size_t i, std::string text, std::string& out) {
  WEFT_CHECK_OK(meter_.take(1 + text.size() / 16));
  WEFT_CHECK_OK(meter_.check_bytes(text.size()));
  if (i == states_.size()) {
    out += text;
    return meter_.keep_bytes(text.size());
  }
  const auto& [step, fused, buffers] = chain_->links_[i];
  State& state = states_[i];
  if (buffers) {
    state.buffer += text;
    return meter_.check_bytes(state.buffer.size());
  }
  switch (step.kind) {
    case DecodeStep::kByteLevel:
      state.buffer += level_bytes(text);
      return emit_bytes(i, false, out);
    case DecodeStep::kByteFallback:
      if (const int b = byte_token_value(text); b >= 0) {
        state.buffer += static_cast<char>(b);
        return {};
      }
      WEFT_CHECK_OK(emit_fallback(i, out));
      return feed(i + 1, std::move(text), out);
    case DecodeStep::kByteTokens: {
      const int b = byte_token_value(text);
      if (b >= 0) state.buffer += static_cast<char>(b);
      WEFT_CHECK_OK(emit_tokens(i, b < 0, out));
      return b < 0 ? feed(i + 1, std::move(text), out) : Status();
    }
    case DecodeStep::kFuse:
      return feed(i + 1, std::move(text), out);
    case DecodeStep::kReplace: {
      WEFT_TRY(std::string shown, replace(text, step, meter_));
      return feed(i + 1, std::move(shown), out);
    }
    case DecodeStep::kStrip:
      if (!fused) return feed(i + 1, strip(text, step), out);
      while (!state.inside && state.stripped < step.start && text.starts_with(step.literal)) {
        text.erase(0, step.literal.size());
        ++state.stripped;
      }
      state.inside = state.inside || !text.empty();
      return feed(i + 1, std::move(text), out);
    case DecodeStep::kMetaspace: {
      const bool drop = step.drop_first && state.seen == 0;
      if (!fused) ++state.seen;
      return feed(i + 1, replace_all(text, step.literal, drop ? "" : " "), out);
    }
    case DecodeStep::kWordSuffix:  // a token's text is certain once another token follows
      if (state.seen++ > 0) WEFT_CHECK_OK(feed(i + 1, replace_all(state.buffer, step.literal, " "), out));
      state.buffer = std::move(text);
      return {};
    case DecodeStep::kWordPiece:
      return feed(i + 1, word_piece(std::move(text), step, fused || state.seen++ == 0), out);
    case DecodeStep::kWordMark: {
      std::string_view shown = text;
      if (!state.inside && step.start > 0 && shown.starts_with(step.literal)) {
        shown.remove_prefix(step.literal.size());
        state.inside = !step.drop_first;
      }
      state.inside = state.inside || !shown.empty();
      return feed(i + 1, replace_all(shown, step.literal, step.with), out);
    }
    case DecodeStep::kCtc: {
      if (state.seen++ > 0 && text == state.buffer) return {};
      std::string shown = ctc(text, step);
      state.buffer = std::move(text);
      return shown.empty() ? Status() : feed(i + 1, std::move(shown), out);
    }
    case DecodeStep::kSeparate:
      return feed(i + 1, state.seen++ == 0 ? std::move(text) : step.with + text, out);
  }
  return {};
}

// Whole characters leave the buffer. At the end an unfinished character becomes U+FFFD.
Status DecoderStream::emit_bytes(std::size_t i, bool last, std::string& out) {
  std::string& buffer = states_[i].buffer;
  std::string_view rest = buffer;
  while (!rest.empty()) {
    const Utf8Step step = utf8_step(rest);
    if (step.kind == Utf8Step::kIncomplete && !last) break;
    rest.remove_prefix(step.length);
  }
  std::string ready = valid_utf8(std::string_view(buffer).substr(0, buffer.size() - rest.size()));
  buffer.erase(0, buffer.size() - rest.size());
  return ready.empty() ? Status() : feed(i + 1, std::move(ready), out);
}

// A run of byte tokens becomes text if all of it is UTF-8; otherwise each byte becomes U+FFFD, as in the reference.
Status DecoderStream::emit_fallback(std::size_t i, std::string& out) {
  const std::string run = std::move(states_[i].buffer);
  states_[i].buffer.clear();
  if (run.empty()) return {};
  if (valid_utf8(run) == run) return feed(i + 1, run, out);
  for (std::size_t b = 0; b < run.size(); ++b) WEFT_CHECK_OK(feed(i + 1, "\xEF\xBF\xBD", out));
  return {};
}

Status DecoderStream::emit_tokens(std::size_t i, bool last, std::string& out) {
  std::string& buffer = states_[i].buffer;
  std::string ready;
  std::string_view rest = buffer;
  while (!rest.empty()) {
    const Utf8Step step = utf8_step(rest);
    if (step.kind == Utf8Step::kIncomplete && !last) break;
    const bool whole = step.kind == Utf8Step::kCharacter;
    ready += whole ? rest.substr(0, step.length) : "\xEF\xBF\xBD";
    rest.remove_prefix(whole ? step.length : 1);
  }
  buffer.erase(0, buffer.size() - rest.size());
  return ready.empty() ? Status() : feed(i + 1, std::move(ready), out);
}

Status DecoderStream::flush(std::string& out) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const auto& [step, fused, buffers] = chain_->links_[i];
    std::string text = buffers ? std::move(states_[i].buffer) : std::string();
    if (buffers) {
      if (step.kind == DecodeStep::kReplace) {
        WEFT_TRY(text, replace(text, step, meter_));
      }
      if (step.kind == DecodeStep::kStrip) text = strip(text, step);
      if (step.kind == DecodeStep::kByteLevel) text = valid_utf8(level_bytes(text));
      if (step.kind == DecodeStep::kWordSuffix) text = replace_all(text, step.literal, "");
      if (step.kind == DecodeStep::kWordPiece) text = word_piece(std::move(text), step, true);
      if (step.kind == DecodeStep::kCtc) text = ctc(text, step);
      if (step.kind == DecodeStep::kByteFallback && byte_token_value(text) >= 0) {
        text = valid_utf8(std::string(1, static_cast<char>(byte_token_value(text))));
      }
      if (!text.empty()) WEFT_CHECK_OK(feed(i + 1, std::move(text), out));
    } else if (step.kind == DecodeStep::kWordSuffix) {
      if (states_[i].seen > 0)
        WEFT_CHECK_OK(feed(i + 1, replace_all(states_[i].buffer, step.literal, ""), out));
    } else if (step.kind == DecodeStep::kByteLevel) {
      WEFT_CHECK_OK(emit_bytes(i, true, out));
    } else if (step.kind == DecodeStep::kByteFallback) {
      WEFT_CHECK_OK(emit_fallback(i, out));
    } else if (step.kind == DecodeStep::kByteTokens) {
      WEFT_CHECK_OK(emit_tokens(i, true, out));
    }
    states_[i] = State{};
  }
  meter_ = text_meter(0);
  return {};
}

}  // namespace weft
