#include "core/text/tokenizer_regex.hpp"

#include <oniguruma.h>

#include <mutex>

#include "core/base/error.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

const OnigUChar* bytes(std::string_view s) { return reinterpret_cast<const OnigUChar*>(s.data()); }

std::string onig_message(int code, OnigErrorInfo* info) {
  OnigUChar buffer[ONIG_MAX_ERROR_MESSAGE_LEN];
  const int n = onig_error_code_to_str(buffer, code, info);
  return {reinterpret_cast<const char*>(buffer), static_cast<std::size_t>(n)};
}

}  // namespace

Result<Regex> Regex::compile(std::string_view pattern, bool allow_scanner) {
  static std::mutex mutex;  // onig_new writes tables that all patterns share
  const std::lock_guard lock(mutex);
  static const int ready = [] {
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    onig_set_retry_limit_in_search(50'000'000);  // besides the limit for one match, which is 10 million
    return onig_initialize(encodings, 1);
  }();
  if (ready != ONIG_NORMAL) return error(Code::kInternal, "regex: Oniguruma does not start");
  const std::string valid = valid_utf8(pattern);
  regex_t* raw = nullptr;
  OnigErrorInfo info{};
  const int rc = onig_new(&raw, bytes(valid), bytes(valid) + valid.size(), ONIG_OPTION_NONE,
                          ONIG_ENCODING_UTF8, ONIG_SYNTAX_ONIGURUMA, &info);
  if (rc != ONIG_NORMAL) return invalid("regex '{}': {}", valid, onig_message(rc, &info));
  Regex regex;
  if (allow_scanner) regex.scanner_ = PatternScanner::find(pattern);
  regex.compiled_ = std::shared_ptr<const void>(raw, [](const void* p) {
    onig_free(static_cast<regex_t*>(const_cast<void*>(p)));
  });
  return regex;
}

Result<Regex> Regex::literal(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$#&-~").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return compile(pattern);
}

Status Regex::spans(std::string_view text, std::vector<Span>& out) const {
  out.clear();
  if (text.empty()) return {};  // there is not even an empty match
  if (scanner_) return scanner_->spans(text, out), Status();
  auto* regex = static_cast<regex_t*>(const_cast<void*>(compiled_.get()));
  const std::unique_ptr<OnigRegion, void (*)(OnigRegion*)> region(
      onig_region_new(), [](OnigRegion* r) { onig_region_free(r, 1); });
  if (!region) return error(Code::kResourceExhausted, "regex: out of memory");
  const OnigUChar* begin = bytes(text);
  const OnigUChar* end = begin + text.size();
  std::size_t at = 0, done = 0;
  bool any = false;
  while (at <= text.size()) {
    const int rc = onig_search(regex, begin, end, begin + at, end, region.get(), ONIG_OPTION_NONE);
    if (rc == ONIG_MISMATCH) break;
    if (rc < 0) return invalid("regex: matching failed: {}", onig_message(rc, nullptr));
    const auto from = static_cast<std::size_t>(region->beg[0]);
    const auto to = static_cast<std::size_t>(region->end[0]);
    if (from == to && any && to == done) {  // an empty match where the last one ended: go on
      if (at >= text.size()) break;
      at += utf8_step(text.substr(at)).length;
      continue;
    }
    if (from > done) out.push_back({done, from, false});
    out.push_back({from, to, true});
    done = to;
    at = to;
    any = true;
  }
  if (done < text.size()) out.push_back({done, text.size(), false});
  return {};
}

Result<std::string> Regex::replace(std::string_view text, std::string_view with) const {
  std::vector<Span> parts;
  WEFT_CHECK_OK(spans(text, parts));
  std::string out;
  for (const Span& part : parts) {
    out += part.matched ? with : text.substr(part.begin, part.end - part.begin);
  }
  return out;
}

}  // namespace weft
