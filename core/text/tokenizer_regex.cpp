#include "core/text/tokenizer_regex.hpp"

#include <oniguruma.h>

#include <algorithm>
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

constexpr unsigned kMaxStack = 8'000'000;  // places that a match can go back to; larger: it takes more memory

/// Searches in one text, all with one meter.
class Search {
 public:
  Search(regex_t* regex, std::string_view text, Meter& meter)
      : regex_(regex), text_(text), meter_(meter), region_(onig_region_new()), limits_(onig_new_match_param()) {
    if (limits_ == nullptr) return;
    onig_initialize_match_param(limits_);
  }
  ~Search() {
    if (region_ != nullptr) onig_region_free(region_, 1);
    if (limits_ != nullptr) onig_free_match_param(limits_);
  }
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  /// The first match at or after `at` is [from, to); `found`: there is one.
  ///
  /// Oniguruma tells neither how often it went back nor how many places it noted that it could go back to. So a search
  /// begins with a small allowance of both, which grows until the search ends, and the meter pays for each allowance.
  /// Going back costs more the more places are noted: measured, twice as much for each sixteenfold allowance.
  Status first(std::size_t at, bool& found, std::size_t& from, std::size_t& to) {
    if (region_ == nullptr || limits_ == nullptr) return error(Code::kResourceExhausted, "regex: out of memory");
    int rc = ONIG_MISMATCH;
    for (unsigned long allowed = 128, price = 1;; allowed *= 16, price *= 2) {
      WEFT_CHECK_OK(meter_.take(allowed * price));
      const auto places = static_cast<unsigned>(std::min<unsigned long>(8 * allowed, kMaxStack));
      onig_set_match_stack_limit_size_of_match_param(limits_, places);
      onig_set_retry_limit_in_match_of_match_param(limits_, allowed);
      onig_set_retry_limit_in_search_of_match_param(limits_, allowed);
      const OnigUChar *begin = bytes(text_), *end = begin + text_.size();
      rc = onig_search_with_param(regex_, begin, end, begin + at, end, region_, ONIG_OPTION_NONE, limits_);
      const bool ran_out = rc == ONIGERR_RETRY_LIMIT_IN_MATCH_OVER || rc == ONIGERR_RETRY_LIMIT_IN_SEARCH_OVER ||
                           (rc == ONIGERR_MATCH_STACK_LIMIT_OVER && places < kMaxStack);
      if (!ran_out) break;
    }
    found = rc >= 0;
    if (rc == ONIG_MISMATCH) return {};
    if (rc == ONIGERR_MATCH_STACK_LIMIT_OVER)
      return error(Code::kResourceExhausted, "regex: a match goes back to more than {} places", kMaxStack);
    if (rc < 0) return invalid("regex: matching failed: {}", onig_message(rc, nullptr));
    from = static_cast<std::size_t>(region_->beg[0]);
    to = static_cast<std::size_t>(region_->end[0]);
    return {};
  }

 private:
  regex_t* regex_;
  std::string_view text_;
  Meter& meter_;
  OnigRegion* region_;
  OnigMatchParam* limits_;
};

}  // namespace

Result<Regex> Regex::compile(std::string_view pattern, bool allow_scanner) {
  static std::mutex mutex;  // onig_new writes tables that all patterns share
  const std::lock_guard lock(mutex);
  static const int ready = [] {
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    return onig_initialize(encodings, 1);
  }();
  if (ready != ONIG_NORMAL) return error(Code::kInternal, "regex: Oniguruma does not start");
  static OnigSyntaxType syntax = [] {  // without callouts, which nothing needs: a pattern could count and fail by them
    OnigSyntaxType s = *ONIG_SYNTAX_ONIGURUMA;
    s.op2 &= ~(ONIG_SYN_OP2_QMARK_BRACE_CALLOUT_CONTENTS | ONIG_SYN_OP2_ASTERISK_CALLOUT_NAME);
    return s;
  }();
  const std::string valid = valid_utf8(pattern);
  regex_t* raw = nullptr;
  OnigErrorInfo info{};
  const int rc = onig_new(&raw, bytes(valid), bytes(valid) + valid.size(), ONIG_OPTION_NONE,
                          ONIG_ENCODING_UTF8, &syntax, &info);
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

Status Regex::spans(std::string_view text, Meter& meter, std::vector<Span>& out) const {
  out.clear();
  if (text.empty()) return {};  // there is not even an empty match
  WEFT_CHECK_OK(meter.take(text.size() / 16));
  if (scanner_) return scanner_->spans(text, out), Status();
  Search search(static_cast<regex_t*>(const_cast<void*>(compiled_.get())), text, meter);
  std::size_t at = 0, done = 0, from = 0, to = 0;
  bool any = false, found = false;
  while (at <= text.size()) {
    WEFT_CHECK_OK(search.first(at, found, from, to));
    if (!found) break;
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

std::uint64_t replaced_bytes(std::size_t text, const std::vector<Span>& parts, std::size_t with) {
  std::uint64_t bytes = text;
  for (const Span& part : parts) bytes += part.matched ? with : 0;
  return bytes;
}

Result<std::string> Regex::replace(std::string_view text, std::string_view with, Meter& meter) const {
  std::vector<Span> parts;
  WEFT_CHECK_OK(spans(text, meter, parts));
  WEFT_CHECK_OK(meter.check_bytes(replaced_bytes(text.size(), parts, with.size())));
  std::string out;
  for (const Span& part : parts) {
    out += part.matched ? with : text.substr(part.begin, part.end - part.begin);
  }
  return out;
}

}  // namespace weft
